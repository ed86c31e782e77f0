/* Which daemon the command line means, and what is needed to be let in there. */
#ifndef STOA_TUI_CLI_CHOOSE_H
#define STOA_TUI_CLI_CHOOSE_H

#include "shared/err.h"
#include "tui/cli/cli.h"
#include <stdbool.h>

/* Takes STOA_TOKEN out of the environment and wipes it there: what the client starts is not to have it.
 * choose_forget_token() the result; NULL if there was none. Before there are threads. */
char *choose_take_token(void);
/* Wipes and frees; *token may be NULL. */
void choose_forget_token(char **token);
/* -d, else --socket, else STOA_DAEMON, else NULL: as it was typed; NULL also for the local one. */
const char *choose_name(const struct args *args);
/* Fills in cli->address: the key is loaded, or made and that said. ERR_OK, or a code after saying why. */
enum err choose_daemon(struct cli *cli);
/* The same for a daemon that is given, not chosen. */
enum err choose_remote(struct cli *cli, const struct known_daemon *daemon);

#endif
