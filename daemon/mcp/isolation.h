/* Whether this host lets MCP servers have namespaces of their own, in which a server sees nothing of what the
 * daemon keeps, and leaves nothing behind. Where it does not they work all the same, and people are told. */
#ifndef STOA_DAEMON_MCP_ISOLATION_H
#define STOA_DAEMON_MCP_ISOLATION_H

#include "daemon/config/config.h"
#include <stdbool.h>

/* Whether a server is a program of this host: only such a one has namespaces. */
bool isolation_matters(const struct config *config);
/* Has the agent at that path start a program as it starts servers, with the environment that it will have
 * (hidden_set first). Blocks: some milliseconds, two seconds at most. False too if there is no such agent. */
bool isolation_try(const char *agent);

#endif
