/* Clients' requests that a session's agent answers: kept until it has, or until nobody wants the answer. */
#ifndef STOA_DAEMON_MCP_MCP_ASKS_H
#define STOA_DAEMON_MCP_MCP_ASKS_H

#include "daemon/dispatch.h"
#include <stdint.h>

struct mcp_asks;

struct mcp_asks *mcp_asks_open(void);
/* The agents must be gone. */
void mcp_asks_close(struct mcp_asks **asks);

/* What the client is told: made of what the agent answered (borrowed), as a new reference. */
typedef json_t *mcp_ask_reply(struct call *call, json_t *ok);
/* Asks the agent of the call's session, which is started if need be: {"op":METHOD,"params","by"}. The answer
 * goes to the client after that: HANDLED_LATER, or why it can't be asked, with a sentence. reply NULL: the
 * client is told what the agent answered. */
enum err mcp_ask(struct call *call, int64_t timeout_ms, mcp_ask_reply *reply, char error[256]);
/* A client has gone: what nobody waits for any more is cancelled. */
void mcp_asks_client_gone(struct mcp_asks *asks);

#endif
