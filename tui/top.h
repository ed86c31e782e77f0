/* `stoa top`: what runs in the daemon, full screen, once a second; for admins. */
#ifndef STOA_TUI_TOP_H
#define STOA_TUI_TOP_H

#include "tui/terminal/theme.h"
#include <stdbool.h>

struct client_address;

struct top_options {
    const struct client_address *address;
    bool no_alternate;
    enum theme theme;
};

/* Takes the terminal, runs until the person leaves. Returns an exit code; what was wrong has been said. */
int top_run(const struct top_options *options);

#endif
