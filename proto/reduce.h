/* The reducers of the event table: what each event does to a state. Called through state_fold, which has
 * checked the event's order and its fields; a reducer checks what depends on the state, and returns false
 * with nothing changed. */
#ifndef STOA_PROTO_REDUCE_H
#define STOA_PROTO_REDUCE_H

#include "proto/state.h"

typedef bool reducer(struct state *state, const struct event *event);

reducer reduce_error, reduce_message_added, reduce_joined, reduce_left, reduce_typing, reduce_queue,
    reduce_ended, reduce_started, reduce_updated, reduce_state, reduce_chunk, reduce_completed,
    reduce_retrying;

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
/* Puts it in its place by id, or replaces the one of that id. Takes what participant owns. */
void participant_put(struct state *state, const struct participant *participant);
/* The sum, up to what a snapshot can say. */
void usage_add(struct usage *total, const struct usage *more);
json_t *usage_to_json(const struct usage *usage);
struct usage usage_from_json(const json_t *json);
/* Replaces an owned string. */
void set_text(char **slot, const char *text);
enum { STATE_PARTICIPANTS_MAX = 10000 };

#endif
