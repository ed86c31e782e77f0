/* Slash commands that concern the client's own screen alone; those that change a session are the daemon's
 * (proto/slash.h). */
#ifndef STOA_TUI_COMMAND_LOCAL_H
#define STOA_TUI_COMMAND_LOCAL_H

#include "proto/slash.h"
#include <stddef.h>

/* In the order of their names. */
const struct slash_row *local_commands(size_t *count);

#endif
