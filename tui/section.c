/* Source lines are classified by their beginning, then wrapped. Wrapping is greedy, so that what is appended
 * can only change the last visual line: growing lays out from there, or from the last source line if its kind
 * has changed. */
#include "tui/section.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/layout.h"
#include "tui/wrap.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAB_STOP = 4,
    HANG_MAX = 12, /* widest hanging indent of a list item */
    TITLE_MAX = 160,
    NAME_PART = 64, /* bytes of a server's name, a person's, and the like in a title */
    EXPANSION = 4   /* sanitising and tabs make no byte into more than this */
};

struct kind { /* of a source line */
    enum style style;
    enum wrap_mode wrap;
    unsigned hang; /* cells that continuation lines are indented by */
};

struct fence {
    char mark; /* ` or ~; 0 outside */
    size_t length;
    bool diff;
};

struct section {
    enum block_kind kind;
    bool folded;
    size_t width;
    size_t fed; /* bytes of the block's text that the sanitiser has seen */
    struct sanitise sanitise;
    struct buf clean;
    size_t column; /* at the end of clean */
    char *title;
    struct section_line *lines;
    size_t count, room;
    size_t shown;        /* lines up to the last one that is not blank */
    size_t source;       /* where the unfinished source line begins in clean */
    size_t source_first; /* its first visual line */
    struct kind source_kind;
    struct fence fence; /* before that source line */
};

struct section *section_new(void)
{
    struct section *section = xcalloc(1, sizeof *section);

    sanitise_init(&section->sanitise, SANITISE_STRIP);
    buf_init(&section->clean, (size_t)EXPANSION * STATE_TEXT_MAX);
    return section;
}

void section_free(struct section **slot)
{
    struct section *section = *slot;

    if (!section)
        return;
    buf_free(&section->clean);
    free(section->title);
    free(section->lines);
    free(section);
    *slot = NULL;
}

/* --- clean text --- */

/* Tabs become spaces up to the next stop of their source line. */
static void put_expanded(struct section *section, const char *text, size_t len)
{
    static const char spaces[] = "        ";

    while (len > 0) {
        size_t run = strcspn(text, "\t\n");
        run = run < len ? run : len;
        buf_put(&section->clean, text, run);
        section->column += utf8_width(text, run);
        if (run < len && text[run] == '\t') {
            size_t fill = TAB_STOP - section->column % TAB_STOP;
            buf_put(&section->clean, spaces, fill);
            section->column += fill;
            run++;
        } else if (run < len) {
            buf_putc(&section->clean, '\n');
            section->column = 0;
            run++;
        }
        text += run;
        len -= run;
    }
}

/* The result of a call stands below its input; it does not grow. */
static void feed_result(struct section *section, const struct block *block)
{
    const char *result = block->call ? block->call->result : NULL;
    struct buf fresh;

    if (!result)
        return;
    buf_init(&fresh, (size_t)EXPANSION * STATE_TEXT_MAX);
    sanitise_feed(&section->sanitise, "\n\n", 2, &fresh);
    sanitise_feed(&section->sanitise, result, strlen(result), &fresh);
    put_expanded(section, fresh.data, fresh.len);
    buf_free(&fresh);
}

static void feed(struct section *section, const struct buf *text)
{
    struct buf fresh;

    buf_init(&fresh, (size_t)EXPANSION * STATE_TEXT_MAX);
    sanitise_feed(&section->sanitise, text->data + section->fed, text->len - section->fed, &fresh);
    section->fed = text->len;
    put_expanded(section, fresh.data, fresh.len);
    buf_free(&fresh);
}

/* --- kinds of source lines --- */

static size_t run_of(const char *text, size_t len, char c)
{
    size_t run = 0;

    while (run < len && text[run] == c)
        run++;
    return run;
}

