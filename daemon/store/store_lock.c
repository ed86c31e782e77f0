/* Who may write to the store. flock of the store itself would not do: closing any descriptor of it drops
 * SQLite's own locks. */
#include "daemon/store/store_internal.h"
#include "shared/lockfile.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void refuse(long holder, const char *path, char error[256])
{
    if (holder > 0)
        snprintf(error, 256, "another process, with pid %ld, uses the store '%.160s'", holder, path);
    else
        snprintf(error, 256, "another process uses the store '%.160s'", path);
}

enum err store_lock(const char *path, int *fd, char error[256])
{
    char *name = xasprintf("%s.lock", path);
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum err code = ERR_OK;
    long holder;

    if (lock < 0) {
        snprintf(error, 256, "the store's lock '%.120s' cannot be opened: %s", name, strerror(errno));
        code = ERR_STORE;
    } else if (!lockfile_take(lock, &holder)) {
        refuse(holder, path, error);
        code = ERR_CONFLICT;
        close(lock);
    } else {
        lockfile_sign(lock); /* where it can't be, on a full disk, the lock is as good */
        *fd = lock;
    }
    free(name);
    return code;
}
