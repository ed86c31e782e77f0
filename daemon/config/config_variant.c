/* One way to run or reach an MCP server. A member that is read again replaces what was read before, so that
 * a variant's own map is read over what all have in common; of env and headers each name does. */
#include "daemon/config/config_internal.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name; /* within the server's map; those from memory on within 'limits' */
    enum option option;
} bounds[BOUND_COUNT] = {
    [BOUND_START] = {"start_timeout", OPTION_MCP_START_TIMEOUT},
    [BOUND_CALL] = {"call_timeout", OPTION_MCP_CALL_TIMEOUT},
    [BOUND_IDLE] = {"idle_timeout", OPTION_MCP_IDLE_TIMEOUT},
    [BOUND_MEMORY] = {"memory", OPTION_MCP_MEMORY},
    [BOUND_PROCESSES] = {"processes", OPTION_MCP_PROCESSES},
    [BOUND_CPU] = {"cpu", OPTION_MCP_CPU},
    [BOUND_FILES] = {"files", OPTION_MCP_FILES},
    [BOUND_FILE_SIZE] = {"file_size", OPTION_MCP_FILE_SIZE},
};

enum option bound_option(enum config_bound bound)
{
    return bounds[bound].option;
}

const char *bound_name(enum config_bound bound)
{
    return bounds[bound].name;
}

/* --- building --- */

static void set_text(char **slot, const char *text)
{
    free(*slot);
    *slot = xstrdup_null(text);
}

static void clear_command(struct config_variant *variant)
{
    for (size_t i = 0; i < variant->command_count; i++)
        free(variant->command[i]);
    free(variant->command);
    variant->command = NULL;
    variant->command_count = 0;
}

static void clear_pairs(struct config_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->items[i].name);
        explicit_bzero(pairs->items[i].value, strlen(pairs->items[i].value));
        free(pairs->items[i].value);
    }
    free(pairs->items);
    *pairs = (struct config_pairs){0};
}

static void clear_oauth(struct config_oauth *oauth)
{
    free(oauth->client_id);
    free(oauth->client_secret_env);
    free(oauth->client_secret_file);
    free(oauth->metadata_url);
    free(oauth->scope);
    *oauth = (struct config_oauth){0};
}

void variant_init(struct config_variant *variant, const char *name)
{
    *variant = (struct config_variant){.name = xstrdup(name)};
    for (int i = 0; i < BOUND_COUNT; i++)
        variant->bounds[i] = -1;
}

void variant_free(struct config_variant *variant)
{
    free(variant->name);
    clear_command(variant);
    free(variant->url);
    clear_pairs(&variant->env);
    clear_pairs(&variant->headers);
    free(variant->cwd);
    clear_oauth(&variant->oauth);
}

static void put_pair(struct config_pairs *pairs, const char *name, const char *value, bool fold)
{
    for (size_t i = 0; i < pairs->count; i++)
        if ((fold ? strcasecmp : strcmp)(pairs->items[i].name, name) == 0) {
            set_text(&pairs->items[i].value, value);
            return;
        }
    pairs->items = xreallocarray(pairs->items, pairs->count + 1, sizeof *pairs->items);
    pairs->items[pairs->count++] = (struct config_pair){xstrdup(name), xstrdup(value)};
}

/* --- texts --- */

/* A text that may hold templates. what: how an error names it. Its value is not shown: it may be a secret. */
static bool check_text(const char *what, const struct yaml_node *node, const struct config_place *place)
{
    char reason[256];

    if (node->kind == YAML_MAP)
        return config_place_error(place, "%s is a map; a text that begins with { must be in quotes", what);
    if (node->kind != YAML_SCALAR)
        return config_place_error(place, "%s is a list; it must be a text", what);
    if (strlen(node->text) > CONFIG_VALUE_MAX || !utf8_valid(node->text, strlen(node->text)))
        return config_place_error(place, "%s must be UTF-8 of at most %d bytes", what, CONFIG_VALUE_MAX);
    if (!template_check(node->text, place->scope, reason))
        return config_place_error(place, "%s %s", what, reason);
    return true;
}

