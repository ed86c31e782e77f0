/* Forking a session, and going back in it: what of its messages stays, and where it is kept. Both are done
 * when they return, and on disk as one with all else that this turn of the loop changes. */
#ifndef STOA_DAEMON_BRANCH_H
#define STOA_DAEMON_BRANCH_H

#include "daemon/session.h"
#include "shared/err.h"
#include <stdint.h>

struct branch {
    const char *owner, *title; /* title "": the session's, with "(fork)", if it has one */
    uint64_t count;            /* messages */
    uint32_t key;              /* of the new session in the store, where they are already; 0 for none */
    int64_t bytes;             /* that these take there */
};
/* How many messages a fork would have, up to that one; NULL: up to the newest that is whole. ERR_OK, or why
 * there can be none. */
enum err branch_count(const struct session *session, const char *owner, const char *message, uint64_t *count,
                      char error[256]);
/* A new session with the first messages of that one. ERR_OK, or why not. */
enum err branch_fork(struct session *session, const struct branch *branch, struct session **fork,
                     char error[256]);
/* Drops the messages after that one; NULL: all. *removed: how many; with none nothing has changed. ERR_OK, or
 * why not. */
enum err branch_rewind(struct session *session, const char *by, const char *message, uint64_t *removed,
                       char error[256]);

#endif
