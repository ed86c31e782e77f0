/* The MCP servers as agents and hosts are told of them (LINK_SERVERS, LINK_HOST): the configuration, with the
 * session's variants and all templates filled in, and what is remembered of each. They hold secrets: send
 * them over the link, and show them to nobody. */
#ifndef STOA_DAEMON_MCP_DEFINITIONS_H
#define STOA_DAEMON_MCP_DEFINITIONS_H

#include "daemon/config/config_server.h"
#include "daemon/session.h"
#include <jansson.h>

enum {
    DEFINITION_BYTES_MAX = 128 << 10, /* of one server as JSON; a larger one can't be used */
    DEFINITIONS_KNOWN_MAX = 4 << 20   /* of what is remembered, in one frame; the rest is left out */
};

struct server;

/* The payload of LINK_SERVERS for the session (new reference). */
json_t *definitions_session(struct session *session);
/* The definition for a host (new reference), without what is remembered; user "" for shared scope. NULL with
 * a sentence if it can't be used. */
json_t *definitions_host(struct server *server, const struct config_server *config,
                         const struct config_variant *variant, const char *user, char error[256]);

/* Puts in what is remembered for the host. */
void definitions_add_known(struct server *server, const struct config_server *config,
                           const struct config_variant *variant, const char *user, json_t *definition);

/* How long an agent or host may take for a call, by its own deadlines: to start the server, for a person to
 * let us use it, and for a call of call_ms that reports progress. Later it is not answered any more. */
int64_t definitions_patience(const struct config *config, const struct config_variant *variant,
                             int64_t call_ms);

/* The variant that the session has selected, else the configured one; NULL with a sentence if what it has
 * selected is not in the configuration any more. */
const struct config_variant *definitions_variant(const struct session *session,
                                                 const struct config_server *config, char error[256]);
/* Whether the session can use that server: else a sentence why. Nothing is started. */
bool definitions_usable(struct session *session, const struct config_server *config, char error[256]);

/* Wall ms: when the newest of the secrets was set that it names in its environment and headers; 0 for none.
 */
int64_t definitions_secret_set(struct session *session, const struct config_server *config);

/* op remember of an agent: what it learned of a server. False if that breaks the contract. */
bool definitions_remember(struct session *session, const json_t *request);
/* The same of a host's, of this server. */
bool definitions_remember_host(struct server *server, const struct config_server *config,
                               const struct config_variant *variant, const char *user, const json_t *request);

#endif
