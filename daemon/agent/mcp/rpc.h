/* JSON-RPC 2.0 over one transport: ids, what waits for an answer, and what comes in.
 *
 * The server's ids and ours are separate spaces: both may use 1 at the same time. No handler is called from
 * within a call of this interface. */
#ifndef STOA_AGENT_MCP_RPC_H
#define STOA_AGENT_MCP_RPC_H

#include "daemon/agent/mcp/deadlines.h"
#include "daemon/agent/mcp/transport.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    RPC_BATCH_MAX = 1000, /* messages of one batch that are read */
    RPC_REFUSED = -1      /* the code for what a person declined */
};
enum rpc_code { /* JSON-RPC's and MCP's */
                RPC_INVALID_REQUEST = -32600,
                RPC_NO_METHOD = -32601,
                RPC_BAD_PARAMS = -32602,
                RPC_INTERNAL = -32603,
                RPC_NO_RESOURCE = -32002,
                RPC_HEADER_MISMATCH = -32020,
                RPC_MISSING_CAPABILITY = -32021,
                RPC_UNSUPPORTED_VERSION = -32022,
                RPC_NEEDS_URL = -32042
};

enum rpc_outcome {
    RPC_RESULT,
    RPC_ERROR,    /* the server's own error */
    RPC_NONSENSE, /* an answer that is neither; message says why */
    RPC_FAILED    /* no answer: failure says why */
};
struct rpc_answer { /* all borrowed for the call */
    enum rpc_outcome outcome;
    json_t *result;                    /* RESULT: an object */
    int64_t code;                      /* ERROR: 0 if it has none */
    const char *message;               /* ERROR and NONSENSE: not sanitised */
    const json_t *data;                /* ERROR: NULL if it has none */
    const struct mcp_failure *failure; /* FAILED; ERROR that came with an HTTP status that is no success */
};

struct rpc;
struct rpc_call;

struct rpc_handler {
    void *arg;
    /* A request of the server's: answer with rpc_result or rpc_error, at once or later. id, params (may be
     * NULL) borrowed. during: our call on whose stream it came, 0 if that is not known. */
    void (*request)(void *arg, const json_t *id, const char *method, json_t *params, uint64_t during);
    void (*notification)(void *arg, const char *method, json_t *params, uint64_t during);
    void (*said)(void *arg, const char *line, size_t len);
    /* HTTP: a notification or response of ours was not accepted, or the server's own stream failed. */
    void (*failed)(void *arg, const struct mcp_failure *failure);
    /* The end: all calls were failed before. Close it. */
    void (*lost)(void *arg, const struct mcp_failure *failure);
};

struct rpc_order { /* borrowed for the call */
    const char *method;
    const json_t *params; /* NULL: none */
    const char *name;     /* Mcp-Name, or NULL */
    char *const *headers; /* more headers, or NULL */
};
typedef void rpc_done(void *arg, struct rpc_call *call, const struct rpc_answer *answer);

/* The transport is given by rpc_attach, since it needs rpc_transport_handler first. */
struct rpc *rpc_open(struct deadlines *deadlines, const struct rpc_handler *handler);
struct mcp_transport_handler rpc_transport_handler(struct rpc *rpc);
void rpc_attach(struct rpc *rpc, struct mcp_transport *transport);
/* Borrowed; NULL until attached. */
struct mcp_transport *rpc_transport(const struct rpc *rpc);
/* Forgets all calls without a word, and closes the transport, which calls closed; false if there is none.
 * Sets *rpc to NULL. */
bool rpc_close(struct rpc **rpc, void (*closed)(void *arg), void *arg);
/* 2025-03-26 alone has batches. */
void rpc_set_batches(struct rpc *rpc, bool accepted);

/* done is called once, unless cancelled; the call is freed after it. */
struct rpc_call *rpc_call(struct rpc *rpc, const struct rpc_order *order, rpc_done *done, void *arg);
uint64_t rpc_call_id(const struct rpc_call *call);
/* Forgets it: a late answer is ignored. reason: sent with notifications/cancelled; NULL: no such
 * notification. Sets *call to NULL; accepts NULL. */
void rpc_cancel(struct rpc *rpc, struct rpc_call **call, const char *reason);
void rpc_notify(struct rpc *rpc, const char *method, const json_t *params);
/* result: borrowed. id: exactly as it came. */
void rpc_result(struct rpc *rpc, const json_t *id, const json_t *result);
void rpc_error(struct rpc *rpc, const json_t *id, int64_t code, const char *message);

#endif
