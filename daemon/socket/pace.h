/* How often something may happen, in all and for each address: buckets of tokens that fill at a steady pace.
 * What is remembered of addresses is a table of fixed size; those whose buckets are fullest are forgotten
 * first, which costs little, since a forgotten one begins with a full bucket.
 *
 * Many addresses together can leave nothing to others. So there is a share besides, for addresses that come
 * seldom: PACE_SELDOM times at once, then again every PACE_SELDOM_MS. Who tries more often has no part in it
 * until that long after it has ended, and of that share one neighbourhood has its own part at most. */
#ifndef STOA_DAEMON_SOCKET_PACE_H
#define STOA_DAEMON_SOCKET_PACE_H

#include "daemon/socket/address.h"
#include "shared/bucket.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    PACE_ADDRESSES = 1024,
    PACE_WAYS = 8, /* places that an address may have in the table */
    PACE_SELDOM = 4,
    PACE_SELDOM_MS = 1000
};

struct pace_limit {
    int per_second, burst;
};

struct pace_place {
    struct address address;
    struct bucket bucket;
    struct bucket seldom;
};

struct pace { /* zeroed but for its limits at its beginning */
    struct pace_limit all, each;
    struct pace_limit seldom,
        nearby; /* the share of those that come seldom, and a neighbourhood's; 0: none */
    struct bucket whole, whole_seldom;
    struct pace_place places[PACE_ADDRESSES];
    struct pace_place neighbourhoods[PACE_ADDRESSES];
};

/* Whether it may happen once more now; then it has. now: steady ms, above 0. */
bool pace_take(struct pace *pace, const struct address *address, int64_t now);

#endif