/* Length of the fence that the line begins or ends with; 0 if it is none. */
static size_t fence_length(const char *line, size_t len, char *mark, size_t *at)
{
    size_t indent = run_of(line, len, ' ');

    if (indent > 3 || indent == len || (line[indent] != '`' && line[indent] != '~'))
        return 0;
    *mark = line[indent];
    *at = indent;
    size_t length = run_of(line + indent, len - indent, *mark);
    return length >= 3 ? length : 0;
}

static bool closes(const struct fence *fence, const char *line, size_t len)
{
    char mark = '\0';
    size_t at = 0, length = fence_length(line, len, &mark, &at);

    return length >= fence->length && mark == fence->mark &&
           run_of(line + at + length, len - at - length, ' ') == len - at - length;
}

static void fence_step(struct fence *fence, const char *line, size_t len)
{
    char mark;
    size_t at, length;

    if (fence->mark) {
        if (closes(fence, line, len))
            *fence = (struct fence){0};
    } else if ((length = fence_length(line, len, &mark, &at)) > 0) {
        const char *info = line + at + length;
        size_t info_len = len - at - length;
        *fence = (struct fence){.mark = mark, .length = length};
        fence->diff = info_len >= 4 && memcmp(info, "diff", 4) == 0;
    }
}

/* Cells of "- ", "12. " and the like with what stands before them; 0 if the line is no list item. */
static unsigned list_hang(const char *line, size_t len)
{
    size_t at = run_of(line, len, ' '), digits = 0;

    if (at < len && strchr("-*+", line[at])) {
        at++;
    } else {
        while (at + digits < len && line[at + digits] >= '0' && line[at + digits] <= '9')
            digits++;
        at += digits;
        if (digits == 0 || at >= len || (line[at] != '.' && line[at] != ')'))
            return 0;
        at++;
    }
    if (at >= len || line[at] != ' ' || at + 1 > HANG_MAX)
        return 0;
    return (unsigned)at + 1;
}

static struct kind prose_kind(const char *line, size_t len)
{
    size_t hashes = run_of(line, len, '#');

    if (hashes >= 1 && hashes <= 6 && hashes < len && line[hashes] == ' ')
        return (struct kind){STYLE_HEADING, WRAP_WORDS, 0};
    if (len > 0 && line[0] == '>')
        return (struct kind){STYLE_QUOTE, WRAP_WORDS, 2};
    unsigned hang = list_hang(line, len);
    if (hang == 0) {
        size_t indent = run_of(line, len, ' ');
        hang = indent < HANG_MAX && indent < len ? (unsigned)indent : 0;
    }
    return (struct kind){STYLE_TEXT, WRAP_WORDS, hang};
}

static struct kind code_kind(const struct fence *fence, const char *line, size_t len)
{
    struct kind kind = {STYLE_CODE, WRAP_HARD, 0};

    if (closes(fence, line, len))
        kind.style = STYLE_DIM;
    else if (fence->diff && len > 0 && (line[0] == '+' || line[0] == '-'))
        kind.style = line[0] == '+' ? STYLE_ADDED : STYLE_REMOVED;
    return kind;
}

static struct kind kind_of(const struct section *section, const char *line, size_t len)
{
    char mark;
    size_t at;

    if (section->kind == BLOCK_TOOL_CALL)
        return (struct kind){STYLE_CODE, WRAP_HARD, 0};
    if (section->kind != BLOCK_TEXT)
        return (struct kind){STYLE_DIM, WRAP_WORDS, 0};
    if (section->fence.mark)
        return code_kind(&section->fence, line, len);
    if (fence_length(line, len, &mark, &at) > 0)
        return (struct kind){STYLE_DIM, WRAP_HARD, 0};
    return prose_kind(line, len);
}

static bool kind_equal(struct kind a, struct kind b)
{
    return a.style == b.style && a.wrap == b.wrap && a.hang == b.hang;
}

/* --- lines --- */

