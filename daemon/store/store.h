/* The store: what must outlive the daemon, in one SQLite file. SQLite is known in store*.c alone.
 *
 * Three connections: the writer thread's, the reader thread's, and one of the main thread for small reads
 * that cannot wait. All functions belong to the main thread, and so do all callbacks; each callback that was
 * promised is called exactly once, never from inside the function that took it (but from inside store_close).
 *
 * Writes are queued and never fail for the caller. What is queued in one turn of the loop is handed to the
 * writer at the end of that turn; the writer commits whatever waits in one transaction, in order.
 * store_commit tells when everything queued before it is on disk: answer a promise only then. A kill may
 * leave the first ones of what one turn of the loop has queued; what must be whole or not at all needs
 * store_join.
 *
 * Reads see committed data only. So a session may leave memory only after a store_commit that followed its
 * last write said ERR_OK. */
#ifndef STOA_DAEMON_STORE_STORE_H
#define STOA_DAEMON_STORE_STORE_H

#include "proto/event.h"
#include "shared/err.h"
#include "shared/id.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum {
    STORE_QUEUE_BYTES = 64 << 20,  /* waiting writes beyond which store_queue_full is true */
    STORE_RETRY_MS = 1000,         /* between attempts while commits fail */
    STORE_REPLY_DAYS = 7,          /* how long the answers to requests are kept */
    STORE_READS_MAX = 256,         /* reads waiting for the reader thread */
    STORE_READ_MS = 3000,          /* a read that takes longer is ended with ERR_TIMEOUT */
    STORE_HISTORY_BYTES = 1 << 20, /* of JSON in one page of history; a single message may be larger */
    STORE_SEARCH_TERMS = 32,       /* words of a search; the others are left out */
    STORE_SEARCH_RANKED = 1000     /* matches among which the best are found, at most */
};

struct store;

struct store_callbacks {
    /* Commits began to fail, or the reason changed (failing, why is a sentence without full stop), or all
     * that had waited is on disk again (!failing, why is NULL). May be NULL. */
    void (*health)(void *arg, bool failing, const char *why);
};

/* Opens or makes (mode 0600) the store, brings its schema up to date and starts both threads. NULL on
 * failure, with a sentence in error and one of these in *code:
 *
 *     ERR_VERSION   it was written by a newer stoad; nothing was touched
 *     ERR_CONFLICT  another process has it open for writing (it holds PATH.lock)
 *     ERR_STORE     it is damaged, not a stoa store, or not usable (no folder, no right, disk full)
 *
 * callbacks and arg must live until store_close. */
struct store *store_open(uv_loop_t *loop, const char *path, const struct store_callbacks *callbacks,
                         void *arg, char error[256], enum err *code);
/* Commits what waits (while commits fail: tries once more), ends reads that wait with ERR_SHUTTING_DOWN,
 * calls the callbacks that are due, checkpoints, joins the threads. Blocks meanwhile. Memory is freed when
 * the loop has closed its handles, so run the loop once more. Sets *store to NULL; accepts NULL. True if
 * everything queued is on disk. */
bool store_close(struct store **store);

/* --- writes --- */

/* Why commits fail at present, or NULL while all is well. While not NULL, refuse new promises with ERR_STORE.
 * What was queued stays queued and is tried again each second. */
const char *store_failing(const struct store *store);
/* True when so much waits that nothing new may be begun. The store drops no event even then: only what is
 * running may still end. Partials and snapshots are left out while the store fails or is full. */
bool store_queue_full(const struct store *store);

/* A number for a new session: from 1, rising, never used again even after its session was deleted; below
 * 2^31. */
uint32_t store_next_session_key(struct store *store);

/* From here to the end of this turn of the loop all that is queued is committed as one, or not at all. */
void store_join(struct store *store);

/* One durable event. json: what store_load_events will give back, seq from 1, below 2^32. An event that the
 * store has already, by session and seq, is left as it is. */
void store_append_event(struct store *store, uint32_t session, uint64_t seq, int64_t ts, enum event_type type,
                        const char *json, size_t len);

struct store_session { /* a row of the list of sessions */
    uint32_t key;
    const char *sid, *owner, *title, *run, *model; /* run: a run_state_name */
    int64_t created, activity;                     /* wall milliseconds */
    uint64_t messages, seq;
    bool archived, ended;
    bool failed;          /* its last turn ended with an error */
    int64_t bytes, files; /* see store_owner: in the store (below 0: not counted yet), in its folder */
};
/* Makes or replaces the row. */
void store_put_session(struct store *store, const struct store_session *row);

