/* MCP over HTTP: Streamable HTTP of both eras, and the older HTTP+SSE where a server knows only that. */
#ifndef STOA_AGENT_MCP_STREAMABLE_H
#define STOA_AGENT_MCP_STREAMABLE_H

#include "daemon/agent/http.h"
#include "daemon/agent/mcp/transport.h"
#include <uv.h>

struct streamable_options { /* borrowed for the call */
    const char *url;
    char *const *headers; /* from the configuration, "Name: value", ended by NULL; or NULL */
    int64_t
        connect_ms; /* to connect; then until the answer begins it is the client's time-out of the request */
    int64_t resume_ms; /* at most this long a broken answer stream is resumed (Last-Event-ID); 0: a default of
                          60 s */
};

/* Never fails at once: what is wrong with the URL is said by failed. */
struct mcp_transport *streamable_open(uv_loop_t *loop, struct http *http,
                                      const struct streamable_options *options,
                                      const struct mcp_transport_handler *handler);
/* Turns it to the older HTTP+SSE: opens the event stream, waits for its endpoint, then sends there. Called
 * after an initialize was refused with 400, 404 or 405. What is sent before the endpoint is known waits. */
void streamable_fall_back(struct mcp_transport *transport);
/* Forgets the session (after MCP_WHY_EXPIRED): no session id and no agreed version from now on. */
void streamable_forget(struct mcp_transport *transport);

#endif
