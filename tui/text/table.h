/* A table of Markdown: columns as wide as they need to be, or less where the room is too small; where that
 * would leave less than TABLE_COLUMN_MIN cells for one that needs more, each row as lines "header: value". */
#ifndef STOA_TUI_TEXT_TABLE_H
#define STOA_TUI_TEXT_TABLE_H

#include "tui/text/flow.h"

enum { TABLE_COLUMN_MIN = 6 };
enum table_align { TABLE_LEFT, TABLE_CENTER, TABLE_RIGHT };

struct table_cell {
    struct flow_cursor from;
    size_t end, cells; /* where its text ends; its width if it is not broken */
};

struct table { /* fields are the implementation's, but for flow: the text of the cells is put into it */
    struct flow flow;
    struct table_cell *cells;
    size_t count, room, columns;
    enum table_align *aligns;
};

void table_init(struct table *table);
void table_free(struct table *table);
/* Begins anew; columns >= 1. */
void table_clear(struct table *table, size_t columns);
/* The text put into flow until table_cell_end is the next cell's: rows from left to right, the header first.
 */
void table_cell_begin(struct table *table, enum table_align align);
void table_cell_end(struct table *table);
/* Writes it in at most width cells. header: whether its first row is shown, or only gives the names. False if
 * the canvas's text has grown beyond limit: what is written is not all. */
bool table_lines(const struct table *table, struct canvas *canvas, const struct flow_margin *margin,
                 size_t width, bool header, size_t limit);

#endif
