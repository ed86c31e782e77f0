/* token.*: what programs log in with. */
#include "daemon/handlers/handlers.h"

#include <stdio.h>

enum err handle_token_issue(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "token.issue is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_token_list(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "token.list is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_token_login(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "token.login is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_token_revoke(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "token.revoke is not there yet");
    return ERR_UNAVAILABLE;
}
