/* Token buckets, as GCRA does them: one number each, and no timer. */
#include "shared/bucket.h"

struct bucket_rate bucket_rate(int64_t count, int64_t per_ms, int64_t burst_ms)
{
    struct bucket_rate rate = {0, 1};
    if (count <= 0)
        return rate;
    int64_t interval = per_ms * 1000 / count;
    rate.interval_us = interval > 0 ? interval : 1;
    rate.burst = burst_ms * 1000 / rate.interval_us;
    if (rate.burst < 1)
        rate.burst = 1;
    return rate;
}

/* When it is full again; a rate that has changed since leaves no debt greater than an empty one's. */
static int64_t full_at(const struct bucket *bucket, struct bucket_rate rate, int64_t now_us)
{
    int64_t empty = now_us + rate.burst * rate.interval_us;
    return bucket->full_at < now_us ? now_us : bucket->full_at > empty ? empty : bucket->full_at;
}

bool bucket_take(struct bucket *bucket, struct bucket_rate rate, int64_t tokens, int64_t now_us,
                 int64_t *wait_us)
{
    *wait_us = 0;
    if (rate.interval_us <= 0)
        return true;
    int64_t wanted = (tokens < rate.burst ? tokens : rate.burst) * rate.interval_us;
    int64_t empty = now_us + rate.burst * rate.interval_us;
    bucket->full_at = full_at(bucket, rate, now_us);
    int64_t after = bucket->full_at + wanted;
    if (after > empty) {
        *wait_us = after - empty;
        return false;
    }
    bucket->full_at = after;
    return true;
}

void bucket_drain(struct bucket *bucket, struct bucket_rate rate, int64_t left, int64_t now_us)
{
    int64_t missing = rate.burst > left ? rate.burst - left : 0, at = now_us + missing * rate.interval_us;
    if (bucket->full_at < at)
        bucket->full_at = at;
}

bool bucket_is_full(const struct bucket *bucket, int64_t now_us)
{
    return bucket->full_at <= now_us;
}
