/* What a person asks of a session's servers, through the daemon: one row a method. The trap: the server may
 * be removed while its answer is awaited, so an op knows it by name only. */
#include "daemon/agent/outside.h"
#include "daemon/agent/permission.h"
#include "daemon/agent/servers_internal.h"
#include "daemon/agent/servers_op.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPS_REPLY_MAX = 4 << 20, /* bytes */
    OPS_WINDOW_MS = 10000,
    OPS_WINDOW_MAX = 400 /* in that time: of those that make events */
};

/* --- an op's life --- */

static void op_free(struct op *op)
{
    struct op **at = &op->servers->ops;

    while (*at != op)
        at = &(*at)->next;
    *at = op->next;
    for (size_t i = 0; i < OP_CALLS_MAX; i++)
        servers_cancel(&op->calls[i]);
    json_decref(op->params);
    json_decref(op->gathered);
    free(op->server);
    free(op->by);
    free(op);
}

void op_reply(struct op *op, json_t *ok)
{
    struct incoming *incoming = op->incoming;

    op_free(op);
    if (outside_is_deep(ok)) {
        incoming_refuse(incoming, ERR_TOO_LARGE, "what the MCP server answered is nested too deep");
        json_decref(ok);
    } else if (outside_bytes(ok) > OPS_REPLY_MAX) {
        incoming_refuse(incoming, ERR_TOO_LARGE, "what the MCP server answered is larger than 4 MiB");
        json_decref(ok);
    } else {
        incoming_reply(incoming, ok);
    }
}

void op_refuse(struct op *op, enum err code, const char *text)
{
    struct incoming *incoming = op->incoming;

    op_free(op);
    incoming_refuse(incoming, code, text);
}

void ops_drop(struct servers *servers)
{
    while (servers->ops)
        op_free(servers->ops);
}

static void on_cancelled(void *arg)
{
    struct op *op = arg;

    if (op->cancelled)
        op->cancelled(op);
    op_free(op);
}

struct server *op_server(const struct op *op)
{
    return server_find(op->servers, op->server);
}

void op_ask(struct op *op, size_t which, const char *method, const json_t *params, int64_t timeout_ms,
            const struct servers_call_handler *handler)
{
    op->calls[which] = server_call(op_server(op), method, params, timeout_ms, handler);
}

/* --- connecting --- */

static void connected(void *arg, const struct servers_result *result)
{
    struct op *op = arg;

    op->calls[0] = NULL;
    if (result->code != ERR_OK)
        op_refuse(op, result->code, result->text);
    else
        op_reply(op, json_object()); /* how it is doing the daemon says */
}

static void begin_connect(struct op *op)
{
    struct server *server = op_server(op);
    struct servers_call_handler handler = {.arg = op, .done = connected};

    server->off = server->declined = false;
    server->servers->stale = true;
    keeper_forgive(server->keeper);
    op_ask(op, 0, NULL, NULL, 0, &handler);
}

/* --- tools --- */

static json_t *tool_json(const struct op *op, const struct servers_tool *tool)
{
    struct permission permission;
    json_t *json = json_object();

    permission_decide(servers_state(op->servers), op->servers->rules, tool, NULL, &permission);
    jsonx_set_str(json, "server", tool->server);
    jsonx_set_str(json, "tool", tool->tool);
    jsonx_set_str(json, "name", tool->name);
    jsonx_set_str(json, "description", tool->description);
    json_object_set_new(json, "read_only", json_boolean(tool->read_only));
    json_object_set_new(json, "destructive", json_boolean(tool->destructive));
    jsonx_set_str(json, "effect", rule_effect_name(permission.effect));
    if (permission.why[0])
        jsonx_set_str(json, "rule", permission.why);
    json_object_set(json, "schema", (json_t *)tool->schema);
    return json;
}

static void reply_tools(struct op *op)
{
    struct servers_tool *tools = xcalloc(SERVERS_TOOLS_MAX, sizeof *tools);
    size_t count = servers_tools(op->servers, tools, SERVERS_TOOLS_MAX);
    json_t *list = json_array(), *ok = json_object();

    for (size_t i = 0; i < count; i++)
        if (!tools[i].connects && (!op->server || strcmp(tools[i].server, op->server) == 0))
            json_array_append_new(list, tool_json(op, &tools[i]));
    free(tools);
    json_object_set_new(ok, "tools", list);
    op_reply(op, ok);
}

