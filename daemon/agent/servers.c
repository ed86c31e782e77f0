/* The servers that are defined, by the daemon's definitions: what is defined otherwise now is ended and begun
 * anew, what is the same goes on. The trap: a connection lives on with the definition that it was begun with,
 * until it is gone. */
#include "daemon/agent/outside.h"
#include "daemon/agent/servers_internal.h"
#include "daemon/agent/tool_list.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE_MAX = 256, PROTOCOL_MAX = 64, LEVEL_MAX = 32, ERROR_MAX = 512 };

struct server *server_find(const struct servers *servers, const char *name)
{
    struct server *server = servers->list;

    while (server && strcmp(server->name, name) != 0)
        server = server->next;
    return server;
}

unsigned servers_definition(const struct servers *servers, const char *name)
{
    const struct server *server = server_find(servers, name);

    return server ? server->definition : 0;
}

bool servers_usable(const struct servers *servers, const char *name, char why[320])
{
    const struct server *server = server_find(servers, name);

    if (!server || server->def)
        return true;
    snprintf(why, 320, "MCP server '%s' can't be used: %.200s", server->name, server->error);
    return false;
}

const struct state *servers_state(const struct servers *servers)
{
    return *servers->options.state;
}

/* --- facts --- */

static void set_cut(json_t *json, const char *name, const char *text, size_t max)
{
    char *cut = text && *text ? outside_text(text, max) : NULL;

    jsonx_set_str(json, name, cut);
    free(cut);
}

/* A state that can't take one more server would not take the event. */
static bool may_say(const struct server *server)
{
    const struct state *state = servers_state(server->servers);

    return !server->servers->leaving && state &&
           (state_server(state, server->name) || state->server_count < STATE_SERVERS_MAX);
}

static void say(const struct server *server, enum event_type type, json_t *data)
{
    jsonx_set_str(data, "server", server->name);
    agent_link_fact(server->servers->options.link, type, data);
}

void server_say_disconnected(struct server *server, const char *cause, const char *text)
{
    json_t *data = json_object();

    if (!may_say(server)) {
        json_decref(data);
        return;
    }
    jsonx_set_str(data, "cause", cause);
    set_cut(data, "text", text, SERVERS_TEXT_MAX);
    say(server, EVENT_MCP_DISCONNECTED, data);
}

void server_say_log(struct server *server, const char *level, const char *text)
{
    json_t *data = json_object();

    if (server->servers->leaving) {
        json_decref(data);
        return;
    }
    set_cut(data, "level", level && *level ? level : "info", LEVEL_MAX);
    set_cut(data, "text", text && *text ? text : " ", SERVERS_TEXT_MAX);
    say(server, EVENT_MCP_LOG, data);
}

static void say_connected(struct server *server, const struct mcp_info *info)
{
    json_t *data = json_object();

    if (!may_say(server)) {
        json_decref(data);
        return;
    }
    if (server->used->server->variant[0])
        jsonx_set_str(data, "variant", server->used->server->variant);
    set_cut(data, "title", info->name, TITLE_MAX);
    set_cut(data, "version", info->version, TITLE_MAX);
    set_cut(data, "protocol", info->protocol && *info->protocol ? info->protocol : "unknown", PROTOCOL_MAX);
    jsonx_set_int(data, "tools", (int64_t)json_array_size(server->tools));
    say(server, EVENT_MCP_CONNECTED, data);
}

static void remember(struct server *server, const struct mcp_info *info)
{
    json_t *json = json_object();

    jsonx_set_str(json, "op", "remember");
    jsonx_set_str(json, "server", server->name);
    jsonx_set_str(json, "variant", server->used->server->variant);
    set_cut(json, "era", info->protocol, PROTOCOL_MAX);
    json_object_set(json, "tools", server->tools);
    requests_ask(server->servers->options.requests, json, NULL);
}

/* --- definitions that are shared --- */

static struct server_def *def_ref(struct server_def *def)
{
    def->refs++;
    return def;
}

