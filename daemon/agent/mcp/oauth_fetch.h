/* One document over HTTP for OAuth: capped, timed, no redirects followed. */
#ifndef STOA_AGENT_MCP_OAUTH_FETCH_H
#define STOA_AGENT_MCP_OAUTH_FETCH_H

#include "daemon/agent/http.h"
#include <jansson.h>
#include <stddef.h>

enum { OAUTH_FETCH_MS = 10000 /* for all of it */, OAUTH_FETCH_WHY_MAX = 256 };

struct oauth_fetch;

struct oauth_fetched {
    int status;         /* 0: no answer, why says it */
    const json_t *json; /* the body if it was a JSON object, else NULL; borrowed for the call */
    const char *why;    /* a sentence part: "answered 404 Not Found"; "" for a 2xx with an object */
};

/* headers: "Name: value" ended by NULL, or NULL. body NULL: GET; else POST. All are copied; the body is wiped
 * after. done is called once, never from within. */
struct oauth_fetch *oauth_fetch_start(struct http *http, const char *url, char *const *headers,
                                      const char *body,
                                      void (*done)(void *arg, const struct oauth_fetched *fetched),
                                      void *arg);
/* Sets *fetch to NULL; accepts NULL; done is not called. */
void oauth_fetch_cancel(struct oauth_fetch **fetch);

#endif
