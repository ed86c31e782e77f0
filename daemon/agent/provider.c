/* The table of the APIs that this agent speaks. */
#include "daemon/agent/provider.h"
#include <string.h>

static const struct provider *const providers[] = {&provider_anthropic, &provider_demo, &provider_openai};

const struct provider *provider_find(const char *api)
{
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (strcmp(providers[i]->api, api) == 0)
            return providers[i];
    return NULL;
}