static void def_release(struct server_def **slot)
{
    struct server_def *def = *slot;

    *slot = NULL;
    if (def && --def->refs == 0) {
        mcp_server_free(&def->server);
        free(def);
    }
}

/* --- what the keeper says --- */

static void take_tools(struct server *server, const json_t *tools)
{
    char left[256];

    json_decref(server->tools);
    server->tools = tool_list_read(tools, left);
    server->servers->stale = true;
    if (left[0])
        server_say_log(server, "warning", left);
}

static void on_admitted(void *arg, enum err code, const char *text, json_t *ok)
{
    struct server *server = arg;

    (void)ok;
    server->admission = NULL;
    keeper_admit(server->keeper, code == ERR_OK ? NULL : text);
}

/* The daemon counts what the session's owner runs, and says that it starts. */
static void on_admit(void *arg)
{
    struct server *server = arg;
    const struct outgoing_handler handler = {.arg = server, .reply = on_admitted};
    json_t *json = json_object();

    jsonx_set_str(json, "op", "start");
    jsonx_set_str(json, "server", server->name);
    outgoing_cancel(&server->admission);
    server->admission = requests_ask(server->servers->options.requests, json, &handler);
}

static struct peer *on_open(void *arg, const struct peer_events *events)
{
    struct server *server = arg;
    const struct servers *servers = server->servers;

    server->used = def_ref(server->def);
    const struct mcp_server *mcp = server->used->server;
    struct peer_options options = {.loop = servers->options.loop,
                                   .http = servers->options.http,
                                   .requests = servers->options.requests,
                                   .lents = servers->options.lents,
                                   .server = mcp,
                                   .era = mcp->era,
                                   .root = servers->folder};
    return mcp->scope == MCP_SCOPE_SESSION ? peer_local_open(&options, events)
                                           : peer_remote_open(&options, events);
}

/* While something is followed the server is not idle. */
void server_follow(struct server *server, const char *uri, bool follow)
{
    size_t before = json_object_size(server->followed), now;

    if (follow)
        json_object_set_new(server->followed, uri, json_true());
    else
        json_object_del(server->followed, uri);
    now = json_object_size(server->followed);
    if (before == 0 && now > 0)
        keeper_hold(server->keeper);
    else if (before > 0 && now == 0)
        keeper_release(server->keeper);
}

static void follow_again(struct server *server)
{
    struct servers_call_handler nobody = {.arg = NULL};
    const char *uri;
    json_t *value;

    json_object_foreach(server->followed, uri, value)
    {
        json_t *params = json_object();
        jsonx_set_str(params, "uri", uri);
        server_call(server, "resources/subscribe", params, 0, &nobody);
        json_decref(params);
    }
}

static void on_connected(void *arg, const struct mcp_info *info, const json_t *tools)
{
    struct server *server = arg;

    take_tools(server, tools);
    server->declined = false;
    say_connected(server, info);
    remember(server, info);
    follow_again(server);
}

static void on_tools(void *arg, const json_t *tools)
{
    struct server *server = arg;

    take_tools(server, tools);
    remember(server, keeper_info(server->keeper));
}

static void on_disconnected(void *arg, const char *cause, const char *text)
{
    struct server *server = arg;

    server_asks_drop(server, "server");
    server_say_disconnected(server, cause, text);
}

static void on_closed(void *arg)
{
    struct server *server = arg;

    def_release(&server->used);
}

static void on_updated(void *arg, const char *uri)
{
    struct server *server = arg;
    char *cut = outside_text(uri, SERVERS_TEXT_MAX - 64);
    char *text = xasprintf("resource %s has changed", cut);

    if (json_object_get(server->followed, uri))
        server_say_log(server, "notice", text);
    free(text);
    free(cut);
}

static void on_log(void *arg, const char *level, const char *text)
{
    server_say_log(arg, level, text);
}

static void on_ask(void *arg, struct peer_ask *ask, void *call)
{
    server_ask_begin(arg, ask, call);
}

