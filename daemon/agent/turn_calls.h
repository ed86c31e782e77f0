/* The calls of the newest message: decided, asked for, begun and ended, by what the folded state says of
 * them.
 *
 * A call goes through none, (asked, allowed,) running, ended; each step is a fact that comes back as an
 * event, and nothing is done twice while it is on its way. Calls run side by side, but one that is marked
 * destructive runs alone: after those before it, before those after it. */
#ifndef STOA_AGENT_TURN_CALLS_H
#define STOA_AGENT_TURN_CALLS_H

#include "daemon/agent/agent_link.h"
#include "daemon/agent/servers.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct turn_calls;

struct turn_calls_options { /* borrowed; servers may be NULL */
    struct agent_link *link;
    struct servers *servers;
    struct state *const *state;
};

enum turn_calls_stage {
    TURN_CALLS_OVER,    /* all have ended */
    TURN_CALLS_ENDING,  /* the same, but it is on its way to the daemon */
    TURN_CALLS_RUNNING, /* none is asked about */
    TURN_CALLS_ASKING   /* a person must allow or deny at least one */
};

struct turn_calls *turn_calls_new(const struct turn_calls_options *options);
/* Cancels what runs, and says nothing. Sets *calls to NULL; accepts NULL. */
void turn_calls_free(struct turn_calls **calls);
struct turn_calls_order {
    const char *author; /* of the message that calls */
    size_t result_max;  /* bytes of one result */
    int64_t files_left; /* bytes that may be kept in the session's folder */
    int64_t ask_ms;     /* how long a question waits; 0: for ever */
    bool resume;        /* calls of another agent's are gone on with */
};
/* A turn begins. */
void turn_calls_begin(struct turn_calls *calls, const struct turn_calls_order *order);
/* Does what is due: after each event, while the newest message has open calls. */
enum turn_calls_stage turn_calls_pump(struct turn_calls *calls);
/* LINK_GO. */
void turn_calls_go(struct turn_calls *calls, const char *message, int block);
/* Ends all that are open as cancelled: why is a sentence for the model on those that have not begun. */
void turn_calls_end(struct turn_calls *calls, const char *why);
/* Cancels what runs, and says nothing. */
void turn_calls_drop(struct turn_calls *calls);

#endif
