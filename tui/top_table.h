/* What `stoa top` lists: the rows of one of its tables, made from the newest answer of admin.top and the one
 * before, which gives the rates. Opens nothing and draws nothing. */
#ifndef STOA_TUI_TOP_TABLE_H
#define STOA_TUI_TOP_TABLE_H

#include "tui/style.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum top_tab { TOP_SESSIONS, TOP_USERS, TOP_CLIENTS, TOP_PROCESSES, TOP_TABS };
enum { TOP_COLUMNS_MAX = 13, TOP_CELL_BYTES = 64, TOP_ID_BYTES = 96 };

struct top_column { /* the last one of a table takes what is left of the width */
    const char *title;
    int width;      /* cells */
    bool is_number; /* to the right, and the largest first */
};

struct top_cell {
    char text[TOP_CELL_BYTES]; /* clean */
    double number;             /* what it is sorted by; of a text, 0 */
};

struct top_row {
    char id[TOP_ID_BYTES]; /* of the session, user, client or process: the same from one answer to the next */
    struct top_cell cells[TOP_COLUMNS_MAX];
    enum style style;
    const json_t *json; /* of the answer it was made from */
};

struct top_table {
    enum top_tab tab;
    struct top_row *rows;
    size_t count;
};

/* "sessions" ... */
const char *top_tab_name(enum top_tab tab);
/* The columns of a table; *count of them. */
const struct top_column *top_columns(enum top_tab tab, size_t *count);

/* The rows of now, which must live as long as they are used; before: the answer before it, or NULL: then
 * there are no rates. */
void top_table_make(struct top_table *table, enum top_tab tab, const json_t *now, const json_t *before);
void top_table_clear(struct top_table *table);
/* By that column, equal ones by their ids. */
void top_table_sort(struct top_table *table, size_t column, bool descending);
/* The place of the row of that id; count if it is gone. */
size_t top_table_find(const struct top_table *table, const char *id);

/* How many a second of a counter that both answers have under "daemon" or "store"; 0 without before. */
double top_rate(const json_t *now, const json_t *before, const char *part, const char *counter);
/* Percent of one processor, of the same. */
double top_daemon_cpu(const json_t *now, const json_t *before);

/* "12.3 MB", "4.2 k", "2h 13m" */
void top_bytes(double bytes, char text[TOP_CELL_BYTES]);
void top_count(double number, char text[TOP_CELL_BYTES]);
void top_time(int64_t ms, char text[TOP_CELL_BYTES]);

#endif
