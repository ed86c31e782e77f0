/* The calls of a keeper: those that wait for the connection, and those that are under way. The trap: a call
 * is taken off the list before its owner hears of its end, since the owner may cancel others, or free the
 * keeper. */
#include "daemon/agent/keeper_internal.h"
#include "daemon/agent/secrets.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>

static void call_remove(struct keeper_call *call)
{
    struct keeper_call **at = &call->keeper->calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    call->keeper->call_count--;
}

static void call_free(struct keeper_call *call)
{
    json_decref(call->params);
    free(call->method);
    free(call->text);
    free(call);
}

void keeper_arm_idle(struct keeper *keeper)
{
    if (keeper->phase != PHASE_READY)
        return;
    if (keeper->call_count == 0 && keeper->holds == 0 && keeper->idle_ms > 0)
        uv_timer_start(&keeper->timer, keeper_on_timer, (uint64_t)keeper->idle_ms, 0);
    else
        uv_timer_stop(&keeper->timer);
}

/* It is off the list. From here on nobody sees what the server repeats of the secrets that it was given. */
static void call_deliver(struct keeper_call *call, const struct mcp_reply *reply)
{
    struct mcp_reply shown = *reply;
    char *hidden = reply->text ? secrets_hide(reply->text) : NULL;

    keeper_arm_idle(call->keeper);
    if (hidden)
        shown.text = hidden;
    secrets_hide_json((json_t *)reply->result);
    call->handler.done(call->handler.arg, &shown);
    free(hidden);
    call_free(call);
}

void keeper_call_end(struct keeper_call *call, enum err code, bool sent, const char *text)
{
    if (call->ending)
        return;
    call->ending = true;
    call->request = NULL;
    call->code = code;
    call->sent = sent;
    call->text = xstrdup_null(text);
    if (!call->keeper->freeing)
        uv_timer_start(&call->keeper->soon, keeper_on_soon, 0, 0);
}

/* Over HTTP, and by a host, nothing tells that the server is gone but requests that find none. While others
 * are under way it may not be so. */
static bool is_doubted(const struct keeper *keeper)
{
    for (const struct keeper_call *call = keeper->calls; call; call = call->next)
        if (call->request)
            return false;
    return keeper->phase == PHASE_READY && keeper->doubt[0];
}

static struct keeper_call *take_ending(struct keeper *keeper)
{
    struct keeper_call **at = &keeper->calls, *call;

    while ((call = *at) && !call->ending)
        at = &call->next;
    if (call) {
        *at = call->next;
        keeper->call_count--;
    }
    return call;
}

void keeper_on_soon(uv_timer_t *timer)
{
    struct keeper *keeper = timer->data;
    struct keeper_call *call;

    while ((call = take_ending(keeper))) {
        struct mcp_reply reply = {.code = call->code, .text = call->text, .sent = call->sent};
        call_deliver(call, &reply);
    }
    if (!keeper->freeing && is_doubted(keeper))
        keeper_lose(keeper, "broken", keeper->doubt);
}

static void on_progress(void *arg, double progress, double total, const char *text)
{
    struct keeper_call *call = arg;

    char *hidden = text ? secrets_hide(text) : NULL;

    if (!call->ending && call->handler.progress)
        call->handler.progress(call->handler.arg, progress, total, hidden ? hidden : text);
    free(hidden);
}

static void on_done(void *arg, const struct mcp_reply *reply)
{
    struct keeper_call *call = arg;
    struct keeper *keeper = call->keeper;

    call->request = NULL;
    keeper->useful |= reply->code == ERR_OK && !call->internal;
    if (reply->code == ERR_OK || reply->code == ERR_UNAVAILABLE)
        snprintf(keeper->doubt, sizeof keeper->doubt, "%s", reply->code == ERR_OK ? "" : reply->text);
    call_remove(call);
    if (is_doubted(keeper)) /* by and by: the peer may know more */
        uv_timer_start(&keeper->soon, keeper_on_soon, 0, 0);
    call_deliver(call, reply);
}

void keeper_call_run(struct keeper_call *call)
{
    struct mcp_request_handler handler = {call, on_progress, on_done};

    if (!call->method) {
        keeper_call_end(call, ERR_OK, false, NULL);
        return;
    }
    call->request = peer_request(call->keeper->peer, call->method, call->params, call->timeout_ms, &handler);
    if (!call->request)
        keeper_call_end(call, ERR_BUSY, false,
                        "the MCP server has too many requests to answer already; try again");
}

struct keeper_call *keeper_call_new(struct keeper *keeper, const char *method, const json_t *params,
                                    int64_t timeout_ms, const struct mcp_request_handler *handler)
{
    struct keeper_call *call = xcalloc(1, sizeof *call), **at = &keeper->calls;

    call->keeper = keeper;
    call->method = xstrdup_null(method);
    call->params = json_incref((json_t *)params);
    call->timeout_ms = timeout_ms;
    call->handler = *handler;
    while (*at)
        at = &(*at)->next;
    *at = call;
    keeper->call_count++;
    return call;
}

void keeper_end_calls(struct keeper *keeper, bool all, const char *text)
{
    for (struct keeper_call *call = keeper->calls; call; call = call->next)
        if (all || !call->request)
            keeper_call_end(call, ERR_UNAVAILABLE, call->request != NULL, text);
}

bool keeper_is_waited_for(const struct keeper *keeper)
{
    for (const struct keeper_call *call = keeper->calls; call; call = call->next)
        if (!call->ending && !call->internal)
            return true;
    return false;
}

void *keeper_asking_call(const struct keeper *keeper, const struct peer_ask *ask)
{
    const struct keeper_call *found = ask->request;
    size_t count = 0;

    if (!found)
        for (const struct keeper_call *call = keeper->calls; call; call = call->next)
            if (call->request && !call->internal && ++count == 1)
                found = call;
    return found && count <= 1 && !found->internal ? found->handler.arg : NULL;
}

void keeper_drop_calls(struct keeper *keeper)
{
    while (keeper->calls) {
        struct keeper_call *call = keeper->calls;
        keeper->calls = call->next;
        keeper->call_count--;
        call_free(call);
    }
}

void keeper_cancel(struct keeper_call **slot, const char *why)
{
    struct keeper_call *call = *slot;

    *slot = NULL;
    if (!call)
        return;
    call_remove(call);
    if (call->request)
        peer_cancel(call->keeper->peer, call->request, why);
    keeper_arm_idle(call->keeper);
    call_free(call);
}
