/* MCP servers that terminals lend to a session: a table {session, name -> client}. What the session's agent
 * says to such a server goes to that client alone, as the notice "lend"; what the client says (lend.message)
 * goes to that agent alone. It ends with the client, with its right to write in the session, or when it is
 * withdrawn; the session is told (tools.returned), and so is its agent.
 *
 * A run is one connection of the agent to the server: it has an id, so that what was said in one never
 * reaches another, neither the client's process nor the agent. What waits for a client that does not read
 * counts as its replies do (CLIENT_REPLY_*). */
#ifndef STOA_DAEMON_LENDS_H
#define STOA_DAEMON_LENDS_H

#include "daemon/clients.h"
#include "daemon/session.h"

enum {
    LENDS_CLIENT_MAX = 64,        /* that one client lends, to all sessions */
    LENDS_PAST_MAX = 128,         /* names that were lent, remembered so that a model can be told */
    LENDS_WAITING_MAX = 16 << 20, /* bytes that wait for an agent, beyond which clients must wait */
    LENDS_NAME_MAX = 32
};

struct lends;

struct lends *lends_open(struct server *server);
/* In silence; clients and sessions may be there still. */
void lends_close(struct lends **lends);

/* The client lends a server of that name, or goes on to. Takes the place of another terminal's of the same
 * user, which is told so. run: the one that there is, or "". ERR_OK, or with a sentence ERR_BAD_REQUEST for a
 * name that is none, ERR_CONFLICT if the configuration or somebody else has one of that name, ERR_LIMIT. */
enum err lends_offer(struct lends *lends, struct client *client, struct session *session, const char *name,
                     const char *title, char run[ID_MAX], char error[256]);
/* False if the client lends none of that name to the session. */
bool lends_withdraw(struct lends *lends, struct client *client, struct session *session, const char *name,
                    const char *why);
/* All that a client lends (NULL: any), or lends to a session (NULL: to any), ends; why: one of gone,
 * silent, withdrawn, replaced, revoked, deleted. */
void lends_end(struct lends *lends, const struct client *client, const struct session *session,
               const char *why);
/* Rights have changed: what the client must not lend any more ends, and it is told so. NULL: of all. */
void lends_recheck(struct lends *lends, const struct client *client);

/* What lend.message brings: messages (an array, or NULL), and how the run ended (or NULL); began: its program
 * had been started. ERR_OK, or with a sentence ERR_DENIED if the client does not lend that, ERR_CONFLICT if
 * the run is over, ERR_BUSY, ERR_BAD_REQUEST, ERR_TOO_LARGE: then nothing of it was passed on. */
enum err lends_message(struct lends *lends, const struct client *client, struct session *session,
                       const char *name, const char *run, const json_t *messages, const char *end, bool began,
                       char error[256]);

/* A frame LINK_LENT of the session's agent. False: it breaks the protocol. */
bool lends_agent(struct lends *lends, struct session *session, json_t *json);
/* The session's agent has ended, and all runs with it. */
void lends_agent_gone(struct lends *lends, const struct session *session);

/* Adds to the servers of LINK_SERVERS what is lent to that session, and what was (as not usable). */
void lends_define(const struct lends *lends, const struct session *session, json_t *servers);
/* op remember of the session's agent. False if no such server is lent to it. */
bool lends_remember(struct lends *lends, const struct session *session, const json_t *request);
/* How long the agent may take for a call of call_ms (0: the configured one). */
int64_t lends_patience(const struct lends *lends, int64_t call_ms);

#endif
