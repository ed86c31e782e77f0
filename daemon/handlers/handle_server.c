/* server.*, model.* and admin.*: the daemon itself. */
#include "daemon/handlers/handlers.h"

#include "daemon/identity.h"
#include "daemon/mcp/hosts.h"
#include "daemon/people/audit.h"
#include "daemon/people/invite.h"
#include "daemon/probe.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/order.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

handler_fn *handler_of(enum method method)
{
    static handler_fn *const handlers[METHOD_COUNT] = {
        [METHOD_ADMIN_END] = handle_admin_end,
        [METHOD_ADMIN_HIBERNATE] = handle_admin_hibernate,
        [METHOD_ADMIN_TOP] = handle_admin_top,
        [METHOD_AUDIT_LIST] = handle_audit_list,
        [METHOD_LEND_MESSAGE] = handle_lend_message,
        [METHOD_LEND_OFFER] = handle_lend_offer,
        [METHOD_LEND_WITHDRAW] = handle_lend_withdraw,
        [METHOD_PAIR_REDEEM] = handle_pair_redeem,
        [METHOD_PAIR_START] = handle_pair_start,
        [METHOD_SECRET_LIST] = handle_secret_list,
        [METHOD_SECRET_REMOVE] = handle_secret_remove,
        [METHOD_SECRET_SET] = handle_secret_set,
        [METHOD_SESSION_SHARE] = handle_session_share,
        [METHOD_SESSION_TICKET] = handle_session_ticket,
        [METHOD_SESSION_UNSHARE] = handle_session_unshare,
        [METHOD_SESSION_WHO] = handle_session_who,
        [METHOD_TICKET_LIST] = handle_ticket_list,
        [METHOD_TICKET_REDEEM] = handle_ticket_redeem,
        [METHOD_TICKET_REVOKE] = handle_ticket_revoke,
        [METHOD_TOKEN_ISSUE] = handle_token_issue,
        [METHOD_TOKEN_LIST] = handle_token_list,
        [METHOD_TOKEN_LOGIN] = handle_token_login,
        [METHOD_TOKEN_REVOKE] = handle_token_revoke,
        [METHOD_USER_CREATE] = handle_user_create,
        [METHOD_USER_DELETE] = handle_user_delete,
        [METHOD_USER_KEY_ADD] = handle_user_key_add,
        [METHOD_USER_KEY_REVOKE] = handle_user_key_revoke,
        [METHOD_USER_LIST] = handle_user_list,
        [METHOD_USER_SHOW] = handle_user_show,
        [METHOD_USER_UPDATE] = handle_user_update,
        [METHOD_ADMIN_METRICS] = handle_admin_metrics,
        [METHOD_ADMIN_RELOAD] = handle_admin_reload,
        [METHOD_ADMIN_STATS] = handle_admin_stats,
        [METHOD_ADMIN_STOP] = handle_admin_stop,
        [METHOD_MCP_CALL] = handle_mcp_ask,
        [METHOD_MCP_COMPLETE] = handle_mcp_ask,
        [METHOD_MCP_CONNECT] = handle_mcp_ask,
        [METHOD_MCP_DISCONNECT] = handle_mcp_disconnect,
        [METHOD_MCP_PROMPT] = handle_mcp_ask,
        [METHOD_MCP_PROMPTS] = handle_mcp_ask,
        [METHOD_MCP_READ] = handle_mcp_ask,
        [METHOD_MCP_RESOURCES] = handle_mcp_ask,
        [METHOD_MCP_SELECT] = handle_mcp_select,
        [METHOD_MCP_SERVERS] = handle_mcp_servers,
        [METHOD_MCP_SUBSCRIBE] = handle_mcp_ask,
        [METHOD_MCP_TOOLS] = handle_mcp_ask,
        [METHOD_MESSAGE_EDIT_QUEUE] = handle_message_edit_queue,
        [METHOD_MESSAGE_HISTORY] = handle_message_history,
        [METHOD_MESSAGE_SEARCH] = handle_message_search,
        [METHOD_MESSAGE_SEND] = handle_message_send,
        [METHOD_MODEL_LIST] = handle_model_list,
        [METHOD_QUESTION_ANSWER] = handle_question_answer,
        [METHOD_QUESTION_LIST] = handle_question_list,
        [METHOD_RULE_ADD] = handle_rule_add,
        [METHOD_RULE_LIST] = handle_rule_list,
        [METHOD_RULE_REMOVE] = handle_rule_remove,
        [METHOD_SERVER_HELLO] = handle_server_hello,
        [METHOD_SERVER_PING] = handle_server_ping,
        [METHOD_SESSION_ARCHIVE] = handle_session_archive,
        [METHOD_COMMAND_LIST] = handle_command_list,
        [METHOD_SESSION_COMMAND] = handle_session_command,
        [METHOD_SESSION_COMPACT] = handle_session_compact,
        [METHOD_SESSION_FORK] = handle_session_fork,
        [METHOD_SESSION_REWIND] = handle_session_rewind,
        [METHOD_SESSION_CONFIGURE] = handle_session_configure,
        [METHOD_SESSION_CREATE] = handle_session_create,
        [METHOD_SESSION_DELETE] = handle_session_delete,
        [METHOD_SESSION_INFO] = handle_session_info,
        [METHOD_SESSION_INTERRUPT] = handle_session_interrupt,
        [METHOD_SESSION_LIST] = handle_session_list,
        [METHOD_SESSION_RENAME] = handle_session_rename,
        [METHOD_SESSION_SNAPSHOT] = handle_session_snapshot,
        [METHOD_SESSION_SUBSCRIBE] = handle_session_subscribe,
        [METHOD_SESSION_TYPING] = handle_session_typing,
        [METHOD_SESSION_UNSUBSCRIBE] = handle_session_unsubscribe,
    };
    return handlers[method];
}

