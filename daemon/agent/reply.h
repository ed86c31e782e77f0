/* The reply that is coming: what the provider gives is kept as the message's content and passed on as chunks.
 *
 * Deltas of one block that come within one turn of the loop are one chunk frame, whose count says how many
 * they were; nothing waits for a timer. */
#ifndef STOA_AGENT_REPLY_H
#define STOA_AGENT_REPLY_H

#include "daemon/agent/agent_link.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct reply;

/* max: bytes of all blocks. link is borrowed. */
struct reply *reply_new(struct agent_link *link, size_t max);
void reply_free(struct reply **reply);
const char *reply_id(const struct reply *reply);

/* As in struct sink. Once the reply is full, more is ignored. */
unsigned reply_begin(struct reply *reply, enum block_kind kind, const char *id, const char *name);
void reply_delta(struct reply *reply, unsigned block, const char *text, size_t len);
/* One that is too large is dropped, and the block's reasoning is then not said to the model again. */
void reply_signature(struct reply *reply, unsigned block, const char *text);
/* Whether max, or what one message may hold, was reached. */
bool reply_full(const struct reply *reply);

/* Passes on what has gathered; unless all, it may go on gathering while the daemon is behind. */
void reply_flush(struct reply *reply, bool all);
/* The content array of the message: new reference. */
json_t *reply_content(const struct reply *reply);
/* Whether it calls tools. */
bool reply_calls(const struct reply *reply);

#endif
