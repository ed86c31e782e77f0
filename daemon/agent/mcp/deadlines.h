/* Many moments on one timer of the loop. A moment of 0 ms is how a call is put off to the loop. */
#ifndef STOA_AGENT_MCP_DEADLINES_H
#define STOA_AGENT_MCP_DEADLINES_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct deadlines;

struct deadline { /* set ring and arg; the rest is deadlines.c's */
    void (*ring)(void *arg);
    void *arg;
    struct deadline *next, *previous;
    int64_t at; /* clock_steady_ms */
    bool set;
};

struct deadlines *deadlines_open(uv_loop_t *loop);
/* Rings none of them any more. closed (may be NULL) is called from the loop. Sets *deadlines to NULL. */
void deadlines_close(struct deadlines **deadlines, void (*closed)(void *arg), void *arg);
/* Rings once, after_ms from now; what it was set to before is forgotten. */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline, int64_t after_ms);
/* Accepts one that is not set. */
void deadline_clear(struct deadlines *deadlines, struct deadline *deadline);

#endif
