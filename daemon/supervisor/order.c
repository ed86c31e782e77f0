#include "daemon/supervisor/order.h"

#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/people/vault.h"
#include "daemon/probe.h"
#include "daemon/server.h"
#include "daemon/supervisor/handout.h"
#include "shared/jsonx.h"

#include <stdio.h>

bool order_provider_ready(struct server *server, const struct provider *provider, const char *user,
                          char why[128])
{
    const char *name = provider->api_key_secret;
    if (!config_provider_ready(provider, probe_url(server->probe), why))
        return false;
    if (!name)
        return true;
    bool has = vault_has(server->vault, user, name);
    if (has)
        snprintf(why, 128, "key is your secret %.64s", name);
    else
        snprintf(why, 128, "the secret %.40s is not set: stoa secret set %.40s", name, name);
    return has;
}

/* Whether the key that it names can be had, and *named if it names one. False with a sentence. */
static bool check_key(struct server *server, const struct provider *provider, const char *user, bool *named,
                      char error[256])
{
    char why[256];
    size_t len;
    enum err code = ERR_OK;
    char *key = provider->api_key_secret ? vault_get(server->vault, user, provider->api_key_secret, &len, why)
                                         : config_provider_key(provider, &code, error);
    *named = key != NULL;
    if (!provider->api_key_secret) {
        config_key_free(&key);
        return code == ERR_OK;
    }
    if (!key)
        snprintf(error, 256, "the model's provider %s can't be used: %.200s", provider->name, why);
    vault_forget(&key);
    return *named;
}

static json_t *provider_json(struct server *server, const struct provider *provider, const char *user,
                             char error[256])
{
    bool named;
    const char *url = provider->base_url ? provider->base_url : probe_url(server->probe);
    char why[128];
    /* What is said never goes to another server than the one that is named, nor without the key that is
     * needed. */
    if ((!url || provider->builtin) && !config_provider_ready(provider, probe_url(server->probe), why)) {
        snprintf(error, 256, "the provider %s can't be used: %s", provider->name, why);
        return NULL;
    }
    if (!check_key(server, provider, user, &named, error))
        return NULL;
    json_t *json = json_object();
    jsonx_set_str(json, "name", provider->name);
    jsonx_set_str(json, "api", provider_api_name(provider->api));
    jsonx_set_str(json, "base_url", url);
    char name[LINK_SECRET_NAME_MAX + 1];
    handout_key_name(provider, name);
    jsonx_set_str(json, "secret", named ? name : NULL);
    return json;
}

/* What ends a turn, and what is done with the results of its tools. */
static void put_limits(const struct config *config, json_t *json)
{
    jsonx_set_int(json, "max_steps", config_number(config, OPTION_TURN_MAX_STEPS));
    jsonx_set_int(json, "max_ms", config_number(config, OPTION_TURN_TIMEOUT));
    jsonx_set_int(json, "max_tokens_turn", config_number(config, OPTION_TURN_MAX_TOKENS));
    jsonx_set_int(json, "result_max", config_number(config, OPTION_MCP_RESULT_SIZE));
    jsonx_set_int(json, "context", config_number(config, OPTION_MODEL_CONTEXT));
    jsonx_set_int(json, "compact_at", config_number(config, OPTION_MODEL_COMPACT_AT));
    json_object_set_new(json, "tools", json_true());
}

/* A turn that had begun to call tools goes on with them. */
static void put_calls(const struct session *session, json_t *json)
{
    const struct config *config = session->server->config;
    enum run_state run = session->state->run;
    bool waits = config_number(config, OPTION_PERMISSION_ON_TIMEOUT) == 1;
    json_object_set_new(json, "resume",
                        json_boolean(run == RUN_AWAITING_PERMISSION || run == RUN_RUNNING_TOOLS));
    jsonx_set_int(json, "ask_ms", waits ? 0 : config_number(config, OPTION_PERMISSION_TIMEOUT));
}

json_t *order_turn(const struct session *session, char error[256])
{
    struct server *server = session->server;
    const struct config *config = server->config;
    struct model model;
    if (config_model(config, session->state->model, &model, error) != ERR_OK ||
        !users_may_model(server->users, session->state->owner, session->state->model, error))
        return NULL;
    json_t *provider = provider_json(server, model.provider, session->state->owner, error);
    if (!provider)
        return NULL;
    json_t *json = json_object(), *demo = json_object();
    jsonx_set_str(json, "model", model.name);
    json_object_set_new(json, "provider", provider);
    jsonx_set_int(json, "connect_ms", config_number(config, OPTION_MODEL_CONNECT_TIMEOUT));
    jsonx_set_int(json, "first_byte_ms", config_number(config, OPTION_MODEL_FIRST_BYTE_TIMEOUT));
    jsonx_set_int(json, "idle_ms", config_number(config, OPTION_MODEL_IDLE_TIMEOUT));
    jsonx_set_int(json, "retries", config_number(config, OPTION_MODEL_RETRIES));
    jsonx_set_int(json, "reply_max", config_number(config, OPTION_LIMITS_REPLY_SIZE));
    jsonx_set_int(demo, "rate", config_number(config, OPTION_DEMO_RATE));
    json_object_set_new(json, "demo", demo);
    put_limits(config, json);
    int64_t left = stored_left(server, session->state->owner);
    if (left != INT64_MAX)
        jsonx_set_int(json, "files_left", left);
    put_calls(session, json);
    return json;
}
