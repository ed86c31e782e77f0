/* What MCP servers are not to see of the daemon's account, under which they run: the daemon's state and
 * socket, its configuration and the keys that this names, and the keys of the person's own terminals. Agents
 * learn it from the environment (STOA_HIDE, see daemon/agent/mcp/launch.h). */
#ifndef STOA_DAEMON_MCP_HIDDEN_H
#define STOA_DAEMON_MCP_HIDDEN_H

#include "daemon/config/config.h"

/* For agents that are started from now on. config_path: its file, NULL for none. */
void hidden_set(const char *state, const char *runtime, const struct config *config, const char *config_path);

#endif
