/* A changing request that is cancelled has its answer too, and it is remembered: a call may have had its
 * effect, so the same request must never be made once more because its first answer found nobody. */
#include "daemon/mcp_asks.h"

#include "daemon/server.h"
#include "daemon/supervisor.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

struct mcp_request {
    struct call *call; /* kept */
    struct outgoing *outgoing;
    mcp_ask_reply *reply;
    struct mcp_request *next;
};

struct mcp_asks {
    struct mcp_request *all;
};

static void finish(struct mcp_asks *asks, struct mcp_request *request, enum err code, const char *text,
                   json_t *ok)
{
    if (asks->all == request) {
        asks->all = request->next;
    } else {
        struct mcp_request *before = asks->all;
        while (before->next != request)
            before = before->next;
        before->next = request->next;
    }
    call_finish(&request->call, code, text, ok);
    free(request);
}

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct mcp_request *request = arg;
    json_t *told = NULL;
    if (code == ERR_OK)
        told = request->reply ? request->reply(request->call, ok) : json_incref(ok);
    finish(request->call->server->asks, request, code, text, told);
}

enum err mcp_ask(struct call *call, int64_t timeout_ms, mcp_ask_reply *reply, char error[256])
{
    struct mcp_asks *asks = call->server->asks;
    enum err code;
    struct agent_requests *requests = supervisor_requests(call->session, &code, error);
    if (!requests)
        return code;
    json_t *json = json_object();
    jsonx_set_str(json, "op", request_row(call->method)->name);
    jsonx_set_str(json, "by", call->principal.user);
    json_object_set(json, "params", call->params);
    struct mcp_request *request = xcalloc(1, sizeof *request);
    struct outgoing_handler handler = {request, NULL, on_reply};
    request->outgoing = agent_requests_ask(requests, json, timeout_ms, &handler);
    if (!request->outgoing) {
        snprintf(error, 256, "%d requests wait for this session's agent already", AGENT_REQUESTS_MAX);
        free(request);
        return ERR_BUSY;
    }
    request->call = call_keep(call);
    request->reply = reply;
    request->next = asks->all;
    asks->all = request;
    return HANDLED_LATER;
}

static json_t *cancelled_reply(void)
{
    json_t *ok = json_object();
    json_object_set_new(ok, "failed", json_true());
    jsonx_set_str(ok, "text", "cancelled: whoever asked has gone; it may have had its effect");
    return ok;
}

void mcp_asks_client_gone(struct mcp_asks *asks)
{
    struct mcp_request *request = asks ? asks->all : NULL;
    while (request) {
        if (call_is_wanted(request->call)) {
            request = request->next;
            continue;
        }
        bool call = request->call->method == METHOD_MCP_CALL;
        outgoing_cancel(&request->outgoing);
        if (call)
            finish(asks, request, ERR_OK, NULL, cancelled_reply());
        else
            finish(asks, request, ERR_UNAVAILABLE, "whoever asked has gone", NULL);
        request = asks->all;
    }
}

struct mcp_asks *mcp_asks_open(void)
{
    return xcalloc(1, sizeof(struct mcp_asks));
}

void mcp_asks_close(struct mcp_asks **slot)
{
    free(*slot);
    *slot = NULL;
}
