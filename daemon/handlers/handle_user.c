/* user.*: who may come in, by which keys, and how much of everything is theirs. */
#include "daemon/handlers/handlers.h"

#include <stdio.h>

enum err handle_user_create(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "user.create is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_user_delete(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "user.delete is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_user_key_add(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "user.key_add is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_user_key_revoke(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "user.key_revoke is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_user_list(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "user.list is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_user_show(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "user.show is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_user_update(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "user.update is not there yet");
    return ERR_UNAVAILABLE;
}
