/* One followed session as the client has it: the state, and what must be asked for to make it true again. A
 * pure state machine for "Following a session" of PROTOCOL.md: it opens no socket and knows no clock.
 *
 * Whoever drives it sends what replica_need names, tells replica_asked, and hands in what arrives, in the
 * order in which it arrived. After replica_snapshot it takes the kept events with replica_next until there is
 * none. */
#ifndef STOA_TUI_REPLICA_H
#define STOA_TUI_REPLICA_H

#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REPLICA_KEPT_MAX = 10000,        /* events kept while a snapshot is on its way; */
    REPLICA_KEPT_BYTES = 8 << 20,    /* beyond either the oldest are dropped, which shows as a gap */
    REPLICA_REFILL_MESSAGES = 50,    /* a rewind that leaves fewer, and not all, brings a new snapshot */
    REPLICA_WINDOW_MESSAGES = 10000, /* oldest messages beyond these leave the state */
    REPLICA_WINDOW_BYTES = 64 << 20
};

enum replica_need {
    REPLICA_NEED_NOTHING,   /* live, or an answer is awaited */
    REPLICA_NEED_SUBSCRIBE, /* send session.subscribe */
    REPLICA_NEED_SNAPSHOT   /* send session.snapshot */
};

enum replica_take {
    REPLICA_FOLDED, /* handled: *fold says what came of it */
    REPLICA_KEPT    /* kept for after the snapshot: replica_next gives it back */
};

struct replica_event { /* a kept event, folded now; lives until the next replica_next */
    const struct event *event;
    const char *raw;
    size_t len;
    enum fold fold;
};

struct replica;

/* session: full id. It needs to be subscribed first. */
struct replica *replica_new(const char *session);
void replica_free(struct replica **replica);

enum replica_need replica_need(const struct replica *replica);
/* What was needed has been sent. */
void replica_asked(struct replica *replica);
/* It was refused in a way that may pass, or cannot be answered any more: it is needed again. */
void replica_refused(struct replica *replica);
/* The connection was lost: the subscription is gone, and what was kept is void. The state stays for reading.
 */
void replica_disconnected(struct replica *replica);
/* The subscription was acknowledged. */
void replica_subscribed(struct replica *replica);
/* A snapshot arrived: the state is as it says. False with a sentence in error if it is malformed (it is
 * needed again). */
bool replica_snapshot(struct replica *replica, const json_t *snapshot, char error[256]);
/* The oldest kept event, folded. False when there is none, or a new snapshot is needed before it can be
 * folded. */
bool replica_next(struct replica *replica, struct replica_event *next);
/* An event of this session; raw is its text. Takes a reference where it keeps it. */
enum replica_take replica_event(struct replica *replica, const struct event *event, const char *raw,
                                size_t len, enum fold *fold);
/* The daemon's notice: this client was behind. */
void replica_resync(struct replica *replica);
/* The head of the session as a ping's answer said. One that stays ahead while no event arrives is a loss. */
void replica_head(struct replica *replica, uint64_t seq);

/* NULL before the first snapshot. Replaced by each snapshot. */
struct state *replica_state(const struct replica *replica);
/* Makes a page of older messages whole: what is no message, damaged where it is stored, becomes one that says
 * so, in its place. */
void replica_mend_page(json_t *messages);
/* True while the state is held true by events: no snapshot is needed or awaited. */
bool replica_live(const struct replica *replica);
/* A head was ahead: the next ping should not wait for long. */
bool replica_suspicious(const struct replica *replica);

#endif