struct store_message {
    uint32_t session;
    uint32_t ordinal; /* position in the session, from 0 */
    const char *id;
    const char *role, *status;
    int64_t ts;
    const char *json; /* the message as PROTOCOL.md has it */
    size_t json_len;
    const char *text; /* what search finds; "" for nothing */
    size_t text_len;
};
/* Makes or replaces the message at that ordinal, for history and search. */
void store_put_message(struct store *store, const struct store_message *message);

/* Drops those at that ordinal and after it, from history and search. */
void store_drop_messages(struct store *store, uint32_t session, uint64_t ordinal);
/* So many messages of one session, from that ordinal on, become those of a new one, for history and search.
 * Files of results stay with the old one: the copies name none. Until the new one has a row or an event they
 * are removed whenever the store is opened. */
void store_copy_messages(struct store *store, uint32_t from, uint32_t to, uint64_t ordinal, uint64_t count);

/* The snapshot up to seq; only the newest of a session is kept. The events stay. */
void store_put_snapshot(struct store *store, uint32_t session, uint64_t seq, const char *json, size_t len);
/* What has come so far of the message that is streaming; one a session, a new one replaces the old one. */
void store_put_partial(struct store *store, uint32_t session, const char *message, const char *json,
                       size_t len);
void store_clear_partial(struct store *store, uint32_t session);
/* The answer to a changing request, so that a repeated one gets it again. The first answer stays. */
void store_put_reply(struct store *store, const char *user, const char *request, const char *reply,
                     size_t len);
void store_delete_reply(struct store *store, const char *user, const char *request);
/* Everything of a session: row, events, messages, search, snapshot, partial. Queue nothing more for it. */
void store_delete_session(struct store *store, uint32_t session);

struct store_rule { /* a user's own, about tool calls */
    const char *id, *user, *effect, *pattern;
    int64_t ts;
};
void store_put_rule(struct store *store, const struct store_rule *rule);
void store_delete_rule(struct store *store, const char *id);

/* ERR_OK: everything queued before the store_commit call is on disk. ERR_STORE: it is not yet; it stays
 * queued. ERR_INTERNAL: the store refused some of it for good (a defect, logged). */
typedef void store_commit_cb(void *arg, enum err code);
void store_commit(struct store *store, store_commit_cb *cb, void *arg);
/* In cb: how long the writes of that commit took, without the wait for the disk, which is the same for few
 * and for many. */
int64_t store_write_ms(const struct store *store);

/* Writes have tickets: the one of what was queued last, and the one up to which all are on disk and seen by
 * every read that begins now. 0 is before the first. */
uint64_t store_ticket(const struct store *store);
uint64_t store_committed(const struct store *store);
/* The one of the last write to the messages, which is what searches look at. */
uint64_t store_ticket_of_messages(const struct store *store);

/* --- small reads, at once, on the main thread --- */

struct store_record { /* what is needed to bring a session to memory */
    uint32_t key;
    uint64_t seq; /* of the row: the last event that was there when it was written */
    bool archived, ended;
    int64_t bytes, files; /* as in its row */
    char *owner;
    char *snapshot; /* JSON text, or NULL if there is none yet */
    size_t snapshot_len;
    uint64_t snapshot_seq;        /* 0 without snapshot */
    char partial_message[ID_MAX]; /* "" without partial */
    char *partial;                /* JSON text as given to store_put_partial, or NULL */
    size_t partial_len;
};
/* ERR_OK, ERR_NOT_FOUND, or ERR_STORE with a sentence in error. Clear the record after ERR_OK. */
enum err store_load(struct store *store, const char *sid, struct store_record *record, char error[256]);
void store_record_clear(struct store_record *record);

/* False ends the reading. json lives during the call; type is EVENT_COUNT for a name that this program does
 * not know. */
typedef bool store_event_cb(void *arg, uint64_t seq, int64_t ts, enum event_type type, const char *json,
                            size_t len);
/* Gives the events with seq > after, in order. ERR_OK (even when ended by the callback) or ERR_STORE with a
 * sentence. It may queue writes, but not read. */
enum err store_load_events(struct store *store, uint32_t session, uint64_t after, store_event_cb *each,
                           void *arg, char error[256]);

/* The ordinal of a session's message. ERR_OK, ERR_NOT_FOUND, or ERR_STORE, with a sentence. */
enum err store_place(struct store *store, uint32_t session, const char *message, uint64_t *ordinal,
                     char error[256]);
/* The messages right before that ordinal, oldest first, as a new reference: at most limit, and about bytes of
 * JSON. Fewer, but without a hole, where some can't be read. NULL with a sentence. */
json_t *store_messages(struct store *store, uint32_t session, uint64_t before, size_t limit, size_t bytes,
                       char error[256]);

