/* Samples are kept one by one: a histogram would round what is compared. */
#include "tests/bench/timing.h"

#include "shared/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

void timing_sharp(void)
{
    prctl(PR_SET_TIMERSLACK, 1UL);
}

void timing_sleep_until(int64_t when)
{
    struct timespec until = {.tv_sec = when / 1000000000, .tv_nsec = when % 1000000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

void stamp_put(char *to, int64_t time)
{
    for (int i = STAMP_BYTES - 2; i >= 0; i--, time /= 10)
        to[i] = (char)('0' + time % 10);
    to[STAMP_BYTES - 1] = ' ';
}

int64_t stamp_get(const char *from)
{
    int64_t time = 0;

    for (int i = 0; i < STAMP_BYTES - 1; i++)
        time = time * 10 + (from[i] - '0');
    return time;
}

void samples_free(struct samples *samples)
{
    free(samples->all);
    *samples = (struct samples){0};
}

void samples_add(struct samples *samples, int64_t value)
{
    if (samples->count == samples->cap) {
        samples->cap = samples->cap ? samples->cap * 2 : 4096;
        samples->all = xreallocarray(samples->all, samples->cap, sizeof *samples->all);
    }
    samples->all[samples->count++] = value;
}

void samples_append(struct samples *samples, const struct samples *more)
{
    for (size_t i = 0; i < more->count; i++)
        samples_add(samples, more->all[i]);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int64_t samples_percentile(struct samples *samples, double part)
{
    if (samples->count == 0)
        return 0;
    qsort(samples->all, samples->count, sizeof *samples->all, compare);
    size_t at = (size_t)(part * (double)samples->count);
    return samples->all[at < samples->count ? at : samples->count - 1];
}
