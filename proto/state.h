/* A session's state: the fold of its events. Daemon, agent and terminals run this same code, so that equal
 * events give equal state. Nothing changes a state but state_fold and state_fold_chunk.
 *
 * The struct is open to read, for views and handlers. Only state.c and reduce.c write it. */
#ifndef STOA_PROTO_STATE_H
#define STOA_PROTO_STATE_H

#include "proto/event.h"
#include "proto/request.h"
#include "shared/buf.h"
#include "shared/id.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    STATE_TEXT_MAX = 1 << 20,         /* bytes of one block */
    STATE_BLOCKS_MAX = 256,           /* blocks of one message */
    STATE_QUEUE_MAX = 256,            /* messages that wait */
    STATE_ATTACHMENTS_MAX = 16,       /* of one message */
    STATE_ATTACHMENT_NAME_MAX = 1024, /* bytes */
    STATE_WINDOW_MESSAGES = 400,      /* messages that daemon and agent keep in memory */
    STATE_WINDOW_BYTES = 2 << 20,     /* ... and bytes of their content */
    STATE_SNAPSHOT_BYTES = 512 << 10, /* content bytes of one wire snapshot */
    /* Content of one message, its calls' results included: a little above the most that limits.reply_size
     * allows, and so little that its JSON, of which a byte may take six, fits into one frame. */
    STATE_MESSAGE_BYTES = 1280 << 10,
    STATE_NOTE_MAX = 256,           /* bytes of a result that always fits: what is said of a call not run */
    STATE_SUMMARY_MAX = 64 << 10,   /* bytes of a compaction's summary */
    STATE_ARGUMENTS_MAX = 64 << 10, /* bytes of the arguments that a question or tool.started repeats */
    STATE_CHANGED_MAX = 8 << 10,    /* bytes of a person's arguments that a result repeats */
    STATE_QUESTIONS_MAX = 32,       /* open ones of a session */
    STATE_QUESTIONS_BYTES = 256 << 10, /* of all of them as JSON */
    STATE_ANSWERED_MAX = 64,           /* answered ones that are remembered, for those who come late */
    STATE_RULES_MAX = 256,             /* of a session */
    STATE_SERVERS_MAX = 64,
    STATE_SERVER_NAME_MAX = 32, /* bytes */
    STATE_MEMBERS_MAX = 64,     /* users that a session is shared with */
    STATE_LENT_MAX = 8,         /* servers that terminals lend to a session at the same time */
    STATE_VARIABLES_MAX = 64,
    STATE_VARIABLE_MAX = 1024 /* bytes of a value; names have 1 to 64 of A-Z a-z 0-9 _ */
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
    int64_t cost; /* in millionths of the prices' currency; 0 where no price is known */
};
json_t *usage_to_json(const struct usage *usage);
/* What is missing or no count is 0; NULL is no tokens. */
struct usage usage_from_json(const json_t *json);

/* How far a tool call has come. From DONE on it has ended, and has a result. */
enum call_state {
    CALL_NONE,    /* nothing was decided */
    CALL_ASKED,   /* a question waits */
    CALL_ALLOWED, /* a person allowed it; it has not begun */
    CALL_RUNNING,
    CALL_DONE,
    CALL_FAILED,    /* the tool says so, or it could not be reached */
    CALL_DENIED,    /* by a rule or a person */
    CALL_CANCELLED, /* interrupted */
    CALL_UNKNOWN,   /* it was under way when its agent or the daemon ended: it may have had its effect */
    CALL_STATE_COUNT
};
const char *call_state_name(enum call_state state);
enum call_state call_state_parse(const char *name); /* CALL_STATE_COUNT if unknown */

struct tool_call { /* what became of a block's call */
    enum call_state state;
    char *server, *tool;    /* server "" for the built-in ones */
    char *result;           /* what the model is told; NULL before the end */
    char *file;             /* where in the session's folder the whole result is; NULL: it is whole */
    char *by;               /* who allowed, denied or cancelled it; NULL: nobody */
    char *first;            /* who allowed it before "by" did, where two persons must; else NULL */
    char *why;              /* which rule decided; NULL if a person did */
    char *arguments;        /* what a person who allowed it put in place of the input; NULL: nothing */
    int64_t started;        /* wall ms; 0 before */
    int64_t ms;             /* how long it took; -1 if not known */
    double progress, total; /* < 0: not said. These two and text are not in snapshots */
    char *text;
};

struct block {
    enum block_kind kind;
    struct buf text; /* text, reasoning, opaque data, a tool call's input as JSON text, a file's content */
    char *call_id;   /* tool call */
    char *name;      /* tool call; an attachment's file */
    char *signature; /* reasoning */
    struct tool_call *call; /* tool call; NULL while CALL_NONE */
};

