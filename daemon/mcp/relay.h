/* From a session's agent to the host of a server that it shares, and back: the ops relay and relay_info. */
#ifndef STOA_DAEMON_MCP_RELAY_H
#define STOA_DAEMON_MCP_RELAY_H

#include "daemon/session.h"
#include "daemon/supervisor/agent_requests.h"

enum { RELAY_SESSION_MAX = 64 /* in flight for one session; for one host AGENT_REQUESTS_MAX */ };

struct relays;

struct relays *relays_open(void);
/* Agents and hosts must be gone. */
void relays_close(struct relays **relays);
/* Answers incoming by and by. False: the request breaks the protocol. info: op relay_info. */
bool relay_request(struct session *session, struct incoming *incoming, const json_t *json, bool info);

#endif
