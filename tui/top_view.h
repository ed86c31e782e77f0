/* How `stoa top` looks: three lines about the daemon, the tables' names, one table, and what keys do. */
#ifndef STOA_TUI_TOP_VIEW_H
#define STOA_TUI_TOP_VIEW_H

#include "tui/terminal/screen.h"
#include "tui/top_table.h"

enum { TOP_HEAD_ROWS = 5, TOP_FOOT_ROWS = 1, TOP_COLS_MIN = 40, TOP_ROWS_MIN = 9 };

struct top_show {               /* borrowed */
    const json_t *now, *before; /* NULL: no answer yet */
    const struct top_table *table;
    size_t sorted_by;
    bool descending, paused, detail;
    size_t selected, first; /* rows of the table; first: at the top */
    const char *daemon;     /* its name, where it is not the local one; else NULL */
    const char *said;       /* a clean sentence in the last line in place of the keys; NULL: none */
    bool said_bad;
};

/* Rows of the table that there is room for. */
size_t top_view_room(const struct screen *screen);
/* Draws one frame, if the screen takes one. */
void top_view_draw(struct screen *screen, const struct top_show *show);

#endif
