/* Requests of persons that a server answers with content: calls of tools, resources, prompts, completion. */
#include "daemon/agent/outside.h"
#include "daemon/agent/result.h"
#include "daemon/agent/servers_op.h"
#include "proto/rule.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONTENT_TEXT_MAX = 256 << 10, /* bytes of what is for people */
    CONTENT_KEPT_MAX = 32 << 10   /* ... and of it in tool.ended, which is kept for ever */
};

/* --- text for people --- */

/* Content as a tool's result would have it, said as text; whole data goes to files of the session's folder.
 */
static void read_content(const struct op *op, const json_t *mcp, struct result *result)
{
    char name[ID_MAX];
    struct result_place place = {.folder = op->servers->folder, .name = name, .max = CONTENT_TEXT_MAX};

    id_make(name, "p_");
    result_read(mcp, &place, result);
}

static void set_content_text(const struct op *op, json_t *ok, json_t *content)
{
    json_t *mcp = json_object();
    struct result result;

    json_object_set_new(mcp, "content", content);
    if (json_array_size(content) > 0) {
        read_content(op, mcp, &result);
        jsonx_set_str(ok, "text", result.text);
        result_clear(&result);
    } else {
        jsonx_set_str(ok, "text", "");
    }
    json_decref(mcp);
}

static json_t *text_block(const char *text)
{
    json_t *block = json_object();

    jsonx_set_str(block, "type", "text");
    jsonx_set_str(block, "text", text);
    return block;
}

static bool refused(struct op *op, const struct servers_result *result)
{
    op->calls[0] = NULL;
    if (result->code == ERR_OK)
        return false;
    op_refuse(op, result->code, result->text);
    return true;
}

static json_t *array_of(const json_t *object, const char *name)
{
    json_t *array = jsonx_arr(object, name);

    return array ? json_incref(array) : json_array();
}

/* --- mcp.call --- */

static void say_started(const struct op *op)
{
    const json_t *arguments = jsonx_obj(op->params, "arguments");
    char *text = arguments ? jsonx_dump(arguments, NULL) : NULL;
    json_t *data = json_object();

    jsonx_set_str(data, "server", op->server);
    jsonx_set_str(data, "tool", jsonx_str(op->params, "tool", ""));
    if (text && strlen(text) <= STATE_ARGUMENTS_MAX)
        jsonx_set_str(data, "arguments", text);
    jsonx_set_str(data, "by", op->by);
    agent_link_fact(op->servers->options.link, EVENT_TOOL_STARTED, data);
    free(text);
}

static void say_ended(const struct op *op, enum call_state state, const char *result, const char *file)
{
    json_t *data = json_object();
    char *cut = outside_text(result, CONTENT_KEPT_MAX);

    jsonx_set_str(data, "server", op->server);
    jsonx_set_str(data, "tool", jsonx_str(op->params, "tool", ""));
    jsonx_set_str(data, "state", call_state_name(state));
    jsonx_set_str(data, "result", cut);
    jsonx_set_str(data, "file", file);
    jsonx_set_int(data, "ms", clock_steady_ms() - op->begun);
    jsonx_set_str(data, "by", op->by);
    agent_link_fact(op->servers->options.link, EVENT_TOOL_ENDED, data);
    free(cut);
}

static void call_cancelled(struct op *op)
{
    say_ended(op, CALL_CANCELLED, "The call was cancelled by who made it.", NULL);
}

static void call_progress(void *arg, double progress, double total, const char *text)
{
    struct op *op = arg;
    json_t *note = json_object();

    json_object_set_new(note, "progress", json_real(progress));
    if (total >= 0)
        json_object_set_new(note, "total", json_real(total));
    jsonx_set_str(note, "text", text);
    incoming_note(op->incoming, note);
}