static void add_line(struct section *section, struct section_line line)
{
    if (section->count == section->room) {
        section->room = section->room ? section->room * 2 : 8;
        section->lines = xreallocarray(section->lines, section->room, sizeof *section->lines);
    }
    section->lines[section->count++] = line;
}

static size_t body_indent(const struct section *section)
{
    return section->kind == BLOCK_TEXT ? 0 : 2;
}

static size_t room_for(const struct section *section, struct kind kind, size_t indent)
{
    size_t width = section->width;

    if (kind.wrap == WRAP_WORDS && width > LAYOUT_PROSE_MAX)
        width = LAYOUT_PROSE_MAX;
    return width > indent + 1 ? width - indent : 1;
}

/* Lays out bytes [at, end) of a source line that begins at section->source. */
static void wrap_source(struct section *section, size_t at, size_t end, struct kind kind)
{
    while (at < end) {
        bool continued = at > section->source;
        size_t indent = body_indent(section) + (continued ? kind.hang : 0), next;
        if (indent * 2 > section->width)
            indent = body_indent(section);
        size_t len =
            wrap_next(section->clean.data + at, end - at, room_for(section, kind, indent), kind.wrap, &next);
        add_line(section, (struct section_line){.at = at,
                                                .len = len,
                                                .indent = (unsigned short)indent,
                                                .style = (unsigned char)kind.style});
        at += next;
    }
}

/* A blank source line is a line too, but not at the beginning. */
static void wrap_blank(struct section *section, size_t at)
{
    bool begins = section->count == 0 || (section->count == 1 && section->lines[0].title);

    if (!begins)
        add_line(section, (struct section_line){.at = at, .style = STYLE_TEXT});
}

static bool is_blank(const struct section *section, size_t at, size_t end)
{
    return run_of(section->clean.data + at, end - at, ' ') == end - at;
}

/* Lays out the source line [section->source, end), of which the visual lines before the last one may stand
 * already. */
static void lay_source(struct section *section, size_t end)
{
    const char *line = section->clean.data + section->source;
    struct kind kind = kind_of(section, line, end - section->source);
    size_t at = section->source;

    if (is_blank(section, section->source, end)) {
        section->count = section->source_first;
        wrap_blank(section, section->source);
        return;
    }
    if (section->count > section->source_first + 1 && kind_equal(kind, section->source_kind))
        at = section->lines[--section->count].at;
    else
        section->count = section->source_first;
    wrap_source(section, at, end, kind);
    section->source_kind = kind;
}

static void lay(struct section *section)
{
    const char *data = section->clean.data, *newline;

    while ((newline = memchr(data + section->source, '\n', section->clean.len - section->source))) {
        size_t end = (size_t)(newline - data);
        lay_source(section, end);
        fence_step(&section->fence, data + section->source, end - section->source);
        section->source = end + 1;
        section->source_first = section->count;
    }
    if (section->source < section->clean.len)
        lay_source(section, section->clean.len);
    section->shown = section->count;
    while (section->shown > 0 && section->lines[section->shown - 1].len == 0 &&
           !section->lines[section->shown - 1].title)
        section->shown--;
}

/* --- titles --- */

/* A glyph and a word for each state: no meaning by colour or glyph alone. */
static const struct {
    const char *glyph, *word;
} call_looks[CALL_STATE_COUNT] = {
    [CALL_NONE] = {"·", ""},
    [CALL_ASKED] = {"?", "waits for permission"},
    [CALL_ALLOWED] = {"·", "allowed"},
    [CALL_RUNNING] = {"»", "running"},
    [CALL_DONE] = {"✓", "done"},
    [CALL_FAILED] = {"✗", "failed"},
    [CALL_DENIED] = {"⊘", "denied"},
    [CALL_CANCELLED] = {"■", "cancelled"},
    [CALL_UNKNOWN] = {"!", "outcome unknown"},
};

static char *clean_part(const char *text, size_t max)
{
    return sanitise_line(text ? text : "", text ? utf8_cut(text, strlen(text), max) : 0, max * 3);
}

