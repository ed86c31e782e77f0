/* A user is removed: what is left of them in sessions. */
#ifndef STOA_DAEMON_PEOPLE_USERS_END_H
#define STOA_DAEMON_PEOPLE_USERS_END_H

#include "daemon/people/users.h"
#include <stddef.h>

/* Removes the user: their turns are interrupted, their agents end, their sessions are archived (*sessions of
 * them) and stay theirs, and in others' they are no member any more. by: who does it. ERR_OK, or a code with
 * a sentence. */
enum err users_end(struct server *server, const char *name, const char *by, size_t *sessions,
                   char error[256]);
/* At start: the same of those who were removed while no daemon ran. */
void users_end_removed(struct server *server);

#endif
