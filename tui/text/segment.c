#include "tui/text/segment.h"
#include "tui/text/wrap.h"
#include <string.h>

enum { TAB = 4 };

struct line { /* what is to be known of one */
    const char *text;
    size_t len;
    size_t blanks, indent; /* bytes of white space before it, and its cells */
};

static struct line line_of(const char *text, size_t len)
{
    struct line line = {.text = text, .len = len};

    while (line.blanks < len && (text[line.blanks] == ' ' || text[line.blanks] == '\t')) {
        line.indent += text[line.blanks] == '\t' ? TAB - line.indent % TAB : 1;
        line.blanks++;
    }
    return line;
}

static bool is_blank(const struct line *line)
{
    return line->blanks == line->len;
}

static size_t run_of(const char *text, size_t len, char c)
{
    size_t run = 0;

    while (run < len && text[run] == c)
        run++;
    return run;
}

/* Length of the fence that it begins with; 0 if it opens none. */
static size_t fence_length(const struct line *line)
{
    const char *text = line->text + line->blanks;
    size_t len = line->len - line->blanks, run;

    if (len == 0 || line->indent > 3 || (*text != '`' && *text != '~'))
        return 0;
    run = run_of(text, len, *text);
    if (run < 3 || (*text == '`' && memchr(text + run, '`', len - run)))
        return 0;
    return run;
}

bool segment_closes(const struct segmenter *segmenter, const char *text, size_t len)
{
    struct line line = line_of(text, len);
    size_t run = run_of(text + line.blanks, len - line.blanks, segmenter->fence);

    if (line.indent > 3 || run < segmenter->fence_length)
        return false;
    for (size_t at = line.blanks + run; at < len; at++)
        if (text[at] != ' ' && text[at] != '\t')
            return false;
    return true;
}

static bool is_heading(const struct line *line)
{
    size_t run = run_of(line->text, line->len, '#');

    return run >= 1 && run <= 6 && (run == line->len || line->text[run] == ' ' || line->text[run] == '\t');
}

/* Cells before the text of the list item that it begins; 0 if it begins none. */
static size_t item_content(const struct line *line)
{
    const char *text = line->text + line->blanks;
    size_t len = line->len - line->blanks, mark = 0;

    if (len > 0 && strchr("-*+", *text)) {
        mark = 1;
    } else {
        while (mark < len && mark < 10 && text[mark] >= '0' && text[mark] <= '9')
            mark++;
        if (mark == 0 || mark == len || (text[mark] != '.' && text[mark] != ')'))
            return 0;
        mark++;
    }
    if (mark < len && text[mark] != ' ' && text[mark] != '\t')
        return 0;
    struct line rest = line_of(text + mark, len - mark);
    size_t gap = rest.indent >= 1 && rest.indent <= 4 && !is_blank(&rest) ? rest.indent : 1;
    return line->indent + mark + gap;
}

/* "|---|:-:|": the line below a table's header. */
static bool is_table_rule(const struct line *line)
{
    bool bar = false, dash = false;

    for (size_t at = 0; at < line->len; at++) {
        if (!strchr("|-: \t", line->text[at]))
            return false;
        bar |= line->text[at] == '|';
        dash |= line->text[at] == '-';
    }
    return bar && dash;
}

/* Whether it ends a list that it is not indented into, though no blank line is before it: a quote, or a line
 * of "***" or the like, which a paragraph does not take in. */
static bool ends_list(const struct line *line)
{
    char mark = line->blanks < line->len ? line->text[line->blanks] : ' ';
    size_t marks = 0;

    if (mark == '>')
        return true;
    for (size_t at = line->blanks; at < line->len; at++) {
        if (line->text[at] == mark)
            marks++;
        else if (line->text[at] != ' ' && line->text[at] != '\t')
            return false;
    }
    return marks >= 3 && strchr("*-_", mark);
}

/* --- cutting --- */

/* Ends the open segment at that byte; false if there was nothing in it but blank lines. */
static bool end(struct segmenter *s, const char *text, size_t at, bool joined, struct segment *out)
{
    *out = segment_open(s, text, at);
    *s = (struct segmenter){.start = at, .line = at, .joined = joined, .blank = !joined};
    return out->at < out->end;
}

/* The same because it is long: a table goes on. */
static bool end_long(struct segmenter *s, const char *text, size_t at, bool joined, struct segment *out)
{
    size_t head = s->head, head_end = joined ? s->head_end : 0;
    bool any = end(s, text, at, joined, out);

    s->head = head;
    s->head_end = head_end;
    s->continues = head_end > 0;
    return any;
}

struct segment segment_open(const struct segmenter *s, const char *text, size_t len)
{
    struct segment out = {.at = s->start, .end = len, .joined = s->joined};

