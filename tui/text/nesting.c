#include "tui/text/nesting.h"
#include "shared/utf8.h"
#include <stdio.h>
#include <string.h>

#define BAR "│ "
enum { BAR_CELLS = 2 };

void nesting_init(struct nesting *nesting, size_t width)
{
    *nesting = (struct nesting){.most = width / 2};
}

static void enter(struct nesting *nesting, struct nesting_level level)
{
    if (nesting->cells + level.cells > nesting->most)
        level.cells = 0;
    nesting->cells += nesting->depth < NESTING_MAX ? level.cells : 0;
    if (nesting->depth < NESTING_MAX)
        nesting->levels[nesting->depth] = level;
    nesting->depth++;
}

void nesting_quote(struct nesting *nesting)
{
    enter(nesting, (struct nesting_level){.quote = true, .cells = BAR_CELLS});
}

void nesting_item(struct nesting *nesting, const char *mark)
{
    struct nesting_level level = {.cells = utf8_width(mark, strlen(mark))};

    snprintf(level.mark, sizeof level.mark, "%s", mark);
    enter(nesting, level);
}

void nesting_leave(struct nesting *nesting)
{
    if (--nesting->depth < NESTING_MAX)
        nesting->cells -= nesting->levels[nesting->depth].cells;
}

bool nesting_quoted(const struct nesting *nesting)
{
    for (size_t i = 0; i < nesting->depth && i < NESTING_MAX; i++)
        if (nesting->levels[i].quote)
            return true;
    return false;
}

bool nesting_has_mark(const struct nesting *nesting)
{
    return nesting->depth > 0 && nesting->depth <= NESTING_MAX &&
           nesting->levels[nesting->depth - 1].mark[0] != '\0';
}

void nesting_line(struct nesting *nesting, struct canvas *canvas, size_t source, enum style style)
{
    size_t depth = nesting->depth < NESTING_MAX ? nesting->depth : NESTING_MAX, level = 0, indent = 0;

    while (level < depth && !nesting->levels[level].quote && !nesting->levels[level].mark[0])
        indent += nesting->levels[level++].cells;
    canvas_line(canvas, source, indent, style);
    for (; level < depth; level++) {
        struct nesting_level *here = &nesting->levels[level];
        if (here->quote && here->cells > 0)
            canvas_puts(canvas, BAR, STYLE_QUOTE);
        else if (here->cells > 0 && here->mark[0])
            canvas_puts(canvas, here->mark, STYLE_MARK);
        else
            canvas_fill(canvas, here->cells, STYLE_TEXT);
        here->mark[0] = '\0';
    }
}

void nesting_gap(const struct nesting *nesting, struct canvas *canvas, size_t source, size_t quotes)
{
    size_t cells = 0; /* of what was not written since the last bar */

    canvas_line(canvas, source, 0, STYLE_TEXT);
    for (size_t i = 0; i < nesting->depth && i < NESTING_MAX && quotes > 0; i++) {
        const struct nesting_level *here = &nesting->levels[i];
        if (here->quote && here->cells > 0) {
            canvas_fill(canvas, cells, STYLE_QUOTE);
            canvas_puts(canvas, "│", STYLE_QUOTE);
        }
        cells = here->quote ? BAR_CELLS - 1 : cells + here->cells;
        quotes -= here->quote;
    }
}
