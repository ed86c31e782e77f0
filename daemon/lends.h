/* MCP servers that terminals lend to a session: a table {session, name -> client}. What the session's agent
 * says to such a server goes to that client alone, as the notice "lend"; what the client says (lend.message)
 * goes to that agent alone. It ends with the client, with its right to write in the session, or when it is
 * withdrawn; the session is told (tools.returned), and so is its agent. */
#ifndef STOA_DAEMON_LENDS_H
#define STOA_DAEMON_LENDS_H

#include "daemon/clients.h"
#include "daemon/session.h"

struct lends;

struct lends *lends_open(struct server *server);
void lends_close(struct lends **lends);

/* The client lends a server of that name; ERR_OK, ERR_CONFLICT if the configuration or another terminal has
 * one of that name, or ERR_LIMIT, with a sentence. */
enum err lends_offer(struct lends *lends, struct client *client, struct session *session, const char *name,
                     const char *title, char error[256]);
/* False if the client lends none of that name to the session. */
bool lends_withdraw(struct lends *lends, struct client *client, struct session *session, const char *name,
                    const char *why);
/* All that a client lends, or lends to a session (NULL: to any), ends. */
void lends_end(struct lends *lends, const struct client *client, const struct session *session,
               const char *why);

#endif
