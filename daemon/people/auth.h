/* Who asks, and whether they may. Every request, every subscription and every push goes through auth_role. */
#ifndef STOA_DAEMON_PEOPLE_AUTH_H
#define STOA_DAEMON_PEOPLE_AUTH_H

#include "proto/request.h"
#include "proto/state.h"
#include "shared/id.h"
#include "shared/key.h"
#include <stdbool.h>

struct principal { /* who a connection belongs to; users.c fills it in, and again when rights change */
    char user[64]; /* "" for a stranger: a key that nobody has told the daemon of */
    bool admin;
    char key[KEY_TEXT_LEN + 1]; /* of the connection's CURVE; "" on the local socket */
    char token[ID_MAX];         /* the API token that it logged in with; "" for none */
    enum role most;             /* a token's: no role is higher; ROLE_ADMIN without one */
    char session[ID_MAX];       /* a token's: the only session that it may know of; "" for any */
};

/* What the principal is to the daemon (session NULL), or to a session: the owner, a member with the role that
 * it is shared with, or nothing, admins too. Never more than its token allows. */
enum role auth_role(const struct principal *principal, const struct state *session);
/* Whether it acts for its user in everything: not with a token for one session, or for less than the role
 * owner. Only such a one may make sessions, or change what is the user's own. */
bool auth_is_whole(const struct principal *principal);
/* Whether that is enough. */
bool auth_may(const struct principal *principal, const struct state *session, enum role least);

#endif
