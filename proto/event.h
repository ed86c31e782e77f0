/* The events: one row a type. What is in this table is what daemon, agent and terminals fold. */
#ifndef STOA_PROTO_EVENT_H
#define STOA_PROTO_EVENT_H

#include "proto/schema.h"
#include "shared/buf.h"
#include "shared/id.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_type { /* in the order of the names */
                  EVENT_BUDGET_REACHED,
                  EVENT_ERROR_OCCURRED,
                  EVENT_MCP_CONNECTED,
                  EVENT_MCP_DISCONNECTED,
                  EVENT_MCP_LOG,
                  EVENT_MCP_STARTING,
                  EVENT_MESSAGE_ADDED,
                  EVENT_PARTICIPANT_JOINED,
                  EVENT_PARTICIPANT_LEFT,
                  EVENT_PARTICIPANT_TYPING,
                  EVENT_QUESTION_ANSWERED,
                  EVENT_QUESTION_APPROVED,
                  EVENT_QUESTION_ASKED,
                  EVENT_QUEUE_CHANGED,
                  EVENT_RULE_ADDED,
                  EVENT_RULE_REMOVED,
                  EVENT_SESSION_COMPACTED,
                  EVENT_SESSION_ENDED,
                  EVENT_SESSION_REWOUND,
                  EVENT_SESSION_SHARED,
                  EVENT_SESSION_STARTED,
                  EVENT_SESSION_UNSHARED,
                  EVENT_SESSION_UPDATED,
                  EVENT_STATE_CHANGED,
                  EVENT_STREAM_CHUNK,
                  EVENT_STREAM_COMPLETED,
                  EVENT_TOOL_ENDED,
                  EVENT_TOOL_PROGRESS,
                  EVENT_TOOL_STARTED,
                  EVENT_TOOLS_LENT,
                  EVENT_TOOLS_RETURNED,
                  EVENT_TURN_RETRYING,
                  EVENT_COUNT
};

struct event {
    enum event_type type;
    const char *session; /* these live as long as json, or are the maker's */
    const char *epoch;
    uint64_t seq; /* durable: its number; transient: the one that it follows */
    int64_t ts;   /* wall milliseconds */
    json_t *data; /* borrowed from json, or the maker's */
    json_t *json; /* owned by an event that event_parse filled; else NULL */
};

struct state;

struct event_row {
    const char *name;
    bool durable;
    bool listed;    /* brought by a subscription to "mine" */
    bool agent_may; /* an agent may report it; mcp.*, tool.* and question.* also when no turn runs */
    const struct field *fields;
    /* Changes the state by the event; false, with nothing changed, if it can't be (see reduce.c). */
    bool (*reduce)(struct state *state, const struct event *event);
};
/* Never NULL for type < EVENT_COUNT. */
const struct event_row *event_row(enum event_type type);
/* EVENT_COUNT for an unknown name. */
enum event_type event_type_parse(const char *name);
/* Whether it is activity of its session; a title by the model is not. */
bool event_is_activity(const struct event *event);

/* What a chunk is a piece of, and what a content block is. */
enum block_kind {
    BLOCK_TEXT,
    BLOCK_REASONING,
    BLOCK_REDACTED,
    BLOCK_TOOL_CALL,
    BLOCK_ATTACHMENT,
    BLOCK_KIND_COUNT
};
enum chunk_kind { CHUNK_TEXT, CHUNK_REASONING, CHUNK_TOOL_CALL, CHUNK_TOOL_INPUT, CHUNK_KIND_COUNT };
const char *block_kind_name(enum block_kind kind);
enum block_kind block_kind_parse(const char *name); /* BLOCK_KIND_COUNT if unknown */
const char *chunk_kind_name(enum chunk_kind kind);
enum chunk_kind chunk_kind_parse(const char *name); /* CHUNK_KIND_COUNT if unknown */

enum { CHUNK_COUNT_MAX = 1 << 30 }; /* of count; index may be up to INT64_MAX - CHUNK_COUNT_MAX */

struct chunk {
    const char *message; /* id */
    uint64_t index;
    uint32_t count; /* >= 1 */
    uint32_t block;
    enum chunk_kind kind;
    const char *delta; /* valid UTF-8, not NUL-terminated */
    size_t delta_len;
};

/* Appends the event as JSON text (one frame). False when out is full. */
bool event_encode(const struct event *event, struct buf *out);
/* The same for a chunk, by hand: this is the hot path. */
bool event_encode_chunk(const char *session, const char *epoch, uint64_t at, int64_t ts,
                        const struct chunk *chunk, struct buf *out);
/* Reads an event object that was parsed already; takes a reference to json. Returns EVENT_COUNT as type for a
 * type that is not known, and as seq its number, or 0 for a transient one (state_fold steps over it). False
 * with a sentence in error if it is malformed. */
bool event_parse(json_t *json, struct event *event, char error[256]);
void event_clear(struct event *event);
/* The chunk inside a stream.chunk event whose fields were checked; its pointers live as long as the event.
 * False if its message is no id. */
bool event_chunk(const struct event *event, struct chunk *chunk);

#endif
