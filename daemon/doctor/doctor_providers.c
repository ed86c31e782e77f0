/* The models' servers: keys are looked for, never shown; servers of this machine are asked, others only where
 * that was asked for. */
#include "daemon/doctor/doctor_internal.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool doctor_is_local(const char *url)
{
    const char *host = strstr(url, "://");
    size_t len;

    host = host ? host + 3 : url;
    len = strcspn(host, "/?#");
    if (memchr(host, '@', len))
        host = (const char *)memchr(host, '@', len) + 1;
    return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 ||
           (strncmp(host, "localhost", 9) == 0 && strchr(":/?#", host[9]));
}

/* Whether a new session would need it: then what is wrong with it is bad, and else only a pity. */
static bool is_default(const struct doctor *doctor, const struct provider *provider)
{
    char why[256], *model = config_default_model(doctor->config, NULL, NULL, why);
    size_t len = strlen(provider->name);
    bool is = strncmp(model, provider->name, len) == 0 && model[len] == '/';

    free(model);
    return is;
}

static enum finding_state pity(const struct doctor *doctor, const struct provider *provider)
{
    return is_default(doctor, provider) ? FINDING_BAD : FINDING_WARN;
}

/* --- keys --- */

/* The key, or NULL where none is needed or none is there; false where it is needed. */
static bool find_key(struct doctor *doctor, const struct provider *provider, char **key)
{
    char error[256], advice[DOCTOR_ADVICE_MAX];
    enum err code;

    *key = NULL;
    if (provider->api_key_secret) {
        snprintf(advice, sizeof advice, "each user: stoa secret set %s; stoa models says who has it",
                 provider->api_key_secret);
        findings_add(&doctor->findings, FINDING_NOTE, "key", advice,
                     "provider %s takes the secret %s of whoever uses it, and was not asked", provider->name,
                     provider->api_key_secret);
        return false;
    }
    *key = config_provider_key(provider, &code, error);
    if (*key || (!provider->api_key_env && !provider->api_key_file))
        return true;
    if (code != ERR_OK) {
        findings_add(
            &doctor->findings, pity(doctor, provider), "key",
            "put the key alone into the file or variable; stoa stop, so that the next daemon reads it", "%s",
            error);
        return false;
    }
    snprintf(
        advice, sizeof advice,
        "export %s=... and stoa stop; or write the key to a file (chmod 600) and name it as api_key_file",
        provider->api_key_env);
    findings_add(&doctor->findings, pity(doctor, provider), "key", advice,
                 "provider %s has no key: %s is not set here", provider->name, provider->api_key_env);
    return false;
}

static const char *key_place(const struct provider *provider)
{
    return provider->api_key_file ? provider->api_key_file : provider->api_key_env;
}

/* --- asking --- */

static bool has_model(const json_t *models, const char *name)
{
    const json_t *model;
    size_t i;

    json_array_foreach(models, i, model)
    {
        const char *id = json_string_value(model);

        /* Some put a tag or a folder around it. */
        if (id &&
            (strcmp(id, name) == 0 || (strncmp(id, name, strlen(name)) == 0 && id[strlen(name)] == ':')))
            return true;
    }
    return false;
}

static void check_models(struct doctor *doctor, const struct provider *provider, const json_t *models)
{
    for (size_t i = 0; i < provider->model_count; i++)
        if (!has_model(models, provider->models[i]))
            findings_add(&doctor->findings, FINDING_WARN, "model",
                         "mend 'models' of that provider in the configuration",
                         "provider %s: its server does not list the model %s", provider->name,
                         provider->models[i]);
}

static const char *advice_of(const struct provider *provider, const struct doctor_visit *visit)
{
    if (visit->status == 401 || visit->status == 403)
        return key_place(provider) ? "put a key that is valid into its place, and stoa stop"
                                   : "give the provider api_key_env or api_key_file in the configuration";
    if (visit->status == 0)
        return doctor_is_local(provider->base_url)
                   ? "start that server, or mend base_url in the configuration"
                   : "look at the network, the proxies' variables, and base_url";
    return "look at base_url in the configuration";
}

/* A base_url that lacks it is the most common reason why such a server knows no address. */
static bool lacks_version(const struct provider *provider)
{
    size_t len = strlen(provider->base_url);

    return provider->api == API_OPENAI && (len < 3 || strcmp(provider->base_url + len - 3, "/v1") != 0);
}

