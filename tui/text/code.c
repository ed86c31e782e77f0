#include "tui/text/code.h"
#include "shared/utf8.h"
#include "tui/text/wrap.h"
#include <string.h>

enum {
    TAB_STOP = 4,
    PIECE = 2048, /* bytes of a line that are laid out at once; a longer one is torn */
    EXPANDED = (PIECE + WRAP_CUT_SLACK) * TAB_STOP
};

void code_init(struct code *code, const struct language *language)
{
    *code = (struct code){.plain = STYLE_CODE};
    highlight_init(&code->highlight, language);
}

/* Tabs become spaces up to the next stop. Returns the bytes of out. */
static size_t expand(const char *text, size_t len, char out[EXPANDED])
{
    size_t column = 0, used = 0;

    while (len > 0) {
        const char *tab = memchr(text, '\t', len);
        size_t run = tab ? (size_t)(tab - text) : len;
        memcpy(out + used, text, run);
        used += run;
        column += utf8_width(text, run);
        text += run;
        len -= run;
        if (tab) {
            size_t fill = TAB_STOP - column % TAB_STOP;
            memset(out + used, ' ', fill);
            used += fill;
            column += fill;
            text++;
            len--;
        }
    }
    return used;
}

static void put_styled(struct canvas *canvas, const char *text, const unsigned char *styles, size_t len)
{
    for (size_t at = 0, end; at < len; at = end) {
        for (end = at + 1; end < len && styles[end] == styles[at];)
            end++;
        canvas_put(canvas, text + at, end - at, styles[at]);
    }
}

/* One line, or a piece of one, of at most PIECE bytes. */
static void put_piece(struct code *code, const char *text, size_t len, size_t source, struct canvas *canvas,
                      const struct flow_margin *margin, size_t width)
{
    char line[EXPANDED];
    unsigned char styles[EXPANDED];
    size_t room = expand(text, len, line), next;

    if (code->torn || !code->highlight.language)
        memset(styles, code->plain, room);
    else
        highlight_line(&code->highlight, line, room, styles);
    if (room == 0)
        margin->begin(margin->owner, source);
    for (size_t at = 0; at < room; at += next) {
        size_t shown = wrap_next(line + at, room - at, width > 0 ? width : 1, WRAP_HARD, &next);
        margin->begin(margin->owner, source + at);
        put_styled(canvas, line + at, styles + at, shown);
    }
}

size_t code_lines(struct code *code, const char *text, size_t len, size_t source, struct canvas *canvas,
                  const struct flow_margin *margin, size_t width)
{
    size_t at = 0;

    for (;;) {
        const char *newline = memchr(text + at, '\n', len - at);
        size_t line = newline ? (size_t)(newline - text) - at : len - at;
        if (line >= PIECE + WRAP_CUT_SLACK) {
            line = wrap_cut(text + at, PIECE);
            put_piece(code, text + at, line, source + at, canvas, margin, width);
            code->torn = true;
            at += line;
            continue;
        }
        if (!newline)
            return at;
        put_piece(code, text + at, line, source + at, canvas, margin, width);
        code->torn = false;
        at += line + 1;
    }
}

void code_rest(const struct code *code, const char *text, size_t len, size_t source, struct canvas *canvas,
               const struct flow_margin *margin, size_t width)
{
    struct code copy = *code;

    if (len > 0)
        put_piece(&copy, text, len, source, canvas, margin, width);
}
