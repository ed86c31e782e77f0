/* lend.*: tools of a terminal's own machine, lent to one session. */
#include "daemon/handlers/handlers.h"

#include <stdio.h>

enum err handle_lend_message(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "lend.message is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_lend_offer(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "lend.offer is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_lend_withdraw(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "lend.withdraw is not there yet");
    return ERR_UNAVAILABLE;
}
