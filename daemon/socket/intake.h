/* What clients may have libzmq hold of what they send. It reads as fast as they write: the parts of a message
 * without end, and a thousand whole ones a connection while this thread is busy.
 *
 * So its recv() is ours: a connection whose message has too many frames or bytes is ended there and then, and
 * when much waits for the main thread, nothing more is read until that has caught up. Ended is also one that
 * brings a routing id of its own: of two with the same, libzmq would take in all that the second one sends,
 * and hand nothing of it out.
 *
 * Over tcp all of that is sealed: a message's parts look like messages. There what a connection has sent is
 * compared with what the main thread has been given of it (standing.h): once that has taken everything,
 * what is left is a part of one message, and more than INTAKE_MESSAGE of it ends the connection. Who has not
 * shown to be somebody may have as little as INTAKE_PART there, and all in all not much more,
 * for a limited time.
 *
 * Whoever has not said anything yet holds a descriptor, and no more than that. Over tcp its days are
 * numbered; on the local socket it makes room when descriptors are short. */
#ifndef STOA_DAEMON_SOCKET_INTAKE_H
#define STOA_DAEMON_SOCKET_INTAKE_H

#include "daemon/socket/address.h"
#include <stdbool.h>
#include <uv.h>

enum {
    INTAKE_MESSAGE =
        (7 << 20) + (4 << 10), /* bytes of a message: ENVELOPE_REQUEST_MAX, and what is around it */
    INTAKE_WAITING = 16 << 20, /* of whole messages of one connection */
    INTAKE_ALL = 64 << 20,     /* ... and of all together; who has less than INTAKE_PART there goes on */
    INTAKE_PARTS = 128 << 20,  /* of all messages that have begun; then the one that began first is cut */
    INTAKE_PART = 64 << 10,
    INTAKE_STRANGER = 256 << 10, /* bytes that a stranger may send in all ... */
    INTAKE_STRANGER_PARTS = 512, /* ... and parts of messages */
    INTAKE_SEALED_PART = 96,     /* bytes that libzmq needs for a part besides what is in it */
    INTAKE_SEALED =
        192 << 20, /* of all connections over tcp, what has not arrived yet; then the most is cut */
    INTAKE_SILENT_MS = 1000
};

/* Before the first connection; files: how many descriptors there may be. is_drained: whether nothing waits
 * for the main thread, which asks it. Connections that are cut are logged, some at a time. */
void intake_open(uv_loop_t *loop, long files, bool (*is_drained)(void *arg), void *arg);
/* After the last one. The loop is run once more. */
void intake_close(void);
/* A connection was accepted; by the thread that accepts. from: its address, NULL on the local socket. False
 * if it must be closed: it comes over tcp, too fast, or as one of too many. */
bool intake_begin(int fd, const struct address *from);
/* Where a client has the descriptor "from" or one above it, descriptors are short: connections on the local
 * socket that are INTAKE_SILENT_MS old, and have said nothing yet, are ended. By the thread that accepts. */
void intake_end_silent(long from);
/* The main thread has taken all that libzmq had for it. */
void intake_drained(void);
#endif
