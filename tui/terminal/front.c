/* A turn of the loop may be behind its look at signals when one is continued; the next one is not. */
#include "tui/terminal/front.h"
#include "tui/terminal/tty.h"
#include <signal.h>

/* TURNS: until a look at signals has begun after now. TRIES: where no shell could continue the job it does
 * not stop either, and the terminal is asked for all the same. */
enum { TURNS = 2, TRIES = 100 };

/* The whole job, as the terminal would. */
static bool stopped_behind(int fd, int *tries)
{
    if (tty_in_front(fd) || ++*tries > TRIES)
        return false;
    kill(0, SIGTTOU);
    return true;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void on_check(uv_check_t *check)
{
    struct front *front = check->data;

    if (++front->turns < TURNS || *front->ended)
        return;
    if (stopped_behind(front->fd, &front->tries)) {
        front->turns = 0;
        return;
    }
    front_forget(front);
    front->back(front->arg);
}

void front_open(struct front *front, uv_loop_t *loop, const bool *ended, void (*back)(void *arg), void *arg)
{
    uv_check_init(loop, &front->check);
    uv_idle_init(loop, &front->idle);
    front->check.data = front;
    front->ended = ended;
    front->back = back;
    front->arg = arg;
}

void front_await(struct front *front, int fd)
{
    front->fd = fd;
    front->turns = front->tries = 0;
    uv_check_start(&front->check, on_check);
    uv_idle_start(&front->idle, on_idle);
}

void front_forget(struct front *front)
{
    uv_check_stop(&front->check);
    uv_idle_stop(&front->idle);
}

void front_begin(uv_loop_t *loop, int fd, const bool *ended)
{
    int tries = 0;

    while (!*ended && stopped_behind(fd, &tries))
        uv_run(loop, UV_RUN_NOWAIT);
}
