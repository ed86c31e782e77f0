/* Keys that no user has: they are let in to present a ticket, a pairing code or a token, in small number and
 * rate. Whoever is admitted holds a place until it is somebody, has gone, or its time is up; or until all
 * places are taken and one comes of whose address, or neighbourhood, there are fewer. */
#ifndef STOA_DAEMON_SOCKET_STRANGERS_H
#define STOA_DAEMON_SOCKET_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    STRANGERS_MAX = 1000, /* places there can be */
    STRANGERS_PER_SECOND = 16,
    STRANGERS_BURST = 64, /* ... and of one address: */
    STRANGERS_ADDRESS_PER_SECOND = 4,
    STRANGERS_ADDRESS_BURST = 16,
    STRANGERS_MOMENT_MS = 2000 /* for a place, before others of whom there are no more are let in for it */
};

struct strangers;

struct strangers *strangers_new(void);
/* Accepts NULL. */
void strangers_free(struct strangers **strangers);
/* max: places; one address has half of them at most. patience_ms: how long a place is held. */
void strangers_limit(struct strangers *strangers, int max, int64_t patience_ms);
/* Whether one more may come in; then it has a place. *displaced: the descriptor of the connection that has
 * none any more, and is to be ended; -1: none, or it has said nothing yet. now: steady ms. */
bool strangers_admit(struct strangers *strangers, const char *key, const char *address, int64_t now,
                     int *displaced);
/* A message of that key has come by the connection: whether that has a place still. */
bool strangers_has(struct strangers *strangers, const char *key, int fd, int64_t now);
/* The connection of that key has ended, or is somebody's now. */
void strangers_leave(struct strangers *strangers, const char *key, int fd);

#endif
