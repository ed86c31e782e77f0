/* Forking a session, and going back in it. */
#include "daemon/handlers.h"
#include <stdio.h>

enum err handle_session_fork(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "not built yet");
    return ERR_INTERNAL;
}

enum err handle_session_rewind(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "not built yet");
    return ERR_INTERNAL;
}