static void on_ask_void(void *arg, struct peer_ask *ask)
{
    server_ask_void(arg, ask);
}

/* --- one server --- */

static struct server *server_new(struct servers *servers, const char *name)
{
    struct server *server = xcalloc(1, sizeof *server);
    const struct keeper_owner owner = {server,   on_admit,        on_open,    on_connected,
                                       on_tools, on_disconnected, on_closed,  on_updated,
                                       on_log,   on_ask,          on_ask_void};
    const struct server_status *status =
        servers_state(servers) ? state_server(servers_state(servers), name) : NULL;

    server->servers = servers;
    server->name = xstrdup(name);
    server->followed = json_object();
    server->off = status && status->off;
    server->keeper = keeper_new(servers->options.loop, server->name, &owner);
    servers->open++;
    return server;
}

static void gone(struct servers *servers)
{
    if (--servers->open > 0 || !servers->leaving)
        return;
    offered_clear(servers);
    json_decref(servers->rules);
    free(servers->folder);
    if (servers->closed)
        servers->closed(servers->closed_arg);
    free(servers);
}

static void server_gone(void *arg)
{
    struct server *server = arg;
    struct servers *servers = server->servers;

    def_release(&server->def);
    def_release(&server->used);
    json_decref(server->tools);
    json_decref(server->followed);
    free(server->error);
    free(server->name);
    free(server);
    gone(servers);
}

bool server_stop(struct server *server, const char *cause, const char *text)
{
    char *sentence = xasprintf("MCP server '%s' was disconnected: %s", server->name, text);
    outgoing_cancel(&server->admission);
    bool was = keeper_close(server->keeper, sentence);

    server_asks_drop(server, "server");
    if (was)
        server_say_disconnected(server, cause, text);
    free(sentence);
    return was;
}

/* --- definitions --- */

static void forget(struct server *server)
{
    json_decref(server->tools);
    server->tools = NULL;
    if (json_object_size(server->followed) > 0)
        keeper_release(server->keeper);
    json_object_clear(server->followed);
    server->declined = false;
}

static void set_error(struct server *server, const char *error)
{
    const struct state *state = servers_state(server->servers);
    const struct server_status *status = state ? state_server(state, server->name) : NULL;

    bool was = server_stop(server, "config", error);
    forget(server);
    server->definition = ++server->servers->definitions;
    def_release(&server->def);
    free(server->error);
    server->error = xstrdup(error);
    if (!was && !server->off && (!status || !status->text || strcmp(status->text, error) != 0))
        server_say_disconnected(server, "config", error);
}

static void set_def(struct server *server, struct mcp_server *mcp)
{
    bool same = server->def && mcp_server_same(server->def->server, mcp);
    char left[256];

    if (!same) {
        server_stop(server, "config", "its definition has changed");
        forget(server);
        server->definition = ++server->servers->definitions;
    }
    free(server->error);
    server->error = NULL;
    def_release(&server->def);
    server->def = xcalloc(1, sizeof *server->def);
    server->def->server = mcp;
    server->def->refs = 1;
    if (mcp->tools && keeper_state(server->keeper) != KEEPER_READY) {
        json_decref(server->tools);
        server->tools = tool_list_read(mcp->tools, left);
    }
    keeper_set_times(server->keeper, mcp->start_ms, mcp->idle_ms);
    if (!same && mcp->eager && !server->off)
        keeper_need(server->keeper);
}

static void define(struct server *server, const json_t *json)
{
    const char *said = jsonx_str(json, "error", NULL);
    char error[256] = "";
    struct mcp_server *mcp = said ? NULL : mcp_server_from_json(json, error);

    if (mcp)
        set_def(server, mcp);
    else
        set_error(server, said ? said : error);
}

/* The session was left to another agent while it was connected: nobody else says that it is not. */
static void correct_state(struct server *server)
{
    const struct state *state = servers_state(server->servers);
    const struct server_status *status = state ? state_server(state, server->name) : NULL;

    if (status && status->connected && keeper_state(server->keeper) == KEEPER_WAITING && !server->error)
        server_say_disconnected(server, "agent", NULL);
}