static void visited(struct doctor *doctor, const void *tag, const struct doctor_visit *visit)
{
    const struct provider *provider = tag;

    if (visit->models) {
        findings_add(&doctor->findings, FINDING_OK, "provider", NULL,
                     "provider %s at %s answers in %" PRId64 " ms; models that it lists: %zu", provider->name,
                     provider->base_url, visit->ms, json_array_size(visit->models));
        check_models(doctor, provider, visit->models);
    } else if (visit->status / 100 == 2 || visit->status == 404 || visit->status == 405) {
        findings_add(
            &doctor->findings, FINDING_NOTE, "provider",
            visit->status == 404 && lacks_version(provider) ? "most servers want a base_url that ends in /v1"
                                                            : NULL,
            "provider %s at %s is there, but has no list of models: whether it works, its first answer tells",
            provider->name, provider->base_url);
    } else if (!provider->builtin || visit->status != 0 || key_place(provider)) {
        findings_add(&doctor->findings, pity(doctor, provider), "provider", advice_of(provider, visit), "%s",
                     visit->why ? visit->why : "no answer");
    } /* what is only built in need not run */
}

static void add_visit(struct visits *visits, const struct provider *provider, const char *key)
{
    json_t *order = json_object();

    jsonx_set_str(order, "name", provider->name);
    jsonx_set_str(order, "api", provider_api_name(provider->api));
    jsonx_set_str(order, "url", provider->base_url);
    jsonx_set_str(order, "key", key);
    doctor_visits_add(visits, order, provider, visited);
}

/* --- each --- */

/* Built in, and nobody has given it a key: it is just not used. */
static bool is_idle(const struct doctor *doctor, const struct provider *provider)
{
    const char *value = provider->api_key_env ? getenv(provider->api_key_env) : NULL;

    return provider->builtin && !is_default(doctor, provider) &&
           (!provider->base_url || (provider->api_key_env && (!value || !*value)));
}

static void check_plain(struct doctor *doctor, const struct provider *provider, const char *key)
{
    if (key && strncmp(provider->base_url, "http://", 7) == 0 && !doctor_is_local(provider->base_url))
        findings_add(&doctor->findings, FINDING_WARN, "plain", "use https:// in its base_url",
                     "provider %s gets its key over http, which others on the way can read: %s",
                     provider->name, provider->base_url);
}

static void look_at(struct doctor *doctor, struct visits *visits, const struct provider *provider)
{
    char *key = NULL;

    if (is_idle(doctor, provider))
        return;
    if (provider->api == API_DEMO) {
        findings_add(&doctor->findings, FINDING_OK, "provider", NULL, "provider %s is built in",
                     provider->name);
        return;
    }
    if (!provider->base_url || !find_key(doctor, provider, &key))
        return;
    if (key)
        findings_add(&doctor->findings, FINDING_OK, "key", NULL, "provider %s has a key, from %s",
                     provider->name, key_place(provider));
    check_plain(doctor, provider, key);
    if (doctor->options->online || doctor_is_local(provider->base_url))
        add_visit(visits, provider, key);
    else
        findings_add(&doctor->findings, FINDING_OK, "provider", NULL,
                     "provider %s at %s was not asked (--online asks it)", provider->name,
                     provider->base_url);
    config_key_free(&key);
}

static void say_default(struct doctor *doctor)
{
    char why[256], *model = config_default_model(doctor->config, NULL, NULL, why);
    bool demo = strncmp(model, "demo/", 5) == 0 && !config_text(doctor->config, OPTION_DEFAULT_MODEL)[0];

    findings_add(
        &doctor->findings, demo ? FINDING_NOTE : FINDING_OK, "default",
        demo
            ? "export ANTHROPIC_API_KEY=... or OPENAI_API_KEY=..., then stoa stop; or name a provider in the "
              "configuration (man 5 stoa-config)"
            : NULL,
        "a new session gets %s%s: %s", model, demo ? ", or a model server that is found on this host" : "",
        why);
    free(model);
}

void doctor_providers(struct doctor *doctor)
{
    struct visits *visits;

    if (!doctor->config)
        return; /* told under configuration */
    say_default(doctor);
    visits = doctor_visits_new(doctor);
    for (size_t i = 0; i < config_provider_count(doctor->config); i++)
        look_at(doctor, visits, config_provider(doctor->config, i));
    doctor_visits_run(&visits);
}
