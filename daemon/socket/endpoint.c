/* A look at the place follows each change in the folder, and repairs what it can; while it can't, it looks
 * again by itself. */
#include "daemon/socket/endpoint.h"

#include "daemon/socket/lock.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HANDLES = 2 };

struct place { /* a file, whatever its name is */
    dev_t device;
    ino_t inode;
};

struct endpoint {
    const char *folder, *path;
    int *lock;
    struct gateway *gateway;
    struct place socket, watched; /* watched: the folder */
    int binds;
    char said[256]; /* what is in the way; said once */
    uv_fs_event_t event;
    uv_timer_t timer;
    int handles; /* that libuv has not closed yet */
};

/* Zeros for what is not there. */
static struct place place_of(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return (struct place){0};
    return (struct place){st.st_dev, st.st_ino};
}

static bool is_same(struct place a, struct place b)
{
    return a.device == b.device && a.inode == b.inode;
}

/* --- repair --- */

static enum err hold_lock(struct endpoint *endpoint, char error[256])
{
    if (lock_is_held(endpoint->folder, *endpoint->lock))
        return lock_check(endpoint->folder, endpoint->path, error);
    int fresh;
    enum err code = lock_take(endpoint->folder, endpoint->path, &fresh, error);
    if (code != ERR_OK)
        return code;
    close(*endpoint->lock);
    *endpoint->lock = fresh;
    log_warn("server", "the lock in %s was deleted; taken again", endpoint->folder);
    return ERR_OK;
}

static bool bind_again(struct endpoint *endpoint, char error[256])
{
    if (endpoint->binds >= ENDPOINT_BINDS_MAX) {
        snprintf(error, 256, "the socket was deleted %d times; start the daemon anew", endpoint->binds);
        return false;
    }
    if (!gateway_bind(endpoint->gateway, endpoint->path, error))
        return false;
    endpoint->binds++;
    endpoint->socket = place_of(endpoint->path);
    log_warn("server", "the socket %s was deleted; bound again", endpoint->path);
    return true;
}

static bool repair(struct endpoint *endpoint, char error[256])
{
    return hold_lock(endpoint, error) == ERR_OK &&
           (is_same(place_of(endpoint->path), endpoint->socket) || bind_again(endpoint, error));
}

/* --- watching --- */

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    (void)name;
    (void)events;
    (void)status;
    struct endpoint *endpoint = event->data;
    uv_timer_start(&endpoint->timer, endpoint->timer.timer_cb, ENDPOINT_SETTLE_MS, 0);
}

/* The folder may be another one than before. */
static bool watch(struct endpoint *endpoint)
{
    struct place folder = place_of(endpoint->folder);
    if (uv_is_active((uv_handle_t *)&endpoint->event) && is_same(folder, endpoint->watched))
        return true;
    uv_fs_event_stop(&endpoint->event);
    endpoint->watched = folder;
    return uv_fs_event_start(&endpoint->event, on_event, endpoint->folder, 0) == 0;
}

/* What changed before the watch began is seen by the second look. */
static void on_look(uv_timer_t *timer)
{
    struct endpoint *endpoint = timer->data;
    char error[256];
    struct place before = endpoint->watched;
    bool good = repair(endpoint, error), watched = watch(endpoint);
    if (!good && strcmp(error, endpoint->said) != 0)
        log_error("server", "nobody can connect: %s", error);
    snprintf(endpoint->said, sizeof endpoint->said, "%s", good ? "" : error);
    if (!good)
        uv_timer_start(timer, on_look, ENDPOINT_RETRY_MS, 0);
    else if (!watched)
        uv_timer_start(timer, on_look, ENDPOINT_POLL_MS, 0);
    else if (!is_same(before, endpoint->watched))
        uv_timer_start(timer, on_look, ENDPOINT_SETTLE_MS, 0);
}

/* --- life --- */

struct endpoint *endpoint_open(uv_loop_t *loop, const char *folder, const char *path, int *lock,
                               struct gateway *gateway)
{
    struct endpoint *endpoint = xcalloc(1, sizeof *endpoint);
    endpoint->folder = folder;
    endpoint->path = path;
    endpoint->lock = lock;
    endpoint->gateway = gateway;
    endpoint->socket = place_of(path);
    endpoint->handles = HANDLES;
    uv_fs_event_init(loop, &endpoint->event);
    uv_timer_init(loop, &endpoint->timer);
    endpoint->event.data = endpoint->timer.data = endpoint;
    uv_timer_start(&endpoint->timer, on_look, 0, 0);
    return endpoint;
}

static void on_closed(uv_handle_t *handle)
{
    struct endpoint *endpoint = handle->data;
    if (--endpoint->handles == 0)
        free(endpoint);
}

void endpoint_close(struct endpoint **slot)
{
    struct endpoint *endpoint = *slot;
    *slot = NULL;
    if (!endpoint)
        return;
    if (is_same(place_of(endpoint->path), endpoint->socket))
        unlink(endpoint->path);
    uv_close((uv_handle_t *)&endpoint->event, on_closed);
    uv_close((uv_handle_t *)&endpoint->timer, on_closed);
}
