/* MCP over HTTP: Streamable HTTP of both eras, and the older HTTP+SSE where a server knows only that.
 *
 * Which headers a message gets is told by the message itself where it can: initialize never has a session or
 * a version, and what has a protocol version in its _meta is of the modern era. mcp_transport_agreed says it
 * for the rest.
 *
 * Nothing here ends by silence: a request that is not answered is the client's to cancel. lost comes only in
 * HTTP+SSE, when its event stream ends or never begins. failed with request 0 is also said of the server's
 * own stream, if that was open before and the server then answers 401, 403 or 404. */
#ifndef STOA_AGENT_MCP_STREAMABLE_H
#define STOA_AGENT_MCP_STREAMABLE_H

#include "daemon/agent/http.h"
#include "daemon/agent/mcp/transport.h"
#include <uv.h>

enum {
    STREAMABLE_REQUESTS = 64,     /* under way at once; more wait in order */
    STREAMABLE_OTHERS = 16,       /* notifications and responses under way at once */
    STREAMABLE_WAITING = 1024,    /* messages that wait; mcp_transport_send refuses more */
    STREAMABLE_RESUME_MS = 60000, /* the default of resume_ms */
    STREAMABLE_RETRY_MS = 1000,   /* until a stream is resumed, if the server does not say */
    STREAMABLE_RETRY_MIN_MS = 50, /* bounds of what the server says */
    STREAMABLE_RETRY_MAX_MS = 300000,
    STREAMABLE_ACCEPT_MS = 30000, /* until a notification or response must be accepted */
    STREAMABLE_HOLD_MS = 300,     /* at most so long requests wait for the server's own stream to be open */
    STREAMABLE_LEAVE_MS = 2000    /* for the DELETE at the end */
};

struct streamable_options { /* borrowed for the call */
    const char *url;
    char *const *headers;   /* from the configuration, "Name: value", ended by NULL; or NULL */
    json_t *secret_headers; /* more of them, see secrets_fill; or NULL */
    int64_t
        connect_ms; /* to connect; then until the answer begins it is the client's time-out of the request */
    int64_t resume_ms; /* so long attempts to resume a broken answer stream (Last-Event-ID) may go on without
                          anything new; 0: the default */
};

/* http must live until closed (mcp_transport_close) is called. Never fails at once: what is wrong with the
 * URL is said by failed. */
struct mcp_transport *streamable_open(uv_loop_t *loop, struct http *http,
                                      const struct streamable_options *options,
                                      const struct mcp_transport_handler *handler);
/* Turns it to the older HTTP+SSE: opens the event stream, waits for its endpoint, then sends there. Called
 * after an initialize was refused with 400, 404 or 405. What is sent before the endpoint is known waits. */
void streamable_fall_back(struct mcp_transport *transport);
/* Forgets the session (after MCP_WHY_EXPIRED): no session id and no agreed version from now on. */
void streamable_forget(struct mcp_transport *transport);
/* A value as it may stand in Mcp-Name and Mcp-Param-*: as it is where it is plain ASCII, else in base64
 * between
 * =?base64? and ?=. free()d by the caller. */
char *streamable_header_value(const char *value, size_t len);

#endif
