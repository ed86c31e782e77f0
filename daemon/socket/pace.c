/* An address' own bucket comes first, so that one that is too fast takes nothing from the others. */
#include "daemon/socket/pace.h"

#include <stddef.h>

/* So many a second, and a burst of their own number. */
static bool take(struct bucket *bucket, struct pace_limit limit, int64_t now)
{
    struct bucket_rate rate = {.interval_us = 1000000 / limit.per_second, .burst = limit.burst};
    int64_t unused;
    return bucket_take(bucket, rate, 1, now * 1000, &unused);
}

static size_t hash(const struct address *address)
{
    uint64_t h = 1469598103934665603u; /* FNV-1a */
    for (int i = 0; i < ADDRESS_BYTES; i++)
        h = (h ^ address->bytes[i]) * 1099511628211u;
    return (size_t)(h >> 32);
}

static struct bucket *bucket_of(struct pace *pace, const struct address *address)
{
    size_t first = hash(address) % (PACE_ADDRESSES / PACE_WAYS) * PACE_WAYS, fullest = first;
    for (size_t i = first; i < first + PACE_WAYS; i++) {
        if (pace->places[i].bucket.full_at > 0 && address_equal(&pace->places[i].address, address))
            return &pace->places[i].bucket;
        if (pace->places[i].bucket.full_at < pace->places[fullest].bucket.full_at)
            fullest = i;
    }
    pace->places[fullest].address = *address;
    pace->places[fullest].bucket = (struct bucket){0};
    return &pace->places[fullest].bucket;
}

bool pace_take(struct pace *pace, const struct address *address, int64_t now)
{
    struct bucket *own = bucket_of(pace, address), before = *own;
    if (!take(own, pace->each, now))
        return false;
    if (take(&pace->whole, pace->all, now))
        return true;
    *own = before;
    return false;
}
