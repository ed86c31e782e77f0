/* Tickets: whoever shows the secret of one gets a role in its session, and a key that nobody knew a user of
 * its own. All of them are in memory, written through to the store; only a hash of each secret is kept.
 *
 * A ticket ends when it is used up, revoked, or expired by the wall clock: it must outlive the daemon, and
 * what it says is read on another machine; so a clock that is set back prolongs it, one that is set ahead
 * ends it. Ended ones are known for TICKETS_KNOWN_MS, so that who comes late is told what has happened.
 * Whether its session and its giver's right are still there is for who redeems it to see. */
#ifndef STOA_DAEMON_PEOPLE_TICKETS_H
#define STOA_DAEMON_PEOPLE_TICKETS_H

#include "daemon/store/store.h"
#include "proto/request.h"
#include "shared/key.h"
#include <stddef.h>

enum {
    TICKETS_MAX = 4096,      /* ended ones included: the oldest of those make room */
    TICKETS_OF_SESSION = 32, /* that may still be used */
    TICKETS_OF_USER = 128,   /* ... given by one user */
    TICKETS_KNOWN_MS = 86400000
};

struct ticket {
    char id[ID_MAX], session[ID_MAX];
    char hash[KEY_TEXT_LEN + 1]; /* of its secret */
    char by[64];                 /* the giver */
    enum role role;
    int64_t expires; /* wall ms */
    int64_t uses;    /* that are left; below 0: it was revoked */
};
enum ticket_fate { TICKET_GOOD, TICKET_UNKNOWN, TICKET_EXPIRED, TICKET_USED, TICKET_REVOKED };

struct tickets;

/* Reads those that the store has. now: wall ms, here and below. */
struct tickets *tickets_open(struct store *store, int64_t now);
void tickets_close(struct tickets **tickets);

/* wish: session, by, role, expires and uses; the ticket that was made, and its secret, which is nowhere else:
 * wipe it. ERR_OK, or ERR_LIMIT with a sentence. */
enum err tickets_issue(struct tickets *tickets, const struct ticket *wish, int64_t now, struct ticket *made,
                       char secret[KEY_SECRET_LEN + 1], char error[256]);
/* The ticket of a secret, and whether it can still be used. NULL for TICKET_UNKNOWN. It lives until the next
 * one is issued. */
const struct ticket *tickets_show(const struct tickets *tickets, const char *secret, int64_t now,
                                  enum ticket_fate *fate);
/* NULL if there is none, or none any more that could be used. */
const struct ticket *tickets_find(const struct tickets *tickets, const char *id, int64_t now);
/* One use less. */
void tickets_use(struct tickets *tickets, const struct ticket *ticket);
void tickets_revoke(struct tickets *tickets, const struct ticket *ticket);
/* All that the user has given and that can still be used; returns how many these were. */
size_t tickets_revoke_by(struct tickets *tickets, const char *user, int64_t now);
/* Those that can still be used, oldest first. */
typedef void ticket_cb(void *arg, const struct ticket *ticket);
void tickets_each(const struct tickets *tickets, int64_t now, ticket_cb *each, void *arg);

#endif
