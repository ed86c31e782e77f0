/* The daemon's own hold on a client's connection. A ROUTER socket neither tells of a connection's end nor can
 * end one; a second descriptor of the same socket does both, and can't be taken for another's meanwhile. */
#ifndef STOA_DAEMON_SOCKET_CONNECTION_H
#define STOA_DAEMON_SOCKET_CONNECTION_H

#include <stdbool.h>
#include <uv.h>

struct connection;

/* Called once, when the peer has closed its end, also by dying. What it sent before may still be unread. */
typedef void connection_end_cb(void *arg);

/* fd: libzmq's (gateway_message.fd). False if no descriptor is left for it. *connection is NULL where there
 * is nothing (any more) to watch. It does not keep the loop alive. */
bool connection_watch(uv_loop_t *loop, int fd, connection_end_cb *end, void *arg,
                      struct connection **connection);
/* Ends the connection, in both directions: libzmq drops what waits for it. The peer connects anew. */
void connection_cut(struct connection *connection);
/* Whether libzmq has closed its own: a message too large, or no ZMTP. The peer learns it when ours is freed.
 */
bool connection_is_closed(const struct connection *connection);
/* Accepts NULL; end is not called any more. */
void connection_free(struct connection **connection);

#endif
