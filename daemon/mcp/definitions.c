/* Filling in (filling.c) happens anew each time that it is sent, so that variables, environment and key files
 * are read as they are then. A server whose definition can't be filled in is sent with an error, and harms no
 * other. */
#include "daemon/mcp/definitions.h"

#include "daemon/lends.h"
#include "daemon/mcp/filling.h"
#include "daemon/mcp/folders.h"
#include "daemon/mcp/known.h"
#include "daemon/mcp/room.h"
#include "daemon/people/users.h"
#include "daemon/people/vault.h"
#include "daemon/rules.h"
#include "daemon/server.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    GRACE_MS = 5000,           /* for an agent or host to answer after its own deadlines */
    AUTHORIZE_MS = 15 * 60000, /* for a person who must first let us use the server */
    PROLONGED = 10             /* how many times as long a call may take that reports progress */
};

/* --- what is known of it --- */

static struct known_key known_key(const struct filling *filling)
{
    return (struct known_key){.user = filling->user,
                              .server = filling->config->name,
                              .variant = filling->variant->name,
                              .fingerprint = config_variant_fingerprint(filling->config, filling->variant,
                                                                        filling->values.variables),
                              .session = filling->session};
}

static void put_known(const struct filling *filling, json_t *json, size_t *bytes)
{
    struct known_key key = known_key(filling);
    json_t *known = known_find(filling->server->known, &key);
    size_t len;
    if (!known)
        return;
    free(jsonx_dump(known, &len));
    if (*bytes + len > DEFINITIONS_KNOWN_MAX)
        return;
    *bytes += len;
    json_object_set(json, "known", known);
}

/* --- of a session --- */

const struct config_variant *definitions_variant(const struct session *session,
                                                 const struct config_server *config, char error[256])
{
    const char *selected = jsonx_str(session->state->variants, config->name, NULL);
    const struct config_variant *variant = config_variant_find(config, selected);
    char list[128];
    if (variant)
        return variant;
    config_variants_list(config, list, sizeof list);
    snprintf(error, 256,
             "this session has selected its variant '%.40s', which is not configured any more; there are: %s",
             selected, list);
    return NULL;
}

static struct filling filling_of(struct session *session, const struct config_server *config,
                                 const char *folder, char error[256])
{
    const struct state *state = session->state;
    return (struct filling){.server = session->server,
                            .config = config,
                            .variant = definitions_variant(session, config, error),
                            .values = {.instance = server_scope_name(config->scope),
                                       .user = state->owner,
                                       .session_id = state->id,
                                       .session_dir = folder,
                                       .variables = state->variables},
                            .session = state->id,
                            .at = session,
                            .user = state->owner,
                            .error = error};
}

/* Of user and shared scope only what an agent needs to know: the rest is for the host. */
static json_t *definition_of(struct filling *filling)
{
    bool may = filling->variant &&
               users_may_server(filling->server->users, filling->user, filling->config->name, filling->error);
    may = may && room_for_server(filling->at, filling->config, filling->error);
    json_t *json = may ? filling_whole(filling) : NULL;
    if (!json || filling->config->scope == SCOPE_SESSION)
        return json;
    static const char *const hidden[] = {"command", "env", "folder", "url", "headers", "oauth", "limits"};
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        json_object_del(json, hidden[i]);
    return json;
}

bool definitions_usable(struct session *session, const struct config_server *config, char error[256])
{
    char *folder = folders_session(session->server->folders, session->state->id, error);
    if (!folder)
        return false;
    struct filling filling = filling_of(session, config, folder, error);
    json_t *json = definition_of(&filling);
    json_decref(json);
    free(folder);
    return json != NULL;
}

static void find_newest(const struct filling *filling, const struct config_pairs *pairs, int64_t *newest)
{
    for (size_t i = 0; i < pairs->count; i++) {
        json_t *parts = template_names_secret(pairs->items[i].value)
                            ? template_fill_parts(pairs->items[i].value, &filling->values, filling->error)
                            : NULL;
        const json_t *part;
        size_t at;
        json_array_foreach(parts, at, part)
        {
            int64_t ts = vault_set_at(filling->server->vault, filling->user, jsonx_str(part, "secret", ""));
            *newest = ts > *newest ? ts : *newest;
        }
        json_decref(parts);
    }
}

int64_t definitions_secret_set(struct session *session, const struct config_server *config)
{
    char error[256];
    struct filling filling = filling_of(session, config, "", error);
    int64_t newest = 0;
    if (!filling.variant || !session->server->vault)
        return 0;
    filling_allow_secrets(&filling);
    find_newest(&filling, &filling.variant->env, &newest);
    find_newest(&filling, &filling.variant->headers, &newest);
    return newest;
}

