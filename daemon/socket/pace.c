/* An address' own bucket comes first, so that one that is too fast takes nothing from the others. */
#include "daemon/socket/pace.h"

#include <stddef.h>

enum { TOKEN = 1000, MS = 1000 };

static void fill(struct pace_bucket *bucket, struct pace_limit limit, int64_t now)
{
    int64_t full = (int64_t)limit.burst * TOKEN;
    int64_t past = bucket->at > 0 ? now - bucket->at : INT64_MAX;
    int64_t more = past > full / limit.per_second ? full : past * limit.per_second * TOKEN / MS;
    bucket->tokens = bucket->tokens + more < full ? bucket->tokens + more : full;
    bucket->at = now;
}

static bool has_one(struct pace_bucket *bucket, struct pace_limit limit, int64_t now)
{
    fill(bucket, limit, now);
    return bucket->tokens >= TOKEN;
}

static size_t hash(const struct address *address)
{
    uint64_t h = 1469598103934665603u; /* FNV-1a */
    for (int i = 0; i < ADDRESS_BYTES; i++)
        h = (h ^ address->bytes[i]) * 1099511628211u;
    return (size_t)(h >> 32);
}

static struct pace_bucket *bucket_of(struct pace *pace, const struct address *address, int64_t now)
{
    size_t first = hash(address) % (PACE_ADDRESSES / PACE_WAYS) * PACE_WAYS, fullest = first;
    for (size_t i = first; i < first + PACE_WAYS; i++) {
        struct pace_bucket *bucket = &pace->places[i].bucket;
        if (bucket->at > 0 && address_equal(&pace->places[i].address, address))
            return bucket;
        fill(bucket, pace->each, now);
        if (bucket->tokens > pace->places[fullest].bucket.tokens)
            fullest = i;
    }
    pace->places[fullest].address = *address;
    pace->places[fullest].bucket = (struct pace_bucket){0};
    return &pace->places[fullest].bucket;
}

bool pace_take(struct pace *pace, const struct address *address, int64_t now)
{
    struct pace_bucket *own = bucket_of(pace, address, now);
    if (!has_one(own, pace->each, now) || !has_one(&pace->whole, pace->all, now))
        return false;
    own->tokens -= TOKEN;
    pace->whole.tokens -= TOKEN;
    return true;
}
