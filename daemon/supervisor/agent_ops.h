/* What an agent may ask of the daemon (LINK_REQUEST of a session's agent): a table of ops. */
#ifndef STOA_DAEMON_SUPERVISOR_AGENT_OPS_H
#define STOA_DAEMON_SUPERVISOR_AGENT_OPS_H

#include "daemon/session.h"
#include "daemon/supervisor/agent_requests.h"

/* Answers incoming, now or later. False: the request breaks the protocol. */
bool agent_ops_run(struct session *session, struct incoming *incoming, const json_t *json);

#endif
