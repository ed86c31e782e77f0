/* The socket's place in the file system, while the daemon serves: a cleaner of temporary files, or a person,
 * may delete socket, lock or folder. Whoever is connected notices nothing of that, but nobody could connect
 * any more, and a second daemon could begin. So the place is watched, and what was deleted is made again;
 * what others have put there instead is left as it is, and said. */
#ifndef STOA_DAEMON_SOCKET_ENDPOINT_H
#define STOA_DAEMON_SOCKET_ENDPOINT_H

#include "daemon/socket/gateway.h"
#include <uv.h>

enum {
    ENDPOINT_SETTLE_MS = 20,  /* between a change in the folder and the look at it */
    ENDPOINT_RETRY_MS = 1000, /* while something is in the way */
    ENDPOINT_POLL_MS = 5000,  /* between looks where the folder can't be watched */
    ENDPOINT_BINDS_MAX =
        256 /* each takes a descriptor for good: libzmq ends connections with their listener */
};

struct endpoint;

/* After lock_take and gateway_open. *lock: the lock's descriptor, which may be replaced by another one; it,
 * gateway and the texts must live until endpoint_close. */
struct endpoint *endpoint_open(uv_loop_t *loop, const char *folder, const char *path, int *lock,
                               struct gateway *gateway);
/* Removes the socket, if what is there is the daemon's. Accepts NULL. */
void endpoint_close(struct endpoint **endpoint);

#endif
