/* What the main thread has told of each connection over tcp, for intake.c to go by: whether it is a user's,
 * and how much of what it sent has arrived. Until it is a user's, its days are numbered, and so are such
 * connections: CURVE's handshake costs as much as a thousand messages. */
#ifndef STOA_DAEMON_SOCKET_STANDING_H
#define STOA_DAEMON_SOCKET_STANDING_H

#include "daemon/socket/address.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum {
    STANDING_UNTRUSTED = 256, /* connections of which nobody knows yet whose they are ... */
    STANDING_UNTRUSTED_ADDRESS = 64,
    STANDING_HANDSHAKE_MS = 1000, /* one may take, also when others need the place */
    STANDING_PER_SECOND = 200,    /* new ones ... */
    STANDING_BURST = 400,
    STANDING_ADDRESS_PER_SECOND = 50, /* ... and of one address */
    STANDING_ADDRESS_BURST = 200,
    STANDING_SELDOM_PER_SECOND = 100, /* ... besides, of addresses that come seldom */
    STANDING_SELDOM_BURST = 200,
    STANDING_NEARBY_PER_SECOND = 50, /* ... and of those, of one neighbourhood */
    STANDING_NEARBY_BURST = 100,
    STANDING_FRIENDS = 64 /* addresses from which users came last; a flood from others does not hinder them */
};

/* Before the first connection; files: how many descriptors there may be. */
void standing_open(uv_loop_t *loop, long files);
/* After the last one. The loop is run once more. */
void standing_close(void);

/* --- by the thread that accepts and reads --- */

/* One was accepted. False if it must be closed: too many come, or are there already. Where all places are
 * taken, one is ended of the address that has most of them, if that has more than this one's. */
bool standing_begin(int fd, const struct address *from);
/* It is no more, or another's number. */
void standing_end(int fd);
bool standing_is_trusted(int fd);
/* Bytes that the main thread was given of it so far. */
uint64_t standing_given(int fd);

/* --- by the main thread --- */

/* How long one may live that is not trusted; looked after every second, while there are any. */
void standing_limit(int64_t patience_ms);
/* So many bytes of it, as they were sent, have arrived. */
void standing_give(int fd, uint64_t bytes);
/* It is a user's. */
void standing_trust(int fd);
/* Ends it, if it is still there. why: a few words for the log. */
void standing_cut(int fd, const char *why);

#endif
