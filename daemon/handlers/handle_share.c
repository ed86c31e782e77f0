/* session.share, session.unshare, session.who: who may do what in a session. */
#include "daemon/handlers/handlers.h"

#include <stdio.h>

enum err handle_session_share(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "session.share is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_session_unshare(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "session.unshare is not there yet");
    return ERR_UNAVAILABLE;
}

enum err handle_session_who(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "session.who is not there yet");
    return ERR_UNAVAILABLE;
}
