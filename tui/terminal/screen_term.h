/* What is known of types of terminals, before one is taken. */
#ifndef STOA_TUI_TERMINAL_SCREEN_TERM_H
#define STOA_TUI_TERMINAL_SCREEN_TERM_H

#include <stdbool.h>

/* What a type (NULL or "": none is named) is taken for if this host does not know it: newer terminals, of
 * which hosts often don't know, all understand xterm-256color. NULL: nothing is known. */
const char *screen_term_substitute(const char *type);
/* Whether a screen can be drawn on it; if not, why, as a sentence without an end. */
bool screen_term_can_draw(const char *type, char why[256]);

#endif