    if (s->continues) {
        out.head = s->head;
        out.head_end = s->head_end;
    }
    while (out.end > out.at && (text[out.end - 1] == '\n' || text[out.end - 1] == ' '))
        out.end--;
    return out;
}

enum cut { CUT_NOT, CUT_ANEW, CUT_LONG };

/* Whether the open segment, of so many bytes, ends before a finished line. */
static enum cut cut_before(const struct segmenter *s, const struct line *line, size_t size)
{
    bool soft = s->head_end > 0 || (s->item && line->indent == 0 && item_content(line) > 0);

    if (s->lines == 0 || is_blank(line))
        return CUT_NOT;
    if (line->indent == 0 && (s->blank || is_heading(line)))
        return CUT_ANEW;
    return size > (soft ? SEGMENT_SOFT : SEGMENT_HARD) ? CUT_LONG : CUT_NOT;
}

static bool opens_fence(const struct segmenter *s, const struct line *line)
{
    return fence_length(line) > 0 && (!s->list || line->indent < s->content);
}

/* Takes a finished line into the open segment. */
static void take(struct segmenter *s, const struct line *line, size_t at)
{
    size_t content = item_content(line);

    s->blank = is_blank(line);
    if (s->blank && s->lines == 0) { /* blank lines before a segment are none of it */
        s->start = at + line->len + 1;
        s->line = s->start;
        s->joined = false;
        return;
    }
    if (s->lines == 0)
        s->item = content > 0 && line->indent == 0;
    if (line->indent < s->content && ends_list(line)) {
        s->list = false;
        content = 0;
    }
    if (content > 0 && (!s->list || line->indent < s->content) && line->indent <= 3) {
        s->list = true;
        s->content = content;
    }
    if (s->lines == 1 && !s->continues && is_table_rule(line)) {
        s->head = s->start;
        s->head_end = at + line->len;
    }
    if (s->blank)
        s->head_end = 0;
    s->lines++;
    s->line = at + line->len + 1;
}

/* A line that is so long that it is cut, finished or not: first before it, then in it. */
static bool tear(struct segmenter *s, const char *text, struct segment *out)
{
    if (s->line > s->start)
        return end_long(s, text, s->line, !s->blank, out);
    size_t cut = s->start + wrap_cut(text + s->start, SEGMENT_HARD);
    return end(s, text, cut, true, out);
}

static void open_fence(struct segmenter *s, const struct line *line, struct segment *out)
{
    size_t at = s->line, after = at + line->len + 1;

    *out = (struct segment){.kind = SEGMENT_FENCE, .at = at + line->blanks, .end = at + line->len};
    out->joined = s->joined;
    char mark = line->text[line->blanks];
    *s = (struct segmenter){.start = after, .line = after, .fence = mark};
    s->fence_length = fence_length(line);
    s->fence_indent = line->blanks;
}

/* In a code block: to the line that closes it. */
static bool close_fence(struct segmenter *s, const char *text, size_t len, struct segment *out)
{
    const char *newline;

    while ((newline = memchr(text + s->line, '\n', len - s->line))) {
        size_t at = s->line, line = (size_t)(newline - text) - at;
        s->line = at + line + 1;
        if (segment_closes(s, text + at, line)) {
            *out = (struct segment){.kind = SEGMENT_CLOSE, .at = at, .end = at + line};
            *s = (struct segmenter){.start = s->line, .line = s->line, .blank = true}; /* stands apart */
            return true;
        }
    }
    return false;
}

bool segment_next(struct segmenter *s, const char *text, size_t len, struct segment *out)
{
    while (!s->fence && s->line < len) {
        const char *newline = memchr(text + s->line, '\n', len - s->line);
        size_t bytes = (newline ? (size_t)(newline - text) : len) - s->line;

        if (bytes >= SEGMENT_HARD + WRAP_CUT_SLACK) {
            if (tear(s, text, out))
                return true;
            continue;
        }
        if (!newline)
            return false;
        struct line line = line_of(text + s->line, bytes);
        bool fence = opens_fence(s, &line);
        enum cut cut = fence && s->lines > 0 ? CUT_ANEW : cut_before(s, &line, s->line - s->start);
        if (cut == CUT_ANEW && end(s, text, s->line, !s->blank, out))
            return true;
        if (cut == CUT_LONG && end_long(s, text, s->line, !s->blank, out))
            return true;
        if (fence) {
            open_fence(s, &line, out);
            return true;
        }
        bool heading = line.indent == 0 && is_heading(&line);
        take(s, &line, s->line);
        if (heading && end(s, text, s->line, true, out))
            return true;
    }
    return s->fence && close_fence(s, text, len, out);
}
