/* session.*: a session's life, what is known of it, and who follows it. */
#include "daemon/handlers/handlers.h"

#include "daemon/builtin.h"
#include "daemon/config/config_server.h"
#include "daemon/config/template.h"
#include "daemon/people/audit.h"
#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/probe.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPSHOT_MESSAGES = 50, SHOWN_BYTES = 80 };

json_t *seq_reply(const struct session *session)
{
    json_t *ok = json_object();
    jsonx_set_int(ok, "seq", (int64_t)session->state->seq);
    return ok;
}

/* --- create --- */

/* The model asked for, checked, or the daemon's choice. NULL with a sentence. */
static char *choose_model(struct server *server, const char *user, const char *asked, char why[256],
                          enum err *code, char error[256])
{
    struct model model;
    char *name = asked ? xstrdup(asked)
                       : config_default_model(server->config, probe_url(server->probe),
                                              probe_model(server->probe), why);
    if (asked)
        snprintf(why, 256, "asked for");
    *code = config_model(server->config, name, &model, error);
    if (*code == ERR_OK && !users_may_model(server->users, user, name, error))
        *code = ERR_DENIED;
    if (*code == ERR_OK)
        return name;
    free(name);
    return NULL;
}

static void create(void *arg)
{
    struct call *call = arg;
    struct server *server = call->server;
    char why[256], error[256];
    char *title = session_title(jsonx_str(call->params, "title", ""), error), *model = NULL;
    enum err code = title ? registry_room(server->registry, call->principal.user, error) : ERR_BAD_REQUEST;
    if (code == ERR_OK && !users_renew(server->users, &call->principal)) { /* asked while a probe ran */
        snprintf(error, sizeof error, "you may not be here any more");
        code = ERR_DENIED;
    }
    if (code == ERR_OK)
        model = choose_model(server, call->principal.user, jsonx_str(call->params, "model", NULL), why, &code,
                             error);
    if (!model) {
        free(title);
        call_finish(&call, code, error, NULL);
        return;
    }
    struct session *session = registry_create(server->registry, call->principal.user, title, model,
                                              jsonx_str(call->params, "system", NULL));
    json_t *ok = seq_reply(session);
    jsonx_set_str(ok, "session", session->state->id);
    jsonx_set_str(ok, "model", model);
    jsonx_set_str(ok, "why", why);
    free(title);
    free(model);
    call_finish(&call, ERR_OK, NULL, ok);
}

enum err handle_session_create(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    (void)error;
    struct call *kept = call_keep(call);
    if (jsonx_str(call->params, "model", NULL))
        create(kept);
    else
        probe_wait(call->server->probe, create, kept);
    return HANDLED_LATER;
}

/* --- changes --- */

static enum err update(struct call *call, json_t *data, json_t **ok)
{
    jsonx_set_str(data, "by", call->principal.user);
    if (!session_emit(call->session, EVENT_SESSION_UPDATED, data))
        return ERR_INTERNAL;
    *ok = seq_reply(call->session);
    return ERR_OK;
}

enum err handle_session_archive(struct call *call, json_t **ok, char error[256])
{
    bool archived = jsonx_bool(call->params, "archived", true);
    if (archived && call->session->state->run != RUN_IDLE) {
        snprintf(error, 256, "a turn runs in this session; interrupt it first");
        return ERR_CONFLICT;
    }
    enum err code = !archived && call->session->state->archived
                        ? registry_room(call->server->registry, call->session->state->owner, error)
                        : ERR_OK;
    if (code == ERR_OK && (!archived || call->session->state->archived)) /* else archive could fill the log */
        code = stored_room(call->server, call->session->state->owner, 0, error);
    if (code != ERR_OK)
        return code;
    json_t *data = json_object();
    json_object_set_new(data, "archived", json_boolean(archived));
    return update(call, data, ok);
}

/* Names and values that the state takes. */
static enum err check_variables(const struct state *state, const json_t *variables, char error[256])
{
    const char *name;
    json_t *value;
    size_t count = json_object_size(state->variables);
    json_object_foreach((json_t *)variables, name, value)
    {
        if (!template_is_name(name)) {
            char *shown = sanitise_line(name, strlen(name), SHOWN_BYTES);
            snprintf(error, 256, "a variable is named '%s'; it must be 1 to %d of A-Z a-z 0-9 _", shown,
                     TEMPLATE_NAME_MAX);
            free(shown);
            return ERR_BAD_REQUEST;
        }
        if (!json_is_null(value) &&
            (!json_is_string(value) || json_string_length(value) > STATE_VARIABLE_MAX)) {
            snprintf(error, 256, "the variable '%s' must be a text of at most %d bytes, or null", name,
                     STATE_VARIABLE_MAX);
            return ERR_BAD_REQUEST;
        }
        count += json_is_string(value) && !json_object_get(state->variables, name);
    }
    if (count <= STATE_VARIABLES_MAX)
        return ERR_OK;
    snprintf(error, 256, "the session would have %zu variables; at most %d are taken", count,
             STATE_VARIABLES_MAX);
    return ERR_LIMIT;
}

