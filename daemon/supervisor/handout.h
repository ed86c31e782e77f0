/* Handing secrets over to an agent or a host: LINK_SECRETS, with the values that its definitions and its
 * model need, of its own user alone. They go from locked memory into the socket. */
#ifndef STOA_DAEMON_SUPERVISOR_HANDOUT_H
#define STOA_DAEMON_SUPERVISOR_HANDOUT_H

#include "daemon/config/config.h"
#include "daemon/supervisor/agentproc.h"
#include <jansson.h>

enum { HANDOUT_PROVIDERS = 2 };

struct server;

struct handout {  /* what a process has been told; zero at first, handout_clear at its end */
    json_t *told; /* {name: version}, as far as the audit knows of it */
    bool given;   /* the last SECRETS was not empty */
};

/* The name under which a provider's key is in LINK_SECRETS: of the secret, or of the provider itself. */
void handout_key_name(const struct provider *provider, char name[LINK_SECRET_NAME_MAX + 1]);
/* Adds the secrets that a payload of LINK_SERVERS, or one definition, refers to, as {name: true}. */
void handout_collect(const json_t *payload, json_t *names);
/* Sends what is named; providers: whose keys are needed too, each may be NULL. whose: for the audit, the
 * session or the server. What can't be opened is left out: what needs it can't be used, and was told so.
 * Nothing is sent as long as there is nothing. */
void handout_send(struct server *server, struct agentproc *proc, struct handout *handout, const char *user,
                  const char *whose, const json_t *names,
                  const struct provider *const providers[HANDOUT_PROVIDERS]);
void handout_clear(struct handout *handout);

#endif
