/* The calls of the newest message: decided, asked for, begun and ended, by what the folded state says of
 * them.
 *
 * A call goes through none, (asked, allowed,) running, ended; each step is a fact that comes back as an
 * event, and nothing is done twice while it is on its way. Calls run side by side, but one that is marked
 * destructive runs alone: after those before it, before those after it. */
#ifndef STOA_AGENT_CALLS_H
#define STOA_AGENT_CALLS_H

#include "daemon/agent/agent_link.h"
#include "daemon/agent/servers.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct calls;

struct calls_options { /* borrowed; servers may be NULL */
    struct agent_link *link;
    struct servers *servers;
    struct state *const *state;
};

enum calls_stage {
    CALLS_OVER,    /* all have ended */
    CALLS_ENDING,  /* the same, but it is on its way to the daemon */
    CALLS_RUNNING, /* none is asked about */
    CALLS_ASKING   /* a person must allow or deny at least one */
};

struct calls *calls_new(const struct calls_options *options);
/* Cancels what runs, and says nothing. Sets *calls to NULL; accepts NULL. */
void calls_free(struct calls **calls);
struct calls_order {
    const char *author; /* of the message that calls */
    size_t result_max;  /* bytes of one result */
    int64_t ask_ms;     /* how long a question waits; 0: for ever */
    bool resume;        /* calls of another agent's are gone on with */
};
/* A turn begins. */
void calls_begin(struct calls *calls, const struct calls_order *order);
/* Does what is due: after each event, while the newest message has open calls. */
enum calls_stage calls_pump(struct calls *calls);
/* LINK_GO. */
void calls_go(struct calls *calls, const char *message, int block);
/* Ends all that are open as cancelled: why is a sentence for the model on those that have not begun. */
void calls_end(struct calls *calls, const char *why);
/* Cancels what runs, and says nothing. */
void calls_drop(struct calls *calls);

#endif