/* Servers run for the owner: where a secret of theirs goes is for nobody else to say. */
static enum err check_guarded(const struct call *call, const json_t *variables, char error[256])
{
    const struct config *config = call->server->config;
    const char *name;
    json_t *value;
    if (auth_may(&call->principal, call->session->state, ROLE_OWNER))
        return ERR_OK;
    json_object_foreach((json_t *)variables, name, value)
    {
        for (size_t i = 0; i < config_server_count(config); i++) {
            if (!config_server_guards(config_server(config, i), name))
                continue;
            snprintf(error, 256,
                     "the variable '%s' is for the session's owner, %.63s: MCP server '%s' has it beside a "
                     "secret of theirs",
                     name, call->session->state->owner, config_server(config, i)->name);
            return ERR_DENIED;
        }
    }
    return ERR_OK;
}

enum err handle_session_configure(struct call *call, json_t **ok, char error[256])
{
    struct server *server = call->server;
    const json_t *variables = jsonx_obj(call->params, "variables");
    enum err checked = check_variables(call->session->state, variables, error);
    if (checked == ERR_OK)
        checked = check_guarded(call, variables, error);
    if (checked != ERR_OK)
        return checked;
    json_t *data = json_copy(call->params), *model = json_object_get(call->params, "model");
    if (model) {
        char why[256];
        enum err code;
        char *name = choose_model(server, call->principal.user, json_string_value(model), why, &code, error);
        if (!name) {
            json_decref(data);
            return code;
        }
        json_object_set_new(data, "model", json_string(name));
        free(name);
    }
    enum err code = update(call, data, ok);
    if (code == ERR_OK && variables)
        supervisor_define(call->session);
    return code;
}

enum err handle_session_rename(struct call *call, json_t **ok, char error[256])
{
    char *title = session_title(jsonx_str(call->params, "title", ""), error);
    if (!title)
        return ERR_BAD_REQUEST;
    json_t *data = json_object();
    jsonx_set_str(data, "title", title);
    free(title);
    return update(call, data, ok);
}

enum err handle_session_delete(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    audit_record(call->server, &call->principal, "session.delete", call->session->state->id, "of %s",
                 call->session->state->owner);
    session_delete(call->session, "deleted");
    *ok = seq_reply(call->session);
    return ERR_OK;
}

enum err handle_session_compact(struct call *call, json_t **ok, char error[256])
{
    enum err code = session_compact(call->session, call->principal.user, error);
    if (code == ERR_OK)
        *ok = seq_reply(call->session);
    return code;
}

enum err handle_session_interrupt(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    bool interrupted = session_interrupt(call->session, LINK_INTERRUPT_USER, call->principal.user);
    *ok = seq_reply(call->session);
    json_object_set_new(*ok, "interrupted", json_boolean(interrupted));
    return ERR_OK;
}

/* --- reading --- */

enum err handle_session_snapshot(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    size_t limit = (size_t)jsonx_int(call->params, "limit", SNAPSHOT_MESSAGES);
    clients_resynced(call->client, call->session);
    *ok = state_snapshot(call->session->state, limit, STATE_SNAPSHOT_BYTES);
    return ERR_OK;
}

enum err handle_session_info(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    *ok = state_snapshot(call->session->state, 0, 0);
    json_object_del(*ok, "messages");
    json_object_set_new(*ok, "agent", supervisor_info(call->session));
    if (call->session->bytes >= 0)
        jsonx_set_int(*ok, "bytes", call->session->bytes + call->session->files);
    if (auth_may(&call->principal, call->session->state, ROLE_OWNER)) { /* who may invite */
        char *attach = builtin_attach_command(call->session);
        jsonx_set_str(*ok, "attach", attach);
        free(attach);
    }
    return ERR_OK;
}

/* --- following --- */

static enum err read_kinds(const json_t *params, uint64_t *kinds, char error[256])
{
    const json_t *list = jsonx_arr(params, "kinds"), *name;
    size_t i;
    *kinds = list ? 0 : UINT64_MAX;
    json_array_foreach(list, i, name)
    {
        enum event_type type = event_type_parse(json_string_value(name));
        if (type == EVENT_COUNT) {
            snprintf(error, 256, "unknown kind of event '%s'", json_string_value(name));
            return ERR_BAD_REQUEST;
        }
        *kinds |= UINT64_C(1) << type;
    }
    return ERR_OK;
}

