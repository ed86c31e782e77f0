/* The message list: a virtual one, of which only what is seen is laid out. It is anchored at a message and a
 * line of it, or follows the end. Any upward scroll ends following; only the true bottom, list_follow (End,
 * sending) brings it back, never new content.
 *
 * While it is browsed it has a cursor, on a line, which the view goes with: it follows the end while the
 * cursor is on the last line. The cursor stays on the same text when the width, the folds or the messages
 * change. */
#ifndef STOA_TUI_LIST_H
#define STOA_TUI_LIST_H

#include "proto/state.h"
#include "tui/text/find.h"
#include "tui/text/layout.h"
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
    bool cursor;             /* the cursor is on it */
    struct layout_line text; /* valid until the next call of a list_ function */
};

struct list;

struct list *list_new(void);
void list_free(struct list **list);
/* What there is to show and in how many cells; before any other call, and whenever it has changed. The source
 * is borrowed until the next list_set. */
void list_set(struct list *list, const struct list_source *source, size_t width, size_t height);
/* Forgets layouts, folds, anchor, cursor and unread mark: another session is shown. */
void list_reset(struct list *list);
/* Forgets layouts only: the session has a new snapshot. */
void list_refresh(struct list *list);

/* Negative: towards older messages. With a cursor, it stays where it is seen. */
void list_scroll(struct list *list, long lines);
/* With a cursor, that goes along. */
void list_page(struct list *list, int pages);
void list_home(struct list *list);
void list_follow(struct list *list);
bool list_following(const struct list *list);
/* Messages below what was there when following ended. */
size_t list_unread(const struct list *list);
/* Marks what follows the message of that id as unread; "" for nothing. */
void list_mark_unread(struct list *list, const char *after);
/* Folds or unfolds all blocks that fold. */
void list_toggle_folds(struct list *list);
/* Whether they are unfolded, those aside that were folded or unfolded alone. */
bool list_unfolded(const struct list *list);
/* True if older messages would be seen, or nearly: ask for them. */
bool list_wants_older(struct list *list);

/* Row y of the view (0 to height - 1), in any order. */
struct list_row list_row(struct list *list, size_t y);
/* Where the needle stands on it, as find_pieces. */
size_t list_pieces(struct list *list, size_t y, const struct needle *needle,
                   struct find_piece pieces[FIND_PIECES_MAX]);
/* Folds or unfolds the block whose title row y is; false if it is none. */
bool list_fold_row(struct list *list, size_t y);

/* --- the cursor (list_cursor.c) --- */

/* On: at the last line that is seen. */
void list_cursor(struct list *list, bool on);
/* Lines, messages (to their headers), screens in halves; negative: upwards. */
void list_cursor_lines(struct list *list, long lines);
void list_cursor_message(struct list *list, bool down);
void list_cursor_halves(struct list *list, int halves);
void list_cursor_to_row(struct list *list, size_t y);
/* The row that it is on; message is NULL while there is none. */
struct list_row list_cursor_row(struct list *list);
/* The layout of its message, and its line there; NULL while there is none. Lives as list_row's text. */
const struct layout *list_cursor_layout(struct list *list, size_t *line);
/* Folds or unfolds the block that it is in; false if that can't be folded. */
bool list_cursor_fold(struct list *list);
/* Whether it was on a message that is older than those there are: not loaded any more. */
bool list_cursor_lost(const struct list *list);
/* Remembers where it is, and goes back there. */
void list_cursor_keep(struct list *list);
void list_cursor_back(struct list *list);

struct list_search {
    const struct needle *needle;
    bool down;
    enum {
        LIST_FROM_NEXT, /* from the line beside the cursor */
        LIST_FROM_HERE, /* from its own */
        LIST_FROM_EDGE  /* from the newest line, or downwards from the oldest one */
    } from;
    bool unfold; /* a block with the hit that is folded; else its title is gone to */
};
/* Moves it to the next line where a hit begins. False, with nothing changed, if there is none among the
 * messages that there are. */
bool list_cursor_find(struct list *list, const struct list_search *search);

#endif
