/* The messages that wait at the ROUTER, in an order that lets no one wait for another's giant: those of
 * ordinary size first. What one connection sent stays in order. */
#ifndef STOA_DAEMON_SOCKET_INBOX_H
#define STOA_DAEMON_SOCKET_INBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

enum { INBOX_PARTS = 3, INBOX_GIANT = 64 << 10 /* bytes of a body that is one */ };

struct arrival {
    zmq_msg_t parts[INBOX_PARTS]; /* the routing id, the version, the body; further ones are dropped */
    int count;                    /* of all parts there were */
    uint64_t sealed;              /* bytes of all parts as CURVE sends them, and INTAKE_SEALED_PART each */
    struct arrival *next;         /* the inbox's own */
};

struct inbox;

/* socket stays the caller's. */
struct inbox *inbox_new(void *socket);
/* Accepts NULL; what waits is dropped. */
void inbox_free(struct inbox **inbox);
/* The next message; arrival_clear it. False when nothing waits, at the socket or here. */
bool inbox_next(struct inbox *inbox, struct arrival *arrival);
/* Whether messages were set aside, which inbox_next will give. */
bool inbox_holds(const struct inbox *inbox);
void arrival_clear(struct arrival *arrival);

#endif
