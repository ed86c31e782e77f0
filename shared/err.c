/* The table of error codes: adding a code is adding a row. */
#include "shared/err.h"
#include <string.h>

static const struct {
    const char *name, *text;
} rows[ERR_COUNT] = {
    [ERR_OK] = {"ok", "done"},
    [ERR_BAD_REQUEST] = {"bad_request", "the request is malformed or out of bounds"},
    [ERR_BUSY] = {"busy", "too much is waiting just now; try again"},
    [ERR_CONFIG] = {"config", "the configuration is wrong"},
    [ERR_CONFLICT] = {"conflict", "the present state does not allow this"},
    [ERR_DENIED] = {"denied", "you do not have the right to do this"},
    [ERR_INTERNAL] = {"internal", "an internal defect; the daemon's log says more"},
    [ERR_LIMIT] = {"limit", "a configured limit is reached"},
    [ERR_NOT_FOUND] = {"not_found", "there is no such thing"},
    [ERR_PROTOCOL] = {"protocol", "the other side broke the protocol"},
    [ERR_PROVIDER] = {"provider", "the model's server failed"},
    [ERR_SHUTTING_DOWN] = {"shutting_down", "the daemon is stopping"},
    [ERR_STORE] = {"store", "the store cannot save now; nothing was promised"},
    [ERR_TIMEOUT] = {"timeout", "it was not done in time"},
    [ERR_TOO_LARGE] = {"too_large", "it is larger than allowed"},
    [ERR_UNAVAILABLE] = {"unavailable", "not available now; try again"},
    [ERR_VERSION] = {"version", "the other side speaks another protocol version"},
};

static unsigned row_of(enum err code)
{
    return (unsigned)code < ERR_COUNT ? (unsigned)code : ERR_INTERNAL;
}

const char *err_name(enum err code)
{
    return rows[row_of(code)].name;
}

const char *err_text(enum err code)
{
    return rows[row_of(code)].text;
}

enum err err_from_name(const char *name)
{
    for (unsigned code = 0; name && code < ERR_COUNT; code++)
        if (strcmp(rows[code].name, name) == 0)
            return (enum err)code;
    return ERR_INTERNAL;
}
