/* What ends a turn though the model would go on: steps, tokens, time. All of it is read off the order and the
 * folded state, so that it counts on when another agent goes on with the turn. */
#ifndef STOA_AGENT_TURN_LIMIT_H
#define STOA_AGENT_TURN_LIMIT_H

#include "proto/state.h"
#include <jansson.h>

/* A number of the order: fallback if it is missing or negative, at most max. */
int64_t turn_order_int(const json_t *order, const char *key, int64_t fallback, int64_t max);
/* The sentence for people if the model may not be asked again; free() it. NULL if it may. */
char *turn_limit_reached(const struct state *state, const json_t *order);
/* That the time is over; free() it. */
char *turn_limit_time(const json_t *order);
/* That a reply is as large as one may be; free() it. */
char *turn_limit_size(const json_t *order);
/* Whether what was said last has come so near to the model's window that it should be compacted. */
bool turn_limit_window(const struct state *state, const json_t *order);

#endif
