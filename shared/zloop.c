/* Three handles work together: the poll only wakes the loop, the prepare reads, the idle keeps it from
 * blocking. */
#include "shared/zloop.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

enum { HANDLES = 3 };

struct zloop {
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_idle_t idle;
    void *socket;
    zloop_read_cb *read;
    void *arg;
    bool unfinished; /* the last turn has not read all: the reader may hold some back */
    bool private;    /* nobody but the reader can eat its edge: */
    bool edge;       /* the descriptor has said something since nothing was there */
    bool closed;
    int handles; /* that libuv has not closed yet */
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct zloop *z = poll->data;

    (void)status;
    (void)events;
    z->edge = true;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

/* Asking also lets libzmq take in what its I/O thread has sent, which re-arms the descriptor. */
static bool has_input(const struct zloop *z)
{
    int events = 0;
    size_t size = sizeof events;

    if (zmq_getsockopt(z->socket, ZMQ_EVENTS, &events, &size) < 0)
        return errno == EINTR;
    return events & ZMQ_POLLIN;
}

/* Asking first costs one system call; a read that finds nothing costs as much, and would have to ask as well.
 */
static void on_prepare(uv_prepare_t *prepare)
{
    struct zloop *z = prepare->data;
    uint64_t begun;
    int count = 0;

    if (z->private && !z->edge)
        return;
    if (!z->unfinished && !has_input(z)) {
        z->edge = false;
        uv_idle_stop(&z->idle);
        return;
    }
    begun = uv_hrtime();
    do
        z->unfinished = z->read(z->arg);
    while (z->unfinished && !z->closed && ++count < ZLOOP_BURST && uv_hrtime() - begun < ZLOOP_BURST_NS);
    if (!z->closed)
        uv_idle_start(&z->idle, on_idle);
}

struct zloop *zloop_open(uv_loop_t *loop, void *socket, zloop_read_cb *read, void *arg)
{
    int fd;
    size_t size = sizeof fd;
    struct zloop *z = xcalloc(1, sizeof *z);

    z->socket = socket;
    z->read = read;
    z->arg = arg;
    z->handles = HANDLES;
    z->edge = true; /* what came before the first turn has none any more */
    if (zmq_getsockopt(socket, ZMQ_FD, &fd, &size) < 0 || uv_poll_init(loop, &z->poll, fd) < 0) {
        free(z);
        return NULL;
    }
    uv_prepare_init(loop, &z->prepare);
    uv_idle_init(loop, &z->idle);
    z->poll.data = z->prepare.data = z->idle.data = z;

    uv_poll_start(&z->poll, UV_READABLE, on_poll);
    uv_prepare_start(&z->prepare, on_prepare);
    uv_idle_start(&z->idle, on_idle);
    return z;
}

void zloop_private(struct zloop *z)
{
    z->private = true;
}

static void on_closed(uv_handle_t *handle)
{
    struct zloop *z = handle->data;

    if (--z->handles == 0)
        free(z);
}

void zloop_close(struct zloop **z)
{
    struct zloop *closing = *z;

    *z = NULL;
    if (!closing)
        return;
    closing->closed = true;
    uv_close((uv_handle_t *)&closing->poll, on_closed);
    uv_close((uv_handle_t *)&closing->prepare, on_closed);
    uv_close((uv_handle_t *)&closing->idle, on_closed);
}
