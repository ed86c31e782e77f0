/* One session in the daemon's memory: its folded state, who follows it, what of it is stored.
 *
 * session_emit is the only way by which a session changes: it numbers, folds, stores and publishes one event.
 */
#ifndef STOA_DAEMON_SESSION_H
#define STOA_DAEMON_SESSION_H

#include "daemon/store.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum {
    SESSION_CHECKPOINT_MS = 750,
    /* Messages that wait. With what else is in a snapshot, and each byte six in JSON, it fits into a reply,
     * and with the whole window into the frame that an agent starts from. */
    SESSION_QUEUE_BYTES = 512 << 10
};

struct server;
struct agent;
struct subscription;

/* A deleted session stays in memory until it is off the disk (else it could be loaded once more) and nobody
 * reads of it. UNERASED: the store said that it can't commit; it will be erased when it can. */
enum session_end { SESSION_LIVES, SESSION_DELETED, SESSION_UNERASED, SESSION_ERASED };

struct session { /* open to read; session.c, clients.c (followers) and supervisor.c (agent) write their parts
                  */
    struct server *server;
    uint32_t key;
    struct state *state;
    uint64_t snapshot_seq; /* of the snapshot in the store */
    struct subscription **followers;
    size_t follower_count, follower_cap;
    struct agent *agent;    /* NULL while hibernated */
    unsigned crashes;       /* in a row */
    int64_t not_before;     /* steady ms: no agent is started before (back-off); 0: any time */
    uv_timer_t *checkpoint; /* NULL unless a reply is streaming */
    bool leaving;           /* an eviction waits for its commit */
    enum session_end end;
    unsigned holds; /* requests in progress that need it in memory */
};

/* A new one, not yet started; the registry's. */
struct session *session_new(struct server *server, uint32_t key, struct state *state, uint64_t snapshot_seq);
/* Frees it; it must have no agent and no followers. */
void session_free(struct session **session);

/* One event: takes the reference to data. False if it can't be (logged; nothing has changed). */
bool session_emit(struct session *session, enum event_type type, json_t *data);
/* A chunk of the message that streams, from its agent. False if it does not fit (the agent's fault). */
bool session_chunk(struct session *session, const struct chunk *chunk);
/* state.changed, with by (or NULL) and reason (or NULL). False if the step is not allowed (logged). */
bool session_step(struct session *session, enum run_state to, const char *by, const char *reason);
/* error.occurred */
void session_error(struct session *session, const char *kind, const char *text);
/* Ends the message that streams, if one does, as it has come so far. */
void session_cut(struct session *session, enum message_status status, const char *why);

/* Takes a user's message: begins a turn with it, or queues it. message: the new id. ERR_OK, or why not. */
enum err session_send(struct session *session, const char *user, const char *text, bool steer,
                      char message[ID_MAX], bool *queued, char error[256]);
/* Begins a turn with the first queued message if the session is idle and has one. */
void session_next(struct session *session);
/* Interrupts the turn; false if none runs. */
bool session_interrupt(struct session *session, const char *by);

/* Writes a snapshot to the store if there are newer events than its last. */
void session_store_snapshot(struct session *session);

#endif
