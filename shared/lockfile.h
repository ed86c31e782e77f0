/* A file that one process at a time holds, locked by flock and signed with the holder's pid. */
#ifndef STOA_SHARED_LOCKFILE_H
#define STOA_SHARED_LOCKFILE_H

#include <stdbool.h>

enum { LOCKFILE_PATIENCE_MS = 1000 };

/* Locks fd. False if another process holds it, with the pid that it has left in *holder, 0 for none. One that
 * has ended does not hold it: what was between its fork and its exec then has the lock for some ms more, and
 * is waited for, LOCKFILE_PATIENCE_MS at most. */
bool lockfile_take(int fd, long *holder);
/* Signs what is locked. False, with errno, leaves it as it was or empty. */
bool lockfile_sign(int fd);

#endif
