/* Forking a session, and going back in it: what of its messages stays, and where it is kept. Both are done
 * when they return, and on disk as one with all else that this turn of the loop changes. */
#ifndef STOA_DAEMON_BRANCH_H
#define STOA_DAEMON_BRANCH_H

#include "daemon/session.h"
#include "shared/err.h"
#include <stdint.h>

/* A new session of owner's with the messages up to that one; message NULL: up to the newest that is whole.
 * title NULL: the session's, with "(fork)", if it has one. ERR_OK, or why not. */
enum err branch_fork(struct session *session, const char *owner, const char *message, const char *title,
                     struct session **fork, char error[256]);
/* Drops the messages after that one; NULL: all. *removed: how many; with none nothing has changed. ERR_OK, or
 * why not. */
enum err branch_rewind(struct session *session, const char *by, const char *message, uint64_t *removed,
                       char error[256]);

#endif
