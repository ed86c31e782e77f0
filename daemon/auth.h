/* Who asks, and whether they may. Every request, every subscription and every push goes through auth_role. */
#ifndef STOA_DAEMON_AUTH_H
#define STOA_DAEMON_AUTH_H

#include "proto/request.h"
#include "proto/state.h"
#include <stdbool.h>

struct principal {
    char user[64]; /* "" for nobody */
    bool admin;
};

/* What the principal is to the daemon (session NULL), or to a session. */
enum role auth_role(const struct principal *principal, const struct state *session);
/* Whether that is enough. */
bool auth_may(const struct principal *principal, const struct state *session, enum role least);

#endif