static void called(void *arg, const struct servers_result *mcp)
{
    struct op *op = arg;
    struct result result;
    json_t *ok;

    if (mcp->code != ERR_OK) {
        bool unknown = mcp->sent && (mcp->code == ERR_TIMEOUT || mcp->code == ERR_UNAVAILABLE ||
                                     mcp->code == ERR_PROTOCOL);
        say_ended(op, unknown ? CALL_UNKNOWN : CALL_FAILED, mcp->text, NULL);
        refused(op, mcp);
        return;
    }
    op->calls[0] = NULL;
    read_content(op, mcp->result, &result);
    say_ended(op, result.state, result.text, result.file);
    ok = json_object();
    json_object_set(ok, "result", (json_t *)mcp->result);
    jsonx_set_str(ok, "text", result.text);
    json_object_set_new(ok, "failed", json_boolean(result.state != CALL_DONE));
    jsonx_set_int(ok, "ms", clock_steady_ms() - op->begun);
    result_clear(&result);
    op_reply(op, ok);
}

/* A deny of the configuration is final, for persons too. */
static const char *denied_by(const struct op *op, const char *tool, const json_t *arguments)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(op->servers->rules, i, rule)
    {
        const char *pattern = jsonx_str(rule, "pattern", "");
        if (strcmp(jsonx_str(rule, "origin", ""), "config") == 0 &&
            strcmp(jsonx_str(rule, "effect", ""), "deny") == 0 &&
            rule_matches(pattern, RULE_DENY, op->server, tool, arguments))
            return pattern;
    }
    return NULL;
}

void op_begin_call(struct op *op)
{
    const char *tool = jsonx_str(op->params, "tool", "");
    const json_t *arguments = jsonx_obj(op->params, "arguments");
    const char *pattern = denied_by(op, tool, arguments);
    struct servers_call_handler handler = {op, call_progress, called};
    char text[320];

    if (pattern) {
        snprintf(text, sizeof text, "the configuration denies this call (%.200s)", pattern);
        op_refuse(op, ERR_DENIED, text);
        return;
    }
    op->cancelled = call_cancelled;
    say_started(op);
    op->calls[0] = servers_call(op->servers, op->server, tool, arguments,
                                jsonx_int(op->params, "timeout_ms", 0), NULL, -1, &handler);
}

/* --- resources --- */

static void templates_listed(void *arg, const struct servers_result *result)
{
    struct op *op = arg;
    json_t *ok = json_object();

    op->calls[0] = NULL; /* a server that has none may not know the question */
    json_object_set(ok, "resources", op->gathered);
    json_object_set_new(ok, "templates", array_of(result->result, "resourceTemplates"));
    op_reply(op, ok);
}

static void resources_listed(void *arg, const struct servers_result *result)
{
    struct op *op = arg;
    struct servers_call_handler handler = {.arg = op, .done = templates_listed};

    if (refused(op, result))
        return;
    op->gathered = array_of(result->result, "resources");
    if (op_server(op))
        op_ask(op, 0, "resources/templates/list", NULL, 0, &handler);
    else
        op_refuse(op, ERR_NOT_FOUND, "the MCP server is not defined any more");
}

void op_begin_resources(struct op *op)
{
    struct servers_call_handler handler = {.arg = op, .done = resources_listed};

    op_ask(op, 0, "resources/list", NULL, 0, &handler);
}

static void resource_read(void *arg, const struct servers_result *result)
{
    struct op *op = arg;
    json_t *ok, *content, *resource, *block;
    size_t i;

    if (refused(op, result))
        return;
    ok = json_object();
    content = json_array();
    json_object_set_new(ok, "contents", array_of(result->result, "contents"));
    json_array_foreach(json_object_get(ok, "contents"), i, resource)
    {
        const char *text = jsonx_str(resource, "text", NULL);
        block = text ? text_block(text) : json_pack("{s:s,s:O}", "type", "resource", "resource", resource);
        json_array_append_new(content, block);
    }
    set_content_text(op, ok, content);
    op_reply(op, ok);
}

void op_begin_read(struct op *op)
{
    struct servers_call_handler handler = {.arg = op, .done = resource_read};
    json_t *params = json_object();

    jsonx_set_str(params, "uri", jsonx_str(op->params, "uri", ""));
    op_ask(op, 0, "resources/read", params, 0, &handler);
    json_decref(params);
}

