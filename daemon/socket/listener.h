/* Sockets that listen, made here and not by libzmq: it would remove whatever is at a path when it binds and
 * when it ends, and can't say what is wrong with an address. */
#ifndef STOA_DAEMON_SOCKET_LISTENER_H
#define STOA_DAEMON_SOCKET_LISTENER_H

#include "shared/listen.h"

enum { LISTENER_BACKLOG = 1024 };

/* Each gives a descriptor that is the caller's, closed on exec and not blocking, or -1 with errno. */

/* At the path, 0600. A socket there that nobody serves is replaced; EADDRINUSE for anything else. */
int listener_local(const char *path);
/* Over tcp; * is both kinds of addresses, or IPv4 alone where the kernel has no IPv6. */
int listener_tcp(const struct listen_address *address);

/* The address as it was asked for, with the port that it got. */
void listener_name(int fd, const struct listen_address *address, char bound[LISTEN_TEXT_MAX]);

#endif
