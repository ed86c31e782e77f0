/* What is offered above the draft for the word at the cursor: slash commands and their arguments, files after
 * "@". A pure model: it draws nothing, and knows neither files nor models.
 *
 * Nothing is offered before the person has typed at that word by hand: what a paste or the history brings
 * into the draft opens nothing, so that the keys that choose keep their other meaning. */
#ifndef STOA_TUI_COMPLETION_H
#define STOA_TUI_COMPLETION_H

#include "tui/fuzzy.h"
#include <stdbool.h>
#include <stddef.h>

enum { COMPLETION_ITEMS_MAX = 50, COMPLETION_ARGUMENTS_MAX = 16, COMPLETION_WORD_MAX = 32 };

enum completion_kind { COMPLETION_NONE, COMPLETION_COMMAND, COMPLETION_ARGUMENT, COMPLETION_FILE };

struct completion_word { /* the word at the cursor */
    enum completion_kind kind;
    size_t from, to;    /* what would be replaced: bytes of the draft, "/" and "@" included */
    size_t filter;      /* what is searched for begins here, and ends at to */
    size_t command_len; /* an argument's command: the name begins at byte 1 */
};

struct completion_item {
    char *text;   /* what is written instead of the word; clean, one line */
    char *show;   /* what the list shows and the filter finds; NULL: text */
    char *detail; /* NULL: none */
    bool goes_on; /* more belongs behind it: the list opens anew when it was taken */
    bool refused; /* it cannot be taken; detail says why */
    int score;
    struct fuzzy_found found; /* in what is shown */
};

struct completion;

struct completion *completion_new(void);
void completion_free(struct completion **completion);

/* What is at the cursor, of a text of len bytes. */
struct completion_word completion_word(const char *text, size_t len, size_t cursor);
/* The person has typed into the draft, or deleted, by hand: what is offered next may open. */
void completion_typed(struct completion *completion);
/* The draft or its cursor has changed. True if the word at the cursor may be offered something: fill the list
 * with completion_begin, completion_consider..., completion_end. Else it is closed. */
bool completion_changed(struct completion *completion, const char *text, size_t len, size_t cursor);
/* The word that the last completion_changed found. */
const struct completion_word *completion_at(const struct completion *completion);

/* filter: what is searched for (len bytes), which may be less than the word. */
void completion_begin(struct completion *completion, const char *filter, size_t len);
/* Keeps a copy if it is among the best COMPLETION_ITEMS_MAX so far. Texts of the item are borrowed. */
void completion_consider(struct completion *completion, const struct completion_item *item);
void completion_end(struct completion *completion);
/* Closes it: until something is typed, or, for completion_dismiss, until the word changes. text: the draft.
 */
void completion_close(struct completion *completion);
void completion_dismiss(struct completion *completion, const char *text);

/* Whether something is offered. */
bool completion_open(const struct completion *completion);
size_t completion_count(const struct completion *completion);
const struct completion_item *completion_item(const struct completion *completion, size_t index);
size_t completion_selected(const struct completion *completion);
/* Down, or up if negative; goes round. */
void completion_move(struct completion *completion, int rows);
/* Whether the person has chosen a row. */
bool completion_moved(const struct completion *completion);

/* The words that may come next by a command's arguments ("[tools [SERVER] | connect SERVER]"), given those
 * that stand before: literal ones as they are, placeholders in upper case. Returns how many. */
size_t completion_expected(const char *arguments, const char *before, size_t len,
                           char words[COMPLETION_ARGUMENTS_MAX][COMPLETION_WORD_MAX]);

#endif
