/* The table of the APIs that this agent speaks, and what an order says of whom to ask. */
#include "daemon/agent/provider.h"
#include "daemon/agent/secrets.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <string.h>

enum {
    PROVIDER_CONNECT_MS = 10000,
    PROVIDER_FIRST_BYTE_MS = 300000,
    PROVIDER_IDLE_MS = 120000,
    PROVIDER_RETRIES = 2,
    PROVIDER_RETRIES_MAX = 20,
    PROVIDER_DEMO_RATE = 50,
    PROVIDER_DEMO_RATE_MAX = 1000000
};

static const struct provider *const providers[] = {&provider_anthropic, &provider_demo, &provider_openai};

const struct provider *provider_find(const char *api)
{
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (strcmp(providers[i]->api, api) == 0)
            return providers[i];
    return NULL;
}

static int64_t bounded(const json_t *order, const char *key, int64_t fallback, int64_t max)
{
    int64_t value = jsonx_int(order, key, fallback);

    return value < 0 ? fallback : value > max ? max : value;
}

const struct provider *provider_order(const json_t *order, struct ask *ask, char error[256])
{
    const json_t *named = jsonx_obj(order, "provider");
    const char *api = jsonx_str(named, "api", "");
    const struct provider *provider = provider_find(api);
    const char *secret = jsonx_str(named, "secret", NULL);

    *ask = (struct ask){
        .provider = jsonx_str(named, "name", "?"),
        .model = jsonx_str(order, "model", ""),
        .base_url = jsonx_str(named, "base_url", ""),
        .key = secret ? secrets_get(secret) : NULL,
        .connect_ms = bounded(order, "connect_ms", PROVIDER_CONNECT_MS, INT32_MAX),
        .first_byte_ms = bounded(order, "first_byte_ms", PROVIDER_FIRST_BYTE_MS, INT32_MAX),
        .idle_ms = bounded(order, "idle_ms", PROVIDER_IDLE_MS, INT32_MAX),
        .retries = (int)bounded(order, "retries", PROVIDER_RETRIES, PROVIDER_RETRIES_MAX),
        .demo_rate = bounded(jsonx_obj(order, "demo"), "rate", PROVIDER_DEMO_RATE, PROVIDER_DEMO_RATE_MAX),
    };
    if (!provider)
        snprintf(error, 256,
                 "provider %.64s has the unknown api '%.64s'; it must be openai, anthropic or demo",
                 ask->provider, api);
    if (provider && secret && !ask->key) {
        snprintf(error, 256, "provider %.64s can't be used: its key '%.64s' is not there any more",
                 ask->provider, secret);
        return NULL;
    }
    return provider;
}

char *provider_author(const json_t *order)
{
    return xasprintf("%s/%s", jsonx_str(jsonx_obj(order, "provider"), "name", "?"),
                     jsonx_str(order, "model", ""));
}
