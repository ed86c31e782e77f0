/* The providers: built in or read from the file, and their keys. A key itself is never in the file, in an
 * error or in a log. */
#include "daemon/config/config_internal.h"
#include "daemon/config/template.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { URL_MAX = 1000 };

static const char *const api_names[API_COUNT] = {"openai", "anthropic", "demo"};

static const struct {
    const char *name;
    enum provider_api api;
    const char *base_url, *api_key_env, *model;
} builtins[] = {
    {"anthropic", API_ANTHROPIC, "https://api.anthropic.com", "ANTHROPIC_API_KEY", NULL},
    {"demo", API_DEMO, NULL, NULL, "stoa"},
    {"llamacpp", API_OPENAI, "http://127.0.0.1:8080/v1", NULL, NULL},
    {"local", API_OPENAI, NULL, NULL, NULL},
    {"ollama", API_OPENAI, "http://127.0.0.1:11434/v1", NULL, NULL},
    {"openai", API_OPENAI, "https://api.openai.com/v1", "OPENAI_API_KEY", NULL},
};

const char *provider_api_name(enum provider_api api)
{
    return api_names[api];
}

/* --- building --- */

static void add_model(struct provider *provider, const char *name)
{
    provider->models = xreallocarray(provider->models, provider->model_count + 1, sizeof *provider->models);
    provider->models[provider->model_count++] = xstrdup(name);
}

static void clear_models(struct provider *provider)
{
    for (size_t i = 0; i < provider->model_count; i++)
        free((char *)provider->models[i]);
    free(provider->models);
    provider->models = NULL;
    provider->model_count = 0;
}

static void set_text(const char **field, const char *text)
{
    free((char *)*field);
    *field = xstrdup_null(text);
}

/* A new empty one in its place by name. */
static struct provider *insert(struct config *config, const char *name)
{
    size_t at = 0;

    while (at < config->provider_count && strcmp(config->providers[at].name, name) < 0)
        at++;
    config->providers =
        xreallocarray(config->providers, config->provider_count + 1, sizeof *config->providers);
    memmove(&config->providers[at + 1], &config->providers[at],
            (config->provider_count - at) * sizeof *config->providers);
    config->provider_count++;
    config->providers[at] = (struct provider){.name = xstrdup(name), .api = API_COUNT};
    return &config->providers[at];
}

void providers_init(struct config *config)
{
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        struct provider *provider = insert(config, builtins[i].name);

        provider->api = builtins[i].api;
        provider->base_url = xstrdup_null(builtins[i].base_url);
        provider->api_key_env = xstrdup_null(builtins[i].api_key_env);
        provider->builtin = true;
        if (builtins[i].model)
            add_model(provider, builtins[i].model);
    }
}

void providers_free(struct config *config)
{
    for (size_t i = 0; i < config->provider_count; i++) {
        struct provider *provider = &config->providers[i];

        clear_models(provider);
        prices_free(provider);
        free((char *)provider->name);
        free((char *)provider->base_url);
        free((char *)provider->api_key_env);
        free((char *)provider->api_key_file);
        free((char *)provider->api_key_secret);
    }
    free(config->providers);
}

/* --- reading --- */

struct place { /* for errors: which provider's which line */
    const struct config *config;
    const char *provider;
    int line;
    char *error;
};

static bool wrong(const struct place *place, const char *name, const struct yaml_node *node,
                  const char *expected)
{
    char shown[64];

    option_show_node(node, shown);
    return config_error(place->config, place->line, place->error, "provider '%s': '%s' is %s; it must be %s",
                        place->provider, name, shown, expected);
}

static bool is_name(const char *text, const char *allowed, size_t max)
{
    size_t len = strlen(text);

    return len > 0 && len <= max && strspn(text, allowed) == len;
}

static bool is_plain(const char *text, size_t max)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
            return false;
    return len > 0 && len <= max && utf8_valid(text, len);
}

static bool is_scalar(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR;
}

