/* How much slower than usual this machine is: unit tests that measure time multiply what they allow by it.
 * STOA_SLOW says so, where a test runs under valgrind or a sanitizer of threads. */
#ifndef STOA_TESTS_SLOW_H
#define STOA_TESTS_SLOW_H

#include <stdlib.h>

static inline int slow(void)
{
    const char *times = getenv("STOA_SLOW");
    int number = times ? atoi(times) : 1;

    return number > 0 ? number : 1;
}

#endif
