#include "daemon/socket/lock.h"

#include "shared/lockfile.h"
#include "shared/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err take(const char *path, int *fd, char error[256])
{
    struct stat st;
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (lock < 0) {
        int why = errno;
        snprintf(error, 256, "can't open the lock file %s: %s", path, strerror(why));
        return why == ELOOP || why == EISDIR ? ERR_DENIED : ERR_UNAVAILABLE;
    }
    if (fstat(lock, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(error, 256, "the lock file %.150s is no file; move it away, it was not touched", path);
        close(lock);
        return ERR_DENIED;
    }
    long holder;
    if (!lockfile_take(lock, &holder)) {
        snprintf(error, 256, "another stoad serves here already, with pid %ld (lock %s)", holder, path);
        close(lock);
        return ERR_CONFLICT;
    }
    if (!lockfile_sign(lock)) {
        snprintf(error, 256, "can't write the lock file %s: %s", path, strerror(errno));
        close(lock);
        return ERR_UNAVAILABLE;
    }
    *fd = lock;
    return ERR_OK;
}

static enum err check_socket_path(const char *path, char error[256])
{
    struct stat info;
    if (strlen(path) > PATHS_SOCKET_MAX) {
        snprintf(
            error, 256,
            "the socket's path has %zu bytes, the system takes %d; set STOA_RUNTIME_DIR to a shorter folder",
            strlen(path), PATHS_SOCKET_MAX);
        return ERR_DENIED;
    }
    if (lstat(path, &info) != 0 || S_ISSOCK(info.st_mode))
        return ERR_OK;
    snprintf(error, 256, "%.150s is there and is no socket; move it away, it was not touched", path);
    return ERR_DENIED;
}

enum err lock_check(const char *folder, const char *socket_path, char error[256])
{
    enum err code = check_socket_path(socket_path, error);
    return code == ERR_OK ? paths_check_private(folder, error) : code;
}

bool lock_is_held(const char *folder, int fd)
{
    char *path = paths_join(folder, "stoad.lock");
    struct stat there, ours;
    bool held = lstat(path, &there) == 0 && fstat(fd, &ours) == 0 && there.st_dev == ours.st_dev &&
                there.st_ino == ours.st_ino;
    free(path);
    return held;
}

enum err lock_take(const char *folder, const char *socket_path, int *fd, char error[256])
{
    enum err code = check_socket_path(socket_path, error);
    if (code == ERR_OK)
        code = paths_make(folder, error);
    if (code == ERR_OK)
        code = lock_check(folder, socket_path, error);
    if (code != ERR_OK)
        return code;
    char *path = paths_join(folder, "stoad.lock");
    code = take(path, fd, error);
    free(path);
    return code;
}
