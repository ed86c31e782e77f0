#include "tui/terminal/screen_looks.h"
#include <stdlib.h>

static attr_t attributes(unsigned attrs)
{
    static const struct {
        unsigned look;
        attr_t attr;
    } pairs[] = {{LOOK_BOLD, A_BOLD},
                 {LOOK_DIM, A_DIM},
                 {LOOK_ITALIC, A_ITALIC},
                 {LOOK_UNDERLINE, A_UNDERLINE},
                 {LOOK_REVERSE, A_REVERSE}};
    attr_t result = 0;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (attrs & pairs[i].look)
            result |= pairs[i].attr;
    return result;
}

static void set_look(cchar_t *blank, enum style style, const struct look *look)
{
    short pair = 0;

    if (look->fg != LOOK_DEFAULT || look->bg != LOOK_DEFAULT) {
        pair = (short)(style + 1);
        init_pair(pair, look->fg, look->bg);
    }
    setcchar(blank, L" ", attributes(look->attrs), pair, NULL);
}

void screen_looks_set(struct screen_looks *looks, enum theme theme)
{
    theme = theme_choose(theme, getenv("NO_COLOR"), getenv("COLORFGBG"));
    if (has_colors() && theme != THEME_NONE && !looks->coloured) {
        start_color();
        use_default_colors();
        looks->coloured = true;
    }
    for (int style = 0; style < STYLE_COUNT; style++) {
        struct look look = theme_look(theme, looks->coloured ? COLORS : 0, (enum style)style);

        set_look(&looks->blanks[style], (enum style)style, &look);
    }
}
