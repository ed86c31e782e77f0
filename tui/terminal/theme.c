#include "tui/terminal/theme.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BLACK = 16, COLOURS_FEW = 8, COLOURS_MANY = 256 };
enum { RED = 1, GREEN, YELLOW, BLUE, MAGENTA, CYAN };

#define NONE  LOOK_DEFAULT
#define B     LOOK_BOLD
#define D     LOOK_DIM
#define I     LOOK_ITALIC
#define U     LOOK_UNDERLINE
#define R     LOOK_REVERSE
#define DARK  236 /* backgrounds of bars and of what is selected */
#define DARK2 238
#define PALE  253
#define PALE2 250

struct row {
    unsigned attrs, mono;    /* mono: where there are no colours, and for bars where there are few */
    short fg16;              /* of the terminal's own palette */
    short dark, light;       /* of 256 */
    short dark_bg, light_bg; /* of 256; where there are fewer it is shown by mono's attributes */
};

/* attributes, without colours | own palette | dark, light | their backgrounds */
static const struct row rows[STYLE_COUNT] = {
    [STYLE_TEXT] = {0, 0, NONE, NONE, NONE, NONE, NONE},
    [STYLE_STRONG] = {B, B, NONE, NONE, NONE, NONE, NONE},
    [STYLE_DIM] = {D, D, NONE, 246, 240, NONE, NONE},
    [STYLE_HEADING] = {B, B | U, CYAN, 117, 24, NONE, NONE},
    [STYLE_CODE] = {0, 0, CYAN, 152, 23, NONE, NONE},
    [STYLE_QUOTE] = {I, I, GREEN, 108, 22, NONE, NONE},
    [STYLE_EMPHASIS] = {I, U, NONE, NONE, NONE, NONE, NONE},
    [STYLE_STRONG_EMPHASIS] = {B | I, B | U, NONE, NONE, NONE, NONE, NONE},
    [STYLE_STRIKE] = {D, D, NONE, 246, 240, NONE, NONE},
    [STYLE_LINK] = {U, U, BLUE, 111, 25, NONE, NONE},
    [STYLE_KEYWORD] = {B, B, MAGENTA, 176, 90, NONE, NONE},
    [STYLE_TYPE] = {0, 0, CYAN, 116, 23, NONE, NONE},
    [STYLE_STRING] = {0, 0, GREEN, 150, 22, NONE, NONE},
    [STYLE_NUMBER] = {0, 0, YELLOW, 180, 58, NONE, NONE},
    [STYLE_COMMENT] = {D, D, NONE, 246, 240, NONE, NONE},
    [STYLE_FUNCTION] = {0, 0, BLUE, 111, 25, NONE, NONE},
    [STYLE_HUNK] = {0, 0, CYAN, 116, 24, NONE, NONE},
    [STYLE_MATCH] = {R, R, NONE, BLACK, BLACK, 222, 222},
    [STYLE_ADDED] = {0, 0, GREEN, 114, 22, NONE, NONE},
    [STYLE_REMOVED] = {0, 0, RED, 210, 88, NONE, NONE},
    [STYLE_YOU] = {B, B, GREEN, 114, 22, NONE, NONE},
    [STYLE_PERSON] = {B, B, BLUE, 111, 25, NONE, NONE},
    [STYLE_MODEL] = {B, B, MAGENTA, 176, 90, NONE, NONE},
    [STYLE_TOOL] = {0, 0, YELLOW, 179, 58, NONE, NONE},
    [STYLE_ERROR] = {B, B, RED, 210, 124, NONE, NONE},
    [STYLE_WARNING] = {0, B, YELLOW, 222, 58, NONE, NONE},
    [STYLE_GOOD] = {0, 0, GREEN, 114, 22, NONE, NONE},
    [STYLE_MARK] = {B, B, CYAN, 117, 24, NONE, NONE},
    [STYLE_RULE] = {D, D, NONE, 242, 246, NONE, NONE},
    [STYLE_BAR] = {0, R, NONE, 252, DARK, DARK, PALE},
    [STYLE_BAR_STRONG] = {B, R | B, NONE, 255, BLACK, DARK, PALE},
    [STYLE_BAR_DIM] = {0, R, NONE, 248, 240, DARK, PALE},
    [STYLE_BAR_ERROR] = {B, R | B, NONE, 210, 88, DARK, PALE},
    [STYLE_BAR_WARNING] = {B, R | B, NONE, 222, 58, DARK, PALE},
    [STYLE_BAR_GOOD] = {0, R, NONE, 114, 22, DARK, PALE},
    [STYLE_SELECTED] = {B, R | B, NONE, 255, BLACK, DARK2, PALE2},
    [STYLE_SELECTED_DIM] = {0, R, NONE, 250, DARK2, DARK2, PALE2},
    [STYLE_SELECTED_MATCH] = {B | U, R | B | U, NONE, 222, 88, DARK2, PALE2},
};

static const char *const names[THEME_COUNT] = {"auto", "dark", "light", "16", "none"};

const char *theme_name(enum theme theme)
{
    return names[theme];
}

enum theme theme_find(const char *name)
{
    int theme = 0;

    while (theme < THEME_COUNT && strcmp(names[theme], name) != 0)
        theme++;
    return (enum theme)theme;
}

enum theme theme_choose(enum theme theme, const char *no_color, const char *colorfgbg)
{
    const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
    char *end;

    if (theme != THEME_AUTO)
        return theme;
    if (no_color && *no_color)
        return THEME_NONE;
    if (!last || !last[1])
        return THEME_AUTO;
    long background = strtol(last + 1, &end, 10);
    if (*end || background < 0 || background > 15)
        return THEME_AUTO;
    return background == 7 || background == 15 ? THEME_LIGHT : THEME_DARK;
}

/* The terminal's own colours know its background. Only bars have one of their own, where that can be. */
static struct look own_look(const struct row *row, bool many)
{
    if (row->dark_bg == NONE)
        return (struct look){row->attrs, row->fg16, NONE};
    if (many && !(row->attrs & R))
        return (struct look){row->attrs, row->dark, row->dark_bg};
    return (struct look){row->mono, NONE, NONE};
}

struct look theme_look(enum theme theme, int colours, enum style style)
{
    const struct row *row = &rows[style];
    bool many = colours >= COLOURS_MANY;
    unsigned attrs = row->attrs & ~(unsigned)(D | R);

    if (theme == THEME_NONE || colours < COLOURS_FEW)
        return (struct look){row->mono, NONE, NONE};
    if (theme == THEME_DARK && many)
        return (struct look){attrs, row->dark, row->dark_bg};
    if (theme == THEME_LIGHT && many)
        return (struct look){attrs, row->light, row->light_bg};
    return own_look(row, many && theme != THEME_16);
}
