/* OAuth 2.1 for one MCP server over HTTP, as far as a client must: discovery, registration, PKCE, tokens,
 * refresh, step-up. Nothing here is shown or logged but URLs without their queries, and names of errors.
 *
 * Tokens and registrations are kept sealed (libsodium secretbox) in a file of the state folder, keyed by
 * issuer. */
#ifndef STOA_AGENT_MCP_OAUTH_H
#define STOA_AGENT_MCP_OAUTH_H

#include "daemon/agent/http.h"
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct oauth;

struct oauth_options { /* borrowed for the call */
    uv_loop_t *loop;
    struct http *http;
    const char *server_url;    /* the MCP server's: the resource */
    const char *client_id;     /* registered beforehand; NULL if not */
    const char *client_secret; /* NULL if none */
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
     * Once for each oauth_challenge that returned true. */
    void (*done)(void *arg, bool ok, const char *why);
};

/* Reads what is kept. */
struct oauth *oauth_open(const struct oauth_options *options, const struct oauth_callbacks *callbacks,
                         void *arg);
/* Ends an attempt that runs, wipes. Sets *oauth to NULL; accepts NULL. */
void oauth_close(struct oauth **oauth);
/* The access token if there is one that has not expired; borrowed until the next call. NULL: none. */
const char *oauth_bearer(struct oauth *oauth);
/* The server answered 401, or 403 with insufficient_scope. Begins to get a token: by refresh, else with a
 * person. False with a sentence if there is no use in it (the same refusal again, limit of step-ups reached);
 * no done follows. */
bool oauth_challenge(struct oauth *oauth, int status, const char *challenge, char error[256]);
/* The address to which the browser was sent, pasted by a person. False with a sentence if it does not belong
 * to the attempt. */
bool oauth_redirected(struct oauth *oauth, const char *url, char error[256]);
/* Forgets all tokens and registrations of this server. */
void oauth_forget(struct oauth *oauth);

#endif