/* One of those that were waited for; a failure is the answer only where just this server was asked about. */
static void tools_known(void *arg, const struct servers_result *result)
{
    struct op_wait *wait = arg;
    struct op *op = wait->op;

    op->calls[wait->which] = NULL;
    if (op->server && result->code != ERR_OK)
        op_refuse(op, result->code, result->text);
    else if (--op->waiting == 0)
        reply_tools(op);
}

static void begin_tools(struct op *op)
{
    struct server *server;

    for (server = op->servers->list; server; server = server->next) {
        bool meant = op->server ? strcmp(server->name, op->server) == 0 : server->def && !server->off;
        if (!meant || server->tools)
            continue;
        struct servers_call_handler handler = {.arg = &op->waits[op->waiting], .done = tools_known};
        op->waits[op->waiting] = (struct op_wait){op, op->waiting};
        op->calls[op->waiting] = server_call(server, NULL, NULL, 0, &handler);
        op->waiting++;
    }
    if (op->waiting == 0)
        reply_tools(op);
}

/* --- dispatch --- */

static const struct {
    const char *name;
    void (*begin)(struct op *op);
    bool needs_server;
    bool says; /* it makes events that are kept */
} rows[] = {
    {"mcp.call", op_begin_call, true, true},
    {"mcp.complete", op_begin_complete, true, false},
    {"mcp.connect", begin_connect, true, true},
    {"mcp.prompt", op_begin_prompt, true, false},
    {"mcp.prompts", op_begin_prompts, true, false},
    {"mcp.read", op_begin_read, true, false},
    {"mcp.resources", op_begin_resources, true, false},
    {"mcp.subscribe", op_begin_subscribe, true, false},
    {"mcp.tools", begin_tools, false, false},
};

/* So that a script can't fill the session's history. */
static bool is_too_often(struct servers *servers)
{
    int64_t now = clock_steady_ms();

    if (now - servers->ops_since >= OPS_WINDOW_MS) {
        servers->ops_since = now;
        servers->ops_said = 0;
    }
    return ++servers->ops_said > OPS_WINDOW_MAX;
}

static void authorized(struct servers *servers, struct incoming *incoming, const json_t *json)
{
    const struct server *server = server_of_authorize(servers, jsonx_str(json, "question", ""));
    char error[256] = "nobody waits for that address any more";

    if (!server)
        incoming_refuse(incoming, ERR_CONFLICT, error);
    else if (keeper_redirected(server->keeper, jsonx_str(json, "redirect", ""), error))
        incoming_reply(incoming, json_object());
    else
        incoming_refuse(incoming, ERR_BAD_REQUEST, error);
}

static void begin(struct servers *servers, struct incoming *incoming, const json_t *json, size_t row)
{
    json_t *params = jsonx_obj(json, "params");
    const char *server = jsonx_str(params, "server", NULL);
    char text[320];

    if ((server || rows[row].needs_server) && !server_find(servers, server ? server : "")) {
        snprintf(text, sizeof text, "there is no MCP server '%.64s' in the configuration",
                 server ? server : "");
        incoming_refuse(incoming, ERR_NOT_FOUND, text);
        return;
    }
    if (rows[row].says && is_too_often(servers)) {
        incoming_refuse(incoming, ERR_BUSY, "more than 400 calls within 10 s; try again later");
        return;
    }
    struct op *op = xcalloc(1, sizeof *op);
    op->servers = servers;
    op->incoming = incoming;
    op->params = params ? json_incref(params) : json_object();
    op->server = xstrdup_null(server);
    op->by = xstrdup_null(jsonx_str(json, "by", NULL));
    op->begun = clock_steady_ms();
    op->next = servers->ops;
    servers->ops = op;
    incoming_on(incoming, on_cancelled, NULL, op);
    rows[row].begin(op);
}

void servers_request(struct servers *servers, struct incoming *incoming, const json_t *json)
{
    const char *name = jsonx_str(json, "op", "");
    char text[128];

    if (strcmp(name, "authorized") == 0) {
        authorized(servers, incoming, json);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0) {
            begin(servers, incoming, json, i);
            return;
        }
    snprintf(text, sizeof text, "an agent does not know the request '%.64s'", name);
    incoming_refuse(incoming, ERR_NOT_FOUND, text);
}