static void put_default_model(struct server *server, json_t *ok, const char *name)
{
    char why[256];
    char *model =
        config_default_model(server->config, probe_url(server->probe), probe_model(server->probe), why);
    jsonx_set_str(ok, name, model);
    jsonx_set_str(ok, "why", why);
    free(model);
}

enum err handle_server_hello(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    struct server *server = call->server;
    struct client *client = call->client;
    snprintf(client->kind, sizeof client->kind, "%s", jsonx_str(call->params, "kind", "api"));
    snprintf(client->terminal, sizeof client->terminal, "%s", jsonx_str(call->params, "terminal", ""));
    snprintf(client->version, sizeof client->version, "%s", jsonx_str(call->params, "version", ""));
    *ok = json_object();
    jsonx_set_str(*ok, "version", STOA_VERSION);
    jsonx_set_str(*ok, "epoch", server->epoch);
    jsonx_set_str(*ok, "role", role_name(auth_role(&client->principal, NULL)));
    if (!client->principal.user[0]) /* strangers learn nothing else of the daemon */
        return ERR_OK;
    json_t *limits = json_object();
    jsonx_set_int(limits, "message_size", config_number(server->config, OPTION_LIMITS_MESSAGE_SIZE));
    jsonx_set_int(limits, "queue", config_number(server->config, OPTION_LIMITS_QUEUE));
    jsonx_set_int(limits, "context", config_number(server->config, OPTION_MODEL_CONTEXT));
    jsonx_set_str(*ok, "user", client->principal.user);
    jsonx_set_str(*ok, "client", client->id);
    if (identity_key(server->identity)[0])
        jsonx_set_str(*ok, "key", identity_key(server->identity));
    put_default_model(server, *ok, "default_model");
    json_object_set_new(*ok, "limits", limits);
    jsonx_set_str(*ok, "failing", store_failing(server->store));
    return ERR_OK;
}

enum err handle_server_ping(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    *ok = json_object();
    jsonx_set_str(*ok, "epoch", call->server->epoch);
    if (!call->principal.user[0])
        return ERR_OK;
    json_object_set_new(*ok, "heads", client_heads(call->client));
    jsonx_set_str(*ok, "failing", store_failing(call->server->store));
    return ERR_OK;
}

/* --- models --- */

static void add_model(json_t *models, const struct provider *provider, const char *model, bool ready,
                      const char *why)
{
    char id[CONFIG_NAME_MAX + CONFIG_MODEL_MAX + 2];
    snprintf(id, sizeof id, "%s/%s", provider->name, model);
    json_t *json = json_object();
    jsonx_set_str(json, "id", id);
    jsonx_set_str(json, "api", provider_api_name(provider->api));
    json_object_set_new(json, "ready", json_boolean(ready));
    jsonx_set_str(json, "why", why);
    json_array_append_new(models, json);
}

static void add_provider(struct server *server, json_t *models, const struct provider *provider,
                         const char *user)
{
    char why[128];
    bool ready = order_provider_ready(server, provider, user, why);
    for (size_t i = 0; i < provider->model_count; i++)
        add_model(models, provider, provider->models[i], ready, why);
    if (provider->model_count > 0)
        return;
    const char *model = ""; /* only the server knows its models: any may be named after "provider/" */
    if (provider->api == API_DEMO)
        model = "stoa";
    else if (!provider->base_url && probe_model(server->probe))
        model = probe_model(server->probe);
    add_model(models, provider, model, ready, why);
}

