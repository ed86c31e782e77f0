/* One server's definition, text by text. What was filled in may be a secret, so it is wiped where it is not
 * handed on. */
#include "daemon/mcp/filling.h"

#include "daemon/mcp/definitions.h"
#include "daemon/mcp/folders.h"
#include "daemon/people/vault.h"
#include "daemon/server.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void filling_allow_secrets(struct filling *filling)
{
    filling->values.secret = secret_version;
    filling->values.secret_arg = filling;
}

json_t *filling_bare(const struct filling *filling)
{
    json_t *json = json_object();
    jsonx_set_str(json, "name", filling->config->name);
    jsonx_set_str(json, "variant", filling->variant ? filling->variant->name : "");
    jsonx_set_str(json, "scope", server_scope_name(filling->config->scope));
    jsonx_set_str(json, "start", filling->variant && filling->variant->eager ? "eager" : "lazy");
    return json;
}

json_t *filling_whole(struct filling *filling)
{
    if (filling->user[0])
        filling_allow_secrets(filling);
    json_t *json = filling_bare(filling);
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