static void subscribed(void *arg, const struct servers_result *result)
{
    struct op *op = arg;
    struct server *server = op_server(op);
    const char *uri = jsonx_str(op->params, "uri", "");

    if (refused(op, result))
        return;
    if (server)
        server_follow(server, uri, jsonx_bool(op->params, "subscribe", true));
    op_reply(op, json_object());
}

void op_begin_subscribe(struct op *op)
{
    struct servers_call_handler handler = {.arg = op, .done = subscribed};
    const struct server *server = op_server(op);
    bool subscribe = jsonx_bool(op->params, "subscribe", true);
    json_t *params;

    if (server->def && server->def->server->scope != MCP_SCOPE_SESSION) {
        op_refuse(op, ERR_CONFLICT, "what changes in a server that many sessions share can't be followed");
        return;
    }
    if (subscribe && json_object_size(server->followed) >= SERVERS_FOLLOWED_MAX) {
        op_refuse(op, ERR_LIMIT, "64 resources of this server are followed already");
        return;
    }
    params = json_object();
    jsonx_set_str(params, "uri", jsonx_str(op->params, "uri", ""));
    op_ask(op, 0, subscribe ? "resources/subscribe" : "resources/unsubscribe", params, 0, &handler);
    json_decref(params);
}

/* --- prompts --- */

static void prompts_listed(void *arg, const struct servers_result *result)
{
    struct op *op = arg;
    json_t *ok;

    if (refused(op, result))
        return;
    ok = json_object();
    json_object_set_new(ok, "prompts", array_of(result->result, "prompts"));
    op_reply(op, ok);
}

void op_begin_prompts(struct op *op)
{
    struct servers_call_handler handler = {.arg = op, .done = prompts_listed};

    op_ask(op, 0, "prompts/list", NULL, 0, &handler);
}

static void prompt_got(void *arg, const struct servers_result *result)
{
    struct op *op = arg;
    json_t *ok, *content, *message;
    char role[64];
    size_t i;

    if (refused(op, result))
        return;
    ok = json_object();
    content = json_array();
    jsonx_set_str(ok, "description", jsonx_str(result->result, "description", ""));
    json_object_set_new(ok, "messages", array_of(result->result, "messages"));
    json_array_foreach(json_object_get(ok, "messages"), i, message)
    {
        snprintf(role, sizeof role,
                 "%s:", strcmp(jsonx_str(message, "role", ""), "assistant") == 0 ? "assistant" : "user");
        json_array_append_new(content, text_block(role));
        if (jsonx_obj(message, "content"))
            json_array_append(content, jsonx_obj(message, "content"));
    }
    set_content_text(op, ok, content);
    op_reply(op, ok);
}

void op_begin_prompt(struct op *op)
{
    struct servers_call_handler handler = {.arg = op, .done = prompt_got};
    json_t *params = json_object(), *arguments = jsonx_obj(op->params, "arguments");

    jsonx_set_str(params, "name", jsonx_str(op->params, "name", ""));
    if (arguments)
        json_object_set(params, "arguments", arguments);
    op_ask(op, 0, "prompts/get", params, 0, &handler);
    json_decref(params);
}

/* --- completion --- */

static void completed(void *arg, const struct servers_result *result)
{
    struct op *op = arg;
    const json_t *completion;
    json_t *ok;

    if (refused(op, result))
        return;
    completion = jsonx_obj(result->result, "completion");
    ok = json_object();
    json_object_set_new(ok, "values", array_of(completion, "values"));
    json_object_set_new(ok, "more", json_boolean(jsonx_bool(completion, "hasMore", false)));
    op_reply(op, ok);
}

void op_begin_complete(struct op *op)
{
    static const char *const names[] = {"ref", "argument", "context"};
    struct servers_call_handler handler = {.arg = op, .done = completed};
    json_t *params = json_object();

    for (size_t i = 0; i < 3; i++)
        if (jsonx_obj(op->params, names[i]))
            json_object_set(params, names[i], jsonx_obj(op->params, names[i]));
    op_ask(op, 0, "completion/complete", params, 0, &handler);
    json_decref(params);
}
