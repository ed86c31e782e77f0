#include "daemon/socket/files.h"

#include "daemon/socket/intake.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long limit = LONG_MAX; /* set before there is a second thread */

bool files_raise(char error[256])
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return true;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < (rlim_t)LONG_MAX)
        limit = (long)files.rlim_cur;
    if (limit >= FILES_MIN)
        return true;
    snprintf(error, 256, "this process may open %ld files only; it needs %d (ulimit -n)", limit, FILES_MIN);
    return false;
}

bool files_may_keep(int fd)
{
    return fd < limit - 2 * FILES_RESERVE;
}

long files_limit(void)
{
    return limit;
}

ino_t files_inode(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* In place of the C library's, for libzmq: its ipc listener takes EMFILE for a defect and aborts, its tcp
 * listener spins. A connection that there is no room for is closed, which both take for one that changed its
 * mind. */
__attribute__((visibility("default"))) int accept4(int fd, struct sockaddr *restrict address,
                                                   socklen_t *restrict len, int flags)
{
    int accepted = (int)syscall(SYS_accept4, fd, address, len, flags);
    if (accepted >= 0 && accepted < limit - FILES_RESERVE) {
        intake_begin(accepted);
        return accepted;
    }
    if (accepted >= 0)
        close(accepted);
    if (accepted >= 0 || errno == EMFILE || errno == ENOBUFS || errno == ENOMEM)
        errno = ECONNABORTED;
    return -1;
}
