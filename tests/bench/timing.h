/* Times of the bench: one clock for all of its programs, stamps in texts, and samples with exact percentiles.
 */
#ifndef STOA_BENCH_TIMING_H
#define STOA_BENCH_TIMING_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { STAMP_BYTES = 20 };

/* CLOCK_MONOTONIC, which all processes of a machine share. */
static inline int64_t timing_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Asks the kernel for wake-ups of this thread without slack. */
void timing_sharp(void);
/* Sleeps until that time of the clock. */
void timing_sleep_until(int64_t when);

/* STAMP_BYTES bytes without a NUL: the time in 19 digits, and a space. */
void stamp_put(char *to, int64_t time);
int64_t stamp_get(const char *from);

/* Nanoseconds, or other numbers; zeroed is empty. */
struct samples {
    int64_t *all;
    size_t count, cap;
};
void samples_free(struct samples *samples);
void samples_add(struct samples *samples, int64_t value);
void samples_append(struct samples *samples, const struct samples *more);
/* part: 0 to 1. Sorts; 0 of nothing. */
int64_t samples_percentile(struct samples *samples, double part);

#endif
