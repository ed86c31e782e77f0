/* Browsing: whether keys are for the messages, and what is searched there. */
#ifndef STOA_TUI_BROWSE_H
#define STOA_TUI_BROWSE_H

#include "tui/editor.h"
#include "tui/keymap.h"
#include "tui/terminal/keys.h"
#include "tui/text/needle.h"
#include <stdbool.h>
#include <stddef.h>

struct browse;

struct browse *browse_new(void);
void browse_free(struct browse **browse);
/* Whether keys are for it. Going on or off forgets the search. */
bool browse_on(const struct browse *browse);
void browse_set(struct browse *browse, bool on);

/* While a search is typed: the editor for it; else NULL. */
struct editor *browse_input(struct browse *browse);
/* Begins to ask for what to search. */
void browse_ask(struct browse *browse);

enum browse_typed {
    BROWSE_NOTHING, /* the key did nothing */
    BROWSE_CHANGED, /* what is searched is another text */
    BROWSE_DONE,    /* Enter: that is it; with nothing typed, what was searched before */
    BROWSE_LEFT     /* Esc: what was searched before */
};
/* A key while a search is typed. */
enum browse_typed browse_type(struct browse *browse, const struct key_event *event);

/* What is searched, and its text; NULL if nothing is. Live until a key is typed. */
const struct needle *browse_needle(const struct browse *browse);
const char *browse_text(const struct browse *browse);

#endif
