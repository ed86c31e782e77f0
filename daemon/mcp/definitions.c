/* Filling in happens anew each time that it is sent, so that variables, environment and key files are read as
 * they are then. A server whose definition can't be filled in is sent with an error, and harms no other. */
#include "daemon/mcp/definitions.h"

#include "daemon/lends.h"
#include "daemon/mcp/folders.h"
#include "daemon/mcp/known.h"
#include "daemon/mcp/room.h"
#include "daemon/people/users.h"
#include "daemon/people/vault.h"
#include "daemon/rules.h"
#include "daemon/server.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    GRACE_MS = 5000,           /* for an agent or host to answer after its own deadlines */
    AUTHORIZE_MS = 15 * 60000, /* for a person who must first let us use the server */
    PROLONGED = 10             /* how many times as long a call may take that reports progress */
};

struct filling { /* one server, for whom, and what went wrong */
    struct server *server;
    const struct config_server *config;
    const struct config_variant *variant;
    struct template_values values;
    const char *session;      /* NULL for a host */
    const struct session *at; /* the same */
    const char *user;         /* "" for a shared host */
    char *error;              /* [256] */
};

/* --- texts --- */

/* Filled in; NULL with a sentence that names the place. */
static char *fill(const struct filling *filling, const char *what, const char *text)
{
    char why[256];
    char *filled = template_fill(text, &filling->values, why);
    if (!filled)
        snprintf(filling->error, 256, "%s: %s", what, why);
    return filled;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static bool put_command(const struct filling *filling, json_t *json)
{
    json_t *command = json_array();
    json_object_set_new(json, "command", command);
    for (size_t i = 0; i < filling->variant->command_count; i++) {
        char *text = fill(filling, "its command", filling->variant->command[i]);
        if (!text)
            return false;
        json_array_append_new(command, json_string(text));
        wipe(text);
    }
    return true;
}

/* The values are texts of the configuration, which is UTF-8; the environment's may be anything. */
static bool put_value(const struct filling *filling, json_t *json, const char *name, char *text)
{
    json_t *value = text ? json_string(text) : NULL;
    if (text && !value)
        snprintf(filling->error, 256, "its %s is not UTF-8", name);
    wipe(text);
    return value && json_object_set_new(json, name, value) == 0;
}

/* A secret stays a reference, see LINK_SERVERS. */
static bool put_parts(const struct filling *filling, json_t *json, const char *what, const char *name,
                      const char *text)
{
    char why[256];
    json_t *parts = template_fill_parts(text, &filling->values, why);
    if (!parts)
        snprintf(filling->error, 256, "%s: %s", what, why);
    return parts && json_object_set_new(json, name, parts) == 0;
}

static uint64_t secret_version(void *arg, const char *name, char error[256])
{
    const struct filling *filling = arg;
    uint64_t version = vault_version(filling->server->vault, filling->user, name);
    if (version == 0)
        snprintf(error, 256, "the secret '%s' is not set; set it with: stoa secret set %s", name, name);
    return version;
}

static void put_default(json_t *env, const char *name, const char *fallback)
{
    const char *value = getenv(name);
    jsonx_set_str(env, name, value && *value ? value : fallback);
}

static const char *home(void)
{
    const struct passwd *entry = getpwuid(getuid());
    return entry && entry->pw_dir ? entry->pw_dir : "/";
}

static bool put_environment(const struct filling *filling, json_t *json)
{
    const struct config_pairs *pairs = &filling->variant->env;
    json_t *env = json_object();
    json_object_set_new(json, "env", env);
    put_default(env, "PATH", "/usr/local/bin:/usr/bin:/bin");
    put_default(env, "HOME", home());
    put_default(env, "LANG", "C.UTF-8");
    put_default(env, "TERM", "dumb");
    for (size_t i = 0; i < pairs->count; i++) {
        char what[160];
        snprintf(what, sizeof what, "its environment's %.100s", pairs->items[i].name);
        const char *name = pairs->items[i].name, *text = pairs->items[i].value;
        bool good = template_names_secret(text) ? put_parts(filling, env, what, name, text)
                                                : put_value(filling, env, name, fill(filling, what, text));
        if (!good)
            return false;
    }
    return true;
}

static bool put_folder(const struct filling *filling, json_t *json)
{
    const struct config_server *config = filling->config;
    char *folder;
    if (filling->variant->cwd)
        folder = fill(filling, "its cwd", filling->variant->cwd);
    else if (config->scope == SCOPE_SESSION)
        folder = xstrdup_null(filling->values.session_dir);
    else
        folder = folders_host(filling->server->folders, filling->user, config->name, filling->variant->name,
                              filling->error);
    if (folder && folder[0] != '/') {
        snprintf(filling->error, 256, "its cwd is '%.100s'; it must be an absolute path", folder);
        wipe(folder);
        return false;
    }
    return folder && put_value(filling, json, "folder", folder);
}

static bool put_headers(const struct filling *filling, json_t *json)
{
    const struct config_pairs *pairs = &filling->variant->headers;
    json_t *headers = json_object();
    json_object_set_new(json, "headers", headers);
    for (size_t i = 0; i < pairs->count; i++) {
        char what[160];
        snprintf(what, sizeof what, "its header %.100s", pairs->items[i].name);
        if (template_names_secret(pairs->items[i].value)) {
            if (!put_parts(filling, headers, what, pairs->items[i].name, pairs->items[i].value))
                return false;
            continue;
        }
        char *text = fill(filling, what, pairs->items[i].value);
        if (text && has_control(text)) {
            snprintf(filling->error, 256, "%s has a control character, which a header can't hold", what);
            wipe(text);
            return false;
        }
        if (!put_value(filling, headers, pairs->items[i].name, text))
            return false;
    }
    return true;
}

/* --- OAuth --- */

static void put_base64(json_t *json, const char *name, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[4 * ((FOLDERS_KEY_BYTES + 2) / 3) + 1];
    size_t at = 0;
    for (size_t i = 0; i < len; i += 3) {
        unsigned group = (unsigned)bytes[i] << 16 | (i + 1 < len ? (unsigned)bytes[i + 1] << 8 : 0) |
                         (i + 2 < len ? (unsigned)bytes[i + 2] : 0);
        for (size_t j = 0; j < 4; j++)
            text[at++] = i + j > len ? '=' : digits[group >> (18 - 6 * j) & 63];
    }
    text[at] = '\0';
    jsonx_set_str(json, name, text);
    explicit_bzero(text, sizeof text);
}

/* Tokens are kept for each user, or for each session where the definition differs from one to another. */
static bool put_oauth(const struct filling *filling, json_t *json, const char *url)
{
    const struct config_oauth *oauth = &filling->variant->oauth;
    enum err code = ERR_OK;
    const unsigned char *key = folders_key(filling->server->folders, filling->error);
    char *secret = key ? config_oauth_secret(filling->config, filling->variant, &code, filling->error) : NULL;
    if (!key || code != ERR_OK)
        return false;
    const char *sid = config_variant_names_session(filling->variant) ? filling->session : NULL;
    char *file = folders_tokens(filling->server->folders, filling->user, filling->config->name,
                                filling->variant->name, sid, url);
    json_t *out = json_object();
    jsonx_set_str(out, "client_id", oauth->client_id);
    jsonx_set_str(out, "client_secret", secret);
    jsonx_set_str(out, "metadata_url", oauth->metadata_url);
    jsonx_set_str(out, "scope", oauth->scope);
    jsonx_set_int(out, "redirect_port", oauth->redirect_port);
    jsonx_set_str(out, "file", file);
    put_base64(out, "key", key, FOLDERS_KEY_BYTES);
    json_object_set_new(json, "oauth", out);
    config_key_free(&secret);
    free(file);
    return true;
}

static bool put_url(const struct filling *filling, json_t *json)
{
    char *url = fill(filling, "its url", filling->variant->url);
    if (!url)
        return false;
    bool web = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    bool good = web && !has_control(url) && !strchr(url, ' ');
    if (!good)
        snprintf(filling->error, 256, "its url, with the values put in, is no http:// or https:// URL");
    good = good && put_oauth(filling, json, url);
    return put_value(filling, json, "url", url) && good && put_headers(filling, json);
}

/* --- one server --- */

static void put_bounds(const struct filling *filling, json_t *json)
{
    const struct config *config = filling->server->config;
    const struct config_variant *variant = filling->variant;
    json_t *limits = json_object();
    jsonx_set_int(json, "start_ms", config_bound(config, variant, BOUND_START));
    jsonx_set_int(json, "call_ms", config_bound(config, variant, BOUND_CALL));
    jsonx_set_int(json, "idle_ms", config_bound(config, variant, BOUND_IDLE));
    jsonx_set_int(limits, "memory", config_bound(config, variant, BOUND_MEMORY));
    jsonx_set_int(limits, "processes", config_bound(config, variant, BOUND_PROCESSES));
    jsonx_set_int(limits, "cpu_s", (config_bound(config, variant, BOUND_CPU) + 999) / 1000);
    jsonx_set_int(limits, "files", config_bound(config, variant, BOUND_FILES));
    jsonx_set_int(limits, "file_size", config_bound(config, variant, BOUND_FILE_SIZE));
    json_object_set_new(json, "limits", limits);
}

static json_t *new_definition(const struct filling *filling)
{
    json_t *json = json_object();
    jsonx_set_str(json, "name", filling->config->name);
    jsonx_set_str(json, "variant", filling->variant ? filling->variant->name : "");
    jsonx_set_str(json, "scope", server_scope_name(filling->config->scope));
    jsonx_set_str(json, "start", filling->variant && filling->variant->eager ? "eager" : "lazy");
    return json;
}

/* All of it, or NULL with a sentence. */
static json_t *fill_whole(struct filling *filling)
{
    filling->values.secret = filling->user[0] ? secret_version : NULL;
    filling->values.secret_arg = filling;
    json_t *json = new_definition(filling);
    put_bounds(filling, json);
    bool good = filling->variant->url ? put_url(filling, json)
                                      : put_command(filling, json) && put_environment(filling, json) &&
                                            put_folder(filling, json);
    size_t len = 0;
    char *text = good ? jsonx_dump(json, &len) : NULL;
    wipe(text);
    if (len > DEFINITION_BYTES_MAX) {
        snprintf(filling->error, 256, "it has %zu bytes, with the values put in; at most %d are possible",
                 len, DEFINITION_BYTES_MAX);
        good = false;
    }
    if (good)
        return json;
    json_decref(json);
    return NULL;
}

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
    json_t *json = may ? fill_whole(filling) : NULL;
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
    filling.values.secret = secret_version;
    filling.values.secret_arg = &filling;
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
            json = new_definition(&filling);
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
    return fill_whole(&filling);
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
