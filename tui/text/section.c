/* What is finished is written to the canvas once. The rest, from the last mark on, is taken back and written
 * again whenever the block has grown. */
#include "tui/text/section.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/text/canvas.h"
#include "tui/text/code.h"
#include "tui/text/markdown.h"
#include "tui/text/segment.h"
#include "tui/text/tool_text.h"
#include "tui/text/verbatim.h"
#include "tui/text/wrap.h"
#include <stdlib.h>
#include <string.h>

enum {
    EXPANSION = 4, /* sanitising makes no byte into more than this */
    CODE_INDENT = 2,
    BODY_INDENT = 2, /* of what stands below a title */
    LABEL_MAX = 60,
    FENCE = 3,
    NAME_MAX_BYTES = 200
};

struct fence {       /* the code block that is open */
    size_t content;  /* where its code begins in clean */
    size_t laid;     /* what of clean is laid out for good */
    size_t indent;   /* of the line that opened it */
    uint32_t record; /* in canvas->codes */
    bool labelled, decided;
    struct code code;
};

struct section {
    struct section_view view;
    enum block_kind kind;
    size_t fed; /* bytes of the block's text that the sanitiser has seen */
    struct sanitise sanitise;
    struct buf clean; /* with tabs */
    char *title;      /* NULL for text */
    struct canvas canvas;
    struct canvas_mark mark; /* what is finished */
    struct segmenter segmenter;
    struct markdown_list list;
    struct fence fence;
    size_t shown; /* lines of the canvas up to the last one that is not blank */
    size_t work;
};

struct section *section_new(void)
{
    struct section *section = xcalloc(1, sizeof *section);

    sanitise_init(&section->sanitise, SANITISE_STRIP);
    buf_init(&section->clean, (size_t)EXPANSION * STATE_TEXT_MAX);
    canvas_init(&section->canvas);
    return section;
}

void section_free(struct section **slot)
{
    struct section *section = *slot;

    if (!section)
        return;
    buf_free(&section->clean);
    canvas_free(&section->canvas);
    free(section->title);
    free(section);
    *slot = NULL;
}

static size_t body_width(const struct section *section)
{
    size_t indent = section->title ? BODY_INDENT : 0;

    return section->view.width > indent ? section->view.width - indent : 1;
}

/* --- code --- */

static void begin_code_line(void *owner, size_t source)
{
    struct section *section = owner;

    canvas_line(&section->canvas, source, section->title ? 0 : CODE_INDENT, STYLE_TEXT);
}

static size_t code_width(const struct section *section)
{
    size_t indent = section->title ? 0 : CODE_INDENT, width = body_width(section);

    return width > indent ? width - indent : 1;
}

/* Spaces that the fence's own indentation takes from a line of code. */
static size_t stripped(const struct section *section, size_t at, size_t end)
{
    size_t strip = 0;

    while (strip < section->fence.indent && at + strip < end && section->clean.data[at + strip] == ' ')
        strip++;
    return strip;
}

/* Lays out the code [at, end). finished: for good. Returns where the next call has to begin. */
static size_t lay_code(struct section *section, struct code *code, size_t at, size_t end, bool finished)
{
    const struct flow_margin margin = {.begin = begin_code_line, .owner = section};
    const char *data = section->clean.data;
    size_t width = code_width(section);

    section->work += end - at;
    if (section->fence.indent == 0) {
        at += code_lines(code, data + at, end - at, at, &section->canvas, &margin, width);
    } else {
        for (const char *newline; (newline = memchr(data + at, '\n', end - at));) {
            size_t next = (size_t)(newline - data) + 1, strip = code->torn ? 0 : stripped(section, at, next);
            code_lines(code, data + at + strip, next - at - strip, at, &section->canvas, &margin, width);
            at = next;
        }
        size_t strip = code->torn ? 0 : stripped(section, at, end);
        size_t used =
            code_lines(code, data + at + strip, end - at - strip, at, &section->canvas, &margin, width);
        at += used > 0 ? used + strip : 0;
    }
    if (!finished) {
        size_t strip = code->torn ? 0 : stripped(section, at, end);
        code_rest(code, data + at + strip, end - at - strip, at, &section->canvas, &margin, width);
    }
    return at;
}

/* Lays out for good what is certain of the code up to end. */
static void advance_code(struct section *section, size_t end)
{
    struct fence *fence = &section->fence;

    if (!fence->decided)
        fence->code.highlight.language =
            highlight_guess(section->clean.data + fence->content, end - fence->content, &fence->decided);
    if (fence->decided && fence->laid < end)
        fence->laid = lay_code(section, &fence->code, fence->laid, end, true);
}

