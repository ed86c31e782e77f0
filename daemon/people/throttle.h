/* How often may be asked: on each connection (limits.connection_requests), and by each user on all of theirs
 * (quota.requests, else THROTTLE_CONNECTIONS connections' worth). Pings and hellos have a bucket of their own
 * on each connection, so that nobody seems dead who is only told to wait. Who goes on far beyond that is cut,
 * and begins anew with next to nothing.
 *
 * What changes rights has a small bucket besides (limits.rights_changes): the audit keeps a record of each,
 * so that whoever may do it without end could have the records of others dropped. */
#ifndef STOA_DAEMON_PEOPLE_THROTTLE_H
#define STOA_DAEMON_PEOPLE_THROTTLE_H

#include "proto/request.h"
#include "shared/bucket.h"
#include <stddef.h>

enum {
    THROTTLE_BURST_MS = 5000, /* as many as come in that time may come at once */
    THROTTLE_CONNECTIONS = 5,
    THROTTLE_BYTES = 16384,      /* of a request: each so many count as one more */
    THROTTLE_RIGHTS = 5,         /* answers that count as one change of rights */
    THROTTLE_SEARCH = 20,        /* a search counts as so many: the daemon works on it for that long */
    THROTTLE_EXCESS = 4,         /* times the rate: refusals beyond that ... */
    THROTTLE_EXCESS_MS = 5000,   /* ... for so long, and the connection is cut */
    THROTTLE_PENALTY_MS = 10000, /* after that, new connections of the user begin ... */
    THROTTLE_PENALTY_LEFT = 10,  /* ... with so many */
    THROTTLE_WAIT_MAX_MS = 60000 /* is told at most */
};

struct server;
struct throttle;

struct throttled { /* a connection's part; zeroed at first */
    struct bucket requests, pings;
    bool begun;
    bool over; /* the last request was refused */
};

enum throttle_verdict { THROTTLE_PASS, THROTTLE_WAIT, THROTTLE_CUT };

struct throttle *throttle_open(struct server *server);
void throttle_close(struct throttle **throttle);
/* A request of so many bytes has come. user: "" for strangers, who are as one. WAIT: not now; *retry_ms says
 * when, and error which limit it is. CUT: the same, and the connection is to be ended. */
enum throttle_verdict throttle_ask(struct throttle *throttle, struct throttled *connection, const char *user,
                                   enum method method, size_t bytes, int64_t now_us, int *retry_ms,
                                   char error[256]);
/* The user, who is no admin, is about to have that done. False if it changes rights and they have done so too
 * often: *retry_ms says when they may again. */
bool throttle_rights(struct throttle *throttle, const char *user, enum method method, int64_t now_us,
                     int *retry_ms, char error[256]);

#endif
