/* The process's descriptors, counted by their numbers: the kernel gives the lowest that is free, so a high
 * number means that as many are in use. libzmq aborts the process when its listener finds none left; here is
 * why it never does:
 *
 *     0 .. limit - 2R     for all; from limit - 3R on, whoever comes on the local socket ends those there
 *                         that say nothing
 *     .. limit - R        connections are still accepted, so that they can be refused by name; the last half
 *                         of these on the local socket alone, and whoever looks after the daemon is served
 *     .. limit            never kept: files that are open for a moment, and connections that are closed at
 * once */
#ifndef STOA_DAEMON_SOCKET_FILES_H
#define STOA_DAEMON_SOCKET_FILES_H

#include <stdbool.h>
#include <sys/types.h>

enum { FILES_RESERVE = 32, FILES_MIN = 128 };

/* Raises the limit as far as it goes. False with a sentence if that is not FILES_MIN. */
bool files_raise(char error[256]);
/* Whether a descriptor that was just opened may be kept for a client or an agent. */
bool files_may_keep(int fd);
/* How many may be open. */
long files_limit(void);
/* The number of an open socket, which no other one has meanwhile; 0 for what is not open. */
ino_t files_inode(int fd);
/* Connections of this listener are no clients (the endpoint for metrics); before the first one comes. */
void files_leave_alone(int listener);

#endif