static void begin_fence(struct section *section, const struct segment *segment)
{
    struct fence *fence = &section->fence;
    const char *line = section->clean.data + segment->at;
    size_t len = segment->end - segment->at, label = section->segmenter.fence_length;

    while (label < len && (line[label] == ' ' || line[label] == '\t'))
        label++;
    if (!segment->joined)
        canvas_gap(&section->canvas, segment->at);
    canvas_line(&section->canvas, segment->at, 0, STYLE_DIM);
    canvas_puts(&section->canvas, "```", STYLE_DIM);
    size_t most = body_width(section) > FENCE ? body_width(section) - FENCE : 0;
    most = most < LABEL_MAX ? most : LABEL_MAX;
    for (size_t at = label, cells = 0, cell; at < len && line[at] != '\t'; at += cell) {
        int width;
        cell = utf8_cluster(line + at, len - at, &width);
        if ((cells += (size_t)width) > most)
            break;
        canvas_put(&section->canvas, line + at, cell, STYLE_DIM);
    }
    size_t content = section->segmenter.start;
    *fence = (struct fence){.content = content, .laid = content, .labelled = label < len};
    fence->indent = section->segmenter.fence_indent;
    fence->decided = fence->labelled;
    code_init(&fence->code, fence->labelled ? highlight_language(line + label, len - label) : NULL);
    canvas_code_borrow(&section->canvas, content, fence->indent);
    fence->record = section->canvas.code;
}

static void set_code_end(struct section *section, size_t end)
{
    struct canvas_code *record = &section->canvas.codes[section->fence.record - 1];

    record->len = end > record->at ? end - record->at : 0;
}

static void end_fence(struct section *section, const struct segment *close)
{
    struct fence *fence = &section->fence;

    advance_code(section, close->at);
    if (!fence->decided)
        fence->laid = lay_code(section, &fence->code, fence->laid, close->at, true);
    set_code_end(section, close->at);
    canvas_code_end(&section->canvas);
}

/* The end of a code block that is open: an unfinished line, or all of it while its language is open. */
static void lay_code_tail(struct section *section)
{
    struct code code = section->fence.code;

    lay_code(section, &code, section->fence.laid, section->clean.len, false);
    set_code_end(section, section->clean.len);
}

static bool closing(const struct section *section)
{
    const struct segmenter *segmenter = &section->segmenter;

    return segment_closes(segmenter, section->clean.data + segmenter->line,
                          section->clean.len - segmenter->line);
}

/* --- prose --- */

static void lay_verbatim(struct section *section, const struct segment *segment, bool unasked)
{
    if (unasked) {
        canvas_line(&section->canvas, segment->at, 0, STYLE_DIM);
        canvas_puts(&section->canvas, "(too much markup: shown as it is written)", STYLE_DIM);
    }
    verbatim_lines(section->clean.data + segment->at, segment->end - segment->at, segment->at,
                   &section->canvas, body_width(section));
}

static void lay_prose(struct section *section, const struct segment *segment, struct markdown_list *list)
{
    const char *data = section->clean.data;
    struct markdown_source source = {
        .text = data + segment->at, .len = segment->end - segment->at, .at = segment->at};

    section->work += source.len;
    if (!segment->joined)
        canvas_gap(&section->canvas, segment->at);
    if (segment->head_end > 0) {
        source.head = data + segment->head;
        source.head_len = segment->head_end - segment->head;
        section->work += source.head_len;
    }
    struct canvas_mark before = canvas_mark(&section->canvas);
    if (section->view.verbatim) {
        lay_verbatim(section, segment, false);
    } else if (!markdown_lines(&source, &section->canvas, body_width(section), list)) {
        canvas_rewind(&section->canvas, &before);
        lay_verbatim(section, segment, true);
        *list = (struct markdown_list){0};
    }
}

static void lay_segment(struct section *section, const struct segment *segment)
{
    if (segment->kind == SEGMENT_PROSE)
        lay_prose(section, segment, &section->list);
    else if (segment->kind == SEGMENT_FENCE)
        begin_fence(section, segment);
    else
        end_fence(section, segment);
    if (segment->kind != SEGMENT_PROSE)
        section->list = (struct markdown_list){0};
}

static void lay_tail(struct section *section)
{
    struct markdown_list list = section->list;

    if (section->segmenter.fence) {
        if (!closing(section))
            lay_code_tail(section);
        else
            set_code_end(section, section->segmenter.line);
        return;
    }
    struct segment open = segment_open(&section->segmenter, section->clean.data, section->clean.len);
    if (open.at < open.end)
        lay_prose(section, &open, &list);
}

static void lay_text(struct section *section)
{
    struct segment segment;

    canvas_rewind(&section->canvas, &section->mark);
    while (segment_next(&section->segmenter, section->clean.data, section->clean.len, &segment))
        lay_segment(section, &segment);
    if (section->segmenter.fence)
        advance_code(section, closing(section) ? section->segmenter.line : section->clean.len);
    section->mark = canvas_mark(&section->canvas);
    lay_tail(section);
}

/* --- code alone: a file, arguments that are not whole --- */

static void lay_file(struct section *section, const struct language *language)
{
    struct fence *fence = &section->fence;

    if (fence->record == 0) {
        code_init(&fence->code, language);
        canvas_code_borrow(&section->canvas, 0, 0);
        fence->record = section->canvas.code;
        fence->decided = true;
        section->mark = canvas_mark(&section->canvas);
    }
    canvas_rewind(&section->canvas, &section->mark);
    advance_code(section, section->clean.len);
    section->mark = canvas_mark(&section->canvas);
    lay_code_tail(section);
}

