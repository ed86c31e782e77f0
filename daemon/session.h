/* One session in the daemon's memory: its folded state, who follows it, what of it is stored.
 *
 * session_emit is the only way by which a session changes: it numbers, folds, stores and publishes one event.
 */
#ifndef STOA_DAEMON_SESSION_H
#define STOA_DAEMON_SESSION_H

#include "daemon/store/store.h"
#include "proto/link.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum {
    SESSION_CHECKPOINT_MS = 750,
    SESSION_RESUMES_MAX = 3, /* crashes in a row after which an allowed call is not tried again by itself */
    SESSION_COMPACT_MIN = 4, /* messages that there must be, since the last time, to compact a session */
    /* Messages that wait, as JSON. With what else is in a snapshot, each byte of which may be six in JSON, it
     * fits into a reply, and with the whole window into the frame that an agent starts from. */
    SESSION_QUEUE_BYTES = 3 << 20
};

struct server;
struct agent;
struct subscription;

/* A deleted session stays in memory until it is off the disk (else it could be loaded once more) and nobody
 * reads of it. UNERASED: the store said that it can't commit; it will be erased when it can. */
enum session_end { SESSION_LIVES, SESSION_DELETED, SESSION_UNERASED, SESSION_ERASED };

struct written { /* what of a session may not be on disk yet: store_ticket after it was queued; 0 for never */
    uint64_t row;                   /* what lists tell of it */
    uint64_t messages;              /* the last change of messages, */
    uint64_t from;                  /* ... of which the first has this ordinal */
    struct session *before, *after; /* by the ticket of the row; the registry's */
};

struct session { /* open to read; session.c, clients.c (followers) and supervisor.c (agent) write their parts
                  */
    struct server *server;
    uint32_t key;
    struct state *state;
    uint64_t snapshot_seq; /* of the snapshot in the store */
    int64_t bytes, files;  /* people/stored.c's: in the store (below 0: not counted yet), in its folder */
    struct measured {      /* people/counting.c's: when its folder is looked at, steady ms */
        int64_t next, every;
        bool grows; /* it has an agent, or had one since the last look */
    } measured;
    struct subscription **followers;
    size_t follower_count, follower_cap;
    struct agent *agent;    /* NULL while hibernated */
    unsigned crashes;       /* in a row */
    int64_t not_before;     /* steady ms: no agent is started before (back-off); 0: any time */
    uv_timer_t *checkpoint; /* NULL unless a reply is streaming */
    bool unanswered;        /* the turn ends while its model is yet to answer: what it was asked counts */
    bool leaving;           /* an eviction waits for its commit */
    enum session_end end;
    unsigned forking;      /* forks of it that are being written: its messages stay as they are */
    unsigned holds;        /* requests in progress that need it in memory */
    char compacts_for[64]; /* who asked for the compaction that runs; "" if nobody did */
    struct written written;
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
/* The turn is about to end before its time, and its agent may have asked a model: if nothing has come of the
 * answer, what was asked is counted at the turn's end. */
void session_left_unanswered(struct session *session);
/* Ends the message that streams, if one does, as it has come so far. */
void session_cut(struct session *session, enum message_status status, const char *why);

/* Takes a user's message: begins a turn with it, or queues it. attachments: [{name, text}], or NULL. message:
 * the new id. ERR_OK, or why not. */
enum err session_send(struct session *session, const char *user, const char *text, const json_t *attachments,
                      bool steer, char message[ID_MAX], bool *queued, char error[256]);
/* Changes the text of a message that waits; its attachments stay. ERR_OK, or why not. */
enum err session_edit_queued(struct session *session, const char *by, const char *id, const char *text,
                             char error[256]);
/* Begins a turn with the first queued message if the session is idle and has one. */
void session_next(struct session *session);
enum { SESSION_TITLE_BYTES = 200 };
/* A title as it is kept: one line, clean, without white space at its ends; "" stays "" (free()). NULL with a
 * sentence if there is something, but nothing to be seen. */
char *session_title(const char *text, char error[256]);
/* Interrupts the turn; false if none runs. by: who is said to have done it, or NULL. */
bool session_interrupt(struct session *session, enum link_interrupt why, const char *by);
/* Begins a compaction. ERR_OK, or why not. */
enum err session_compact(struct session *session, const char *by, char error[256]);
/* A rule of the session's, in the place of others of the same pattern. The pattern was checked. why: or NULL.
 * id receives its id. ERR_OK, ERR_CONFLICT if it is in the way of another's rule and not the owner's, or
 * ERR_LIMIT, with a sentence. */
enum err session_add_rule(struct session *session, const char *effect, const char *pattern, const char *by,
                          const char *why, char id[ID_MAX], char error[256]);
/* False if it has none of that id. */
bool session_remove_rule(struct session *session, const char *id, const char *by);
/* The turn's next step begins: messages that steer enter. */
void session_steer(struct session *session);

/* --- ends (session_end.c) --- */

/* Whether an agent has something to do: a turn or compaction that has begun, or calls that may go on. Then
 * supervisor_turn is due if no turn runs. */
bool session_turn_due(const struct session *session);
/* Has the turn go on if it waits for an agent. */
void session_go_on(struct session *session);
/* Sets right what an agent left that ended without saying so, or a daemon that did: the reply is cut, running
 * calls are of unknown outcome, questions but permissions are cancelled, servers not connected. A turn that
 * waits for a permission goes on waiting; any other ends, with an error of that kind and text. resume: calls
 * that were allowed may be tried anew (else they are cancelled), and a turn whose calls were all declined
 * goes on; true if session_go_on should be called. */
bool session_recover(struct session *session, const char *kind, const char *text, bool resume);
/* Of that only what an agent leaves which nothing ran in: MCP servers that it had, or was starting. */
void session_disconnect_servers(struct session *session);
/* Ends a turn that no agent runs: its questions and calls are cancelled, the state is idle. */
void session_end_turn(struct session *session, const char *by, const char *reason);
/* Deletes it, at once and for good; those who follow it are told why. */
void session_delete(struct session *session, const char *reason);
/* Before the state becomes idle: what is still open of the turn's calls and their questions is cancelled. */
void session_close_calls(struct session *session, const char *why);
/* tool.ended. result is cut if the message has no room for it. by: or NULL. */
void session_end_call(struct session *session, const char *message, int block, enum call_state to,
                      const char *result, const char *by);
/* question.answered, of one that is open; takes nothing. by, scope, reason, content: or NULL. False if it
 * can't be. */
bool session_answer(struct session *session, const char *question, const char *decision, const char *cause,
                    const char *scope, const char *by, const char *reason, json_t *content);

/* --- what is stored (session_store.c) --- */

/* Its row, with what lists tell of it. */
void session_store_row(struct session *session);
/* Writes a snapshot to the store if there are newer events than its last. */
void session_store_snapshot(struct session *session);
/* Puts older messages, which no event brings, before those that it has, and writes a snapshot with them: in
 * the commit of the events that made room for them. False, with nothing changed, if they do not fit. */
bool session_refill(struct session *session, const json_t *older);

#endif
