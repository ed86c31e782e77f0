/* From a server that refuses to its authorization server: the documents are looked for where the
 * specification says, in its order, until one is there. */
#ifndef STOA_AGENT_MCP_OAUTH_DISCOVERY_H
#define STOA_AGENT_MCP_OAUTH_DISCOVERY_H

#include "daemon/agent/http.h"
#include "daemon/agent/mcp/oauth_metadata.h"

struct oauth_discovery;

struct oauth_discovery_options { /* borrowed for the call */
    const char *server_url;
    const char *resource_metadata; /* from the challenge; NULL: at the well-known places */
    const char *preferred;         /* issuer to take if the resource names it; NULL: the first */
    bool old_server; /* nothing is at the well-known places: goes straight to the server's own origin */
};

struct oauth_discovered {
    struct oauth_resource resource;
    struct oauth_server server;
};

/* done: once, never from within; found is the callee's to empty (oauth_resource_free, oauth_server_free),
 * NULL with a sentence in error. */
struct oauth_discovery *
oauth_discovery_start(struct http *http, const struct oauth_discovery_options *options,
                      void (*done)(void *arg, struct oauth_discovered *found, const char *error), void *arg);
/* Sets *discovery to NULL; accepts NULL; done is not called. */
void oauth_discovery_cancel(struct oauth_discovery **discovery);

#endif
