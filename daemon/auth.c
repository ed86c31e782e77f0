/* One user so far: whoever reaches the local socket is the daemon's own user, owner of all sessions, and
 * admin. */
#include "daemon/auth.h"

#include <string.h>

enum role auth_role(const struct principal *principal, const struct state *session)
{
    if (!principal->user[0])
        return ROLE_NONE;
    if (!session)
        return principal->admin ? ROLE_ADMIN : ROLE_VIEWER;
    return strcmp(session->owner, principal->user) == 0 ? ROLE_OWNER : ROLE_NONE;
}

bool auth_may(const struct principal *principal, const struct state *session, enum role least)
{
    return auth_role(principal, session) >= least;
}
