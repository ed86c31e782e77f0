/* How long things take, as Prometheus counts it: how many took no longer than each bound, and the sum. */
#ifndef STOA_DAEMON_HISTOGRAM_H
#define STOA_DAEMON_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 14 };

struct histogram {                          /* zeroed at its beginning */
    uint64_t counts[HISTOGRAM_BUCKETS + 1]; /* each its own; the last one: beyond all bounds */
    uint64_t sum_us;
};

/* The upper bound of a bucket in microseconds: 50 to 5,000,000. */
int64_t histogram_bound_us(size_t bucket);
void histogram_add(struct histogram *histogram, int64_t us);
uint64_t histogram_count(const struct histogram *histogram);

#endif
