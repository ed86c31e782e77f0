#include "tui/terminal/screen_term.h"
#include <ncurses.h>
#include <stdio.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

const char *screen_term_substitute(const char *type)
{
    return type && *type && strcmp(type, "dumb") != 0 ? "xterm-256color" : NULL;
}

static bool is_known(const char *type)
{
    int status;

    return type && *type && setupterm(type, STDERR_FILENO, &status) == OK;
}

bool screen_term_can_draw(const char *type, char why[256])
{
    const char *moves = NULL;

    if (is_known(type) || is_known(screen_term_substitute(type))) {
        moves = tigetstr("cup");
        del_curterm(cur_term);
    }
    if (moves && moves != (char *)-1)
        return true;
    if (type && *type)
        snprintf(why, 256, "a terminal of type '%.60s' cannot move its cursor", type);
    else
        snprintf(why, 256, "TERM is not set, so nothing is known of this terminal");
    return false;
}
