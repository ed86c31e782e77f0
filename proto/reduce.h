/* The reducers of the event table: what each event does to a state. Called through state_fold, which has
 * checked the event's order and its fields; a reducer checks what depends on the state, and returns false
 * with nothing changed. */
#ifndef STOA_PROTO_REDUCE_H
#define STOA_PROTO_REDUCE_H

#include "proto/state.h"

typedef bool reducer(struct state *state, const struct event *event);

reducer reduce_error, reduce_message_added, reduce_joined, reduce_left, reduce_typing, reduce_queue,
    reduce_ended, reduce_started, reduce_updated, reduce_state, reduce_chunk, reduce_completed,
    reduce_retrying, reduce_connected, reduce_starting, reduce_disconnected, reduce_nothing, reduce_answered,
    reduce_asked, reduce_rule_added, reduce_rule_removed, reduce_compacted, reduce_rewound,
    reduce_tool_started, reduce_tool_progress, reduce_tool_ended, reduce_approved, reduce_shared,
    reduce_unshared, reduce_lent, reduce_returned;

/* For state.c: how chunks change a message. FOLD_OLD and FOLD_GAP go by the chunk's index. */
enum fold reduce_chunk_into(struct message *message, const struct chunk *chunk);
/* The content array into blocks; false if malformed (the message is then unchanged). */
bool message_set_content(struct message *message, const json_t *content);
/* A participant object of the wire; false if malformed. */
bool participant_from_json(const json_t *json, struct participant *out);
json_t *participant_to_json(const struct participant *participant);
void participant_clear(struct participant *participant);
/* Adds at the end and drops what the window no longer holds. */
void state_add_message(struct state *state, struct message *message);
/* Keeps only so many of those that it has: the oldest ones. */
void state_keep_messages(struct state *state, size_t count);
/* What a fork was made of, as the member "from": NULL for what is none; false, with nothing changed, if
 * malformed. */
json_t *origin_to_json(const struct state *state);
bool origin_from_json(struct state *state, const json_t *from);
/* Puts it in its place by id, or replaces the one of that id. Takes what participant owns. */
void participant_put(struct state *state, const struct participant *participant);
/* Questions, answered ones and rules, and servers: gone, as JSON in a snapshot, and back (false if
 * malformed). */
void questions_clear(struct state *state);
void questions_to_json(const struct state *state, json_t *snapshot);
bool questions_from_json(struct state *state, const json_t *snapshot);
/* What that user has approved as the first of two persons waits for a first one again. */
void questions_forget_approver(struct state *state, const char *user);
void servers_clear(struct state *state);
json_t *servers_to_json(const struct state *state);
/* None is being started: nobody of before does it. */
void servers_at_rest(struct state *state);
bool servers_from_json(struct state *state, const json_t *servers);
/* Members and what is lent: gone, as JSON in a snapshot, and back (false if malformed). lent_forget: what is
 * lent alone. */
void people_clear(struct state *state);
void lent_forget(struct state *state);
void people_to_json(const struct state *state, json_t *snapshot);
bool people_from_json(struct state *state, const json_t *snapshot);
/* A block's call, as the member "call": NULL json for NULL; false if malformed. What it costs in a window. */
json_t *call_to_json(const struct tool_call *call);
bool call_from_json(const json_t *json, struct tool_call **call);
void call_free(struct tool_call **call);
size_t call_bytes(const struct tool_call *call);
/* Puts the members of changes into strings, those that are null out of it. False, with nothing changed, if
 * one is no string or there would be too many. */
bool strings_merge(json_t *strings, const json_t *changes, size_t max, size_t value_max);
/* The sum, up to what a snapshot can say. */
void usage_add(struct usage *total, const struct usage *more);
/* Replaces an owned string. */
void set_text(char **slot, const char *text);
enum { STATE_PARTICIPANTS_MAX = 10000 };

#endif
