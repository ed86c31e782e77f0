/* mcp.*: a session's MCP servers, for people. What a server itself must tell is asked of the session's agent;
 * which servers there are, and how they are doing, is known here. */
#include "daemon/handlers/handlers.h"

#include "daemon/lends.h"
#include "daemon/mcp/definitions.h"
#include "daemon/mcp/mcp_asks.h"
#include "daemon/people/rights.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MS = 5000 /* for an agent that has no server to ask */ };

/* --- servers --- */

/* Unused, closed in order, or left by an agent that has ended: nothing is wrong with it. */
static bool is_at_rest(const char *cause)
{
    static const char *const names[] = {"idle", "agent", "closed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], cause) == 0)
            return true;
    return false;
}

static const char *state_of(const struct server_status *status)
{
    if (!status)
        return "waiting";
    if (status->starting)
        return "starting";
    if (status->off)
        return "off";
    if (status->connected)
        return "ready";
    return status->cause && !is_at_rest(status->cause) ? "failed" : "waiting";
}

static json_t *variant_names(const struct config_server *config)
{
    json_t *names = json_array();
    for (size_t i = 0; config->variants[0].name[0] && i < config->variant_count; i++)
        json_array_append_new(names, json_string(config->variants[i].name));
    return names;
}

static void set_status(json_t *json, const struct server_status *status)
{
    jsonx_set_str(json, "title", status ? status->title : "");
    jsonx_set_str(json, "version", status ? status->version : "");
    jsonx_set_str(json, "protocol", status ? status->protocol : "");
    jsonx_set_int(json, "tools", status ? status->tools : 0);
}

/* Whether what is known of its failure was before a secret that it names was set: it says nothing of now. */
static bool is_over(struct session *session, const struct config_server *config,
                    const struct server_status *status)
{
    return status && !status->connected && !status->off && status->cause &&
           definitions_secret_set(session, config) > status->ended;
}

static json_t *server_json(struct session *session, const struct config_server *config)
{
    const struct server_status *status = state_server(session->state, config->name);
    char error[256];
    bool usable = definitions_usable(session, config, error);
    char why[256];
    const struct config_variant *variant = definitions_variant(session, config, why);
    json_t *json = json_object();
    const char *state = usable || (status && status->off) ? state_of(status) : "failed", *text = error;
    bool over = usable && strcmp(state, "failed") == 0 && is_over(session, config, status);
    if (over)
        state = "waiting";
    jsonx_set_str(json, "server", config->name);
    jsonx_set_str(json, "scope", server_scope_name(config->scope));
    jsonx_set_str(json, "variant",
                  variant ? variant->name : jsonx_str(session->state->variants, config->name, ""));
    json_object_set_new(json, "variants", variant_names(config));
    jsonx_set_str(json, "kind", (variant ? variant : &config->variants[0])->url ? "http" : "stdio");
    jsonx_set_str(json, "state", state);
    set_status(json, status);
    if (usable)
        text = strcmp(state, "starting") == 0 ? ""
               : over                         ? "its secret was set anew; it is tried when it is needed"
               : status && status->text && *status->text ? status->text
               : strcmp(state, "waiting") == 0           ? "starts when it is needed"
                                                         : "";
    jsonx_set_str(json, "text", text);
    return json;
}

/* What a terminal lends: from whom and where is what people must know of it. */
static json_t *lent_json(const struct session *session, const struct lent *lent)
{
    const struct server_status *status = state_server(session->state, lent->server);
    const char *state = state_of(status), *why = status && status->text ? status->text : "";
    json_t *json = json_object();
    char text[512];
    snprintf(text, sizeof text, "lent by %s%s%s%s%s", lent->user, *lent->terminal ? " from " : "",
             lent->terminal, strcmp(state, "failed") == 0 && *why ? ": " : "",
             strcmp(state, "failed") == 0 ? why : "");
    jsonx_set_str(json, "server", lent->server);
    jsonx_set_str(json, "scope", "lent");
    jsonx_set_str(json, "variant", "");
    json_object_set_new(json, "variants", json_array());
    jsonx_set_str(json, "kind", "lent");
    jsonx_set_str(json, "state", state);
    jsonx_set_str(json, "lender", lent->user);
    jsonx_set_str(json, "terminal", lent->terminal);
    set_status(json, status);
    jsonx_set_str(json, "text", text);
    return json;
}

enum err handle_mcp_servers(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    const struct config *config = call->server->config;
    json_t *servers = json_array();
    for (size_t i = 0; i < config_server_count(config); i++)
        json_array_append_new(servers, server_json(call->session, config_server(config, i)));
    for (size_t i = 0; i < call->session->state->lent_count; i++)
        json_array_append_new(servers, lent_json(call->session, &call->session->state->lent[i]));
    *ok = json_object();
    json_object_set_new(*ok, "servers", servers);
    return ERR_OK;
}

/* --- one server --- */

/* NULL with a sentence that lists those there are. */
static const struct config_server *named_server(const struct call *call, char error[256])
{
    const char *name = jsonx_str(call->params, "server", "");
    const struct config_server *config = config_server_find(call->server->config, name);
    char list[128];
    config_servers_list(call->server->config, list, sizeof list);
    if (!config)
        snprintf(error, 256, "there is no MCP server '%.40s'; configured are: %s", name, list);
    return config;
}

/* What is lent under that name, or NULL. */
static const struct lent *named_lent(const struct call *call)
{
    return state_lent(call->session->state, jsonx_str(call->params, "server", ""));
}

/* The session's servers run for its owner; who asks has them do no more than servers of their own might, and
 * nothing alone that takes two. */
static enum err check_asker(const struct call *call, char error[256])
{
    const char *server = jsonx_str(call->params, "server", NULL), *tool = jsonx_str(call->params, "tool", "");
    if (server && !rights_may_server(call->session, call->principal.user, server, error))
        return ERR_DENIED;
    if (call->method != METHOD_MCP_CALL ||
        !rights_two_person(call->server, server, tool, jsonx_obj(call->params, "arguments")))
        return ERR_OK;
    snprintf(error, 256,
             "two persons must allow %.32s/%.100s (permission.two_person); have the model call it, "
             "and both be asked",
             server, tool);
    return ERR_DENIED;
}

enum err handle_mcp_select(struct call *call, json_t **ok, char error[256])
{
    const struct config_server *config = named_server(call, error);
    const char *name = jsonx_str(call->params, "variant", NULL);
    char list[128];
    if (!config)
        return ERR_NOT_FOUND;
    if (check_asker(call, error) != ERR_OK)
        return ERR_DENIED;
    if (name && (!name[0] || !config_variant_find(config, name))) {
        config_variants_list(config, list, sizeof list);
        snprintf(error, 256, "MCP server '%s' has no variant '%.40s'; there are: %s", config->name, name,
                 list);
        return ERR_NOT_FOUND;
    }
    json_t *data = json_object(), *variants = json_object();
    json_object_set_new(variants, config->name, name ? json_string(name) : json_null());
    json_object_set_new(data, "variants", variants);
    jsonx_set_str(data, "by", call->principal.user);
    if (!session_emit(call->session, EVENT_SESSION_UPDATED, data))
        return ERR_INTERNAL;
    supervisor_define(call->session);
    *ok = seq_reply(call->session);
    return ERR_OK;
}

/* It stays so until somebody connects it; an agent that has it closes it when it sees the event. */
enum err handle_mcp_disconnect(struct call *call, json_t **ok, char error[256])
{
    const char *name = jsonx_str(call->params, "server", "");
    if (!named_lent(call) && !named_server(call, error))
        return ERR_NOT_FOUND;
    json_t *data = json_object();
    jsonx_set_str(data, "server", name);
    jsonx_set_str(data, "cause", "off");
    jsonx_set_str(data, "by", call->principal.user);
    if (!session_emit(call->session, EVENT_MCP_DISCONNECTED, data))
        return ERR_INTERNAL;
    *ok = seq_reply(call->session);
    return ERR_OK;
}

/* --- what the agent answers --- */

/* How long the agent may take, by its own deadlines: for the server, or for the slowest of all. */
static int64_t patience(const struct call *call, const struct config_server *only)
{
    const struct config *config = call->server->config;
    int64_t most = ANSWER_MS;
    if (call->session->state->lent_count > 0)
        most = lends_patience(call->server->lends, jsonx_int(call->params, "timeout_ms", 0));
    for (size_t i = 0; i < config_server_count(config); i++) {
        const struct config_server *server = config_server(config, i);
        char unused[256];
        const struct config_variant *variant = definitions_variant(call->session, server, unused);
        if ((only && server != only) || !variant)
            continue;
        int64_t call_ms = config_bound(config, variant, BOUND_CALL);
        if (call->method == METHOD_MCP_CALL)
            call_ms = jsonx_int(call->params, "timeout_ms", call_ms);
        int64_t ms = definitions_patience(config, variant, call_ms);
        most = ms > most ? ms : most;
    }
    return most;
}

static json_t *connected_reply(struct call *call, json_t *ok)
{
    const struct config_server *config =
        config_server_find(call->server->config, jsonx_str(call->params, "server", ""));
    const struct lent *lent = named_lent(call);
    return lent     ? lent_json(call->session, lent)
           : config ? server_json(call->session, config)
                    : json_incref(ok);
}

enum err handle_mcp_ask(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    const struct config_server *config = NULL;
    char why[256];
    enum err code = check_asker(call, error);
    if (code != ERR_OK)
        return code;
    if (json_object_get(call->params, "server") && !named_lent(call)) {
        config = named_server(call, error);
        if (!config)
            return ERR_NOT_FOUND;
        if (!definitions_usable(call->session, config, why)) {
            snprintf(error, 256, "MCP server '%s' can't be used: %s", config->name, why);
            return ERR_CONFIG;
        }
    }
    return mcp_ask(call, patience(call, config), call->method == METHOD_MCP_CONNECT ? connected_reply : NULL,
                   error);
}
