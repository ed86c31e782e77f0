/* Whether this host lets MCP servers have namespaces of their own, in which a server sees nothing of what the
 * daemon keeps, and leaves nothing behind. Where it does not they work all the same, and people are told. */
#ifndef STOA_DAEMON_MCP_ISOLATION_H
#define STOA_DAEMON_MCP_ISOLATION_H

#include "daemon/config/config.h"
#include <stdbool.h>
#include <uv.h>

struct isolation;

/* Whether a server is a program of this host: only such a one has namespaces. */
bool isolation_matters(const struct config *config);
/* Has the agent at that path start a program as it starts servers, with the environment that it will have
 * (hidden_set first); cb is told whether it could, once, some milliseconds later, after two seconds at most.
 * NULL, and cb is never called, if there is no such agent. */
typedef void isolation_cb(void *arg, bool works);
struct isolation *isolation_begin(uv_loop_t *loop, const char *agent, isolation_cb *cb, void *arg);
/* Ends one that was not told of yet: cb is not called any more. Freed when the loop has run once more.
 * Accepts NULL there. */
void isolation_end(struct isolation **isolation);
/* The same for whoever has no loop, and may wait. False too if there is no such agent. */
bool isolation_try(const char *agent);

#endif
