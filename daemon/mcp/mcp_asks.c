/* A call may have had its effect although nobody has its answer: its client is gone, or the agent, or the
 * daemon itself. So before one is made, the answer that such an end leaves is on disk, and the same request
 * is never made once more. */
#include "daemon/mcp/mcp_asks.h"

#include "daemon/people/users.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

#define NO_ANSWER                                                                                            \
    "the daemon ended while this call was made; it may have had its effect, and was not made again"

struct beginning {               /* what waits for the disk */
    struct mcp_request *request; /* NULL: not any more */
};

struct mcp_request {
    struct call *call;           /* kept */
    struct beginning *beginning; /* NULL: the agent was asked */
    struct outgoing *outgoing;
    int64_t timeout_ms;
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
    if (request->beginning) {
        request->beginning->request = NULL;
        call_not_begun(request->call);
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

/* The agent is asked. ERR_OK, or why not. */
static enum err ask(struct mcp_request *request, char error[256])
{
    const struct call *call = request->call;
    struct outgoing_handler handler = {request, NULL, on_reply};
    enum err code;
    struct agent_requests *requests = supervisor_requests(call->session, &code, error);
    if (!requests)
        return code;
    json_t *json = json_object();
    jsonx_set_str(json, "op", request_row(call->method)->name);
    jsonx_set_str(json, "by", call->principal.user);
    json_object_set(json, "params", call->params);
    request->outgoing = agent_requests_ask(requests, json, request->timeout_ms, &handler);
    if (request->outgoing)
        return ERR_OK;
    snprintf(error, 256, "%d requests wait for this session's agent already", AGENT_REQUESTS_MAX);
    return ERR_BUSY;
}

/* Whether whoever asked may still have it done. */
static bool may_begin(struct call *call, char error[256])
{
    const struct request_row *row = request_row(call->method);
    if (users_renew(call->server->users, &call->principal) && call->session->end == SESSION_LIVES &&
        auth_may(&call->principal, call->session->state, row->role))
        return true;
    snprintf(error, 256, "%s was not begun: the right to it was taken away meanwhile", row->name);
    return false;
}

/* Now it may have its effect. */
static void on_stored(void *arg, enum err code)
{
    struct beginning *beginning = arg;
    struct mcp_request *request = beginning->request;
    char error[256] = "the store can't commit now; the call was not made";
    if (request && code == ERR_OK && !may_begin(request->call, error))
        code = ERR_DENIED;
    if (request && code == ERR_OK)
        code = ask(request, error);
    if (request && code != ERR_OK)
        finish(request->call->server->asks, request, code, error, NULL);
    else if (request)
        request->beginning = NULL;
    free(beginning);
}

enum err mcp_ask(struct call *call, int64_t timeout_ms, mcp_ask_reply *reply, char error[256])
{
    struct mcp_asks *asks = call->server->asks;
    struct mcp_request *request = xcalloc(1, sizeof *request);
    bool once = call->method == METHOD_MCP_CALL;
    enum err code = ERR_OK;
    request->timeout_ms = timeout_ms;
    request->reply = reply;
    request->call = call_keep(call);
    if (once)
        supervisor_requests(call->session, &code, error); /* it starts meanwhile */
    else
        code = ask(request, error);
    if (code != ERR_OK) {
        call_drop(&request->call);
        free(request);
        return code;
    }
    request->next = asks->all;
    asks->all = request;
    if (once) {
        request->beginning = xcalloc(1, sizeof *request->beginning);
        request->beginning->request = request;
        call_begin_once(request->call, NO_ANSWER, on_stored, request->beginning);
    }
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
        bool call = request->call->method == METHOD_MCP_CALL && !request->beginning;
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
