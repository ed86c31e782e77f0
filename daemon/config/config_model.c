/* Which model a name means, and which one a new session gets when it names none. */
#include "daemon/config/config_internal.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

/* What a key alone chooses: the middle of what its provider offers. */
#define ANTHROPIC_MODEL "claude-sonnet-4-6"
#define OPENAI_MODEL    "gpt-5-mini"

static bool is_listed(const struct provider *provider, const char *name)
{
    for (size_t i = 0; i < provider->model_count; i++)
        if (strcmp(provider->models[i], name) == 0)
            return true;
    return provider->model_count == 0;
}

static void list_models(const struct provider *provider, char *out, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < provider->model_count && len + 1 < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "", provider->models[i]);
}

static bool is_model_name(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
            return false;
    return len > 0 && len <= CONFIG_MODEL_MAX;
}

static enum err refuse(const struct config *config, const struct provider *provider, const char *text,
                       char error[256])
{
    const char *slash = strchr(text, '/');
    char *shown = sanitise_line(text, strlen(text), 60), known[160];
    enum err code = ERR_NOT_FOUND;

    if (!slash || slash == text || !is_model_name(slash + 1)) {
        snprintf(error, 256, "'%s' is no model; write provider/model, such as demo/stoa", shown);
        code = ERR_BAD_REQUEST;
    } else if (!provider) {
        providers_list(config, known, sizeof known);
        snprintf(error, 256, "there is no provider '%.*s'; known are %s", (int)strcspn(shown, "/"), shown,
                 known);
    } else {
        list_models(provider, known, sizeof known);
        snprintf(error, 256, "provider '%s' does not list the model '%s'; it lists %s", provider->name,
                 strchr(shown, '/') ? strchr(shown, '/') + 1 : shown, known);
    }
    free(shown);
    return code;
}

enum err config_model(const struct config *config, const char *text, struct model *model, char error[256])
{
    const char *slash = strchr(text, '/');
    char name[CONFIG_NAME_MAX + 1];

    model->provider = NULL;
    if (!slash || !is_model_name(slash + 1))
        return refuse(config, NULL, text, error);
    if (slash - text <= CONFIG_NAME_MAX) {
        snprintf(name, sizeof name, "%.*s", (int)(slash - text), text);
        model->provider = config_provider_find(config, name);
    }
    if (!model->provider || !is_listed(model->provider, slash + 1))
        return refuse(config, model->provider, text, error);
    snprintf(model->name, sizeof model->name, "%s", slash + 1);
    return ERR_OK;
}

/* The model of a provider that a key makes usable, or NULL. */
static char *keyed(const struct config *config, const char *name, const char *standard, char why[256])
{
    const struct provider *provider = config_provider_find(config, name);
    const char *model = provider->model_count ? provider->models[0] : standard;
    char ready[128];

    if (!(provider->api_key_env || provider->api_key_file) || !config_provider_ready(provider, NULL, ready))
        return NULL;
    snprintf(why, 256, "no model is configured, and there is a key for %s (%s); using %s/%.100s", name, ready,
             name, model);
    return xasprintf("%s/%s", name, model);
}

char *config_default_model(const struct config *config, const char *probed_url, const char *probed_model,
                           char why[256])
{
    const char *set = config_text(config, OPTION_DEFAULT_MODEL);
    char *model;

    if (*set) {
        snprintf(why, 256, "default_model is %.200s", set);
        return xstrdup(set);
    }
    if ((model = keyed(config, "anthropic", ANTHROPIC_MODEL, why)) ||
        (model = keyed(config, "openai", OPENAI_MODEL, why)))
        return model;
    if (probed_url && probed_model && is_model_name(probed_model)) {
        char *url = sanitise_line(probed_url, strlen(probed_url), 80);

        snprintf(why, 256, "no model is configured and no key is set; using the model server found at %s",
                 url);
        free(url);
        return xasprintf("local/%s", probed_model);
    }
    snprintf(why, 256, "no model is configured and no key is set; using the built-in demo model");
    return xstrdup("demo/stoa");
}

static bool is_here(const char *url)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t len = strlen(hosts[i]);

        if (strncmp(url, hosts[i], len) == 0 && (url[len] == ':' || url[len] == '/' || !url[len]))
            return true;
    }
    return false;
}

size_t config_probe_urls(const struct config *config, const char **urls, size_t max)
{
    size_t count = 0;

    if (!config_number(config, OPTION_MODEL_PROBE_LOCAL))
        return 0;
    for (size_t i = 0; i < config->provider_count && count < max; i++) {
        const struct provider *provider = &config->providers[i];

        if (provider->api == API_OPENAI && provider->base_url && !provider->api_key_env &&
            !provider->api_key_file && !provider->api_key_secret && is_here(provider->base_url))
            urls[count++] = provider->base_url;
    }
    return count;
}
