/* A list is enough: a client has a few dozen of them at most. Those of the same moment ring in the order in
 * which they were set. Each ring may set, clear and free any of them, so after each the list is looked at
 * anew. */
#include "daemon/agent/mcp/deadlines.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include <stdlib.h>

struct deadlines {
    uv_timer_t timer;
    struct deadline *first;
    void (*closed)(void *arg);
    void *closed_arg;
    bool closing, ringing;
};

static void on_timer(uv_timer_t *timer);

static struct deadline *next_of(const struct deadlines *deadlines)
{
    struct deadline *next = deadlines->first;

    for (struct deadline *each = next; each; each = each->next)
        if (each->at < next->at)
            next = each;
    return next;
}

static void arm(struct deadlines *deadlines)
{
    const struct deadline *next = next_of(deadlines);
    int64_t wait;

    if (deadlines->closing || deadlines->ringing)
        return;
    if (!next) {
        uv_timer_stop(&deadlines->timer);
        return;
    }
    wait = next->at - clock_steady_ms();
    uv_update_time(deadlines->timer.loop);
    uv_timer_start(&deadlines->timer, on_timer, wait > 0 ? (uint64_t)wait : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct deadlines *deadlines = timer->data;
    int64_t now = clock_steady_ms();
    struct deadline *due;

    deadlines->ringing = true;
    while (!deadlines->closing && (due = next_of(deadlines)) && due->at <= now) {
        deadline_clear(deadlines, due);
        /* one that is set to "at once" from here rings in the next turn of the loop */
        due->ring(due->arg);
    }
    deadlines->ringing = false;
    arm(deadlines);
}

struct deadlines *deadlines_open(uv_loop_t *loop)
{
    struct deadlines *deadlines = xcalloc(1, sizeof *deadlines);

    uv_timer_init(loop, &deadlines->timer);
    deadlines->timer.data = deadlines;
    return deadlines;
}

static void on_closed(uv_handle_t *handle)
{
    struct deadlines *deadlines = handle->data;
    void (*closed)(void *arg) = deadlines->closed;
    void *arg = deadlines->closed_arg;

    free(deadlines);
    if (closed)
        closed(arg);
}

void deadlines_close(struct deadlines **slot, void (*closed)(void *arg), void *arg)
{
    struct deadlines *deadlines = *slot;

    *slot = NULL;
    while (deadlines->first)
        deadline_clear(deadlines, deadlines->first);
    deadlines->closing = true;
    deadlines->closed = closed;
    deadlines->closed_arg = arg;
    uv_close((uv_handle_t *)&deadlines->timer, on_closed);
}

void deadline_set(struct deadlines *deadlines, struct deadline *deadline, int64_t after_ms)
{
    struct deadline **last = &deadlines->first;

    deadline_clear(deadlines, deadline);
    deadline->previous = NULL;
    while (*last) {
        deadline->previous = *last;
        last = &(*last)->next;
    }
    *last = deadline;
    deadline->next = NULL;
    /* while others ring, one more millisecond: what puts itself off again and again must not hold the loop */
    deadline->at = clock_steady_ms() + (after_ms > 0 ? after_ms : 0) + (deadlines->ringing ? 1 : 0);
    deadline->set = true;
    arm(deadlines);
}

void deadline_clear(struct deadlines *deadlines, struct deadline *deadline)
{
    if (!deadline->set)
        return;
    if (deadline->previous)
        deadline->previous->next = deadline->next;
    else
        deadlines->first = deadline->next;
    if (deadline->next)
        deadline->next->previous = deadline->previous;
    deadline->set = false;
    arm(deadlines);
}
