/* A token bucket: so many a second on average, and so many at once. Kept as the moment at which it is full
 * again, so a zeroed one is full. It knows no clock: times are µs of a steady one. */
#ifndef STOA_SHARED_BUCKET_H
#define STOA_SHARED_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
    int64_t full_at;
};

struct bucket_rate {
    int64_t interval_us; /* for one token to come back; 0: no limit */
    int64_t burst;       /* tokens of a full one, at least 1 */
};

/* So many in that time, and what comes in so many ms at once. count 0: no limit. */
struct bucket_rate bucket_rate(int64_t count, int64_t per_ms, int64_t burst_ms);
/* Takes that many (more than there can ever be: all of a full one). False, with nothing taken, if there are
 * fewer: after *wait_us there are enough. */
bool bucket_take(struct bucket *bucket, struct bucket_rate rate, int64_t tokens, int64_t now_us,
                 int64_t *wait_us);
/* Leaves no more than that many in it. */
void bucket_drain(struct bucket *bucket, struct bucket_rate rate, int64_t left, int64_t now_us);
/* Whether nothing is missing from it: it may be forgotten. */
bool bucket_is_full(const struct bucket *bucket, int64_t now_us);

#endif
