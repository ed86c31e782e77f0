/* Reads what the daemon has checked and filled in already; here it is only made sure that a program of
 * another version or a defect can't bring what would be used without a look: no name that is none, no half of
 * a key, no time-out of nothing. */
#include "daemon/agent/mcp/server.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 32, START_MS = 10000, CALL_MS = 60000, MS_MAX = 24 * 3600 * 1000, WORDS_MAX = 4096 };

/* --- small readers --- */

static void wipe(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

static void wipe_list(char ***list)
{
    for (char **each = *list; each && *each; each++)
        wipe(each);
    free(*list);
    *list = NULL;
}

/* ["a","b"] as it is; NULL if it is not that. */
static char **read_words(const json_t *json)
{
    size_t count = json_array_size(json), i;
    char **words;
    json_t *each;

    if (!count || count > WORDS_MAX)
        return NULL;
    words = xcalloc(count + 1, sizeof *words);
    json_array_foreach(json, i, each)
    {
        if (!json_is_string(each)) {
            wipe_list(&words);
            return NULL;
        }
        words[i] = xstrdup(json_string_value(each));
    }
    return words;
}

/* {"a":"b"} as "a" separator "b"; never NULL. Others than strings are left out. */
static char **read_pairs(const json_t *json, const char *separator)
{
    char **pairs = xcalloc(json_object_size(json) + 1, sizeof *pairs);
    size_t count = 0;
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)json, key, value)
    {
        if (json_is_string(value))
            pairs[count++] = xasprintf("%s%s%s", key, separator, json_string_value(value));
    }
    return pairs;
}

/* Those of the values that are lists; NULL if there are none. */
static json_t *read_parts(const json_t *json)
{
    json_t *parts = NULL, *value;
    const char *key;

    json_object_foreach((json_t *)json, key, value)
    {
        if (!json_is_array(value))
            continue;
        parts = parts ? parts : json_object();
        json_object_set(parts, key, value);
    }
    return parts;
}

static char *read_text(const json_t *json, const char *key)
{
    return xstrdup_null(jsonx_str(json, key, NULL));
}

static int64_t read_ms(const json_t *json, const char *key, int64_t fallback)
{
    int64_t ms = jsonx_int(json, key, fallback);

    return ms < 0 || (ms == 0 && fallback > 0) ? fallback : ms > MS_MAX ? MS_MAX : ms;
}

static int64_t read_limit(const json_t *json, const char *key)
{
    int64_t limit = jsonx_int(json, key, 0);

    return limit > 0 ? limit : 0;
}

/* Exactly 32 bytes, in base64 with its "=". */
static bool read_key(const char *text, unsigned char key[32])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0, have = 0;
    size_t out = 0;

    if (strlen(text) != 44 || text[43] != '=')
        return false;
    for (size_t i = 0; i < 43; i++) {
        const char *digit = strchr(digits, text[i]);

        if (!digit)
            return false;
        bits = bits << 6 | (unsigned)(digit - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            if (out < 32)
                key[out++] = (unsigned char)(bits >> have);
        }
    }
    explicit_bzero(&bits, sizeof bits);
    return out == 32;
}

static bool is_name(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > NAME_MAX_BYTES || *name == '-' || *name == '_')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* --- its parts --- */

static bool read_scope(const json_t *json, enum mcp_scope *scope)
{
    static const char *const names[] = {"session", "user", "shared"};
    const char *name = jsonx_str(json, "scope", "session");

    *scope = MCP_SCOPE_SESSION;
    if (strcmp(name, "lent") == 0)
        return true;
    for (size_t i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *scope = (enum mcp_scope)i;
            return true;
        }
    return false;
}

static bool read_way(struct mcp_server *server, const json_t *json)
{
    const json_t *command = json_object_get(json, "command");

    server->url = read_text(json, "url");
    server->command = read_words(command);
    server->environment = read_pairs(jsonx_obj(json, "env"), "=");
    server->headers = read_pairs(jsonx_obj(json, "headers"), ": ");
    server->secret_environment = read_parts(jsonx_obj(json, "env"));
    server->secret_headers = read_parts(jsonx_obj(json, "headers"));
    server->folder = read_text(json, "folder");
    if (command && !json_is_null(command) && !server->command)
        return false;
    if (server->url && server->command)
        return false;
    if (strcmp(jsonx_str(json, "scope", ""), "lent") == 0) {
        server->lender = read_text(json, "lender");
        return server->lender && !server->url && !server->command;
    }
    /* what others run is reached through the daemon, which knows how */
    return server->url || server->command || server->scope != MCP_SCOPE_SESSION;
}

