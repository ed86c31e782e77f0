/* A session's state: the fold of its events. Daemon, agent and terminals run this same code, so that equal
 * events give equal state. Nothing changes a state but state_fold and state_fold_chunk.
 *
 * The struct is open to read, for views and handlers. Only state.c and reduce.c write it. */
#ifndef STOA_PROTO_STATE_H
#define STOA_PROTO_STATE_H

#include "proto/event.h"
#include "shared/buf.h"
#include "shared/id.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    STATE_TEXT_MAX = 1 << 20,        /* bytes of one block */
    STATE_BLOCKS_MAX = 256,          /* blocks of one message */
    STATE_QUEUE_MAX = 256,           /* messages that wait */
    STATE_WINDOW_MESSAGES = 400,     /* messages that daemon and agent keep in memory */
    STATE_WINDOW_BYTES = 2 << 20,    /* ... and bytes of their content */
    STATE_SNAPSHOT_BYTES = 512 << 10 /* content bytes of one wire snapshot */
};

enum run_state {
    RUN_IDLE,
    RUN_THINKING,
    RUN_STREAMING,
    RUN_AWAITING_PERMISSION,
    RUN_RUNNING_TOOLS,
    RUN_INTERRUPTING,
    RUN_COMPACTING,
    RUN_COUNT
};
const char *run_state_name(enum run_state state);
/* RUN_COUNT for an unknown name. */
enum run_state run_state_parse(const char *name);
/* Whether PROTOCOL.md allows the step. Staying is not a step. */
bool run_state_allows(enum run_state from, enum run_state to);

enum message_role { MESSAGE_ROLE_USER, MESSAGE_ROLE_ASSISTANT };
enum message_status { MESSAGE_COMPLETE, MESSAGE_STREAMING, MESSAGE_INTERRUPTED, MESSAGE_FAILED };
const char *message_status_name(enum message_status status);

struct usage { /* tokens; 0 where the model's server does not say */
    int64_t input, output, cached, reasoning;
};

struct block {
    enum block_kind kind;
    struct buf text; /* text, reasoning, opaque data, or a tool call's input as JSON text */
    char *call_id;   /* tool call */
    char *name;      /* tool call */
    char *signature; /* reasoning */
};

struct message {
    char id[ID_MAX];
    enum message_role role;
    enum message_status status;
    char *author;
    int64_t ts; /* wall milliseconds */
    struct block *blocks;
    size_t block_count;
    size_t bytes;        /* of all blocks: texts, ids, names, signatures */
    uint64_t next_index; /* the chunk index expected next, while streaming */
    struct usage usage;
    char *stop_reason;          /* NULL while streaming or when none was given */
    char *error;                /* why it failed or was interrupted; NULL if neither */
    int64_t first_ms, total_ms; /* -1 if not known */
    uint64_t version;           /* rises with every change: what a view caches its layout by */
};

struct participant {
    char id[ID_MAX];
    char *user, *kind, *terminal;
    int64_t since;
    bool typing;
};

struct state {
    char id[ID_MAX];
    char epoch[ID_MAX];
    uint64_t seq;
    enum run_state run;
    char *owner, *title, *model; /* title "" until named; model "" for none */
    char *system;                /* NULL: none */
    double temperature;          /* < 0: the provider's default */
    int64_t max_tokens;          /* < 0: the provider's default */
    int64_t created, activity;   /* wall milliseconds */
    bool archived, ended;
    char *error_kind, *error_text; /* the last error; NULL if none since the turn began */
    int64_t error_ts;
    char *retry_why; /* NULL unless a retry is being waited for */
    int64_t retry_attempt, retry_limit, retry_delay_ms;
    struct usage usage; /* totals */
    int64_t turns;
    int64_t turn_started;      /* wall ms of the last step out of idle; 0 while idle */
    uint64_t messages_total;   /* of the session; >= message_count */
    struct message **messages; /* the newest ones, oldest first */
    size_t message_count;
    size_t bytes; /* of the messages kept */
    struct message **queue;
    size_t queue_count;
    struct participant *participants;
    size_t participant_count;
    size_t window_messages, window_bytes; /* oldest messages beyond these are dropped; 0: unlimited */
};

enum fold {
    FOLD_OK,  /* the state has changed */
    FOLD_OLD, /* known already: nothing changed */
    FOLD_GAP, /* something before it is missing: nothing changed, take a new snapshot */
    FOLD_BAD  /* not an event, or not possible in this state: nothing changed */
};

/* An empty state before its session.started, without window limits. */
struct state *state_new(const char *id, const char *epoch);
void state_free(struct state **state);
/* Keeps only the newest messages from now on (see STATE_WINDOW_*). A streaming message is never dropped. */
void state_set_window(struct state *state, size_t messages, size_t bytes);

/* Folds one event, after a check of its fields unless event_parse made it. Its session must be this one; an
 * event of another epoch is a FOLD_GAP. */
enum fold state_fold(struct state *state, const struct event *event);
/* The same for a chunk; at: the seq that it follows. */
enum fold state_fold_chunk(struct state *state, uint64_t at, const struct chunk *chunk);

/* The snapshot of PROTOCOL.md as a new reference: the newest messages, at most limit of them and bytes of
 * content (always the newest one; limit 0: none). */
json_t *state_snapshot(const struct state *state, size_t limit, size_t bytes);
/* Reads a snapshot; NULL with a sentence in error if it is not one. */
struct state *state_from_snapshot(const json_t *snapshot, char error[256]);
/* For a daemon that starts: a new epoch, and no participants. */
void state_begin_epoch(struct state *state, const char *epoch);
/* Puts older messages (a history page, oldest first) before those it has. False, with nothing changed, if one
 * is malformed, streaming or there already. */
bool state_prepend(struct state *state, const json_t *messages);

/* The message of that id, or NULL. */
struct message *state_message(const struct state *state, const char *id);
/* The message that is streaming, or NULL: it is always the newest. */
struct message *state_streaming(const struct state *state);

/* One message as JSON (new reference), and back (free with message_free; NULL if malformed). */
json_t *message_to_json(const struct message *message);
struct message *message_from_json(const json_t *json);
/* A complete user message of one text block, as JSON (new reference). ts: wall milliseconds. */
json_t *message_user_json(const char *id, const char *author, int64_t ts, const char *text);
void message_free(struct message **message);
/* The text blocks, joined by a blank line; free() it. What a person would call the message's text. */
char *message_text(const struct message *message);
/* The content array of a message, as in PROTOCOL.md (new reference). */
json_t *message_content(const struct message *message);

#endif
