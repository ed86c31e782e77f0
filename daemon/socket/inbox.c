/* A giant is set aside as it comes, and so is what its connection sends after it. How much that can be is
 * intake.h's to bound: it takes nothing more in while anything waits here. */
#include "daemon/socket/inbox.h"

#include "daemon/socket/intake.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct inbox {
    void *socket;
    struct arrival *first, **tail; /* set aside */
};

static bool receive(void *socket, zmq_msg_t *part)
{
    zmq_msg_init(part);
    while (zmq_msg_recv(part, socket, ZMQ_DONTWAIT) < 0) {
        if (errno == EINTR)
            continue;
        zmq_msg_close(part);
        return false;
    }
    return true;
}

/* As intake.c counts it: "\7MESSAGE", a nonce, a seal, and flags are around it; then the frame's head. */
static uint64_t sealed_size(size_t size)
{
    enum { SEAL = 8 + 8 + 16 + 1, HEAD = 2, LONG_HEAD = 9 };
    size_t frame = size + SEAL;
    return frame + (frame > UINT8_MAX ? LONG_HEAD : HEAD) + INTAKE_SEALED_PART;
}

/* Takes the parts of one message; false if there is none. */
static bool receive_parts(void *socket, struct arrival *arrival)
{
    zmq_msg_t rest, *part = &arrival->parts[0];
    arrival->count = 0;
    arrival->sealed = 0;
    while (receive(socket, part)) {
        bool more = zmq_msg_more(part);
        if (arrival->count > 0) /* the routing id is none of it */
            arrival->sealed += sealed_size(zmq_msg_size(part));
        if (part == &rest)
            zmq_msg_close(&rest);
        arrival->count++;
        if (!more)
            break;
        part = arrival->count < INBOX_PARTS ? &arrival->parts[arrival->count] : &rest;
    }
    return arrival->count > 0;
}

static bool is_giant(struct arrival *arrival)
{
    return arrival->count >= INBOX_PARTS && zmq_msg_size(&arrival->parts[INBOX_PARTS - 1]) > INBOX_GIANT;
}

static bool is_of(struct arrival *a, struct arrival *b)
{
    size_t len = zmq_msg_size(&a->parts[0]);
    return len == zmq_msg_size(&b->parts[0]) &&
           memcmp(zmq_msg_data(&a->parts[0]), zmq_msg_data(&b->parts[0]), len) == 0;
}

static bool follows_giant(const struct inbox *inbox, struct arrival *arrival)
{
    for (struct arrival *waiting = inbox->first; waiting; waiting = waiting->next)
        if (is_of(waiting, arrival))
            return true;
    return false;
}

/* The parts are moved, not copied. */
static void move(struct arrival *to, struct arrival *from)
{
    to->count = from->count;
    to->sealed = from->sealed;
    for (int i = 0; i < to->count && i < INBOX_PARTS; i++) {
        zmq_msg_init(&to->parts[i]);
        zmq_msg_move(&to->parts[i], &from->parts[i]);
    }
    arrival_clear(from);
}

static void set_aside(struct inbox *inbox, struct arrival *arrival)
{
    struct arrival *kept = xcalloc(1, sizeof *kept);
    move(kept, arrival);
    *inbox->tail = kept;
    inbox->tail = &kept->next;
}

static bool take_aside(struct inbox *inbox, struct arrival *arrival)
{
    struct arrival *first = inbox->first;
    if (!first)
        return false;
    inbox->first = first->next;
    if (!inbox->first)
        inbox->tail = &inbox->first;
    move(arrival, first);
    free(first);
    return true;
}

bool inbox_next(struct inbox *inbox, struct arrival *arrival)
{
    while (receive_parts(inbox->socket, arrival)) {
        if (!is_giant(arrival) && !follows_giant(inbox, arrival))
            return true;
        set_aside(inbox, arrival);
    }
    return take_aside(inbox, arrival);
}

bool inbox_holds(const struct inbox *inbox)
{
    return inbox->first != NULL;
}

void arrival_clear(struct arrival *arrival)
{
    for (int i = 0; i < arrival->count && i < INBOX_PARTS; i++)
        zmq_msg_close(&arrival->parts[i]);
    arrival->count = 0;
}

struct inbox *inbox_new(void *socket)
{
    struct inbox *inbox = xcalloc(1, sizeof *inbox);
    inbox->socket = socket;
    inbox->tail = &inbox->first;
    return inbox;
}

void inbox_free(struct inbox **slot)
{
    struct inbox *inbox = *slot;
    struct arrival arrival;
    *slot = NULL;
    if (!inbox)
        return;
    while (take_aside(inbox, &arrival))
        arrival_clear(&arrival);
    free(inbox);
}