struct message {
    char id[ID_MAX];
    enum message_role role;
    enum message_status status;
    char *author;
    int64_t ts; /* wall milliseconds */
    bool steer; /* in the queue: it enters at the turn's next step */
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

struct member { /* somebody whom the owner shares the session with */
    char *user, *by;
    enum role role; /* viewer, writer or approver */
    int64_t ts;
};

struct lent { /* an MCP server that runs on a terminal's machine, as long as that terminal is there */
    char *server, *user, *terminal, *title;
    char participant[ID_MAX];
};

/* What people are asked. Only a permission survives its agent: the others are for a call that is under way.
 */
enum question_kind {
    QUESTION_PERMISSION, /* may this call run? */
    QUESTION_FORM,       /* a server wants values (elicitation) */
    QUESTION_URL,        /* a server wants a page to be opened (elicitation) */
    QUESTION_SAMPLING,   /* a server wants to use the session's model */
    QUESTION_AUTHORIZE,  /* a page must be opened so that a server may be used (OAuth) */
    QUESTION_KIND_COUNT
};
const char *question_kind_name(enum question_kind kind);

struct question {
    char id[ID_MAX]; /* "q_..." */
    enum question_kind kind;
    char message[ID_MAX]; /* of the call; "" if it is about none */
    int block;            /* -1 if about none */
    int64_t deadline;     /* wall ms; 0: none */
    json_t *json;         /* all of it, as in PROTOCOL.md */
    size_t bytes;         /* of its JSON */
};

struct answered { /* a question that was answered */
    char id[ID_MAX];
    char *decision, *cause, *by; /* by NULL: nobody */
    int64_t ts;
};

struct rule {                          /* of the session; see rule.h for what a pattern means */
    char id[ID_MAX];                   /* "u_..." */
    char *effect, *pattern, *by, *why; /* why NULL: a person wanted it */
    int64_t ts;
};

struct server_status { /* an MCP server that this session has used */
    char *name, *variant, *title, *version, *protocol;
    char *cause, *text; /* why it is not connected; NULL while it is */
    bool connected;
    bool starting; /* neither connected nor given up yet */
    bool off;      /* a person disconnected it: it is not started by itself */
    int64_t tools;
    int64_t ended; /* wall ms: when it was last told why it is not connected; 0: never, or not known */
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
    char *retry_why; /* NULL unless the turn waits: for a retry, or in line */
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
    struct member *members; /* in order of their names; the owner is none of them */
    size_t member_count;
    struct lent *lent; /* in order of their names */
    size_t lent_count;
    struct question **questions; /* that wait, in the order of asking */
    size_t question_count;
    struct answered *answered; /* the newest STATE_ANSWERED_MAX, oldest first */
    size_t answered_count;
    struct rule *rules; /* in the order of making */
    size_t rule_count;
    struct server_status *servers; /* by name */
    size_t server_count;
    json_t *variables, *variants; /* objects of strings: name to value, server to variant */
    char *summary;                /* what stands for the messages up to compacted_upto; NULL: nothing */
    char compacted_upto[ID_MAX];
    char from_session[ID_MAX]; /* "" unless it is a fork: of that session, */
    char from_message[ID_MAX]; /* with its messages up to this one ("": with none), */
    uint64_t from_messages;    /* which were so many */
    int64_t context_tokens;    /* what the model's server counted last: of request and reply; 0: not known */
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
 * event of another epoch is a FOLD_GAP. One of an unknown type (EVENT_COUNT, of a newer daemon) counts if it
 * is durable, and changes nothing else; a transient one is FOLD_OLD. After a session.rewound to a message
 * that the window lacks there is none in it, although messages_total counts some: bring them (state_prepend),
 * or take a new snapshot. */
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

/* The place of the first message that no summary stands for. */
size_t state_compact_begin(const struct state *state);
/* How many of the messages a summary that is made now is to stand for: all before the newest question, or,
 * where only the running turn is there, all before its newest step. 0: too little was said since the last. */
size_t state_compact_end(const struct state *state);

/* What the user is to the session: ROLE_OWNER, a member's role, or ROLE_NONE. */
enum role state_role(const struct state *state, const char *user);
/* The member of that name, the lent server of that name, or NULL. */
const struct member *state_member(const struct state *state, const char *user);
const struct lent *state_lent(const struct state *state, const char *server);
/* The open question of that id, or NULL; the answered one; the server's status. */
struct question *state_question(const struct state *state, const char *id);
const struct answered *state_answered(const struct state *state, const char *id);
const struct server_status *state_server(const struct state *state, const char *name);
/* Reads a question's JSON (a copy of the reference is kept); NULL if malformed. Whether one more would fit.
 */
struct question *question_from_json(json_t *json);
void question_free(struct question **question);
bool state_question_fits(const struct state *state, const struct question *question);
/* The state of the call in that block: CALL_NONE for one that nothing was decided of, CALL_STATE_COUNT if
 * there is no such call. */
enum call_state state_call(const struct state *state, const char *message, int block);
/* Whether a call has ended. */
bool call_ended(enum call_state state);
/* What the model is told before the result of a call whose arguments a person changed, with at most max bytes
 * of these; free() it. NULL if nobody did. */
char *call_note(const struct tool_call *call, size_t max);
/* The newest message if it is an assistant's that is complete and has calls which have not ended; else NULL.
 * A turn that was interrupted by a restart goes on there. */
struct message *state_open_calls(const struct state *state);

/* One message as JSON (new reference), and back (free with message_free; NULL if malformed). */
json_t *message_to_json(const struct message *message);
struct message *message_from_json(const json_t *json);
/* A complete user message of one text block, and of one block for each of attachments ([{name, text}], may be
 * NULL), as JSON (new reference). ts: wall milliseconds. */
json_t *message_user_json(const char *id, const char *author, int64_t ts, const char *text,
                          const json_t *attachments);
/* The message's attachments as [{name, text}] (new reference). */
json_t *message_attachments(const struct message *message);
void message_free(struct message **message);
/* The text blocks, joined by a blank line; free() it. What a person typed, or the model said. */
char *message_typed(const struct message *message);
/* The same, and a line for each attachment: what a person would call the message's text. free() it. */
char *message_text(const struct message *message);
/* What stands for an attachment where it is not shown: "[file NAME, 12 KiB]"; free() it. */
char *attachment_line(const char *name, size_t bytes);
/* The content array of a message, as in PROTOCOL.md (new reference). */
json_t *message_content(const struct message *message);

#endif
