/* Where the browser is sent back to: a small web server on 127.0.0.1 that knows one path. It runs on the
 * loop, without a thread, and only while somebody is waited for. */
#ifndef STOA_AGENT_MCP_OAUTH_LISTENER_H
#define STOA_AGENT_MCP_OAUTH_LISTENER_H

#include <stdbool.h>
#include <uv.h>

enum {
    OAUTH_LISTENER_CONNECTIONS = 8, /* one more ends the oldest */
    OAUTH_LISTENER_IDLE_S = 10,     /* a connection that says nothing, or no whole request, is closed */
    OAUTH_LISTENER_LINGER_MS = 1000 /* for the last answer to leave after it was closed */
};

/* What to tell the browser. */
enum oauth_page { OAUTH_PAGE_DONE, OAUTH_PAGE_FAILED, OAUTH_PAGE_STRANGE /* it was not waited for */ };

struct oauth_listener;

/* port 0: any free one. query: the redirect's, still encoded; "" if none. redirected is called on the loop,
 * and must not close the listener from within. NULL with a sentence. */
struct oauth_listener *oauth_listener_open(uv_loop_t *loop, int port,
                                           enum oauth_page (*redirected)(void *arg, const char *query),
                                           void *arg, char error[256]);
/* "http://127.0.0.1:PORT/callback", borrowed. */
const char *oauth_listener_uri(const struct oauth_listener *listener);
/* redirected is not called any more. An answer that is under way is sent to its end, unless it is to be
 * closed at once. Frees once the loop has closed its handles. Sets *listener to NULL; accepts NULL. */
void oauth_listener_close(struct oauth_listener **listener, bool at_once);

#endif