/* A secret would be seen by others there: arguments and folders by all who may look at processes, a URL by
 * whatever logs it. */
static bool check_open_text(const char *what, const struct yaml_node *node, const struct config_place *place)
{
    if (!check_text(what, node, place))
        return false;
    return !template_names_secret(node->text) ||
           config_place_error(place, "%s names a secret; {SECRET:name} may stand in env and headers only",
                              what);
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static bool read_command(struct config_variant *variant, const struct yaml_node *node,
                         const struct config_place *place)
{
    if (node->kind != YAML_LIST || node->count == 0 || node->count > CONFIG_ARGUMENTS_MAX)
        return config_place_wrong(place, "command", node,
                                  "a list of a program and its arguments, such as [npx, server]");
    clear_command(variant);
    set_text(&variant->url, NULL);
    for (size_t i = 0; i < node->count; i++) {
        if (!check_open_text("a text of 'command'", node->items[i], place))
            return false;
        variant->command = xreallocarray(variant->command, i + 1, sizeof *variant->command);
        variant->command[i] = xstrdup(node->items[i]->text);
        variant->command_count = i + 1;
    }
    return variant->command[0][0] || config_place_error(place, "'command' must begin with a program's name");
}

/* What a template stands for is checked when it is filled in. */
static bool is_url(const char *text)
{
    bool begins = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;

    return (begins && text[strcspn(text, ":") + 3]) || (text[0] == '{' && text[1] != '{');
}

static bool read_url(struct config_variant *variant, const struct yaml_node *node,
                     const struct config_place *place)
{
    if (!check_open_text("'url'", node, place))
        return false;
    if (!is_url(node->text) || has_control(node->text) || strchr(node->text, ' '))
        return config_place_wrong(place, "url", node, "a URL that begins with http:// or https://");
    clear_command(variant);
    set_text(&variant->url, node->text);
    return true;
}

static bool is_variable(const char *name)
{
    return template_is_name(name) && !strchr("0123456789", name[0]);
}

static bool is_header(const char *name)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t len = strlen(name);

    return len > 0 && len <= 128 && strspn(name, token) == len;
}

/* Headers that say how the exchange goes are not the configuration's. */
static bool is_own_header(const char *name)
{
    static const char *const own[] = {"accept",  "connection", "content-length",    "content-type",
                                      "host",    "keep-alive", "last-event-id",     "te",
                                      "trailer", "upgrade",    "transfer-encoding", "expect"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcasecmp(own[i], name) == 0)
            return true;
    return strncasecmp(name, "mcp-", 4) == 0;
}

static bool read_pairs(struct config_pairs *pairs, const char *member, const struct yaml_node *node,
                       struct config_place place)
{
    bool headers = strcmp(member, "headers") == 0;

    if (node->kind == YAML_SCALAR && !node->text[0])
        return true;
    if (node->kind != YAML_MAP || node->count > CONFIG_PAIRS_MAX)
        return config_place_wrong(&place, member, node, "a map of at most 128 names to texts");
    for (size_t i = 0; i < node->count; i++) {
        const char *name = node->keys[i];
        char what[96];

        place.line = node->key_lines[i];
        snprintf(what, sizeof what, "'%s.%.60s'", member, name);
        if (headers ? !is_header(name) : !is_variable(name))
            return config_place_error(&place, "%s: that is no name of %s", what,
                                      headers ? "a header" : "an environment variable");
        if (headers && is_own_header(name))
            return config_place_error(&place, "%s: this header is set by stoa itself", what);
        if (!check_text(what, node->items[i], &place))
            return false;
        if (headers && has_control(node->items[i]->text))
            return config_place_error(&place, "%s has a control character, which a header can't hold", what);
        put_pair(pairs, name, node->items[i]->text, headers);
    }
    return true;
}

