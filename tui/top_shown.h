/* What of a table `stoa top` shows: its order, the row that is selected, and the first one on screen. A row
 * stays selected by its id, wherever the order brings it; where it is gone, the one in its place is. A pure
 * model. */
#ifndef STOA_TUI_TOP_SHOWN_H
#define STOA_TUI_TOP_SHOWN_H

#include "tui/top_table.h"

struct top_shown {
    struct top_table table;
    size_t sorted_by[TOP_TABS];
    bool descending[TOP_TABS];
    char selected[TOP_ID_BYTES]; /* "" before anything was selected: the first row is shown so */
    size_t at, first;            /* rows of the table: the selected one, and the first one on screen */
};

/* No rows yet; what uses most comes first. */
void top_shown_begin(struct top_shown *shown);
/* The rows of now, as of top_table_make, in the order that was chosen. */
void top_shown_make(struct top_shown *shown, enum top_tab tab, const json_t *now, const json_t *before);
/* Another table, from its first row on. */
void top_shown_switch(struct top_shown *shown, enum top_tab tab, const json_t *now, const json_t *before);
/* Keeps the selected row selected, and among the room rows on screen. */
void top_shown_arrange(struct top_shown *shown, size_t room);
/* Selects the row so many below, or above if by is negative; the last or first one where there is none. */
void top_shown_move(struct top_shown *shown, long by);
/* By the column so many to the right, round and round. */
void top_shown_sort(struct top_shown *shown, int step);
void top_shown_reverse(struct top_shown *shown);
/* The rows point into the answers that they were made of: before these are freed. */
void top_shown_clear(struct top_shown *shown);

#endif
