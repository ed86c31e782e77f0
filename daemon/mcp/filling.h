/* One server's definition with its templates filled in: which server, for whom, and what went wrong. For
 * definitions.c, which says who gets which. */
#ifndef STOA_DAEMON_MCP_FILLING_H
#define STOA_DAEMON_MCP_FILLING_H

#include "daemon/config/config_server.h"
#include "daemon/config/template.h"
#include <jansson.h>

struct server;
struct session;

/* All borrowed. */
struct filling {
    struct server *server;
    const struct config_server *config;
    const struct config_variant *variant;
    struct template_values values;
    const char *session;      /* NULL for a host */
    const struct session *at; /* the same */
    const char *user;         /* "" for a shared host */
    char *error;              /* [256] */
};

/* Its names alone (new reference), as beside an error; variant may be NULL. */
json_t *filling_bare(const struct filling *filling);
/* All of it (new reference), at most DEFINITION_BYTES_MAX, or NULL with a sentence in error; the variant must
 * be there. A user's secret stays a reference, see LINK_SERVERS. */
json_t *filling_whole(struct filling *filling);
/* Templates may name the user's secrets from here on; filling_whole allows it itself, where there is a user.
 * The filling must not move after. */
void filling_allow_secrets(struct filling *filling);

#endif
