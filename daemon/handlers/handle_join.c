/* session.ticket, ticket.*, pair.*: how a key that is not known yet comes in. */
#include "daemon/handlers/handlers.h"

#include <stdio.h>

enum err handle_pair_redeem(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "pair.redeem is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_pair_start(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "pair.start is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_session_ticket(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "session.ticket is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_ticket_list(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "ticket.list is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_ticket_redeem(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "ticket.redeem is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_ticket_revoke(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "ticket.revoke is not there yet");
    return ERR_UNAVAILABLE;
}