static void add_rules(const struct config_server *config, json_t *rules)
{
    for (size_t i = 0; i < config->rule_count; i++) {
        json_t *rule = json_object();
        jsonx_set_str(rule, "origin", rule_origin_name(RULE_CONFIG));
        jsonx_set_str(rule, "effect", rule_effect_name(config->rules[i].effect));
        jsonx_set_str(rule, "pattern", config->rules[i].pattern);
        json_array_append_new(rules, rule);
    }
}

/* Beside the rules, none of which is stronger. */
static void add_two_person(const struct config *config, json_t *rules)
{
    const char *patterns = config_text(config, OPTION_PERMISSION_TWO_PERSON);
    if (!patterns[0])
        return;
    json_t *rule = json_object();
    jsonx_set_str(rule, "origin", rule_origin_name(RULE_CONFIG));
    jsonx_set_str(rule, "effect", RULE_TWO_PERSON);
    jsonx_set_str(rule, "pattern", patterns);
    json_array_append_new(rules, rule);
}

json_t *definitions_session(struct session *session)
{
    struct server *server = session->server;
    json_t *payload = json_object(), *servers = json_array(), *rules = json_array();
    char error[256], folder_error[256];
    char *folder = folders_session(server->folders, session->state->id, folder_error);
    size_t known_bytes = 0;
    for (size_t i = 0; i < config_server_count(server->config); i++) {
        const struct config_server *config = config_server(server->config, i);
        struct filling filling = filling_of(session, config, folder, error);
        json_t *json = folder && filling.variant ? definition_of(&filling) : NULL;
        if (!json) {
            json = filling_bare(&filling);
            jsonx_set_str(json, "error", folder ? error : folder_error);
        } else {
            put_known(&filling, json, &known_bytes);
        }
        json_array_append_new(servers, json);
        add_rules(config, rules);
    }
    lends_define(server->lends, session, servers);
    rules_of_user(server, session->state->owner, rules);
    add_two_person(server->config, rules);
    json_object_set_new(payload, "servers", servers);
    json_object_set_new(payload, "rules", rules);
    free(folder);
    return payload;
}

/* --- of a host --- */

static struct filling filling_of_host(struct server *server, const struct config_server *config,
                                      const struct config_variant *variant, const char *user, char error[256])
{
    return (struct filling){
        .server = server,
        .config = config,
        .variant = variant,
        .values = {.instance = server_scope_name(config->scope), .user = user[0] ? user : NULL},
        .user = user,
        .error = error};
}

json_t *definitions_host(struct server *server, const struct config_server *config,
                         const struct config_variant *variant, const char *user, char error[256])
{
    struct filling filling = filling_of_host(server, config, variant, user, error);
    return filling_whole(&filling);
}

void definitions_add_known(struct server *server, const struct config_server *config,
                           const struct config_variant *variant, const char *user, json_t *definition)
{
    char unused[256];
    struct filling filling = filling_of_host(server, config, variant, user, unused);
    size_t bytes = 0;
    put_known(&filling, definition, &bytes);
}

int64_t definitions_patience(const struct config *config, const struct config_variant *variant,
                             int64_t call_ms)
{
    return config_bound(config, variant, BOUND_START) + (variant->url ? AUTHORIZE_MS : 0) +
           PROLONGED * call_ms + GRACE_MS;
}

/* --- remembering --- */

enum { PERSONAL_MAX = STATE_VARIABLES_MAX + 3 };

static bool remember(const struct filling *filling, const json_t *request, const char *const *personal)
{
    json_t *json = json_object();
    json_object_set(json, "era", json_object_get(request, "era"));
    json_object_set(json, "tools", json_object_get(request, "tools"));
    struct known_key key = known_key(filling);
    known_put(filling->server->known, &key, json, personal);
    json_decref(json);
    return true;
}

bool definitions_remember(struct session *session, const json_t *request)
{
    const struct config_server *config =
        config_server_find(session->server->config, jsonx_str(request, "server", ""));
    char error[256];
    const struct config_variant *variant =
        config ? config_variant_find(config, jsonx_str(request, "variant", "")) : NULL;
    if (!config && lends_remember(session->server->lends, session, request))
        return true;
    if (!variant)
        return jsonx_str(request, "server", NULL) != NULL; /* the configuration has changed meanwhile */
    char *folder = folders_session(session->server->folders, session->state->id, error);
    struct filling filling = filling_of(session, config, folder, error);
    filling.variant = variant;
    const char *personal[PERSONAL_MAX] = {session->state->id}, *name;
    size_t count = 1;
    json_t *value;
    if (folder)
        personal[count++] = folder;
    json_object_foreach(session->state->variables, name, value)
    {
        if (count < PERSONAL_MAX - 1)
            personal[count++] = json_string_value(value);
    }
    bool good = remember(&filling, request, personal);
    free(folder);
    return good;
}

bool definitions_remember_host(struct server *server, const struct config_server *config,
                               const struct config_variant *variant, const char *user, const json_t *request)
{
    static const char *const none[] = {NULL};
    char error[256];
    struct filling filling = filling_of_host(server, config, variant, user, error);
    return remember(&filling, request, none);
}
