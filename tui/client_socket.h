/* The client's DEALER and the monitor that tells when its connection is made and lost. The only file of tui/
 * that knows libzmq. */
#ifndef STOA_TUI_CLIENT_SOCKET_H
#define STOA_TUI_CLIENT_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct client_socket_callbacks { /* each may close the socket */
    void (*up)(void *arg);
    void (*down)(void *arg);
    /* Frame 0 and frame 1 of a message; both live until it returns. */
    void (*message)(void *arg, const char *version, size_t version_len, const char *text, size_t len);
};

struct client_socket;

/* path: the daemon's socket, without "ipc://". It connects, and connects again, by itself. NULL if no socket
 * can be made. */
struct client_socket *client_socket_open(uv_loop_t *loop, const char *path,
                                         const struct client_socket_callbacks *callbacks, void *arg);
/* Closes at once. Sets *socket to NULL; accepts NULL. */
void client_socket_close(struct client_socket **socket);
/* Sends the two frames; false if there is no connection that takes them now. */
bool client_socket_send(struct client_socket *socket, const char *version, const char *text, size_t len);

#endif