static bool read_oauth(struct mcp_server *server, const json_t *oauth)
{
    int64_t port = jsonx_int(oauth, "redirect_port", 0);

    server->client_id = read_text(oauth, "client_id");
    server->client_secret = read_text(oauth, "client_secret");
    server->metadata_url = read_text(oauth, "metadata_url");
    server->oauth_scope = read_text(oauth, "scope");
    server->redirect_port = port > 0 && port < 65536 ? (int)port : 0;
    server->token_file = read_text(oauth, "file");
    return !server->token_file || read_key(jsonx_str(oauth, "key", ""), server->token_key);
}

static void read_known(struct mcp_server *server, const json_t *known)
{
    json_t *tools = jsonx_arr(known, "tools");

    server->era = read_text(known, "era");
    server->tools = tools ? json_deep_copy(tools) : NULL;
}

/* Why it is of no use, or NULL. */
static const char *fill(struct mcp_server *server, const json_t *json)
{
    const json_t *limits = jsonx_obj(json, "limits");

    server->name = xstrdup(jsonx_str(json, "name", ""));
    server->variant = xstrdup(jsonx_str(json, "variant", ""));
    server->eager = strcmp(jsonx_str(json, "start", "lazy"), "eager") == 0;
    server->start_ms = read_ms(json, "start_ms", START_MS);
    server->call_ms = read_ms(json, "call_ms", CALL_MS);
    server->idle_ms = read_ms(json, "idle_ms", 0);
    server->memory = read_limit(limits, "memory");
    server->processes = read_limit(limits, "processes");
    server->cpu_s = read_limit(limits, "cpu_s");
    server->files = read_limit(limits, "files");
    server->file_size = read_limit(limits, "file_size");
    read_known(server, jsonx_obj(json, "known"));
    if (!is_name(server->name))
        return "its name must be 1 to 32 of a-z, 0-9, _ and -, and begin with one of the former";
    if (!read_scope(json, &server->scope))
        return "its scope must be session, user, shared or lent";
    if (!read_way(server, json))
        return "it needs either a command (a list of words) or a url, or whose terminal lends it";
    if (!read_oauth(server, jsonx_obj(json, "oauth")))
        return "the key of its token file must be 32 bytes in base64";
    return NULL;
}

struct mcp_server *mcp_server_from_json(const json_t *json, char error[256])
{
    struct mcp_server *server;
    const char *wrong;

    if (!json_is_object(json)) {
        snprintf(error, 256, "the definition of an MCP server must be an object");
        return NULL;
    }
    server = xcalloc(1, sizeof *server);
    wrong = fill(server, json);
    if (!wrong)
        return server;
    snprintf(error, 256, "MCP server \"%.40s\": %s", server->name, wrong);
    mcp_server_free(&server);
    return NULL;
}

/* --- the rest --- */

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_words(char *const *a, char *const *b)
{
    if (!a || !b)
        return a == b;
    for (; *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return *a == *b; /* both are at their end */
}

/* The order of pairs says nothing. */
static bool same_pairs(char *const *a, char *const *b)
{
    size_t count_a = 0, count_b = 0;

    for (char *const *each = b; *each; each++)
        count_b++;
    for (; *a; a++, count_a++) {
        char *const *each = b;

        while (*each && strcmp(*a, *each) != 0)
            each++;
        if (!*each)
            return false;
    }
    return count_a == count_b;
}

static bool same_parts(const json_t *a, const json_t *b)
{
    return a && b ? json_equal(a, b) : a == b;
}

bool mcp_server_same(const struct mcp_server *a, const struct mcp_server *b)
{
    return a->scope == b->scope && same_text(a->lender, b->lender) && same_text(a->name, b->name) &&
           same_text(a->variant, b->variant) && same_text(a->url, b->url) &&
           same_text(a->folder, b->folder) && same_words(a->command, b->command) &&
           same_pairs(a->environment, b->environment) && same_pairs(a->headers, b->headers) &&
           same_parts(a->secret_environment, b->secret_environment) &&
           same_parts(a->secret_headers, b->secret_headers);
}

void mcp_server_free(struct mcp_server **slot)
{
    struct mcp_server *server = *slot;

    *slot = NULL;
    if (!server)
        return;
    free(server->name);
    free(server->variant);
    free(server->lender);
    free(server->folder);
    free(server->client_id);
    free(server->metadata_url);
    free(server->oauth_scope);
    free(server->token_file);
    free(server->era);
    wipe(&server->url); /* it, the words, variables and headers may hold a key */
    wipe(&server->client_secret);
    wipe_list(&server->command);
    wipe_list(&server->environment);
    wipe_list(&server->headers);
    json_decref(server->secret_environment);
    json_decref(server->secret_headers);
    json_decref(server->tools);
    explicit_bzero(server->token_key, sizeof server->token_key);
    free(server);
}
