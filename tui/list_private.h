/* Shared by list.c (items, arranging, scrolling, rows) and list_cursor.c, and nobody else. */
#ifndef STOA_TUI_LIST_PRIVATE_H
#define STOA_TUI_LIST_PRIVATE_H

#include "tui/folded.h"
#include "tui/list.h"
#include "tui/text/cache.h"

struct place { /* a line of an item */
    size_t item, line;
};

struct mark { /* a place in a form that outlives changes */
    char id[ID_MAX];
    size_t item; /* where the message was last */
    uint64_t position;
};

struct list {
    struct list_source source;
    size_t width, height;
    bool following;
    struct folded *folded;
    struct cache *cache;
    struct mark anchor;   /* the topmost line, when not following */
    char seen_id[ID_MAX]; /* the last message when following ended; "" if all is read */
    bool browsed;         /* there is a cursor */
    struct mark cursor;
    struct mark kept; /* where the cursor was */
    bool kept_following;
    bool arranged;
    struct place top; /* of the rows, when arranged */
    struct place at;  /* the cursor's, when arranged */
    size_t blank;     /* empty rows above it: fewer lines than rows */
};

size_t item_count(const struct list *list);
const struct message *item_message(const struct list *list, size_t item);
const struct layout *item_layout(struct list *list, size_t item);

bool place_after(struct place a, struct place b);
/* So many lines away; the very first line, or the end behind the last item, if there are fewer. */
struct place place_up(struct list *list, struct place place, size_t lines);
struct place place_down(struct list *list, struct place place, size_t lines);
/* The place so many lines above the end; the very first if there are fewer. *missing: how many fewer. */
struct place place_above_end(struct list *list, size_t lines, size_t *missing);
void mark_set(struct list *list, struct mark *mark, struct place place);
/* False if its message is gone. */
bool mark_find(struct list *list, struct mark *mark, struct place *place);

/* Brings top and cursor up to date, if something has changed. */
void list_arrange(struct list *list);
/* The view begins there, and does not follow. */
void list_stay(struct list *list, struct place top);
/* Folds or unfolds it; false if such a block can't be. */
bool list_fold_block(struct list *list, size_t item, size_t block);

/* --- list_cursor.c --- */
/* Finds the cursor's place, and moves the top where it would not be seen. */
void cursor_arrange(struct list *list);
/* The view was scrolled: takes the cursor along where it would not be seen. */
void cursor_keep_seen(struct list *list);
void cursor_set(struct list *list, struct place place);
/* View and cursor go so many lines. */
void cursor_page(struct list *list, long lines);

#endif