static bool read_api(struct provider *provider, const struct yaml_node *node, const struct place *place)
{
    for (int api = 0; is_scalar(node) && api < API_COUNT; api++)
        if (strcmp(node->text, api_names[api]) == 0) {
            provider->api = (enum provider_api)api;
            return true;
        }
    return wrong(place, "api", node, "one of openai, anthropic, demo");
}

/* A user name or password in a URL would end up in logs and lists. */
static bool read_base_url(struct provider *provider, const struct yaml_node *node, const struct place *place)
{
    const char *text = is_scalar(node) ? node->text : "", *host = NULL;
    size_t len = strlen(text);
    char *url;

    if (strncmp(text, "http://", 7) == 0)
        host = text + 7;
    else if (strncmp(text, "https://", 8) == 0)
        host = text + 8;
    if (!host || !is_plain(text, URL_MAX) || strcspn(host, "/:") == 0)
        return wrong(place, "base_url", node, "a URL that begins with http:// or https://");
    if (strpbrk(text, "@?#"))
        return config_error(
            place->config, place->line, place->error,
            "provider '%s': 'base_url' has '@', '?' or '#'; it must be a plain URL without password",
            place->provider);
    while (text[len - 1] == '/')
        len--;
    url = xstrndup(text, len);
    set_text(&provider->base_url, url);
    free(url);
    return true;
}

static bool read_key_env(struct provider *provider, const struct yaml_node *node, const struct place *place)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

    /* What is not a name may be the key itself: it is not shown. */
    if (!is_scalar(node) || !is_name(node->text, allowed, 100) || strchr("0123456789", node->text[0]))
        return config_error(
            place->config, place->line, place->error,
            "provider '%s': 'api_key_env' must be the name of an environment variable, not the key",
            place->provider);
    set_text(&provider->api_key_env, node->text);
    return true;
}

static bool read_key_file(struct provider *provider, const struct yaml_node *node, const struct place *place)
{
    const char *text = is_scalar(node) ? node->text : "", *home = getenv("HOME");
    char *path;

    if (strncmp(text, "~/", 2) == 0 && home)
        path = xasprintf("%s%s", home, text + 1);
    else
        path = xstrdup(text);
    set_text(&provider->api_key_file, path);
    free(path);
    if (provider->api_key_file[0] == '/' && strlen(provider->api_key_file) < 4096)
        return true;
    return config_error(place->config, place->line, place->error,
                        "provider '%s': 'api_key_file' must be an absolute path, or one that begins with ~/",
                        place->provider);
}

static bool read_models(struct provider *provider, const struct yaml_node *node, const struct place *place)
{
    if (node->kind != YAML_LIST || node->count > CONFIG_MODELS_MAX)
        return wrong(place, "models", node, "a list of at most 256 names");
    clear_models(provider);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = node->items[i];
        struct place at = {place->config, place->provider, item->line, place->error};

        if (!is_scalar(item) || !is_plain(item->text, CONFIG_MODEL_MAX))
            return wrong(&at, "models", item, "a list of names without spaces");
        add_model(provider, item->text);
    }
    return true;
}

/* What is not the name of a secret may be the key itself: it is not shown. */
static bool read_key(struct provider *provider, const struct yaml_node *node, const struct place *place)
{
    char name[TEMPLATE_NAME_MAX + 1];

    if (!is_scalar(node) || !template_is_secret(node->text, name))
        return config_error(
            place->config, place->line, place->error,
            "provider '%s': 'api_key' can only be \"{SECRET:name}\", a secret of each user's; or use "
            "api_key_env "
            "(the name of an environment variable) or api_key_file (a file of mode 0600) instead",
            place->provider);
    set_text(&provider->api_key_secret, name);
    return true;
}

static bool read_prices(struct provider *provider, const struct yaml_node *node, const struct place *place)
{
    return prices_read(place->config, provider, node, place->line, place->error);
}

static const struct {
    const char *name;
    bool (*read)(struct provider *provider, const struct yaml_node *node, const struct place *place);
} members[] = {
    {"api", read_api},
    {"api_key", read_key},
    {"api_key_env", read_key_env},
    {"api_key_file", read_key_file},
    {"base_url", read_base_url},
    {"models", read_models},
    {"prices", read_prices},
};

