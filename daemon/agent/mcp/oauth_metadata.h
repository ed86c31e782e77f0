/* The two documents of discovery, read and checked: protected resource metadata (RFC 9728) and authorization
 * server metadata (RFC 8414, or OpenID's). */
#ifndef STOA_AGENT_MCP_OAUTH_METADATA_H
#define STOA_AGENT_MCP_OAUTH_METADATA_H

#include "daemon/agent/mcp/oauth_url.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { OAUTH_METADATA_MAX = 256 << 10 /* bytes of any document */, OAUTH_ERROR_MAX = 256 };

/* How a client names itself at the token endpoint. */
enum oauth_auth { OAUTH_AUTH_NONE, OAUTH_AUTH_BASIC, OAUTH_AUTH_POST };
const char *oauth_auth_name(enum oauth_auth auth);
/* False for one that we do not know. */
bool oauth_auth_from_name(const char *name, enum oauth_auth *auth);

struct oauth_resource {
    char *resource; /* exactly as published */
    char *issuer;   /* the authorization server that is used */
    char *scope;    /* scopes_supported; NULL: not said */
};

struct oauth_server {
    char *issuer;
    char *authorization, *token; /* endpoints */
    char *registration;          /* NULL: none */
    char *scope;                 /* scopes_supported; NULL: not said */
    unsigned auths;              /* bits of 1 << enum oauth_auth; basic if it does not say */
    bool takes_documents;        /* client_id_metadata_document_supported */
    bool says_issuer;            /* authorization_response_iss_parameter_supported */
};

/* Whether an endpoint that the MCP server, or who it named, has named may be used: https, or http on this
 * machine; on this machine or in a private network only if the server's own address is there too, lest it
 * sends us where it can't go itself. */
bool oauth_metadata_endpoint_ok(const char *url, enum oauth_reach server);

/* server_url: whose metadata it must be. preferred: the issuer to take if it is among the servers; NULL: the
 * first. False with a sentence. */
bool oauth_metadata_resource(const json_t *document, const char *server_url, const char *preferred,
                             struct oauth_resource *resource, char error[OAUTH_ERROR_MAX]);
/* issuer: what the document's own must be; lenient: a slash at the end makes no difference. False with a
 * sentence. */
bool oauth_metadata_server(const json_t *document, const char *issuer, bool lenient, enum oauth_reach reach,
                           struct oauth_server *server, char error[OAUTH_ERROR_MAX]);
/* The endpoints of 2025-03-26 at an origin that has no metadata. */
void oauth_metadata_default(const char *origin, struct oauth_server *server);
void oauth_resource_free(struct oauth_resource *resource);
void oauth_server_free(struct oauth_server *server);

#endif
