/* secret.*: a user's own secrets. None is ever given back. */
#include "daemon/handlers/handlers.h"

#include <stdio.h>

enum err handle_secret_list(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "secret.list is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_secret_remove(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "secret.remove is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_secret_set(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "secret.set is not there yet");
    return ERR_UNAVAILABLE;
}
