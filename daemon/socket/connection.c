#include "daemon/socket/connection.h"

#include "daemon/socket/files.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    uv_poll_t poll;
    int fd;      /* ours */
    int theirs;  /* libzmq's; it may be another file's by now */
    ino_t inode; /* of the socket */
    connection_end_cb *end;
    void *arg;
};

static void on_end(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct connection *connection = poll->data;
    uv_poll_stop(poll);
    connection->end(connection->arg);
}

bool connection_watch(uv_loop_t *loop, int fd, connection_end_cb *end, void *arg, struct connection **slot)
{
    *slot = NULL;
    int own = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (own < 0)
        return errno != EMFILE || fd < 0;
    if (!files_may_keep(own)) {
        close(own);
        return false;
    }
    struct connection *connection = xcalloc(1, sizeof *connection);
    *connection =
        (struct connection){.fd = own, .theirs = fd, .inode = files_inode(own), .end = end, .arg = arg};
    if (uv_poll_init(loop, &connection->poll, own) < 0) {
        close(own);
        free(connection);
        return true;
    }
    connection->poll.data = connection;
    uv_poll_start(&connection->poll, UV_DISCONNECT, on_end); /* what the peer sends wakes nothing here */
    uv_unref((uv_handle_t *)&connection->poll);
    *slot = connection;
    return true;
}

void connection_cut(struct connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
}

bool connection_is_closed(const struct connection *connection)
{
    return files_inode(connection->theirs) != connection->inode;
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    close(connection->fd);
    free(connection);
}

void connection_free(struct connection **slot)
{
    struct connection *connection = *slot;
    *slot = NULL;
    if (connection)
        uv_close((uv_handle_t *)&connection->poll, on_closed);
}
