/* The styles as ncurses has them, by theme. Only screen.c includes this, since ncurses is its own. */
#ifndef STOA_TUI_TERMINAL_SCREEN_LOOKS_H
#define STOA_TUI_TERMINAL_SCREEN_LOOKS_H

#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#include "tui/terminal/theme.h"
#include <ncurses.h>
#include <stdbool.h>

struct screen_looks {
    bool coloured;               /* ncurses' colours are started */
    cchar_t blanks[STYLE_COUNT]; /* cells are made from them, which setcchar does more slowly */
};

/* Of the current terminal. THEME_AUTO is what the environment says. Colours are started when a theme wants
 * some: until then the terminal's are not touched. */
void screen_looks_set(struct screen_looks *looks, enum theme theme);

#endif
