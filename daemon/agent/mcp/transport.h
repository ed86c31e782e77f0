/* How JSON-RPC messages get to an MCP server and back. Two kinds: a child process on its standard streams
 * (stdio.h), and HTTP (streamable.h). A transport knows messages, not what they mean: ids, eras, time-outs of
 * requests and what to do about a failure are the client's (client.h).
 *
 * No handler is ever called from within a call of this interface, and none after lost or mcp_transport_close.
 * A handler may call anything here, mcp_transport_close too. */
#ifndef STOA_AGENT_MCP_TRANSPORT_H
#define STOA_AGENT_MCP_TRANSPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* bytes of one message from a server, as text; a longer one ends stdio, and over HTTP its request. How
     * deep it may be nested: JSONX_DEPTH_MAX, so that what it holds can go on to the daemon. */
    MCP_MESSAGE_MAX = 16 << 20
};

/* Why a transport is of no use any more, or why one request got no answer. */
enum mcp_why {
    MCP_WHY_CLOSED,      /* the server closed its end, or exited with 0 */
    MCP_WHY_CRASHED,     /* it ended by a signal or another code */
    MCP_WHY_NOT_STARTED, /* no such program, no permission, no connection at all */
    MCP_WHY_DEADLINE,    /* it did not answer, or did not end, in time */
    MCP_WHY_FLOOD,       /* more than the caps allow */
    MCP_WHY_NONSENSE,    /* what it says is not the protocol */
    MCP_WHY_REFUSED,     /* HTTP: a status that is no answer; see failure.status */
    MCP_WHY_BROKEN, /* HTTP: the connection or the stream broke before the answer, and could not be resumed */
    MCP_WHY_EXPIRED /* HTTP: 404 with a session id: the server has forgotten the session; begin anew */
};
/* "crashed", "deadline", ...: the cause in mcp.disconnected. */
const char *mcp_why_name(enum mcp_why why);

struct mcp_failure {
    enum mcp_why why;
    const char *text; /* a sentence part for people, such as "exit code 3" or "503 Service Unavailable" */
    int status;       /* HTTP status, 0 if none */
    const char *challenge; /* WWW-Authenticate of a 401 or 403, or NULL */
    json_t *body; /* HTTP: the body if it was a JSON object (a JSON-RPC error, say), else NULL; borrowed */
};

struct mcp_transport_handler {
    void *arg;
    /* One message: an object, or (2025-03-26 only) an array of them. Borrowed. request: which request's
     * answer stream brought it; 0 where that is not known (stdio, the HTTP server's own stream). An error
     * whose id is null is that request's answer if request is not 0. */
    void (*message)(void *arg, json_t *message, uint64_t request);
    /* HTTP: this request (or, with 0, a notification or response, or the server's own stream: see
     * streamable.h) will not be answered. The transport lives on. */
    void (*failed)(void *arg, uint64_t request, const struct mcp_failure *failure);
    /* A line that the server wrote to its standard error: free text, no error sign. Cut at 4096 bytes, not
     * sanitised. */
    void (*said)(void *arg, const char *line, size_t len);
    /* The end of it. */
    void (*lost)(void *arg, const struct mcp_failure *failure);
};

struct mcp_outgoing { /* borrowed for the call */
    const json_t *message;
    uint64_t request;     /* > 0 and unique for a request; 0 for a notification or a response */
    const char *method;   /* HTTP, modern era: Mcp-Method; NULL for a response */
    const char *name;     /* HTTP, modern era: Mcp-Name; NULL if the method has none */
    char *const *headers; /* HTTP: more of them, "Name: value", ended by NULL; or NULL */
};

struct mcp_transport;

/* What each kind provides; call the functions below. All but send and close may be NULL. */
struct mcp_transport_ops {
    bool (*send)(struct mcp_transport *transport, const struct mcp_outgoing *outgoing);
    void (*cancel)(struct mcp_transport *transport, uint64_t request);
    void (*agreed)(struct mcp_transport *transport, const char *version, bool modern);
    void (*listen)(struct mcp_transport *transport);
    void (*set_bearer)(struct mcp_transport *transport, const char *token);
    void (*close)(struct mcp_transport *transport, void (*closed)(void *arg), void *arg);
};
struct mcp_transport {
    const struct mcp_transport_ops *ops;
    bool is_http;
};

/* False if it can't be taken (too much waits, or the transport is lost); the text of what waits is capped at
 * MCP_MESSAGE_MAX * 2. */
bool mcp_transport_send(struct mcp_transport *transport, const struct mcp_outgoing *outgoing);
/* Nobody waits for that request any more. stdio: nothing (send notifications/cancelled). HTTP: in the modern
 * era closes the answer's stream, which is how it is cancelled; in the legacy one stops reading it. No
 * handler call for it follows. */
void mcp_transport_cancel(struct mcp_transport *transport, uint64_t request);
/* The version that was agreed: from now on HTTP sends MCP-Protocol-Version (legacy: from 2025-06-18 on), and
 * in the modern era Mcp-Method and Mcp-Name. */
void mcp_transport_agreed(struct mcp_transport *transport, const char *version, bool modern);
/* HTTP, legacy: opens the server's own stream (GET); 405 is no failure. stdio: nothing. */
void mcp_transport_listen(struct mcp_transport *transport);
/* HTTP: Authorization: Bearer on all that follows; NULL: none. stdio: nothing. */
void mcp_transport_set_bearer(struct mcp_transport *transport, const char *token);
/* Ends it in order: stdio by its three deadlines (close stdin, SIGTERM, SIGKILL to all it started), HTTP by
 * DELETE where there is a session. closed (may be NULL) is called when nothing is left. Sets *transport to
 * NULL; accepts NULL (then closed is not called). */
void mcp_transport_close(struct mcp_transport **transport, void (*closed)(void *arg), void *arg);

#endif
