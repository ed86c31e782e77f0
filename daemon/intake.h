/* What comes in over connections, bounded in bytes. libzmq counts whole messages and checks single frames
 * only: a message of endless parts, or a queue of large messages, takes memory unseen. So each read of a
 * connection goes through here, by a recv in place of the C library's, and one that takes too much is ended:
 *
 *     a message of more than ZMTP_FRAMES_MAX frames or ZMTP_BYTES_MAX bytes; or
 *     while more than INTAKE_MAX bytes wait for the daemon in all, who has more than INTAKE_SHARE of them.
 *
 * Its client connects anew, and repeats what was not answered. */
#ifndef STOA_DAEMON_INTAKE_H
#define STOA_DAEMON_INTAKE_H

#include <stddef.h>

enum { INTAKE_MAX = 32 << 20, INTAKE_SHARE = 1 << 20 };

/* A connection was accepted. Only in libzmq's thread, as are all reads of connections. */
void intake_begin(int fd);
/* The daemon has taken a message of that many bytes, in all its frames. In any thread. */
void intake_taken(size_t bytes);

#endif
