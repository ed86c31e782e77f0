/* The message list: a virtual one, of which only what is seen is laid out. It is anchored at a message and a
 * line of it, or follows the end. Any upward scroll ends following; only the true bottom, list_follow (End,
 * sending) brings it back, never new content. */
#ifndef STOA_TUI_LIST_H
#define STOA_TUI_LIST_H

#include "proto/state.h"
#include "tui/layout.h"
#include <stdbool.h>
#include <stddef.h>

enum list_mark { LIST_PLAIN, LIST_QUEUED, LIST_SENDING, LIST_NOTICE };

struct list_extra { /* shown after the messages */
    const struct message *message;
    enum list_mark mark;
};

struct list_source {
    struct message *const *messages;
    size_t message_count;
    const struct list_extra *extras;
    size_t extra_count;
};

struct list_row {
    const struct message *message; /* NULL: an empty row below or above all messages */
    enum list_mark mark;
    size_t line;             /* of the message; 0 is its header */
    bool first_unread;       /* the header of the first unread message */
    struct layout_line text; /* valid until the next call of a list_ function */
};

struct list;

struct list *list_new(void);
void list_free(struct list **list);
/* What there is to show and in how many cells; before any other call, and whenever it has changed. The source
 * is borrowed until the next list_set. */
void list_set(struct list *list, const struct list_source *source, size_t width, size_t height);
/* Forgets layouts, anchor and unread mark: another session is shown. */
void list_reset(struct list *list);
/* Forgets layouts only: the session has a new snapshot. */
void list_refresh(struct list *list);

void list_scroll(struct list *list, long lines); /* negative: towards older messages */
void list_page(struct list *list, int pages);
void list_home(struct list *list);
void list_follow(struct list *list);
bool list_following(const struct list *list);
/* Messages below what was there when following ended. */
size_t list_unread(const struct list *list);
/* Marks what follows the message of that id as unread; "" for nothing. */
void list_mark_unread(struct list *list, const char *after);
void list_toggle_folds(struct list *list);
/* True if older messages would be seen, or nearly: ask for them. */
bool list_wants_older(struct list *list);

/* Row y of the view (0 to height - 1), in any order. */
struct list_row list_row(struct list *list, size_t y);

#endif