/* All or none: every name is checked before anything is subscribed. */
static enum err check_names(struct call *call, const json_t *names, char error[256])
{
    size_t i, count = call->client->subscription_count;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        const char *sid = json_string_value(name);
        struct session *session;
        if (strcmp(sid, "mine") == 0)
            continue;
        enum err code = registry_get(call->server->registry, sid, &session, error);
        if (code == ERR_OK && !auth_may(&call->principal, session->state, ROLE_VIEWER)) {
            audit_record(call->server, &call->principal, "refused", sid,
                         "session.subscribe: they may not see it");
            snprintf(error, 256, "there is no session '%s'", sid);
            code = ERR_NOT_FOUND;
        }
        if (code != ERR_OK)
            return code;
        count += !clients_subscription(call->client, session);
    }
    if (count <= CLIENT_SUBSCRIPTIONS_MAX)
        return ERR_OK;
    snprintf(error, 256,
             "this client follows %zu sessions, and with these it would be %zu; at most %d are taken: "
             "unsubscribe first",
             call->client->subscription_count, count, CLIENT_SUBSCRIPTIONS_MAX);
    return ERR_LIMIT;
}

void announce_participant(struct session *session, const struct client *client)
{
    json_t *data = json_object(), *participant = json_object();
    jsonx_set_str(participant, "id", client->id);
    jsonx_set_str(participant, "user", client->principal.user);
    jsonx_set_str(participant, "kind", client->kind);
    jsonx_set_str(participant, "terminal", client->terminal);
    jsonx_set_int(participant, "since", clock_wall_ms());
    json_object_set_new(data, "participant", participant);
    session_emit(session, EVENT_PARTICIPANT_JOINED, data);
}

json_t *client_heads(const struct client *client)
{
    json_t *heads = json_object();
    for (size_t i = 0; i < client->subscription_count; i++) {
        const struct state *state = client->subscriptions[i]->session->state;
        jsonx_set_int(heads, state->id, (int64_t)state->seq);
    }
    return heads;
}

enum err handle_session_subscribe(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    struct server *server = call->server;
    const json_t *names = jsonx_arr(call->params, "sessions");
    uint64_t kinds;
    enum err code = read_kinds(call->params, &kinds, error);
    if (code == ERR_OK)
        code = check_names(call, names, error);
    if (code != ERR_OK)
        return code;
    size_t i, fresh_count = 0;
    json_t *name;
    struct session **fresh = xcalloc(json_array_size(names), sizeof *fresh);
    json_array_foreach(names, i, name)
    {
        struct session *session;
        bool is_fresh;
        if (strcmp(json_string_value(name), "mine") == 0) {
            call->client->mine = true;
            call->client->mine_kinds = kinds;
        } else if (registry_get(server->registry, json_string_value(name), &session, error) == ERR_OK &&
                   clients_subscribe(server->clients, call->client, session, kinds, &is_fresh) && is_fresh) {
            fresh[fresh_count++] = session;
        }
    }
    json_t *reply = json_object();
    json_object_set_new(reply, "heads", client_heads(call->client));
    struct client *client = call->client;
    call_answer(call,
                reply); /* before the first event that it brings; it may end the client, or what it follows */
    for (i = 0; i < fresh_count && clients_find(server->clients, &call->route) == client; i++)
        if (clients_subscription(client, fresh[i]))
            announce_participant(fresh[i], client);
    free(fresh);
    return HANDLED_LATER;
}

enum err handle_session_unsubscribe(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    (void)error;
    struct server *server = call->server;
    size_t i;
    json_t *name;
    json_array_foreach(jsonx_arr(call->params, "sessions"), i, name)
    {
        struct session *session;
        char unused[256];
        if (strcmp(json_string_value(name), "mine") == 0) {
            call->client->mine = false;
        } else if (registry_get(server->registry, json_string_value(name), &session, unused) == ERR_OK &&
                   clients_unsubscribe(server->clients, call->client, session)) {
            json_t *data = json_object();
            jsonx_set_str(data, "participant", call->client->id);
            jsonx_set_str(data, "why", "left");
            session_emit(session, EVENT_PARTICIPANT_LEFT, data);
            registry_release(server->registry, session);
        }
    }
    return ERR_OK;
}

enum err handle_session_typing(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    if (!clients_subscription(call->client, call->session)) {
        snprintf(error, 256, "subscribe to the session first");
        return ERR_CONFLICT;
    }
    json_t *data = json_object();
    jsonx_set_str(data, "participant", call->client->id);
    json_object_set_new(data, "typing", json_boolean(jsonx_bool(call->params, "typing", false)));
    session_emit(call->session, EVENT_PARTICIPANT_TYPING, data);
    return ERR_OK;
}
