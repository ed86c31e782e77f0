/* What is presented in vain. */
#include "daemon/people/tries.h"

#include "daemon/people/audit.h"
#include "daemon/server.h"
#include "shared/bucket.h"
#include "shared/clock.h"
#include "shared/xalloc.h"

#include <stdlib.h>

struct tries {
    struct bucket all;
};

struct tries *tries_open(void)
{
    return xcalloc(1, sizeof(struct tries));
}

void tries_close(struct tries **tries)
{
    free(*tries);
    *tries = NULL;
}

static void cut(struct call *call)
{
    clients_cut(call->server->clients, call->client, "denied", 0);
    call->client = NULL;
}

bool tries_may(struct call *call)
{
    if (call->client->tries < TRIES_OF_CLIENT)
        return true;
    cut(call);
    return false;
}

enum err tries_failed(struct call *call, enum err code, const char *error)
{
    static const struct bucket_rate rate = {.interval_us = 1000000 / TRIES_A_SECOND, .burst = TRIES_BURST};
    int64_t wait;
    call->client->tries++;
    audit_record(call->server, &call->principal, "refused", request_row(call->method)->name, "%s%s%s", error,
                 call->client->address[0] ? " from=" : "", call->client->address);
    if (bucket_take(&call->server->tries->all, rate, 1, clock_steady_us(), &wait))
        return code;
    cut(call);
    return HANDLED_LATER;
}
