#include "daemon/socket/files.h"

#include "daemon/socket/intake.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long limit = LONG_MAX;          /* set before there is a second thread */
static atomic_int other_listener = -1; /* whose connections are no clients */

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

void files_leave_alone(int listener)
{
    other_listener = listener;
}

/* One of tcp that is refused costs no more than that: no state of it is kept. */
static void drop(int fd, bool is_tcp)
{
    static const struct linger at_once = {.l_onoff = 1};
    if (is_tcp)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

/* In place of the C library's, for libzmq: its ipc listener takes EMFILE for a defect and aborts, its tcp
 * listener spins. A connection that there is no room for is closed, which both take for one that changed its
 * mind. */
__attribute__((visibility("default"))) int accept4(int fd, struct sockaddr *restrict address,
                                                   socklen_t *restrict len, int flags)
{
    struct address from;
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    int accepted = (int)syscall(SYS_accept4, fd, &peer, &size, flags);
    bool is_tcp = accepted >= 0 && address_of_socket(&peer, &from);
    if (accepted >= 0 && address && len) {
        memcpy(address, &peer, *len < size ? *len : size);
        *len = size;
    }
    bool is_local = accepted >= 0 && !is_tcp && fd != other_listener;
    if (accepted >= 0 && accepted < limit - FILES_RESERVE - (is_tcp ? FILES_RESERVE / 2 : 0) &&
        (fd == other_listener || intake_begin(accepted, is_tcp ? &from : NULL))) {
        if (is_local)
            intake_end_silent(limit - 3 * FILES_RESERVE);
        return accepted;
    }
    if (is_local)
        intake_end_silent(0);
    if (accepted >= 0)
        drop(accepted, is_tcp);
    if (accepted >= 0 || errno == EMFILE || errno == ENOBUFS || errno == ENOMEM)
        errno = ECONNABORTED;
    return -1;
}
