/* One daemon a folder: the runtime folder is checked, and its lock taken, before any socket is touched, since
 * binding an ipc path would silently steal a living daemon's. */
#ifndef STOA_DAEMON_SOCKET_LOCK_H
#define STOA_DAEMON_SOCKET_LOCK_H

#include "shared/err.h"
#include <stdbool.h>

/* Makes and checks the folder, takes its lock file, and looks at what is at the socket's path: nothing and a
 * socket are fine; a file, a link or a folder is not touched. ERR_OK with the lock's descriptor in *fd
 * (close it last); ERR_CONFLICT another daemon holds it; ERR_DENIED something is unsafe; ERR_UNAVAILABLE the
 * system refuses. A sentence that says what to do is in error. */
enum err lock_take(const char *folder, const char *socket_path, int *fd, char error[256]);
/* The same looks at what is there, without taking or making anything. */
enum err lock_check(const char *folder, const char *socket_path, char error[256]);
/* Whether the folder's lock file is still the one that was taken. */
bool lock_is_held(const char *folder, int fd);

#endif
