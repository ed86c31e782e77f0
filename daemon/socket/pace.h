/* How often something may happen, in all and for each address: buckets of tokens that fill at a steady pace.
 * What is remembered of addresses is a table of fixed size; those whose buckets are fullest are forgotten
 * first, which costs little, since a forgotten one begins with a full bucket. */
#ifndef STOA_DAEMON_SOCKET_PACE_H
#define STOA_DAEMON_SOCKET_PACE_H

#include "daemon/socket/address.h"
#include "shared/bucket.h"
#include <stdbool.h>
#include <stdint.h>

enum { PACE_ADDRESSES = 1024, PACE_WAYS = 8 /* places that an address may have in the table */ };

struct pace_limit {
    int per_second, burst;
};

struct pace { /* zeroed but for its limits at its beginning */
    struct pace_limit all, each;
    struct bucket whole;
    struct {
        struct address address;
        struct bucket bucket;
    } places[PACE_ADDRESSES];
};

/* Whether it may happen once more now; then it has. now: steady ms, above 0. */
bool pace_take(struct pace *pace, const struct address *address, int64_t now);

#endif