static bool read_env(struct config_variant *variant, const struct yaml_node *node,
                     const struct config_place *place)
{
    return read_pairs(&variant->env, "env", node, *place);
}

static bool read_headers(struct config_variant *variant, const struct yaml_node *node,
                         const struct config_place *place)
{
    return read_pairs(&variant->headers, "headers", node, *place);
}

/* A path that begins with ~/ is below the home folder. */
static char *home_path(const char *text)
{
    const char *home = getenv("HOME");

    return strncmp(text, "~/", 2) == 0 && home ? xasprintf("%s%s", home, text + 1) : xstrdup(text);
}

static bool read_cwd(struct config_variant *variant, const struct yaml_node *node,
                     const struct config_place *place)
{
    if (!check_open_text("'cwd'", node, place))
        return false;
    free(variant->cwd);
    variant->cwd = home_path(node->text);
    if (variant->cwd[0] == '/' || (variant->cwd[0] == '{' && variant->cwd[1] != '{'))
        return true;
    return config_place_wrong(place, "cwd", node,
                              "an absolute path, or one that begins with ~/ or a template");
}

/* --- bounds --- */

static bool read_bound(struct config_variant *variant, enum config_bound bound, const struct yaml_node *node,
                       const struct config_place *place)
{
    const struct option_spec *row = option_row(bounds[bound].option);
    char expected[128];

    if (node->kind == YAML_SCALAR && option_read(row, node->text, &variant->bounds[bound]))
        return true;
    option_expects(row, expected);
    return config_place_wrong(place, bounds[bound].name, node, expected);
}

static bool read_start(struct config_variant *variant, const struct yaml_node *node,
                       const struct config_place *place)
{
    bool eager = node->kind == YAML_SCALAR && strcmp(node->text, "eager") == 0;

    if (!eager && (node->kind != YAML_SCALAR || strcmp(node->text, "lazy") != 0))
        return config_place_wrong(place, "start", node, "one of lazy, eager");
    variant->eager = eager;
    return true;
}

static bool read_limits(struct config_variant *variant, const struct yaml_node *node,
                        const struct config_place *place)
{
    struct config_place at = *place;

    if (node->kind == YAML_SCALAR && !node->text[0])
        return true;
    if (node->kind != YAML_MAP)
        return config_place_wrong(place, "limits", node, "a map of memory, processes, cpu, files, file_size");
    for (size_t i = 0; i < node->count; i++) {
        enum config_bound bound = BOUND_MEMORY;

        at.line = node->key_lines[i];
        while (bound < BOUND_COUNT && strcmp(bounds[bound].name, node->keys[i]) != 0)
            bound++;
        if (bound == BOUND_COUNT)
            return config_place_error(&at,
                                      "'limits' has the unknown member '%.32s'; known are memory, "
                                      "processes, cpu, files, file_size",
                                      node->keys[i]);
        if (!read_bound(variant, bound, node->items[i], &at))
            return false;
    }
    return true;
}

/* --- oauth --- */

static bool read_oauth_text(struct config_oauth *oauth, const char *name, const struct yaml_node *node,
                            const struct config_place *place)
{
    const char *text = node->kind == YAML_SCALAR ? node->text : "";

    if (!text[0] || has_control(text) || strlen(text) > 2000)
        return config_place_wrong(place, name, node, "a text on one line");
    if (strcmp(name, "client_id") == 0) {
        set_text(&oauth->client_id, text);
    } else if (strcmp(name, "scope") == 0) {
        set_text(&oauth->scope, text);
    } else if (strcmp(name, "metadata_url") == 0) {
        if (strncmp(text, "https://", 8) != 0 || !text[8])
            return config_place_wrong(place, name, node, "a URL that begins with https://");
        set_text(&oauth->metadata_url, text);
    } else if (strcmp(name, "client_secret_env") == 0) {
        /* What is not a name may be the secret itself: it is not shown. */
        if (!is_variable(text))
            return config_place_error(
                place, "'client_secret_env' must be the name of an environment variable, not the secret");
        set_text(&oauth->client_secret_env, text);
    } else {
        free(oauth->client_secret_file);
        oauth->client_secret_file = home_path(text);
        if (oauth->client_secret_file[0] != '/')
            return config_place_error(
                place, "'client_secret_file' must be an absolute path, or one that begins with ~/");
    }
    return true;
}