static bool read_member(struct provider *provider, const char *name, const struct yaml_node *node,
                        const struct place *place)
{
    struct yaml_node as_scalar = {.kind = YAML_SCALAR, .text = (char *)name};
    char shown[64];

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].read(provider, node, place);
    option_show_node(&as_scalar, shown);
    return config_error(place->config, place->line, place->error,
                        "provider '%s' has the unknown member %s; known are api, base_url, api_key, "
                        "api_key_env, api_key_file, models, prices",
                        place->provider, shown);
}

/* What the members say together. own_url: the file gives a base_url. */
static bool check_provider(struct provider *provider, const struct yaml_node *map, const struct place *place)
{
    const struct yaml_node *env = yaml_get(map, "api_key_env"), *file = yaml_get(map, "api_key_file");
    const struct yaml_node *secret = yaml_get(map, "api_key");
    const char *what = NULL;

    if ((env && file) || (secret && (env || file)))
        what = "has two of api_key, api_key_env and api_key_file; one is enough";
    else if (provider->api == API_COUNT)
        what = "has no 'api'; it must be one of openai, anthropic, demo";
    else if (provider->api == API_DEMO && provider->base_url)
        what = "has the api demo, which needs no base_url";
    else if (provider->api != API_DEMO && !provider->base_url)
        what = "has no 'base_url'; it must be a URL that begins with http:// or https://";
    if (what)
        return config_error(place->config, place->line, place->error, "provider '%s' %s", place->provider,
                            what);
    if (file || secret)
        set_text(&provider->api_key_env, NULL);
    return true;
}

static bool read_provider(struct config *config, const char *name, const struct yaml_node *map, int line,
                          char error[256])
{
    struct provider *provider = (struct provider *)config_provider_find(config, name);
    struct place place = {config, name, line, error};

    if (map->kind != YAML_MAP)
        return config_error(config, line, error, "provider '%s' must be a map with api and base_url", name);
    if (!provider) {
        provider = insert(config, name);
    } else if (yaml_get(map, "api")) { /* another server altogether: nothing of the built-in one holds */
        set_text(&provider->base_url, NULL);
        set_text(&provider->api_key_env, NULL);
        clear_models(provider);
        prices_free(provider);
    }
    provider->builtin = false;
    for (size_t i = 0; i < map->count; i++) {
        place.line = map->key_lines[i];
        if (!read_member(provider, map->keys[i], map->items[i], &place))
            return false;
    }
    place.line = line;
    return check_provider(provider, map, &place);
}

bool providers_read(struct config *config, const struct yaml_node *map, char error[256])
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

    if (map->kind == YAML_SCALAR && !map->text[0])
        return true;
    if (map->kind != YAML_MAP)
        return config_error(config, map->line, error, "'providers' must be a map of names");
    if (map->count > CONFIG_PROVIDERS_MAX)
        return config_error(config, map->line, error, "there are %zu providers; at most %d are allowed",
                            map->count, CONFIG_PROVIDERS_MAX);
    for (size_t i = 0; i < map->count; i++) {
        struct yaml_node key = {.kind = YAML_SCALAR, .text = map->keys[i]};
        char shown[64];

        option_show_node(&key, shown);
        if (!is_name(map->keys[i], allowed, CONFIG_NAME_MAX))
            return config_error(config, map->key_lines[i], error,
                                "the provider's name is %s; it must be 1 to %d of a-z 0-9 _ -", shown,
                                CONFIG_NAME_MAX);
        if (!read_provider(config, map->keys[i], map->items[i], map->key_lines[i], error))
            return false;
    }
    return true;
}

/* --- looking up --- */

size_t config_provider_count(const struct config *config)
{
    return config->provider_count;
}

const struct provider *config_provider(const struct config *config, size_t index)
{
    return &config->providers[index];
}

const struct provider *config_provider_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->provider_count; i++)
        if (strcmp(config->providers[i].name, name) == 0)
            return &config->providers[i];
    return NULL;
}

void providers_list(const struct config *config, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < config->provider_count && len + 1 < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "", config->providers[i].name);
}
