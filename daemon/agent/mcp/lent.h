/* MCP with a server that a terminal lends to the session: its messages go through the daemon, one frame each
 * (LINK_LENT of proto/link.h). Each connection is a run with a number of its own. */
#ifndef STOA_AGENT_MCP_LENT_H
#define STOA_AGENT_MCP_LENT_H

#include "daemon/agent/mcp/transport.h"
#include <uv.h>

struct lents; /* all such connections of an agent */

/* say: a frame LINK_LENT to the daemon; its reference is taken. */
typedef void lents_say_fn(void *arg, json_t *json);
struct lents *lents_new(uv_loop_t *loop, lents_say_fn *say, void *arg);
/* The link is closed: transports that there are say nothing any more. Sets *lents to NULL; accepts NULL. */
void lents_free(struct lents **lents);
/* A frame LINK_LENT of the daemon's. False if it breaks the protocol; what is of no run any more is dropped.
 */
bool lents_frame(struct lents *lents, json_t *json);
/* Begins a run of that server. */
struct mcp_transport *lent_open(struct lents *lents, const char *server,
                                const struct mcp_transport_handler *handler);

#endif
