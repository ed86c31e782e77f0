#include "tui/text/wrap.h"
#include "shared/utf8.h"
#include <stdbool.h>
#include <string.h>

size_t wrap_cluster(const char *text, size_t len, size_t *cells)
{
    int width;

    if (*text == '\t') {
        *cells = WRAP_TAB_CELLS;
        return 1;
    }
    if (*text >= ' ' && *text < 0x7f && (len == 1 || (text[1] >= 0 && text[1] < 0x7f))) {
        *cells = 1;
        return 1;
    }
    size_t used = utf8_cluster(text, len, &width);
    *cells = (size_t)width;
    return used;
}

size_t wrap_next(const char *text, size_t len, size_t width, enum wrap_mode mode, size_t *next)
{
    size_t cells = 0, cell, used;
    size_t end = 0;              /* of what is shown before the spaces that came last */
    size_t shown = 0, after = 0; /* the last place to break: shown ends, after begins the next line */
    bool wide_before = false;

    *next = len;
    if (len <= width && !memchr(text, '\t', len)) /* nothing else has more cells than bytes */
        return len;
    for (size_t at = 0; at < len; at += used) {
        used = wrap_cluster(text + at, len - at, &cell);
        bool space = text[at] == ' ' || text[at] == '\t';

        if (mode != WRAP_HARD && space) {
            cells += cell; /* spaces hang over the edge: only what follows them breaks the line */
            wide_before = false;
            continue;
        }
        if (end > 0 && (at > end || wide_before || cell == 2)) {
            shown = mode == WRAP_KEEP ? at : end;
            after = at;
        }
        if (cells + cell > width && at > 0) {
            bool hard = mode == WRAP_HARD || after == 0;
            *next = hard ? at : after;
            return hard ? at : shown;
        }
        cells += cell;
        wide_before = cell == 2;
        end = at + used;
    }
    return len;
}

size_t wrap_cut(const char *text, size_t max)
{
    size_t at = 0, cut = 0, cells, used;
    bool spaced = false;

    while ((used = wrap_cluster(text + at, max + WRAP_CUT_SLACK - at, &cells)), at + used <= max) {
        bool space = text[at] == ' ' && used == 1;
        at += used;
        if (at >= max / 2 && (space || !spaced)) {
            cut = at;
            spaced = space;
        }
    }
    return cut > 0 ? cut : max;
}

size_t wrap_fit(struct buf *out, const char *text, size_t cells)
{
    size_t len = strlen(text), used = utf8_width(text, len), at = 0, width = 0, cell;

    if (used <= cells) {
        buf_puts(out, text);
        return used;
    }
    if (cells == 0)
        return 0;
    while (at < len) {
        size_t bytes = wrap_cluster(text + at, len - at, &cell);
        if (width + cell + 1 > cells)
            break;
        buf_put(out, text + at, bytes);
        at += bytes;
        width += cell;
    }
    buf_puts(out, "…");
    return width + 1;
}
