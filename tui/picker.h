/* A list that is filtered by what is typed: palette, list of sessions, history, choices of a command. A pure
 * model: it draws nothing and does nothing. */
#ifndef STOA_TUI_PICKER_H
#define STOA_TUI_PICKER_H

#include "tui/editor.h"
#include "tui/fuzzy.h"
#include "tui/style.h"
#include <stdbool.h>
#include <stddef.h>

enum picker_kind { PICKER_PALETTE, PICKER_SESSIONS, PICKER_HISTORY, PICKER_MODELS, PICKER_THEMES };

enum { PICKER_ITEMS_MAX = 20000, PICKER_FILTER_MAX = 200 }; /* bytes of the filter */

struct picker_item {   /* all texts are clean, and on one line */
    const char *glyph; /* of one cell; NULL: the list has none. Static, as is word */
    const char *word;  /* what the glyph means; NULL: none */
    enum style style;  /* of both */
    int number;        /* shown before the text; 0: none */
    int tag;           /* the caller's */
    char *id;          /* what the item is, whatever it is called: the selection stays with it */
    char *text;        /* filtered */
    char *detail;      /* searched too: a model, a summary. NULL: none */
    char *note;        /* at the right: a key, an age. NULL: none */
};

struct picker_row {
    const struct picker_item *item; /* NULL: the offer */
    struct fuzzy_found found;       /* in item->text */
};

struct picker;

struct picker *picker_new(void);
void picker_free(struct picker **picker);

/* Begins a list of that kind with an empty filter. heading: static. */
void picker_open(struct picker *picker, enum picker_kind kind, const char *heading);
enum picker_kind picker_kind(const struct picker *picker);
const char *picker_heading(const struct picker *picker);

/* New items, between picker_begin and picker_end. The filter stays, and the selection stays on the item of
 * its id if that is still there. The item's strings are taken (id and text must not be NULL); more than
 * PICKER_ITEMS_MAX are dropped. */
void picker_begin(struct picker *picker);
void picker_add(struct picker *picker, struct picker_item item);
void picker_end(struct picker *picker);

/* The line that filters: change it, then call picker_filtered. */
struct editor *picker_filter(const struct picker *picker);
void picker_filtered(struct picker *picker);
/* Offers to make something of a filter that is not empty, in one more row at the end. what: "new session",
 * static; NULL: nothing is offered. */
void picker_offer(struct picker *picker, const char *what);
/* What is offered; NULL for nothing. */
const char *picker_offered(const struct picker *picker);

/* Rows that match, the offer included, and items in all. */
size_t picker_count(const struct picker *picker);
size_t picker_total(const struct picker *picker);
/* A row that matches, the best first; of equals, and without a filter, in the order of adding. */
struct picker_row picker_row(const struct picker *picker, size_t index);
size_t picker_selected(const struct picker *picker);
/* Down by so many rows, up if negative; stops at the ends. */
void picker_move(struct picker *picker, long rows);
void picker_select(struct picker *picker, size_t index);

#endif