enum err handle_model_list(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    struct server *server = call->server;
    json_t *models = json_array();
    for (size_t i = 0; i < config_provider_count(server->config); i++)
        add_provider(server, models, config_provider(server->config, i), call->principal.user);
    *ok = json_object();
    json_object_set_new(*ok, "models", models);
    put_default_model(server, *ok, "default");
    return ERR_OK;
}

/* --- administration --- */

static int64_t resident_bytes(void)
{
    long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%ld %ld", &total, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static json_t *store_json(const struct server *server)
{
    struct store_stats stats;
    store_stats(server->store, &stats);
    json_t *json = json_object();
    jsonx_set_int(json, "queued", (int64_t)stats.queued);
    jsonx_set_int(json, "commits", (int64_t)stats.commits);
    jsonx_set_int(json, "failed", (int64_t)stats.failed);
    jsonx_set_str(json, "failing", store_failing(server->store));
    return json;
}

static json_t *listen_json(const struct server *server)
{
    json_t *listens = json_array();
    for (int i = 0; i < server->listen_count; i++)
        json_array_append_new(listens, json_string(server->listens[i]));
    return listens;
}

enum err handle_admin_stats(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    struct server *server = call->server;
    struct store_counts counts;
    struct join_address reached;
    char address[JOIN_ADDRESS_MAX], why[256];
    store_counts(server->store, &counts);
    *ok = json_object();
    jsonx_set_str(*ok, "version", STOA_VERSION);
    jsonx_set_int(*ok, "pid", getpid());
    jsonx_set_int(*ok, "uptime_ms", clock_steady_ms() - server->started);
    jsonx_set_str(*ok, "epoch", server->epoch);
    jsonx_set_int(*ok, "clients", (int64_t)clients_count(server->clients));
    jsonx_set_int(*ok, "sessions", (int64_t)counts.sessions);
    jsonx_set_int(*ok, "sessions_loaded", (int64_t)registry_loaded(server->registry));
    jsonx_set_int(*ok, "agents", (int64_t)supervisor_processes(server->supervisor));
    jsonx_set_int(*ok, "in_line", (int64_t)supervisor_waiting(server->supervisor));
    jsonx_set_int(*ok, "hosts", (int64_t)hosts_count(server->hosts));
    jsonx_set_int(*ok, "agent_crashes", (int64_t)server->stats.crashes);
    jsonx_set_int(*ok, "events", (int64_t)server->stats.events);
    jsonx_set_int(*ok, "chunks", (int64_t)server->stats.chunks);
    jsonx_set_int(*ok, "deliveries", (int64_t)server->stats.deliveries);
    jsonx_set_int(*ok, "resyncs", (int64_t)server->stats.resyncs);
    jsonx_set_int(*ok, "cut", (int64_t)server->stats.cut);
    jsonx_set_int(*ok, "limited", (int64_t)server->stats.limited);
    jsonx_set_int(*ok, "backlog_bytes", (int64_t)frames_bytes());
    jsonx_set_int(*ok, "requests", (int64_t)server->stats.requests);
    json_object_set_new(*ok, "store", store_json(server));
    jsonx_set_int(*ok, "memory_bytes", resident_bytes());
    json_object_set_new(*ok, "listen", listen_json(server));
    if (identity_key(server->identity)[0]) {
        jsonx_set_str(*ok, "key", identity_key(server->identity));
        jsonx_set_str(*ok, "fingerprint", identity_fingerprint(server->identity));
    }
    if (invite_address(server, &reached, why)) {
        join_address_text(&reached, address);
        jsonx_set_str(*ok, "address", address);
    }
    return ERR_OK;
}

enum err handle_admin_reload(struct call *call, json_t **ok, char error[256])
{
    enum err code = server_reload(call->server, error);
    audit_record(call->server, &call->principal, "admin.reload", "", code == ERR_OK ? NULL : "%s", error);
    if (code != ERR_OK)
        return code;
    *ok = json_object();
    json_object_set_new(*ok, "reloaded", json_true());
    return ERR_OK;
}

enum err handle_admin_stop(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    (void)error;
    struct server *server = call->server;
    json_t *reply = json_object();
    json_object_set_new(reply, "stopping", json_true());
    log_info("server", "asked to stop by user=%s", call->principal.user);
    audit_record(server, &call->principal, "admin.stop", "", NULL);
    call_answer(call, reply);
    server_stop(server);
    return HANDLED_LATER;
}
