/* Finding the daemon, and starting one where none runs. */
#ifndef STOA_TUI_CLI_START_H
#define STOA_TUI_CLI_START_H

#include "shared/err.h"
#include <stdbool.h>

/* The socket's path of this user's daemon; free() it. */
char *start_socket_path(void);
/* Makes sure that a daemon serves on the socket, or (may_start) starts stoad in the background with its log
 * in STATE/stoad.log, and waits until it is ready (at most 5 s). Never runs two: the daemon's own lock
 * decides. ERR_OK; or ERR_UNAVAILABLE / ERR_CONFIG / ... with what to do in error (the daemon's own last log
 * line if it failed). */
enum err start_ensure(const char *socket_path, bool may_start, char error[512]);

#endif
