/* A summary in place of a conversation's beginning. */
#ifndef STOA_AGENT_COMPACT_H
#define STOA_AGENT_COMPACT_H

#include "proto/state.h"
#include <jansson.h>
#include <stddef.h>

/* The params of sampling/createMessage that ask a model for a summary of the messages before end (see
 * state_compact_end), as a new reference. context: tokens of its window; 0: not known. */
json_t *compact_params(const struct state *state, size_t end, int64_t context);
/* The summary in what sampling gave: free() it; NULL if there is none. */
char *compact_summary(const json_t *result);

#endif
