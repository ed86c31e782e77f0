/* One turn at a time: asks the model, runs the calls that it makes, asks again, and ends with the session
 * idle. What is due is read off the folded state, so another agent can go on where this one ended. The order
 * of the facts is that of proto/link.h. */
#ifndef STOA_AGENT_TURN_H
#define STOA_AGENT_TURN_H

#include "daemon/agent/agent_link.h"
#include "daemon/agent/http.h"
#include "daemon/agent/servers.h"
#include "proto/link.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

struct turn;

struct turn_options { /* all borrowed; they must live as long as the turn */
    uv_loop_t *loop;
    struct agent_link *link;
    struct http *http;
    struct servers *servers;    /* tools, rules and the session's folder; NULL: none */
    struct state *const *state; /* where the agent's folded state is; *state is NULL before LOAD */
};

struct turn *turn_new(const struct turn_options *options);
/* Cancels what runs, with no further fact. Freed when the loop has closed its handles. Sets *turn to NULL. */
void turn_free(struct turn **turn);
bool turn_running(const struct turn *turn);
/* LINK_TURN, with and without resume. Not while one runs. order is borrowed for the call. */
void turn_begin(struct turn *turn, const json_t *order);
/* LINK_COMPACT. Not while a turn runs; turn_running holds until the session is idle. */
void turn_compact(struct turn *turn, const json_t *order);
/* Every durable event of the session, after it was folded; nothing if no turn runs. */
void turn_event(struct turn *turn, const struct event *event);
/* LINK_GO: the tool.started of that call is on disk. One that was cancelled meanwhile is no error. */
void turn_go(struct turn *turn, const char *message, int block);
/* LINK_INTERRUPT: ends it at once, keeping what has come. Nothing if none runs. */
void turn_interrupt(struct turn *turn, enum link_interrupt why);

#endif
