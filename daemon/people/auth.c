/* Rights are the session's own state, so that whoever folds its events knows them. */
#include "daemon/people/auth.h"

#include <string.h>

static enum role role_in(const struct principal *principal, const struct state *session)
{
    if (principal->session[0] && strcmp(principal->session, session->id) != 0)
        return ROLE_NONE;
    return state_role(session, principal->user);
}

enum role auth_role(const struct principal *principal, const struct state *session)
{
    if (!principal->user[0])
        return ROLE_NONE;
    bool admin = principal->admin && !principal->session[0]; /* a token for one session is for that alone */
    enum role role = session ? role_in(principal, session) : admin ? ROLE_ADMIN : ROLE_VIEWER;
    return role < principal->most ? role : principal->most;
}

bool auth_may(const struct principal *principal, const struct state *session, enum role least)
{
    return auth_role(principal, session) >= least;
}

bool auth_is_whole(const struct principal *principal)
{
    return !principal->session[0] && principal->most >= ROLE_OWNER;
}
