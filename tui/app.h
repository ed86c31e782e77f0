/* The full-screen client: one session on the terminal, until the person leaves it. */
#ifndef STOA_TUI_APP_H
#define STOA_TUI_APP_H

#include <stdbool.h>

struct client_address;
struct settings;

struct app_options {
    const struct client_address *address; /* a daemon serves there already */
    const char *session;                  /* full id of the session to show first; never NULL */
    bool no_alternate;                    /* on the normal screen, where the last frame stays */
    const struct settings *settings;
};

/* Takes the terminal (stdin and stdout are one), runs until the person leaves, gives the terminal back.
 * Returns an exit code of shared/err.h; what was wrong has then been said on stderr. */
int app_run(const struct app_options *options);

#endif
