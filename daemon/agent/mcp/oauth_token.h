/* What is kept for one server: as which client it is known to which authorization server, and the tokens; and
 * the requests that get them, as text. */
#ifndef STOA_AGENT_MCP_OAUTH_TOKEN_H
#define STOA_AGENT_MCP_OAUTH_TOKEN_H

#include "daemon/agent/mcp/oauth_metadata.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    OAUTH_TOKEN_MAX = 16 << 10, /* bytes of one token */
    OAUTH_ISSUERS_MAX = 8       /* authorization servers kept for one server */
};

struct oauth_client {  /* a registration; id NULL: none */
    char *id, *secret; /* secret NULL: a public client */
    enum oauth_auth auth;
    char *redirect_uri; /* with which it was registered; NULL: not by us */
};

struct oauth_token {        /* access NULL: none */
    char *access, *refresh; /* refresh NULL: none */
    char *scope;            /* what was given, as far as it is known */
    int64_t expires_ms;     /* wall clock; 0: it does not say */
};

struct oauth_account { /* at one issuer */
    char *issuer;
    struct oauth_client client;
    struct oauth_token token;
    char *asked; /* the scope that was asked for last; NULL: none */
};

struct oauth_accounts {
    struct oauth_account *list; /* the one that was used last is the first */
    size_t count;
};

/* The account at that issuer, made if there is none, becomes the first; the oldest one beyond
 * OAUTH_ISSUERS_MAX is dropped. Valid until the next call. */
struct oauth_account *oauth_accounts_use(struct oauth_accounts *accounts, const char *issuer);
/* NULL if there is none. */
struct oauth_account *oauth_accounts_find(const struct oauth_accounts *accounts, const char *issuer);
void oauth_accounts_free(struct oauth_accounts *accounts);
/* All of it as an object (wipe it), and back: what is malformed is left out. */
json_t *oauth_accounts_json(const struct oauth_accounts *accounts, const char *server_url);
/* False if it is for another server or of another version. */
bool oauth_accounts_read(const json_t *json, const char *server_url, struct oauth_accounts *accounts);

void oauth_client_free(struct oauth_client *client);
void oauth_token_free(struct oauth_token *token);

/* The body of a registration request (RFC 7591); the caller frees it. */
char *oauth_register_body(const struct oauth_server *server, const char *redirect_uri, const char *scope);
/* False with a sentence part if the answer is none. */
bool oauth_register_read(const json_t *answer, const struct oauth_server *server, const char *redirect_uri,
                         struct oauth_client *client, char error[OAUTH_ERROR_MAX]);
/* How a client with or without a secret names itself there. */
enum oauth_auth oauth_client_auth(const struct oauth_server *server, bool has_secret);

/* A form to which grant_type and its parameters were added becomes a request: puts resource and what names
 * the client into the form, and a header (wipe and free it) or NULL into *authorization. False if it is too
 * large. */
bool oauth_token_form(struct buf *form, const struct oauth_client *client, const char *resource,
                      char **authorization);
/* Of a token endpoint's answer. asked: the scope that was asked for. A refresh token that is not renewed
 * stays. False with a sentence part, and the token unchanged. */
bool oauth_token_read(const json_t *answer, const char *asked, int64_t now_ms, struct oauth_token *token,
                      char error[OAUTH_ERROR_MAX]);
/* The error's name of an OAuth answer ("invalid_grant"), if it is a plain one; else "". Valid until the next
 * call. */
const char *oauth_error_name(const char *name);

#endif
