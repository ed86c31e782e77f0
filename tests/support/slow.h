/* Where a unit test runs under a tool (make valgrind, make tsan), it may be much slower, and some of what it
 * looks at is not to be had. */
#ifndef STOA_TESTS_SLOW_H
#define STOA_TESTS_SLOW_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How many times slower than usual: tests that measure time multiply what they allow by it. */
static inline int slow(void)
{
    const char *times = getenv("STOA_SLOW");
    int number = times ? atoi(times) : 1;

    return number > 0 ? number : 1;
}

/* Under valgrind there is no stack to overflow, and no tracing of the process. */
static inline bool under_valgrind(void)
{
    return getenv("STOA_VALGRIND") != NULL;
}

/* False where pidfd_open is not known: to valgrind before 3.21. */
static inline bool has_pidfds(void)
{
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    bool good = fd >= 0 || errno != ENOSYS;

    if (fd >= 0)
        close(fd);
    return good;
}

#endif
