#include "shared/lockfile.h"

#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { STEP_MS = 2 };

static long signed_by(int fd)
{
    char text[32] = "";
    return pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

/* A zombie has ended, too. */
static bool has_ended(long pid)
{
    char path[32], text[512] = "";
    if (pid <= 0)
        return false;
    if (kill((pid_t)pid, 0) != 0)
        return errno == ESRCH;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool read_it = fd >= 0 && read(fd, text, sizeof text - 1) > 0;
    if (fd >= 0)
        close(fd);
    const char *name_end = read_it ? strrchr(text, ')') : NULL;
    return name_end && strlen(name_end) > 2 && strchr("ZX", name_end[2]);
}

bool lockfile_take(int fd, long *holder)
{
    int64_t end = clock_steady_ms() + LOCKFILE_PATIENCE_MS;
    *holder = 0;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        *holder = signed_by(fd);
        if (!has_ended(*holder) || clock_steady_ms() >= end)
            return false;
        poll(NULL, 0, STEP_MS);
    }
    return true;
}

bool lockfile_sign(int fd)
{
    char pid[32];
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0)
        return false;
    if (pwrite(fd, pid, (size_t)len, 0) == len)
        return true;
    int why = errno;
    (void)!ftruncate(fd, 0);
    errno = why;
    return false;
}
