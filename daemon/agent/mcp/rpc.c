/* Each answer is looked up by its id alone, whichever stream brought it: servers replay streams, and answer
 * twice. What is not awaited is dropped without a word. A handler may close the rpc, so it is freed only when
 * no call of it is on the stack. */
#include "daemon/agent/mcp/rpc.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

struct rpc_call {
    struct rpc *rpc;
    struct rpc_call *next;
    uint64_t id;
    rpc_done *done;
    void *arg;
    struct deadline unsent; /* set if the transport did not take it */
};

struct rpc {
    struct deadlines *deadlines;
    struct rpc_handler handler;
    struct mcp_transport *transport; /* NULL until attached and once it is closed; kept when it is lost */
    struct rpc_call *calls;
    uint64_t last_id;
    bool batches, lost, closed;
    int depth; /* handlers on the stack */
};

static void enter(struct rpc *rpc)
{
    rpc->depth++;
}

static void leave(struct rpc *rpc)
{
    if (--rpc->depth == 0 && rpc->closed)
        free(rpc);
}

/* --- calls --- */

static struct rpc_call **find(struct rpc *rpc, uint64_t id)
{
    struct rpc_call **at = &rpc->calls;

    while (*at && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

static struct rpc_call *take(struct rpc *rpc, uint64_t id)
{
    struct rpc_call **at = find(rpc, id), *call = *at;

    if (!call)
        return NULL;
    *at = call->next;
    deadline_clear(rpc->deadlines, &call->unsent);
    return call;
}

static void finish(struct rpc_call *call, const struct rpc_answer *answer)
{
    struct rpc *rpc = call->rpc;

    enter(rpc);
    call->done(call->arg, call, answer);
    free(call);
    leave(rpc);
}

static void fail(struct rpc_call *call, const struct mcp_failure *failure)
{
    struct rpc_answer answer = {.outcome = RPC_FAILED, .failure = failure};

    finish(call, &answer);
}

static bool rpc_is_up(const struct rpc *rpc)
{
    return rpc->transport && !rpc->lost;
}

static void on_unsent(void *arg)
{
    struct rpc_call *call = arg;
    struct mcp_failure failure = {.why = MCP_WHY_NOT_STARTED, .text = "too much waits to be sent to it"};

    if (!rpc_is_up(call->rpc))
        failure = (struct mcp_failure){.why = MCP_WHY_CLOSED, .text = "it has ended"};
    take(call->rpc, call->id);
    fail(call, &failure);
}

static json_t *envelope(const char *method, const json_t *params)
{
    json_t *message = json_object();

    json_object_set_new(message, "jsonrpc", json_string("2.0"));
    if (method)
        jsonx_set_str(message, "method", method);
    if (params)
        json_object_set(message, "params", (json_t *)params);
    return message;
}

struct rpc_call *rpc_call(struct rpc *rpc, const struct rpc_order *order, rpc_done *done, void *arg)
{
    struct rpc_call *call = xcalloc(1, sizeof *call), **last = &rpc->calls;
    json_t *message = envelope(order->method, order->params);
    struct mcp_outgoing outgoing = {
        .message = message, .method = order->method, .name = order->name, .headers = order->headers};

    call->rpc = rpc;
    call->id = ++rpc->last_id;
    call->done = done;
    call->arg = arg;
    call->unsent = (struct deadline){.ring = on_unsent, .arg = call};
    while (*last)
        last = &(*last)->next;
    *last = call;
    outgoing.request = call->id;
    jsonx_set_int(message, "id", (int64_t)call->id);
    if (!rpc_is_up(rpc) || !mcp_transport_send(rpc->transport, &outgoing))
        deadline_set(rpc->deadlines, &call->unsent, 0);
    json_decref(message);
    return call;
}

uint64_t rpc_call_id(const struct rpc_call *call)
{
    return call->id;
}

void rpc_cancel(struct rpc *rpc, struct rpc_call **slot, const char *reason)
{
    struct rpc_call *call = *slot;

    *slot = NULL;
    if (!call || !take(rpc, call->id))
        return;
    if (rpc_is_up(rpc)) {
        if (reason) {
            json_t *params = json_object();

            jsonx_set_int(params, "requestId", (int64_t)call->id);
            jsonx_set_str(params, "reason", reason);
            rpc_notify(rpc, "notifications/cancelled", params);
            json_decref(params);
        }
        mcp_transport_cancel(rpc->transport, call->id);
    }
    free(call);
}

static void post(struct rpc *rpc, json_t *message, const char *method)
{
    struct mcp_outgoing outgoing = {.message = message, .method = method};

    /* one that is not taken is lost, as it would be on a line that breaks */
    if (rpc_is_up(rpc))
        mcp_transport_send(rpc->transport, &outgoing);
    json_decref(message);
}

void rpc_notify(struct rpc *rpc, const char *method, const json_t *params)
{
    post(rpc, envelope(method, params), method);
}

void rpc_result(struct rpc *rpc, const json_t *id, const json_t *result)
{
    json_t *message = envelope(NULL, NULL);

    json_object_set(message, "id", (json_t *)id);
    json_object_set(message, "result", (json_t *)result);
    post(rpc, message, NULL);
}

void rpc_error(struct rpc *rpc, const json_t *id, int64_t code, const char *text)
{
    json_t *message = envelope(NULL, NULL), *error = json_object();

    jsonx_set_int(error, "code", code);
    jsonx_set_str(error, "message", text);
    json_object_set(message, "id", (json_t *)id);
    json_object_set_new(message, "error", error);
    post(rpc, message, NULL);
}

/* --- what comes in --- */

static void answered(struct rpc_call *call, const json_t *message, const struct mcp_failure *failure)
{
    const json_t *error = json_object_get(message, "error");
    struct rpc_answer answer = {.failure = failure};

    if (error && !json_is_null(error)) {
        answer.outcome = RPC_ERROR;
        answer.code = jsonx_int(error, "code", 0);
        answer.message = json_is_string(error) ? json_string_value(error) : jsonx_str(error, "message", "");
        answer.data = json_object_get(error, "data");
    } else {
        answer.result = json_object_get(message, "result");
        answer.outcome = json_is_object(answer.result) ? RPC_RESULT : RPC_NONSENSE;
        if (answer.outcome == RPC_NONSENSE)
            answer.message = answer.result ? "its result is not an object" : "it has no result and no error";
    }
    finish(call, &answer);
}

static void on_response(struct rpc *rpc, json_t *message, uint64_t request)
{
    const json_t *id = json_object_get(message, "id");
    struct rpc_call *call = NULL;

    if (json_is_integer(id) && json_integer_value(id) > 0)
        call = take(rpc, (uint64_t)json_integer_value(id));
    else if ((!id || json_is_null(id)) && json_is_object(json_object_get(message, "error")) && request)
        call = take(rpc, request); /* it could not read the id, but answers on this request's stream */
    if (call)
        answered(call, message, NULL);
}

static void on_one(struct rpc *rpc, json_t *message, uint64_t request)
{
    const char *method = jsonx_str(message, "method", NULL);
    const json_t *id = json_object_get(message, "id");
    json_t *params = json_object_get(message, "params");

    if (!json_is_object(message))
        return;
    if (!method) {
        if (!json_object_get(message, "method"))
            on_response(rpc, message, request);
        return;
    }
    if (params && !json_is_object(params))
        params = NULL; /* MCP has no others */
    enter(rpc);
    if (!id)
        rpc->handler.notification(rpc->handler.arg, method, params, request);
    else if (json_is_string(id) || json_is_number(id))
        rpc->handler.request(rpc->handler.arg, id, method, params, request);
    leave(rpc);
}

static void on_message(void *arg, json_t *message, uint64_t request)
{
    struct rpc *rpc = arg;
    size_t count = json_array_size(message);

    if (!json_is_array(message)) {
        on_one(rpc, message, request);
        return;
    }
    if (!rpc->batches)
        return;
    json_incref(message);
    enter(rpc);
    for (size_t i = 0; i < count && i < RPC_BATCH_MAX && !rpc->closed; i++)
        on_one(rpc, json_array_get(message, i), request);
    leave(rpc);
    json_decref(message);
}

static void on_failed(void *arg, uint64_t request, const struct mcp_failure *failure)
{
    struct rpc *rpc = arg;
    struct rpc_call *call;
    bool is_answer = failure->why == MCP_WHY_REFUSED && failure->status != 401 && failure->status != 403 &&
                     json_is_object(jsonx_obj(failure->body, "error"));

    if (!request) {
        enter(rpc);
        rpc->handler.failed(rpc->handler.arg, failure);
        leave(rpc);
        return;
    }
    call = take(rpc, request);
    if (call && is_answer)
        answered(call, failure->body, failure);
    else if (call)
        fail(call, failure);
}

static void on_said(void *arg, const char *line, size_t len)
{
    struct rpc *rpc = arg;

    enter(rpc);
    rpc->handler.said(rpc->handler.arg, line, len);
    leave(rpc);
}

static void on_lost(void *arg, const struct mcp_failure *failure)
{
    struct rpc *rpc = arg;

    enter(rpc);
    rpc->lost = true;
    /* those only that are there now: who is told may call again, and is told by a deadline then */
    for (uint64_t last = rpc->last_id; !rpc->closed && rpc->calls && rpc->calls->id <= last;)
        fail(take(rpc, rpc->calls->id), failure);
    if (!rpc->closed)
        rpc->handler.lost(rpc->handler.arg, failure);
    leave(rpc);
}

/* --- from open to close --- */

struct rpc *rpc_open(struct deadlines *deadlines, const struct rpc_handler *handler)
{
    struct rpc *rpc = xcalloc(1, sizeof *rpc);

    rpc->deadlines = deadlines;
    rpc->handler = *handler;
    return rpc;
}

struct mcp_transport_handler rpc_transport_handler(struct rpc *rpc)
{
    return (struct mcp_transport_handler){
        .arg = rpc, .message = on_message, .failed = on_failed, .said = on_said, .lost = on_lost};
}

void rpc_attach(struct rpc *rpc, struct mcp_transport *transport)
{
    rpc->transport = transport;
}

struct mcp_transport *rpc_transport(const struct rpc *rpc)
{
    return rpc->transport;
}

void rpc_set_batches(struct rpc *rpc, bool accepted)
{
    rpc->batches = accepted;
}

bool rpc_close(struct rpc **slot, void (*closed)(void *arg), void *arg)
{
    struct rpc *rpc = *slot;
    bool has_transport = rpc->transport;

    *slot = NULL;
    while (rpc->calls)
        free(take(rpc, rpc->calls->id));
    mcp_transport_close(&rpc->transport, closed, arg);
    rpc->closed = true;
    enter(rpc);
    leave(rpc);
    return has_transport;
}
