/* The client's DEALER and the monitor that tells when its connection is made and lost. The only file of tui/
 * that knows libzmq. */
#ifndef STOA_TUI_CLIENT_SOCKET_H
#define STOA_TUI_CLIENT_SOCKET_H

#include "tui/client_address.h"
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum client_failure { /* of a connection to a remote daemon that came to nothing; it is tried again */
                      CLIENT_UNREACHED,  /* nobody took it */
                      CLIENT_SILENT,     /* it was taken, and nothing was said on it */
                      CLIENT_UNPROVEN,   /* it was taken and ended: whoever did has not the key that was asked
                                            for */
                      CLIENT_CROWDED,    /* the daemon has the key, and takes no more strangers for now */
                      CLIENT_TURNED_AWAY /* the daemon has the key, and does not want ours */
};

struct client_socket_callbacks { /* each may close the socket */
    void (*up)(void *arg);
    void (*down)(void *arg);
    void (*failed)(void *arg, enum client_failure failure);
    /* Frame 0 and frame 1 of a message; both live until it returns. */
    void (*message)(void *arg, const char *version, size_t version_len, const char *text, size_t len);
};

struct client_socket;

/* It connects, and connects again, by itself. NULL if no socket can be made. The address's keys are copied by
 * libzmq. */
struct client_socket *client_socket_open(uv_loop_t *loop, const struct client_address *address,
                                         const struct client_socket_callbacks *callbacks, void *arg);
/* Closes at once. Sets *socket to NULL; accepts NULL. */
void client_socket_close(struct client_socket **socket);
/* Ends the connection, and makes no other. */
void client_socket_rest(struct client_socket *socket);
/* Sends the two frames; false if there is no connection that takes them now. */
bool client_socket_send(struct client_socket *socket, const char *version, const char *text, size_t len);

#endif
