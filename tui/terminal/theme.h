/* Themes: how each style looks, without a word of ncurses. A theme is written for the background that its
 * name says (see THEME_DARK_BACKGROUND); text keeps the terminal's own colour. What a colour means is also
 * said by a glyph, a word or an attribute.
 *
 * 256 colours are the most that are used: the palette's cube is the same on every terminal and enough to meet
 * the contrast that tests ask for, and ncurses has more only where $TERM says so, which is hardly anywhere.
 */
#ifndef STOA_TUI_TERMINAL_THEME_H
#define STOA_TUI_TERMINAL_THEME_H

#include "tui/style.h"

enum theme {
    THEME_AUTO, /* the terminal's own 16 colours, which suit its background */
    THEME_DARK,
    THEME_LIGHT,
    THEME_16,
    THEME_NONE, /* attributes alone */
    THEME_COUNT
};
#define THEME_CHOICES "auto|dark|light|16|none" /* as an option has them, in that order */

/* Of 256 colours: the lightest background that dark, and the darkest that light is for. */
enum { THEME_DARK_BACKGROUND = 235, THEME_LIGHT_BACKGROUND = 254 };

enum look_attr { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_ITALIC = 4, LOOK_UNDERLINE = 8, LOOK_REVERSE = 16 };
enum { LOOK_DEFAULT = -1 }; /* the terminal's own colour of text or background */

struct look {
    unsigned attrs; /* of enum look_attr */
    short fg, bg;
};

/* "dark". */
const char *theme_name(enum theme theme);
/* THEME_COUNT if there is none of that name. */
enum theme theme_find(const char *name);
/* What THEME_AUTO is where the environment says something: NO_COLOR none, COLORFGBG ("15;0") dark or light.
 * Either may be NULL. A theme that was named stays. */
enum theme theme_choose(enum theme theme, const char *no_color, const char *colorfgbg);
/* On a terminal of so many colours; of fewer than 8 none is used. */
struct look theme_look(enum theme theme, int colours, enum style style);

#endif
