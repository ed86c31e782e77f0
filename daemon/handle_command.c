/* Slash commands: what a person types, as requests. */
#include "daemon/handlers.h"
#include <stdio.h>

enum err handle_command_list(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "not built yet");
    return ERR_INTERNAL;
}

enum err handle_session_command(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "not built yet");
    return ERR_INTERNAL;
}