static bool read_oauth(struct config_variant *variant, const struct yaml_node *node,
                       const struct config_place *place)
{
    static const char *const known[] = {
        "client_id", "client_secret_env", "client_secret_file", "metadata_url", "scope", "redirect_port"};
    static const struct option_spec port = {.type = OPTION_INTEGER, .min = 0, .max = 65535};
    struct config_place at = *place;

    if (node->kind != YAML_MAP)
        return config_place_wrong(place, "oauth", node, "a map of client_id, scope, ...");
    for (size_t i = 0; i < node->count; i++) {
        const char *name = node->keys[i];
        size_t which = 0;
        int64_t number;

        at.line = node->key_lines[i];
        while (which < sizeof known / sizeof *known && strcmp(known[which], name) != 0)
            which++;
        if (strcmp(name, "client_secret") == 0)
            return config_place_error(&at,
                                      "'client_secret' is in this file; use client_secret_env (the name of "
                                      "an environment variable) or client_secret_file instead");
        if (which == sizeof known / sizeof *known)
            return config_place_error(&at,
                                      "'oauth' has the unknown member '%.32s'; known are client_id, "
                                      "client_secret_env, client_secret_file, metadata_url, scope, "
                                      "redirect_port",
                                      name);
        if (strcmp(name, "redirect_port") != 0) {
            if (!read_oauth_text(&variant->oauth, name, node->items[i], &at))
                return false;
            continue;
        }
        if (node->items[i]->kind != YAML_SCALAR || !option_read(&port, node->items[i]->text, &number))
            return config_place_wrong(&at, name, node->items[i], "a port from 0 to 65535");
        variant->oauth.redirect_port = (int)number;
    }
    return true;
}

/* --- the table --- */

static const struct {
    const char *name;
    bool (*read)(struct config_variant *variant, const struct yaml_node *node,
                 const struct config_place *place);
} members[] = {
    {"command", read_command}, {"cwd", read_cwd},     {"env", read_env},     {"headers", read_headers},
    {"limits", read_limits},   {"oauth", read_oauth}, {"start", read_start}, {"url", read_url},
};

const char *const *variant_members(size_t *count)
{
    static const char *const names[] = {"call_timeout", "command",       "cwd",    "env",
                                        "headers",      "idle_timeout",  "limits", "oauth",
                                        "start",        "start_timeout", "url"};

    *count = sizeof names / sizeof *names;
    return names;
}

int variant_read(struct config_variant *variant, const char *name, const struct yaml_node *node,
                 const struct config_place *place)
{
    for (enum config_bound bound = BOUND_START; bound <= BOUND_IDLE; bound++)
        if (strcmp(bounds[bound].name, name) == 0)
            return read_bound(variant, bound, node, place) ? 1 : -1;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].read(variant, node, place) ? 1 : -1;
    return 0;
}

/* --- the whole --- */

/* Whether a session's variable says which host it is. */
static bool names_host(const char *url)
{
    const char *variable = strstr(url, "{VAR:"), *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;

    return variable && (!host || variable < host || !path || variable < path);
}

/* Whether it sends there what is the daemon's, and not its user's. */
static bool sends_own(const struct config_variant *variant)
{
    const struct config_pairs *headers = &variant->headers;

    for (size_t i = 0; i < headers->count; i++)
        if (strstr(headers->items[i].value, "{ENV:"))
            return true;
    return variant->oauth.client_secret_env || variant->oauth.client_secret_file;
}

