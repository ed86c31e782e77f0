/* Makes what goes out: params with _meta, cursor, answers to questions; and decides what needs something else
 * first. */
#include "daemon/agent/mcp/param_headers.h"
#include "daemon/agent/mcp/request_parts.h"
#include "daemon/agent/mcp/versions.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

static bool is(const struct mcp_request *request, const char *method)
{
    return strcmp(request->method->name, method) == 0;
}

static const json_t *tool_of(const struct mcp_request *request)
{
    return tool_table_find(request->client->tools, jsonx_str(request->params, "name", NULL));
}

/* 2025-11-25: such a tool must be called as a task. */
static bool needs_task(const struct mcp_request *request)
{
    const json_t *tasks = jsonx_obj(request->client->capabilities, "tasks");

    return !request->client->info.modern && is(request, "tools/call") &&
           jsonx_obj(jsonx_obj(jsonx_obj(tasks, "requests"), "tools"), "call") &&
           tool_needs_task(tool_of(request));
}

/* New reference. */
static json_t *make_params(const struct mcp_request *request)
{
    const struct mcp_client *client = request->client;
    json_t *params = json_copy(request->params), *meta;

    if (request->cursor)
        jsonx_set_str(params, "cursor", request->cursor);
    if (request->responses)
        json_object_set(params, "inputResponses", request->responses);
    if (request->state)
        json_object_set(params, "requestState", request->state);
    if (request->task.wanted)
        json_object_set_new(params, "task",
                            json_pack("{s:I}", "ttl", (json_int_t)request->timeout_ms * REQUEST_HARD_TIMES));
    if (jsonx_obj(params, "_meta")) /* the copy is shallow */
        json_object_set_new(params, "_meta", json_deep_copy(jsonx_obj(params, "_meta")));
    if (request->method->flags & METHOD_PROGRESS) {
        meta = jsonx_obj(params, "_meta");
        if (!meta) {
            meta = json_object();
            json_object_set_new(params, "_meta", meta);
        }
        jsonx_set_int(meta, "progressToken", request->token);
    }
    if (client->info.modern)
        client_put_meta(client, params);
    return params;
}

static void place(struct mcp_request *request, const struct rpc_order *order, rpc_done *done)
{
    struct mcp_client *client = request->client;

    sign_in_bearer(client);
    request->generation = client->sign_in.generation;
    request_set_phase(request, REQUEST_SENT);
    request->sent = true; /* until a failure says otherwise */
    deadline_clear(client->deadlines, &request->soon);
    request->call = rpc_call(client->rpc, order, done, request);
}

void request_call(struct mcp_request *request, const char *method, json_t *params, const char *name,
                  rpc_done *done)
{
    struct rpc_order order = {.method = method, .params = params, .name = name};
    bool sent = request->sent;

    if (request->client->info.modern)
        client_put_meta(request->client, params);
    place(request, &order, done);
    request->sent = sent; /* this one is not what the owner asked for */
    json_decref(params);
}

static void ignore(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    (void)arg;
    (void)call;
    (void)answer;
}

void request_tell(struct mcp_client *client, const char *method, json_t *params, const char *name)
{
    struct rpc_order order = {.method = method, .params = params, .name = name};

    if (client->info.modern)
        client_put_meta(client, params);
    if (client->rpc && client->state == CLIENT_READY)
        rpc_call(client->rpc, &order, ignore, NULL);
    json_decref(params);
}

/* --- what needs no sending, or something else first --- */

/* What the server does not have is not asked for: a list of it is empty. */
static bool is_missing(struct mcp_request *request)
{
    const struct method *method = request->method;
    struct mcp_client *client = request->client;
    const char *capability = method->capability;

    if (is(request, "completion/complete") && versions_is_since(client->info.protocol, "2025-03-26"))
        capability = "completions";
    if (!capability || client_has(client, capability, NULL)) {
        if (!method->part || client->info.modern || client_has(client, capability, method->part))
            return false;
    }
    if (method->list) {
        json_t *empty = json_pack("{s:[]}", method->list);

        request_finish_soon(request, ERR_OK, empty, "%s", "");
        json_decref(empty);
    } else {
        request_finish_soon(request, ERR_NOT_FOUND, NULL, "\"%s\" does not offer %s", client->server->name,
                            method->name);
    }
    return true;
}

/* The modern era has no logging/setLevel, no ping and no resources/subscribe; what they are for has other
 * ways. */
static bool is_replaced(struct mcp_request *request)
{
    struct mcp_client *client = request->client;
    const char *uri = jsonx_str(request->params, "uri", "");
    json_t *done = json_object();
    bool taken = true;

    if (is(request, "logging/setLevel")) {
        free(client->log_level);
        client->log_level = xstrdup_null(jsonx_str(request->params, "level", NULL));
        taken = client->info.modern;
        if (taken)
            request_finish_soon(request, ERR_OK, done, "%s", "");
    } else if (client->info.modern && is(request, "resources/subscribe")) {
        json_object_set_new(client->subscribed, uri, json_true());
        request_set_phase(request, REQUEST_LISTENING);
        listening_update(client);
    } else if (client->info.modern && is(request, "resources/unsubscribe")) {
        json_object_del(client->subscribed, uri);
        listening_update(client);
        request_finish_soon(request, ERR_OK, done, "%s", "");
    } else if (client->info.modern && is(request, "ping")) {
        request_call(request, "server/discover", json_object(), NULL, request_answered);
    } else {
        taken = false;
    }
    json_decref(done);
    return taken;
}

/* Headers over HTTP are made from the tool's definition, so it must be known. */
static bool needs_list(const struct mcp_request *request)
{
    const struct mcp_client *client = request->client;

    return client->info.modern && client->is_http && is(request, "tools/call") && !request->listed &&
           !tool_of(request);
}

void request_send(struct mcp_request *request)
{
    struct mcp_client *client = request->client;
    struct rpc_order order = {.method = request->method->name};
    json_t *params;
    char **headers = NULL;

    if (client->state != CLIENT_READY) {
        request_set_phase(request, REQUEST_QUEUED);
        return;
    }
    if (request->task.id) { /* begun already: never a second time */
        request_poll(request);
        return;
    }
    if (is_missing(request) || is_replaced(request))
        return;
    if (needs_list(request)) {
        request_list_tools(request);
        return;
    }
    request->task.wanted = needs_task(request);
    params = make_params(request);
    order.params = params;
    if (request->method->title)
        order.name = jsonx_str(request->params, request->method->title, NULL);
    if (client->info.modern && client->is_http && is(request, "tools/call"))
        headers = param_headers_make(json_object_get(tool_of(request), "inputSchema"),
                                     json_object_get(request->params, "arguments"));
    order.headers = headers;
    place(request, &order, request_answered);
    param_headers_free(headers);
    json_decref(params);
}
