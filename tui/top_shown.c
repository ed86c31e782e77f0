/* Order and selection of what `stoa top` lists. */
#include "tui/top_shown.h"
#include <stdio.h>
#include <string.h>

void top_shown_begin(struct top_shown *shown)
{
    *shown = (struct top_shown){.sorted_by = {[TOP_SESSIONS] = 5, /* what uses most */
                                              [TOP_USERS] = 3,
                                              [TOP_CLIENTS] = 6,
                                              [TOP_PROCESSES] = 4}};
    for (int tab = 0; tab < TOP_TABS; tab++)
        shown->descending[tab] = true;
}

static void sort(struct top_shown *shown)
{
    enum top_tab tab = shown->table.tab;

    top_table_sort(&shown->table, shown->sorted_by[tab], shown->descending[tab]);
}

void top_shown_make(struct top_shown *shown, enum top_tab tab, const json_t *now, const json_t *before)
{
    top_table_clear(&shown->table);
    top_table_make(&shown->table, tab, now, before);
    sort(shown);
}

void top_shown_switch(struct top_shown *shown, enum top_tab tab, const json_t *now, const json_t *before)
{
    shown->selected[0] = '\0';
    shown->at = shown->first = 0;
    top_shown_make(shown, tab, now, before);
}

static void select_row(struct top_shown *shown)
{
    snprintf(shown->selected, sizeof shown->selected, "%s",
             shown->table.count ? shown->table.rows[shown->at].id : "");
}

void top_shown_arrange(struct top_shown *shown, size_t room)
{
    size_t count = shown->table.count, found = top_table_find(&shown->table, shown->selected);

    if (found < count)
        shown->at = found;
    if (shown->at >= count)
        shown->at = count ? count - 1 : 0;
    if (shown->selected[0]) /* whoever has not moved yet sees the first row */
        select_row(shown);
    if (shown->at < shown->first)
        shown->first = shown->at;
    if (room > 0 && shown->at >= shown->first + room)
        shown->first = shown->at - room + 1;
    if (shown->first + room > count)
        shown->first = count > room ? count - room : 0;
}

void top_shown_move(struct top_shown *shown, long by)
{
    long at = (long)shown->at + by, last = (long)shown->table.count - 1;

    shown->at = at < 0 || last < 0 ? 0 : (size_t)(at > last ? last : at);
    select_row(shown);
}

void top_shown_sort(struct top_shown *shown, int step)
{
    enum top_tab tab = shown->table.tab;
    size_t count;
    const struct top_column *columns = top_columns(tab, &count);

    shown->sorted_by[tab] = (shown->sorted_by[tab] + count + (size_t)step) % count;
    shown->descending[tab] = columns[shown->sorted_by[tab]].is_number;
    sort(shown);
}

void top_shown_reverse(struct top_shown *shown)
{
    enum top_tab tab = shown->table.tab;

    shown->descending[tab] = !shown->descending[tab];
    sort(shown);
}

void top_shown_clear(struct top_shown *shown)
{
    top_table_clear(&shown->table);
}