/* --- titles --- */

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

static char *attachment_title(const struct block *block, bool folded)
{
    char *name =
        sanitise_line(block->name ? block->name : "", block->name ? strlen(block->name) : 0, NAME_MAX_BYTES);
    char *title = block->text.len < 1024
                      ? xasprintf("%s attachment  %s  %zu B", folded ? "+" : "-", name, block->text.len)
                      : xasprintf("%s attachment  %s  %.1f KB", folded ? "+" : "-", name,
                                  (double)block->text.len / 1024);

    free(name);
    return title;
}

static char *whole_title(const struct block *block, bool folded)
{
    if (block->kind == BLOCK_TOOL_CALL)
        return tool_text_title(block, folded);
    if (block->kind == BLOCK_ATTACHMENT)
        return attachment_title(block, folded);
    if (block->kind == BLOCK_REASONING)
        return xasprintf("%s reasoning  %zu words", folded ? "▸" : "▾", count_words(&block->text));
    return xstrdup("· reasoning that the model's server keeps to itself");
}

static void set_title(struct section *section, const struct block *block)
{
    char *title = whole_title(block, !section->view.unfolded);
    struct buf fitting;

    buf_init(&fitting, SIZE_MAX);
    wrap_fit(&fitting, title, section->view.width);
    free(title);
    free(section->title);
    section->title = buf_take(&fitting);
}

/* --- growing --- */

static void feed(struct section *section, const struct buf *text)
{
    sanitise_feed(&section->sanitise, text->data + section->fed, text->len - section->fed, &section->clean);
    section->fed = text->len;
}

static void lay(struct section *section, const struct block *block)
{
    if (block->kind == BLOCK_TOOL_CALL && !section->view.growing) {
        tool_text_lines(block, &section->canvas, body_width(section));
        section->fed = block->text.len;
        return;
    }
    feed(section, &block->text);
    if (block->kind == BLOCK_TOOL_CALL)
        lay_file(section, highlight_language("json", 4));
    else if (block->kind == BLOCK_ATTACHMENT)
        lay_file(section, highlight_file_language(block->name ? block->name : ""));
    else
        lay_text(section);
}

void section_grow(struct section *section, const struct block *block, const struct section_view *view)
{
    bool fresh = section->view.width == 0;

    if (!fresh && block->text.len == section->fed)
        return;
    section->view = *view;
    section->kind = block->kind;
    section->canvas.dim = block->kind == BLOCK_REASONING;
    if (block->kind != BLOCK_TEXT)
        set_title(section, block);
    if (block->kind == BLOCK_REDACTED || (block->kind != BLOCK_TEXT && !view->unfolded)) {
        section->fed = block->text.len;
        return;
    }
    lay(section, block);
    section->shown = section->canvas.count;
    while (section->shown > 0 && section->canvas.lines[section->shown - 1].len == 0)
        section->shown--;
}

/* --- lines --- */

size_t section_lines(const struct section *section)
{
    return section->shown + (section->title != NULL);
}

struct layout_line section_line(const struct section *section, size_t index, size_t *source)
{
    if (section->title && index == 0) {
        enum style style = section->kind == BLOCK_TOOL_CALL ? STYLE_TOOL : STYLE_DIM;
        *source = 0;
        return (struct layout_line){
            .text = section->title, .len = strlen(section->title), .style = style, .title = true};
    }
    const struct canvas_line *line = &section->canvas.lines[index - (section->title != NULL)];
    *source = line->source + (size_t)1;
    return (struct layout_line){
        .text = section->canvas.text.data + line->at,
        .len = line->len,
        .indent = line->indent + (size_t)(section->title ? BODY_INDENT : 0),
        .style = line->style,
        .spans = line->spans > 0 ? section->canvas.spans + line->span_at : NULL,
        .span_count = line->spans,
    };
}

/* Without the spaces that the fence's indentation takes. */
static char *unindented(const char *text, size_t len, size_t indent)
{
    struct buf out;

    buf_init(&out, len + 1);
    for (size_t at = 0, strip; at < len;) {
        for (strip = 0; strip < indent && at < len && text[at] == ' '; strip++)
            at++;
        const char *newline = memchr(text + at, '\n', len - at);
        size_t line = newline ? (size_t)(newline - text) + 1 - at : len - at;
        buf_put(&out, text + at, line);
        at += line;
    }
    return buf_take(&out);
}

char *section_copy_code(const struct section *section, size_t index)
{
    if (section->title && index == 0)
        return NULL;
    uint32_t code = section->canvas.lines[index - (section->title != NULL)].code;
    if (code == 0)
        return NULL;
    const struct canvas_code *record = &section->canvas.codes[code - 1];
    const char *text = record->kept ? section->canvas.kept.data : section->clean.data;
    return unindented(text + record->at, record->len, record->indent);
}

size_t section_work(const struct section *section)
{
    return section->work;
}
