#include "tui/text/verbatim.h"
#include "shared/xalloc.h"
#include "tui/text/flow.h"
#include "tui/text/wrap.h"
#include <string.h>

enum { HANG_MAX = 12, TAB = 4 }; /* HANG_MAX: the deepest that a line goes on at, in cells */

/* Bytes of "- ", "12. ", "> " and the like with the white space before them. */
static size_t mark_length(const char *line, size_t len)
{
    size_t at = 0, digits = 0;

    while (at < len && line[at] == ' ')
        at++;
    if (at + 1 < len && strchr("-*+>", line[at]) && line[at + 1] == ' ')
        return at + 2;
    while (at + digits < len && line[at + digits] >= '0' && line[at + digits] <= '9')
        digits++;
    size_t end = at + digits;
    if (digits > 0 && end + 1 < len && (line[end] == '.' || line[end] == ')') && line[end + 1] == ' ')
        return end + 2;
    return at;
}

struct hang {
    struct canvas *canvas;
    size_t cells, at; /* at: of the line in the source */
    bool continued;
};

static void begin(void *owner, size_t source)
{
    struct hang *hang = owner;

    canvas_line(hang->canvas, source, hang->continued ? hang->cells : 0, STYLE_TEXT);
    hang->continued = true;
}

static void put_expanded(struct flow *flow, const char *line, size_t len, size_t at)
{
    while (len > 0) {
        const char *tab = memchr(line, '\t', len);
        size_t run = tab ? (size_t)(tab - line) : len;
        flow_put(flow, line, run, STYLE_TEXT, at);
        if (tab)
            flow_put(flow, "    ", TAB - flow->text.len % TAB, STYLE_TEXT, at + run);
        run += tab != NULL;
        line += run;
        at += run;
        len -= run;
    }
}

void verbatim_lines(const char *text, size_t len, size_t at, struct canvas *canvas, size_t width)
{
    size_t most = width < LAYOUT_PROSE_MAX ? width : LAYOUT_PROSE_MAX;
    struct flow flow;

    flow_init(&flow);
    for (const char *end = text + len; text <= end && len > 0;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((newline ? newline : end) - text), mark = mark_length(text, line);
        struct hang hang = {.canvas = canvas, .cells = mark <= HANG_MAX && mark * 2 <= most ? mark : 0};
        const struct flow_margin margin = {begin, &hang, hang.cells};
        flow_clear(&flow);
        put_expanded(&flow, text, line, at);
        if (!flow_lines(&flow, canvas, &margin, most))
            canvas_line(canvas, at, 0, STYLE_TEXT);
        if (!newline)
            break;
        at += line + 1;
        text += line + 1;
    }
    flow_free(&flow);
}
