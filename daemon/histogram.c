/* The bounds are close where the promises are: under a millisecond, and at the 200 ms of a fault. */
#include "daemon/histogram.h"

static const int64_t bounds_us[HISTOGRAM_BUCKETS] = {50,    100,   250,   500,    1000,   2500,    5000,
                                                     10000, 25000, 50000, 100000, 200000, 1000000, 5000000};

int64_t histogram_bound_us(size_t bucket)
{
    return bounds_us[bucket];
}

void histogram_add(struct histogram *histogram, int64_t us)
{
    size_t bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS && us > bounds_us[bucket])
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_us += us > 0 ? (uint64_t)us : 0;
}

uint64_t histogram_count(const struct histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++)
        count += histogram->counts[i];
    return count;
}
