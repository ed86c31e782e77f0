/* Requests about users and tokens, whether a daemon runs or not: the daemon's program answers them by itself
 * where none does. */
#ifndef STOA_TUI_CLI_OFFLINE_H
#define STOA_TUI_CLI_OFFLINE_H

#include "tui/cli/cli.h"

/* Asks the daemon that is meant, or stoad (--request) where it is this machine's and does not run; none is
 * started. ERR_OK with a new reference in *ok, or a code after saying why, with the exit code. params:
 * reference is taken. */
enum err offline_call(struct cli *cli, enum method method, json_t *params, json_t **ok, int *exit_code);

#endif
