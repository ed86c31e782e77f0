/* The quotes and list items that a line of Markdown stands in, and what of them is written before its text.
 */
#ifndef STOA_TUI_TEXT_NESTING_H
#define STOA_TUI_TEXT_NESTING_H

#include "tui/text/canvas.h"

enum { NESTING_MAX = 24, NESTING_MARK_MAX = 24 }; /* levels that are shown; bytes of an item's mark */

struct nesting_level {
    bool quote;
    size_t cells;                /* that it moves its text to the right by */
    char mark[NESTING_MARK_MAX]; /* of an item; "" once it is written */
};

struct nesting { /* open to read */
    struct nesting_level levels[NESTING_MAX];
    size_t depth; /* may pass NESTING_MAX: those above are not shown */
    size_t cells; /* of all levels */
    size_t most;  /* that they may take: deeper ones take none */
};

void nesting_init(struct nesting *nesting, size_t width);
void nesting_quote(struct nesting *nesting);
/* mark: with the space after it. */
void nesting_item(struct nesting *nesting, const char *mark);
/* Leaves the innermost one. */
void nesting_leave(struct nesting *nesting);
bool nesting_quoted(const struct nesting *nesting);
/* Whether the innermost item has a mark that was not written. */
bool nesting_has_mark(const struct nesting *nesting);
/* Begins a line with what stands before its text. */
void nesting_line(struct nesting *nesting, struct canvas *canvas, size_t source, enum style style);
/* An empty line in the outermost so many quotes. */
void nesting_gap(const struct nesting *nesting, struct canvas *canvas, size_t source, size_t quotes);

#endif
