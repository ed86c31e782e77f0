/* Coming in by a link: the daemon is remembered with its key, and the ticket is redeemed. */
#ifndef STOA_TUI_CLI_JOIN_H
#define STOA_TUI_CLI_JOIN_H

#include "shared/id.h"
#include "tui/cli/cli.h"

/* Whether the word of the command line is a link, or "-" for one that is read from stdin. */
bool join_is_meant(const char *word);
/* Redeems the ticket of that link; the word in argv is made unreadable for others. cli->address is then the
 * daemon's, cli is not open, and session is what it lets in to. EXIT_OK, or an exit code after saying why. */
int join_redeem(struct cli *cli, const char *word, char session[ID_MAX]);

#endif
