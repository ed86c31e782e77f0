/* A ZeroMQ socket on a libuv loop, through its edge-triggered descriptor, with no stall and no spin.
 *
 * The rule that a newcomer would break: never read the socket from the poll callback. Sending on the same
 * thread eats the edge, so the poll callback is empty; before the loop blocks (uv_prepare) the socket is
 * drained, at most ZLOOP_BURST messages or about ZLOOP_BURST_NS a turn, and while it says there is more, or
 * any was read (its handler may have sent on another socket of the loop, and eaten that one's edge), an idle
 * handle keeps the loop from blocking. */
#ifndef STOA_SHARED_ZLOOP_H
#define STOA_SHARED_ZLOOP_H

#include <stdbool.h>
#include <uv.h>

enum { ZLOOP_BURST = 256, ZLOOP_BURST_NS = 5000000 };

struct zloop;

/* Handles one message, read with ZMQ_DONTWAIT; false when there was none (EAGAIN). It is
 * called until it says so, in this turn or the next one. It may send on any socket and may call zloop_close.
 */
typedef bool zloop_read_cb(void *arg);

/* socket stays the caller's, and must outlive the zloop. NULL when the loop cannot watch its descriptor.
 * Send on it from any callback of the loop but a uv_prepare of your own. */
struct zloop *zloop_open(uv_loop_t *loop, void *socket, zloop_read_cb *read, void *arg);
/* Nobody but its reader sends on the socket, or asks anything of it: a turn of the loop in which its
 * descriptor says nothing then costs no system call. To be said right after zloop_open. */
void zloop_private(struct zloop *z);
/* Stops at once; freed when libuv has closed the handles. Sets *z to NULL; accepts NULL. */
void zloop_close(struct zloop **z);

#endif
