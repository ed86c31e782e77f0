/* audit.list: the records of who did what. */
#include "daemon/handlers/handlers.h"

#include <stdio.h>

enum err handle_audit_list(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "audit.list is not there yet");
    return ERR_UNAVAILABLE;
}