static void server_remove(struct server *server)
{
    calls_end(server, "the MCP server is not defined any more");
    server_stop(server, "config", "it is not defined any more");
    keeper_free(&server->keeper, false, server_gone, server);
}

bool servers_define(struct servers *servers, const json_t *payload, char error[256])
{
    const json_t *list = jsonx_arr(payload, "servers");
    struct server *old = servers->list, **end = &servers->list, *server;
    size_t i;
    json_t *json;

    if (!list || json_array_size(list) > STATE_SERVERS_MAX) {
        snprintf(error, 256, "SERVERS has no list of at most %d servers", STATE_SERVERS_MAX);
        return false;
    }
    json_decref(servers->rules);
    servers->rules = json_incref(jsonx_arr(payload, "rules"));
    servers->stale = true;
    servers->list = NULL;
    json_array_foreach(list, i, json)
    {
        const char *name = jsonx_str(json, "name", "");
        struct server **at = &old;
        if (!*name || strlen(name) > STATE_SERVER_NAME_MAX || server_find(servers, name))
            continue;
        while (*at && strcmp((*at)->name, name) != 0)
            at = &(*at)->next;
        server = *at;
        bool is_new = !server;
        if (is_new)
            server = server_new(servers, name);
        else
            *at = server->next;
        server->next = NULL;
        *end = server;
        end = &server->next;
        define(server, json);
        if (is_new)
            correct_state(server);
    }
    while ((server = old)) {
        old = server->next;
        server_remove(server);
    }
    return true;
}

/* A person disconnects it by the daemon, which says so. What was said of it here before that was known comes
 * after it, and would take it back: so it is said once more. */
void servers_event(struct servers *servers, const struct event *event)
{
    bool connected = event->type == EVENT_MCP_CONNECTED;
    struct server *server = connected || event->type == EVENT_MCP_DISCONNECTED
                                ? server_find(servers, jsonx_str(event->data, "server", ""))
                                : NULL;

    if (!server)
        return;
    if (!connected && strcmp(jsonx_str(event->data, "cause", ""), "off") == 0) {
        server->off = servers->stale = true;
        keeper_close(server->keeper, "a person disconnected the MCP server");
        if (server->admission)
            server_say_disconnected(server, "off", NULL);
        outgoing_cancel(&server->admission);
        server_asks_drop(server, "server");
    } else if (server->off) {
        server_say_disconnected(server, "off", NULL);
    }
}

/* --- all of them --- */

struct servers *servers_new(const struct servers_options *options)
{
    struct servers *servers = xcalloc(1, sizeof *servers);

    servers->options = *options;
    servers->stale = true;
    servers->open = 1;
    uv_timer_init(options->loop, &servers->soon); /* see servers_call.c */
    servers->soon.data = servers;
    return servers;
}

static void soon_closed(uv_handle_t *handle)
{
    gone(handle->data);
}

void servers_hurry(struct servers *servers)
{
    servers->hurry = true;
}

void servers_free(struct servers **slot, void (*closed)(void *arg), void *arg)
{
    struct servers *servers = *slot;
    struct server *server;

    *slot = NULL;
    servers->leaving = true;
    servers->closed = closed;
    servers->closed_arg = arg;
    ops_drop(servers);
    calls_drop(servers);
    while ((server = servers->list)) {
        servers->list = server->next;
        server_asks_drop(server, NULL);
        outgoing_cancel(&server->admission);
        keeper_free(&server->keeper, servers->hurry, server_gone, server);
    }
    uv_close((uv_handle_t *)&servers->soon, soon_closed);
}

void servers_set_folder(struct servers *servers, const char *folder)
{
    free(servers->folder);
    servers->folder = xstrdup_null(folder);
}

const char *servers_folder(const struct servers *servers)
{
    return servers->folder;
}

const json_t *servers_rules(const struct servers *servers)
{
    return servers->rules;
}
