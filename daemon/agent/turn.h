/* One turn at a time: asks the provider, reports what comes as facts and chunks, ends with the session idle.
 * The order of the facts is that of proto/link.h. */
#ifndef STOA_AGENT_TURN_H
#define STOA_AGENT_TURN_H

#include "daemon/agent/agent_link.h"
#include "daemon/agent/http.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

struct turn;

/* link and http are borrowed and must live as long. */
struct turn *turn_new(uv_loop_t *loop, struct agent_link *link, struct http *http);
/* Cancels what runs, with no further fact. Freed when the loop has closed its handles. Sets *turn to NULL. */
void turn_free(struct turn **turn);
bool turn_running(const struct turn *turn);
/* Begins one as LINK_TURN asks; state is what is said to the model, and is not needed after. */
void turn_begin(struct turn *turn, const struct state *state, const json_t *order);
/* Ends it at once, keeping what has come. Nothing if none runs. */
void turn_interrupt(struct turn *turn);

#endif
