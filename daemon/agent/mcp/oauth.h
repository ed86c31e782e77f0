/* OAuth 2.1 for one MCP server over HTTP, as far as a client must: discovery, registration, PKCE, tokens,
 * refresh, step-up. Nothing here is shown or logged but URLs without their queries, and names of errors.
 *
 * Tokens and registrations are kept sealed (libsodium secretbox) in a file of the state folder, keyed by
 * issuer. Several processes may share the file: before a token is renewed, it is looked whether another one
 * has done it. */
#ifndef STOA_AGENT_MCP_OAUTH_H
#define STOA_AGENT_MCP_OAUTH_H

#include "daemon/agent/http.h"
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum {
    OAUTH_ATTEMPT_MS = 10 * 60 * 1000, /* until somebody must have signed in */
    OAUTH_RENEW_MS = 60 * 1000,        /* a token that ends sooner is renewed */
    OAUTH_REFUSALS_MAX = 3,            /* fresh tokens that a server may refuse within OAUTH_REFUSALS_MS */
    OAUTH_REFUSALS_MS = 10 * 60 * 1000,
    OAUTH_WHY_MAX = 256
};

struct oauth;

struct oauth_options { /* borrowed for the call */
    uv_loop_t *loop;
    struct http *http;
    const char *server_url;    /* the MCP server's: the resource */
    const char *client_id;     /* registered beforehand; NULL if not */
    const char *client_secret; /* NULL if none */
    const char *issuer;        /* where client_id is registered; NULL: the first with which it is used */
    const char *metadata_url;  /* the URL of a client id metadata document; NULL if none */
    const char *scope;         /* from the configuration; NULL: as the server says */
    const char *file;          /* sealed tokens; NULL: kept in memory alone */
    const unsigned char *key;  /* 32 bytes that seal the file; NULL with file NULL */
    int redirect_port;         /* 0: any free one */
    bool old_server;           /* 2025-03-26: no protected resource metadata is expected */
};

struct oauth_callbacks {
    /* Somebody must open this URL in a browser. It may be shown; it holds no secret that outlives the
     * attempt. The redirect comes to our listener on 127.0.0.1, or is handed in by oauth_redirected. */
    void (*open)(void *arg, const char *url, const char *redirect_uri);
    /* There is a token now (ask for it with oauth_bearer), or there will be none: why is a sentence then.
     * Once for all calls of oauth_challenge that returned true since the last one. */
    void (*done)(void *arg, bool ok, const char *why);
    /* A token that was about to end was renewed by itself: ask for it. May be NULL. */
    void (*renewed)(void *arg);
};

/* Reads what is kept. No callback is called from within any function here; each may call any of them. */
struct oauth *oauth_open(const struct oauth_options *options, const struct oauth_callbacks *callbacks,
                         void *arg);
/* Ends an attempt that runs, wipes. Sets *oauth to NULL; accepts NULL. */
void oauth_close(struct oauth **oauth);
/* The access token if there is one that has not expired; borrowed until the next call. NULL: none. Ask before
 * each request: one that ends within OAUTH_RENEW_MS begins to be renewed by this. */
const char *oauth_bearer(struct oauth *oauth);
/* The server answered 401, or 403 with insufficient_scope. Begins to get a token: by refresh, else with a
 * person. False with a sentence if there is no use in it (it is refused though it has all that it asks for,
 * OAUTH_REFUSALS_MAX is reached, the server is not reached by https); no done follows. While an attempt runs,
 * the challenge joins it. */
bool oauth_challenge(struct oauth *oauth, int status, const char *challenge, char error[OAUTH_WHY_MAX]);
/* The address to which the browser was sent, pasted by a person. False with a sentence if it does not belong
 * to the attempt. */
bool oauth_redirected(struct oauth *oauth, const char *url, char error[OAUTH_WHY_MAX]);
/* Forgets all tokens and registrations of this server. An attempt that runs fails. */
void oauth_forget(struct oauth *oauth);

#endif
