/* rule.*: what is allowed, asked or denied without a question: a session's rules, and a user's own. Those of
 * the configuration are shown. */
#include "daemon/handlers/handlers.h"

#include "daemon/config/config_server.h"
#include "daemon/people/audit.h"
#include "daemon/people/rights.h"
#include "daemon/registry.h"
#include "daemon/rules.h"
#include "daemon/server.h"
#include "daemon/session.h"
#include "daemon/supervisor/supervisor.h"
#include "proto/rule.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <string.h>

/* The session that params name: *session stays NULL if they name none. */
static enum err find(struct call *call, enum role least, struct session **session, char error[256])
{
    const char *sid = jsonx_str(call->params, "session", NULL);
    *session = NULL;
    if (!sid && least > ROLE_VIEWER && !auth_is_whole(&call->principal)) {
        snprintf(error, 256,
                 "this token makes no rules for all sessions: it is for one session, or for less than "
                 "the role owner");
        return ERR_DENIED;
    }
    if (!sid)
        return ERR_OK;
    enum err code = registry_get(call->server->registry, sid, session, error);
    if (code != ERR_OK)
        return code;
    if (auth_may(&call->principal, (*session)->state, least))
        return ERR_OK;
    if (auth_may(&call->principal, (*session)->state, ROLE_VIEWER)) {
        snprintf(error, 256, "a session's rules need the role %s", role_name(least));
        return ERR_DENIED;
    }
    audit_record(call->server, &call->principal, "refused", sid, "%s: they may not see it",
                 request_row(call->method)->name);
    snprintf(error, 256, "there is no session '%s'", sid);
    return ERR_NOT_FOUND;
}

enum err handle_rule_add(struct call *call, json_t **ok, char error[256])
{
    const char *effect = jsonx_str(call->params, "effect", ""), *user = call->principal.user;
    const char *pattern = jsonx_str(call->params, "pattern", "");
    struct session *session;
    char id[ID_MAX];
    enum err code = find(call, ROLE_APPROVER, &session, error);
    if (code != ERR_OK)
        return code;
    if (!rule_check(pattern, error))
        return ERR_BAD_REQUEST;
    if (session && strcmp(effect, "allow") == 0 && !rights_may_pattern(session, user, pattern, error))
        return ERR_DENIED;
    code = session ? session_add_rule(session, effect, pattern, user, NULL, id, error)
                   : rules_add(call->server, user, effect, pattern, id, error);
    if (code != ERR_OK)
        return code;
    if (!session)
        supervisor_define_all(call->server->supervisor, user);
    audit_record(call->server, &call->principal, "rule.add", session ? session->state->id : user, "%s %s",
                 effect, pattern);
    *ok = json_object();
    jsonx_set_str(*ok, "rule", id);
    return ERR_OK;
}

/* All rules of a session are its owner's to remove; to the others, those that they have made. */
static enum err check_own(const struct call *call, const struct session *session, const char *id,
                          char error[256])
{
    const struct state *state = session->state;
    for (size_t i = 0; i < state->rule_count; i++) {
        const struct rule *rule = &state->rules[i];
        if (strcmp(rule->id, id) != 0 || strcmp(rule->by, call->principal.user) == 0 ||
            auth_may(&call->principal, state, ROLE_OWNER))
            continue;
        snprintf(error, 256, "the rule '%s' is %.63s's; only they or the owner remove it", id, rule->by);
        return ERR_DENIED;
    }
    return ERR_OK;
}

enum err handle_rule_remove(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    const char *id = jsonx_str(call->params, "rule", ""), *user = call->principal.user;
    struct session *session;
    enum err code = find(call, ROLE_APPROVER, &session, error);
    if (code == ERR_OK && session)
        code = check_own(call, session, id, error);
    if (code != ERR_OK)
        return code;
    if (session ? !session_remove_rule(session, id, user) : !rules_remove(call->server, user, id)) {
        snprintf(error, 256, "there is no rule '%s' %s", id,
                 session ? "in this session" : "of yours; those of a session need its id");
        return ERR_NOT_FOUND;
    }
    if (!session)
        supervisor_define_all(call->server->supervisor, user);
    audit_record(call->server, &call->principal, "rule.remove", session ? session->state->id : user, "%s",
                 id);
    return ERR_OK;
}

static void list_session(const struct session *session, json_t *array)
{
    const struct state *state = session->state;
    for (size_t i = 0; i < state->rule_count; i++) {
        const struct rule *rule = &state->rules[i];
        json_t *json = json_object();
        jsonx_set_str(json, "id", rule->id);
        jsonx_set_str(json, "origin", rule_origin_name(RULE_SESSION));
        jsonx_set_str(json, "effect", rule->effect);
        jsonx_set_str(json, "pattern", rule->pattern);
        jsonx_set_str(json, "by", rule->by);
        jsonx_set_str(json, "why", rule->why);
        jsonx_set_int(json, "ts", rule->ts);
        json_array_append_new(array, json);
    }
}

static void list_config(const struct config *config, json_t *array)
{
    for (size_t i = 0; i < config_server_count(config); i++) {
        const struct config_server *server = config_server(config, i);
        for (size_t j = 0; j < server->rule_count; j++) {
            json_t *json = json_object();
            jsonx_set_str(json, "origin", rule_origin_name(RULE_CONFIG));
            jsonx_set_str(json, "effect", rule_effect_name(server->rules[j].effect));
            jsonx_set_str(json, "pattern", server->rules[j].pattern);
            json_array_append_new(array, json);
        }
    }
}

enum err handle_rule_list(struct call *call, json_t **ok, char error[256])
{
    struct session *session;
    enum err code = find(call, ROLE_VIEWER, &session, error);
    if (code != ERR_OK)
        return code;
    json_t *array = json_array();
    if (session)
        list_session(session, array);
    rules_of_user(call->server, call->principal.user, array);
    list_config(call->server->config, array);
    *ok = json_object();
    json_object_set_new(*ok, "rules", array);
    return ERR_OK;
}
