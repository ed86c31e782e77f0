/* What lets somebody else into a session, from another machine: a ticket, and the link that carries it. */
#ifndef STOA_DAEMON_PEOPLE_INVITE_H
#define STOA_DAEMON_PEOPLE_INVITE_H

#include "daemon/people/auth.h"
#include "daemon/people/tickets.h"
#include "daemon/session.h"
#include "proto/join.h"

struct invite {
    struct session *session;
    const struct principal *by; /* its owner */
    enum role role;
    int64_t ttl_ms, uses;
    /* what invite_make fills in; wipe it */
    struct ticket ticket;
    char secret[KEY_SECRET_LEN + 1];
    char link[JOIN_LINK_MAX];
};

/* Makes the ticket; the audit is told. ERR_OK, ERR_CONFIG with a sentence that says what to set if no other
 * machine can reach this daemon, or ERR_LIMIT. */
enum err invite_make(struct invite *invite, char error[256]);
/* The daemon's open key; false if it has none yet. */
bool invite_key(const struct server *server, unsigned char key[KEY_BYTES]);
void invite_wipe(struct invite *invite);
/* The user was disabled or removed, or a key of theirs revoked, perhaps since it was stolen: whoever had it
 * may have made tickets and codes, and none of these lets anybody in any more. */
void invite_end_user(struct server *server, const char *user);
/* Where other machines reach this daemon; false with a sentence that says what to set. */
bool invite_address(const struct server *server, struct join_address *address, char error[256]);

#endif
