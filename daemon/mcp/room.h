/* How many MCP servers run for a user at the same time (quota.servers). Those of a session's own scope count
 * each, one of user scope once; shared ones, and what terminals lend, are nobody's. One counts from when its
 * agent was let start it. */
#ifndef STOA_DAEMON_MCP_ROOM_H
#define STOA_DAEMON_MCP_ROOM_H

#include "daemon/config/config_server.h"
#include "daemon/session.h"
#include <stdbool.h>

/* Whether the session's owner may have that server run, which may run already. False with a sentence. */
bool room_for_server(const struct session *session, const struct config_server *config, char error[256]);
/* session.c's: a server of the session is started or connected (more), or disconnected. The owner's agents
 * are told anew when that fills the room, or makes some. */
void room_changed(struct session *session, bool more);

#endif
