/* Browsing: a cursor on a line of the message list, and a search in it. */
#ifndef STOA_TUI_BROWSE_H
#define STOA_TUI_BROWSE_H

#include "tui/editor.h"
#include <stdbool.h>
#include <stddef.h>

struct browse;

struct browse *browse_new(void);
void browse_free(struct browse **browse);
/* Whether keys are for it. */
bool browse_on(const struct browse *browse);
/* While a search is typed: the editor for it; else NULL. */
struct editor *browse_input(struct browse *browse);

#endif
