/* admin.top, admin.hibernate, admin.end: what runs, for those who run it. */
#include "daemon/handlers/handlers.h"

#include <stdio.h>

enum err handle_admin_end(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "admin.end is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_admin_hibernate(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "admin.hibernate is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_admin_top(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "admin.top is not there yet");
    return ERR_UNAVAILABLE;
}
