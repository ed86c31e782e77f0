/* The client in line mode: what happens in a session is printed line by line, and what is typed is read in
 * the terminal's own line mode. Nothing is ever changed that stands there already: for screen readers, and
 * for terminals that cannot move their cursor. */
#ifndef STOA_TUI_PLAIN_PLAIN_H
#define STOA_TUI_PLAIN_PLAIN_H

struct client_address;

struct plain_options {
    const struct client_address *address; /* a daemon serves there already */
    const char *session;                  /* full id of the session to show first */
};

/* Runs until the person leaves. Returns an exit code of shared/err.h; ends by the signal if one ended it. */
int plain_run(const struct plain_options *options);

#endif