bool variant_check(const struct config_variant *variant, const struct config_place *place)
{
    const struct config_oauth *oauth = &variant->oauth;

    if (!variant->command && !variant->url)
        return config_place_error(place, "it has neither 'command' nor 'url'");
    if (!variant->name[0] && variant->url && variant->env.count > 0)
        return config_place_error(place, "it has a 'url', and 'env' is for a 'command'; use 'headers'");
    if (!variant->name[0] && variant->command && variant->headers.count > 0)
        return config_place_error(place, "it has a 'command', and 'headers' are for a 'url'; use 'env'");
    if (oauth->client_secret_env && oauth->client_secret_file)
        return config_place_error(place, "it has both client_secret_env and client_secret_file");
    if ((oauth->client_secret_env || oauth->client_secret_file) && !oauth->client_id)
        return config_place_error(place, "its client_secret needs a 'client_id'");
    if (variant->url && names_host(variant->url) && sends_own(variant))
        return config_place_error(place,
                                  "its url's host is a session's {VAR:...}, and it sends {ENV:...} or a "
                                  "client_secret there: any user could have that sent to a host of theirs; "
                                  "write out the host");
    return true;
}

/* Each text of it, in one order. */
static void each_text(const struct config_variant *variant, void (*each)(void *arg, const char *text),
                      void *arg)
{
    for (size_t i = 0; i < variant->command_count; i++)
        each(arg, variant->command[i]);
    each(arg, variant->url ? variant->url : "");
    for (size_t i = 0; i < variant->env.count; i++) {
        each(arg, variant->env.items[i].name);
        each(arg, variant->env.items[i].value);
    }
    each(arg, "");
    for (size_t i = 0; i < variant->headers.count; i++) {
        each(arg, variant->headers.items[i].name);
        each(arg, variant->headers.items[i].value);
    }
    each(arg, variant->cwd ? variant->cwd : "");
}

static void look_for_session(void *arg, const char *text)
{
    bool *found = arg;

    *found = *found || template_names_session(text);
}

bool config_variant_names_session(const struct config_variant *variant)
{
    bool found = false;

    each_text(variant, look_for_session, &found);
    return found;
}

struct guarding {
    const char *variable;
    bool named, secret;
};

static void look_for_guarded(void *arg, const char *text)
{
    struct guarding *guarding = arg;

    guarding->named = guarding->named || template_names_variable(text, guarding->variable);
    guarding->secret = guarding->secret || template_names_secret(text);
}

bool config_server_guards(const struct config_server *server, const char *variable)
{
    struct guarding guarding = {.variable = NULL};

    for (size_t i = 0; i < server->variant_count && !(guarding.named && guarding.secret); i++) {
        guarding = (struct guarding){.variable = variable};
        each_text(&server->variants[i], look_for_guarded, &guarding);
    }
    return guarding.named && guarding.secret;
}

struct fingerprint {
    uint64_t hash;
    const json_t *variables;
};

/* FNV-1a, the texts' ends included. */
static void add_text(void *arg, const char *text)
{
    struct fingerprint *print = arg;

    do {
        print->hash = (print->hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    } while (*text++);
}

static void add_template(void *arg, const char *text)
{
    add_text(arg, text);
    template_variables(text, ((struct fingerprint *)arg)->variables, add_text, arg);
}

uint64_t config_variant_fingerprint(const struct config_server *server, const struct config_variant *variant,
                                    const json_t *variables)
{
    struct fingerprint print = {UINT64_C(0xcbf29ce484222325), variables};

    add_text(&print, server_scope_name(server->scope));
    each_text(variant, add_template, &print);
    return print.hash;
}

char *config_oauth_secret(const struct config_server *server, const struct config_variant *variant,
                          enum err *code, char error[256])
{
    const struct provider named = {.name = server->name,
                                   .api_key_env = variant->oauth.client_secret_env,
                                   .api_key_file = variant->oauth.client_secret_file};
    char *secret = config_provider_key(&named, code, error);

    if (!secret && *code == ERR_OK && named.api_key_env) {
        *code = ERR_CONFIG;
        snprintf(error, 256, "the environment variable %s is not set where the daemon was started",
                 named.api_key_env);
    }
    return secret;
}
