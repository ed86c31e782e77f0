/* libuv would make the descriptor non-blocking, for every process that shares it. So it polls an epoll
 * descriptor of our own, which asks for nothing of the output but the errors that are always told. */
#include "tui/cli/hangup.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct hangup {
    uv_poll_t poll;
    int epoll;
    void (*gone)(void *arg);
    void *arg;
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct hangup *hangup = poll->data;

    (void)status;
    (void)events;
    uv_poll_stop(poll);
    hangup->gone(hangup->arg);
}

struct hangup *hangup_open(uv_loop_t *loop, int fd, void (*gone)(void *arg), void *arg)
{
    struct epoll_event nothing = {.events = 0};
    struct hangup *hangup = xcalloc(1, sizeof *hangup);

    hangup->gone = gone;
    hangup->arg = arg;
    hangup->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (hangup->epoll < 0 || epoll_ctl(hangup->epoll, EPOLL_CTL_ADD, fd, &nothing) < 0 ||
        uv_poll_init(loop, &hangup->poll, hangup->epoll) < 0) {
        if (hangup->epoll >= 0)
            close(hangup->epoll);
        free(hangup);
        return NULL;
    }
    hangup->poll.data = hangup;
    uv_poll_start(&hangup->poll, UV_READABLE, on_poll);
    return hangup;
}

static void on_closed(uv_handle_t *handle)
{
    struct hangup *hangup = handle->data;

    close(hangup->epoll);
    free(hangup);
}

void hangup_close(struct hangup **slot)
{
    struct hangup *hangup = *slot;

    *slot = NULL;
    if (hangup)
        uv_close((uv_handle_t *)&hangup->poll, on_closed);
}
