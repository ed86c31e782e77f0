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
    h = (h ^ h >> 33) *
        0xff51afd7ed558ccdu; /* the last bytes alone would hardly change what is taken of it */
    return (size_t)(h >> 33);
}

/* When nothing of it is worth remembering any more; 0: it is free. */
static int64_t forgotten_at(const struct pace_place *place)
{
    return place->bucket.full_at > place->seldom.full_at ? place->bucket.full_at : place->seldom.full_at;
}

static struct pace_place *place_of(struct pace_place places[PACE_ADDRESSES], const struct address *address)
{
    size_t first = hash(address) % (PACE_ADDRESSES / PACE_WAYS) * PACE_WAYS, fullest = first;
    for (size_t i = first; i < first + PACE_WAYS; i++) {
        if (forgotten_at(&places[i]) > 0 && address_equal(&places[i].address, address))
            return &places[i];
        if (forgotten_at(&places[i]) < forgotten_at(&places[fullest]))
            fullest = i;
    }
    places[fullest] = (struct pace_place){.address = *address};
    return &places[fullest];
}

/* Whether it comes for the first few times of late. Each try counts, also one that comes to nothing. */
static bool is_seldom(struct pace_place *place, int64_t now)
{
    const struct bucket_rate rate = {PACE_SELDOM_MS * INT64_C(1000), PACE_SELDOM};
    int64_t unused;
    if (bucket_take(&place->seldom, rate, 1, now * 1000, &unused))
        return true;
    bucket_drain(&place->seldom, rate, 0, now * 1000);
    return false;
}

static bool take_seldom(struct pace *pace, const struct address *address, int64_t now)
{
    struct address around;
    address_around(address, &around);
    struct bucket *nearby = &place_of(pace->neighbourhoods, &around)->bucket, before = *nearby;
    if (!take(nearby, pace->nearby, now))
        return false;
    if (take(&pace->whole_seldom, pace->seldom, now))
        return true;
    *nearby = before;
    return false;
}

bool pace_take(struct pace *pace, const struct address *address, int64_t now)
{
    struct pace_place *own = place_of(pace->places, address);
    struct bucket before = own->bucket;
    bool seldom = pace->seldom.per_second > 0 && is_seldom(own, now);
    if (!take(&own->bucket, pace->each, now))
        return false;
    if ((seldom && take_seldom(pace, address, now)) || take(&pace->whole, pace->all, now))
        return true;
    own->bucket = before;
    return false;
}