/* Whether there is a session of that id; true also when the store can't tell. */
bool store_has(struct store *store, const char *sid);

/* The stored answer to that request (free() it), or NULL. */
char *store_reply(struct store *store, const char *user, const char *request);

/* Sessions that were not idle when their row was written: to be set right at start. */
typedef void store_unfinished_cb(void *arg, const char *sid, uint32_t key);
enum err store_unfinished(struct store *store, store_unfinished_cb *each, void *arg);

struct store_quiet { /* a session that is not archived, and since when nothing has happened in it */
    char owner[257];
    int64_t activity; /* wall milliseconds */
    uint32_t key;
    char sid[ID_MAX];
};
/* From one such session to the next, in the order of owner and activity, the longest quiet first; all zero
 * is before the first. An activity of INT64_MAX is after the last one of that owner. False when there are no
 * more, or the store can't tell (logged). */
bool store_next_quiet(struct store *store, struct store_quiet *at);
/* How many sessions are not archived. */
size_t store_count_open(struct store *store);

/* All rules of all users, oldest first; row lives during the call. ERR_OK or ERR_STORE (logged). */
typedef void store_rules_cb(void *arg, const struct store_rule *row);
enum err store_rules(struct store *store, store_rules_cb *each, void *arg);

struct store_counts {
    uint64_t sessions, archived, messages;
    uint64_t bytes; /* of the file and its write-ahead log */
};
void store_counts(struct store *store, struct store_counts *counts);

/* --- reads in the reader thread --- */

/* result is borrowed for the call, and NULL unless code is ERR_OK; then error is NULL, else a sentence. */
typedef void store_read_cb(void *arg, enum err code, const char *error, json_t *result);

/* Each returns ERR_OK and calls back later, or ERR_BUSY (too many reads wait) without ever calling. */

struct store_asker { /* who reads */
    const char *user;
    const char *only; /* the id of the one session that they may know of; "" for any */
};
/* A cursor is the place of the last session that was seen in the order of activity and key. Reading one:
 * false if it is none; NULL is before the first. */
enum { STORE_CURSOR_MAX = 48 };
bool store_cursor_read(const char *text, int64_t *activity, int64_t *key);
void store_cursor_write(char text[STORE_CURSOR_MAX], int64_t activity, int64_t key);
/* {"sessions":[{id,title,state,model,created,activity,messages,archived,error?,owner,role}...],"keys":[...],
 * "next":cursor?}: those of owner which are archived (or which are not), the newest activity first, and the
 * key of each. before: a cursor, or NULL; a string that is no cursor is ERR_BAD_REQUEST. */
enum err store_list(struct store *store, const char *owner, bool archived, int limit, const char *before,
                    store_read_cb *cb, void *arg);
/* The same with those that are shared with the user. */
enum err store_list_for(struct store *store, const struct store_asker *asker, bool archived, int limit,
                        const char *before, store_read_cb *cb, void *arg);
struct store_page {
    const char *message; /* the page ends right before it, or begins right after it; NULL: with the range */
    bool after;
    uint64_t first, end; /* the range: ordinals from first on, before end; others are not there */
    int limit;
};
enum { STORE_ORDINALS = INT32_MAX }; /* the end of a range that has all messages of a session */
/* {"messages":[...],"places":[...],"bytes":n,"more":bool}, oldest first, the ordinal of each, and how long
 * they are as JSON: at most STORE_HISTORY_BYTES, but always one message if there is one. more: there are
 * others in the range further in that direction. ERR_NOT_FOUND if the range has no message of that id. */
enum err store_history(struct store *store, uint32_t session, const struct store_page *page,
                       store_read_cb *cb, void *arg);
/* {"hits":[{session,title,message,role,ts,snippet,owner}...]}: messages in own sessions, and in those that
 * are shared with the user, that contain every word of text (as the beginning of a word), the best first: of
 * more than STORE_SEARCH_RANKED those in the sessions that were begun last are looked at. Nothing in text is
 * an operator. */
enum err store_search(struct store *store, const struct store_asker *asker, const char *text, int limit,
                      store_read_cb *cb, void *arg);

/* --- care --- */

/* Something was used that takes memory: when nothing is for a while, what is free of it is given back to the
 * system, with the pages of the store's connections. Reads and commits count by themselves. */
void store_used(struct store *store);

struct store_stats {
    uint64_t queued, queued_bytes; /* writes that are not on disk */
    uint64_t commits, failed;      /* transactions since the start */
    uint64_t refused;              /* writes dropped as defects */
    uint64_t reads;                /* done by the reader thread */
};
void store_stats(const struct store *store, struct store_stats *stats);

#endif