/* How far it has come: "running 40% fetching", "done 1.2 s", "denied by ann". free() it. */
static char *call_progress(const struct tool_call *call)
{
    char *text = clean_part(call->text, NAME_PART), *by = clean_part(call->by, NAME_PART), *out;
    const char *word = call_looks[call->state].word;

    if (call->state == CALL_RUNNING && call->progress >= 0 && call->total > 0)
        out = xasprintf("%s %.0f%% %s", word, 100 * call->progress / call->total, text);
    else if (call->state == CALL_RUNNING)
        out = xasprintf("%s %s", word, text);
    else if (*by && (call->state == CALL_DENIED || call->state == CALL_ALLOWED))
        out = xasprintf("%s by %s", word, by);
    else if (call->ms >= 0)
        out = xasprintf("%s %.1f s", word, (double)call->ms / 1000);
    else
        out = xstrdup(word);
    free(text);
    free(by);
    return out;
}

static char *tool_title(const struct block *block, const char *mark)
{
    const struct tool_call *call = block->call;
    char *server = clean_part(call ? call->server : NULL, NAME_PART);
    char *tool = clean_part(call && *call->tool ? call->tool : block->name, TITLE_MAX);
    char *input = sanitise_line(block->text.data, utf8_cut(block->text.data, block->text.len, TITLE_MAX),
                                TITLE_MAX * 3);
    char *progress = call ? call_progress(call) : xstrdup("");
    char *title =
        xasprintf("%s tool  %s %s%s%s%s%s  %s", mark, call_looks[call ? call->state : CALL_NONE].glyph,
                  server, *server ? "/" : "", tool, *progress ? "  " : "", progress, input);

    free(server);
    free(tool);
    free(input);
    free(progress);
    return title;
}

static size_t count_words(const struct buf *text)
{
    size_t words = 0;
    bool inside = false;

    for (size_t i = 0; i < text->len; i++) {
        bool space = text->data[i] == ' ' || text->data[i] == '\n';
        words += !space && !inside;
        inside = !space;
    }
    return words;
}

static void set_title(struct section *section, const struct block *block)
{
    const char *mark = section->folded ? "▸" : "▾";

    free(section->title);
    if (block->kind == BLOCK_TOOL_CALL)
        section->title = tool_title(block, mark);
    else if (block->kind == BLOCK_REASONING)
        section->title = xasprintf("%s reasoning  %zu words", mark, count_words(&block->text));
    else
        section->title = xasprintf("· reasoning that the model's server keeps to itself");
}

static void begin(struct section *section, const struct block *block, size_t width, bool unfolded)
{
    section->kind = block->kind;
    section->folded = !unfolded;
    section->width = width;
    if (block->kind != BLOCK_TEXT) {
        enum style style = block->kind == BLOCK_TOOL_CALL ? STYLE_TOOL : STYLE_DIM;
        add_line(section, (struct section_line){.style = (unsigned char)style, .title = true});
        section->source_first = section->shown = 1;
    }
}

void section_grow(struct section *section, const struct block *block, size_t width, bool unfolded)
{
    bool fresh = section->width == 0;

    if (fresh)
        begin(section, block, width, unfolded);
    if (!fresh && block->text.len == section->fed)
        return;
    if (block->kind != BLOCK_TEXT)
        set_title(section, block);
    if (block->kind == BLOCK_REDACTED || (block->kind != BLOCK_TEXT && section->folded)) {
        section->fed = block->text.len;
        return;
    }
    feed(section, &block->text);
    if (fresh)
        feed_result(section, block);
    lay(section);
}

size_t section_lines(const struct section *section)
{
    return section->shown;
}

struct section_line section_line(const struct section *section, size_t index, const char **text)
{
    struct section_line line = section->lines[index];

    *text = line.title ? section->title : section->clean.data + line.at;
    if (line.title)
        line.len = strlen(section->title);
    return line;
}
