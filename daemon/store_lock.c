/* Who may write to the store. flock of the store itself would not do: closing any descriptor of it drops
 * SQLite's own locks. */
#include "daemon/store_internal.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The holder's pid; 0 if it has left none. */
static long holder(int fd)
{
    char text[32] = "";

    return pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static enum err refuse(int fd, const char *path, char error[256])
{
    long pid = holder(fd);

    if (pid > 0)
        snprintf(error, 256, "another process, with pid %ld, uses the store '%.160s'", pid, path);
    else
        snprintf(error, 256, "another process uses the store '%.160s'", path);
    return ERR_CONFLICT;
}

enum err store_lock(const char *path, int *fd, char error[256])
{
    char *name = xasprintf("%s.lock", path), pid[32];
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum err code = ERR_OK;

    if (lock < 0) {
        snprintf(error, 256, "the store's lock '%.120s' cannot be opened: %s", name, strerror(errno));
        code = ERR_STORE;
    } else if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
        code = refuse(lock, path, error);
        close(lock);
    } else {
        size_t len = (size_t)snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

        /* The pid is for people: without it, on a full disk, the lock is as good. */
        if (ftruncate(lock, 0) == 0 && pwrite(lock, pid, len, 0) != (ssize_t)len)
            (void)!ftruncate(lock, 0);
        *fd = lock;
    }
    free(name);
    return code;
}
