/* Calls, each to whom it is for: a server's keeper, the daemon (built-in tools), or nobody, which is said in
 * the next turn of the loop. */
#include "daemon/agent/servers_internal.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void call_remove(struct servers_call *call)
{
    struct servers_call **at = &call->servers->calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
}

static void call_free(struct servers_call *call)
{
    free(call->text);
    free(call);
}

static struct servers_call *call_new(struct servers *servers, struct server *server,
                                     const struct servers_call_handler *handler)
{
    struct servers_call *call = xcalloc(1, sizeof *call);

    call->servers = servers;
    call->server = server;
    call->handler = *handler;
    call->block = -1;
    call->next = servers->calls;
    servers->calls = call;
    return call;
}

/* It is off the list. */
static void call_deliver(struct servers_call *call, const struct servers_result *result)
{
    if (call->server)
        server_asks_of_call(call->server, call, NULL);
    if (call->handler.done)
        call->handler.done(call->handler.arg, result);
    call_free(call);
}

static void call_done(struct servers_call *call, const struct servers_result *result)
{
    call_remove(call);
    call_deliver(call, result);
}

/* --- those that can't begin --- */

static struct servers_call *take_ending(struct servers *servers)
{
    struct servers_call **at = &servers->calls, *call;

    while ((call = *at) && !call->ending)
        at = &call->next;
    if (call)
        *at = call->next;
    return call;
}

static void on_soon(uv_timer_t *timer)
{
    struct servers_call *call;

    while ((call = take_ending(timer->data))) {
        struct servers_result result = {.code = call->code, .text = call->text};
        call_deliver(call, &result);
    }
}

static void end_soon(struct servers_call *call, enum err code, const char *text)
{
    call->ending = true;
    call->code = code;
    call->text = xstrdup(text);
    uv_timer_start(&call->servers->soon, on_soon, 0, 0);
}

void calls_end(struct server *server, const char *text)
{
    for (struct servers_call *call = server->servers->calls; call; call = call->next)
        if (call->server == server) {
            server_asks_of_call(server, call, "server");
            keeper_cancel(&call->call, text);
            call->server = NULL;
            end_soon(call, ERR_UNAVAILABLE, text);
        }
}

void calls_drop(struct servers *servers)
{
    while (servers->calls) {
        struct servers_call *call = servers->calls;
        servers->calls = call->next;
        call_free(call);
    }
}

/* --- servers --- */

static void on_progress(void *arg, double progress, double total, const char *text)
{
    struct servers_call *call = arg;

    if (call->handler.progress)
        call->handler.progress(call->handler.arg, progress, total, text);
}

/* What a model is told after it had a server connected: a result as of a tool. */
static json_t *connected_result(struct server *server)
{
    char *text = offered_list(server);
    json_t *result = json_pack("{s:[{s:s}]}", "content", "type", "text");

    jsonx_set_str(json_array_get(json_object_get(result, "content"), 0), "text", text);
    free(text);
    return result;
}

static void on_done(void *arg, const struct mcp_reply *reply)
{
    struct servers_call *call = arg;
    struct servers_result result = {reply->code, reply->text, reply->result, reply->sent};
    json_t *made = NULL;

    call->call = NULL;
    if (call->connects && reply->code == ERR_OK)
        result.result = made = connected_result(call->server);
    call_done(call, &result);
    json_decref(made);
}

struct servers_call *server_call(struct server *server, const char *method, const json_t *params,
                                 int64_t timeout_ms, const struct servers_call_handler *handler)
{
    struct servers_call *call = call_new(server->servers, server, handler);
    struct mcp_request_handler keeper = {call, on_progress, on_done};
    char text[320];

    if (!servers_usable(server->servers, server->name, text)) {
        end_soon(call, ERR_CONFIG, text);
    } else if (server->off) {
        snprintf(text, sizeof text,
                 "MCP server '%s' was disconnected by a person; it must be connected again", server->name);
        end_soon(call, ERR_CONFLICT, text);
    } else {
        call->call = keeper_call(server->keeper, method, params, timeout_ms, &keeper);
    }
    return call;
}

/* --- built-in tools --- */

static void on_builtin(void *arg, enum err code, const char *text, json_t *ok)
{
    struct servers_call *call = arg;
    json_t *made = NULL;

    call->builtin = NULL;
    if (code == ERR_OK) {
        made = json_pack("{s:[{s:s}]}", "content", "type", "text");
        jsonx_set_str(json_array_get(json_object_get(made, "content"), 0), "text", jsonx_str(ok, "text", ""));
    }
    struct servers_result result = {code, text, made, true};
    call_done(call, &result);
    json_decref(made);
}

static struct servers_call *builtin_call(struct servers *servers, const char *tool, const json_t *arguments,
                                         const struct servers_call_handler *handler)
{
    struct servers_call *call = call_new(servers, NULL, handler);
    struct outgoing_handler outgoing = {.arg = call, .reply = on_builtin};
    json_t *json = json_object();

    jsonx_set_str(json, "op", "builtin");
    jsonx_set_str(json, "tool", tool);
    if (arguments)
        json_object_set(json, "arguments", (json_t *)arguments);
    call->builtin = requests_ask(servers->options.requests, json, &outgoing);
    char text[80];
    snprintf(text, sizeof text, "%d requests wait for the daemon already", REQUESTS_MAX);
    if (!call->builtin)
        end_soon(call, ERR_BUSY, text);
    return call;
}

/* --- the interface --- */

struct servers_call *servers_call(struct servers *servers, const char *server, const char *tool,
                                  const json_t *arguments, int64_t timeout_ms, const char *message, int block,
                                  const struct servers_call_handler *handler)
{
    struct server *found = server_find(servers, server);
    struct servers_call *call;
    json_t *params;
    char text[320];

    if (!*server)
        return builtin_call(servers, tool, arguments, handler);
    if (!found) {
        call = call_new(servers, NULL, handler);
        snprintf(text, sizeof text, "there is no MCP server '%.64s' in the configuration", server);
        end_soon(call, ERR_NOT_FOUND, text);
        return call;
    }
    if (strcmp(tool, SERVERS_CONNECT) == 0) {
        call = server_call(found, NULL, NULL, 0, handler);
        call->connects = true;
    } else {
        params = json_object();
        jsonx_set_str(params, "name", tool);
        json_object_set_new(params, "arguments",
                            arguments ? json_incref((json_t *)arguments) : json_object());
        call = server_call(found, "tools/call", params, timeout_ms, handler);
        json_decref(params);
    }
    if (message)
        snprintf(call->message, sizeof call->message, "%s", message);
    call->block = message ? block : -1;
    return call;
}

void servers_cancel(struct servers_call **slot)
{
    struct servers_call *call = *slot;

    *slot = NULL;
    if (!call)
        return;
    if (call->server)
        server_asks_of_call(call->server, call, "interrupted");
    call_remove(call);
    keeper_cancel(&call->call, "the turn was interrupted");
    outgoing_cancel(&call->builtin);
    call_free(call);
}
