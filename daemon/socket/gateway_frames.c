/* Bodies and meters. One copy of a body is shared by all who get it: libzmq counts references to a message's
 * data, so that a push costs no copy of what is pushed. It lets go of them in its own thread. */
#include "daemon/socket/gateway_internal.h"

#include "shared/xalloc.h"

#include <stdatomic.h>
#include <stdlib.h>

struct frame {
    unsigned refs;
    zmq_msg_t body;
};

/* --- frames --- */

static atomic_size_t all_bytes;

size_t frames_bytes(void)
{
    return atomic_load_explicit(&all_bytes, memory_order_relaxed);
}

/* In libzmq's thread, or in ours. */
static void free_data(void *data, void *len)
{
    atomic_fetch_sub_explicit(&all_bytes, (size_t)len, memory_order_relaxed);
    free(data);
}

struct frame *frame_new(struct buf *text)
{
    struct frame *frame = xmalloc(sizeof *frame);
    size_t len = text->len;
    char *data = buf_take(text);
    frame->refs = 1;
    if (zmq_msg_init_data(&frame->body, data, len, free_data, (void *)len) != 0)
        abort(); /* only when memory is out */
    atomic_fetch_add_explicit(&all_bytes, len, memory_order_relaxed);
    return frame;
}

struct frame *frame_ref(struct frame *frame)
{
    frame->refs++;
    return frame;
}

void frame_free(struct frame **slot)
{
    struct frame *frame = *slot;
    *slot = NULL;
    if (!frame || --frame->refs > 0)
        return;
    zmq_msg_close(&frame->body);
    free(frame);
}

size_t frame_size(const struct frame *frame)
{
    return zmq_msg_size(&frame->body);
}

/* --- meters --- */

/* What goes to a connection leaves it in order. So it is enough to learn of one frame in METER_STEP bytes
 * that it has left: a lease tells. */
struct meter {
    uint64_t given;             /* bytes handed to libzmq so far */
    uint64_t leased;            /* ... up to the last lease */
    atomic_uint_least64_t left; /* ... that have left, as far as leases have told; by libzmq's thread */
    atomic_uint refs;           /* the connection's own, and one a lease */
};

struct lease {
    zmq_msg_t body;
    struct meter *meter;
    uint64_t upto; /* meter->left once it has left */
};

struct meter *meter_new(void)
{
    struct meter *meter = xcalloc(1, sizeof *meter);
    atomic_init(&meter->left, 0);
    atomic_init(&meter->refs, 1);
    return meter;
}

static void meter_unref(struct meter *meter)
{
    if (atomic_fetch_sub(&meter->refs, 1) == 1)
        free(meter);
}

void meter_free(struct meter **slot)
{
    if (*slot)
        meter_unref(*slot);
    *slot = NULL;
}

size_t meter_waiting(const struct meter *meter)
{
    return (size_t)(meter->given - atomic_load(&meter->left));
}

uint64_t meter_left(const struct meter *meter)
{
    return atomic_load(&meter->left);
}

static void end_lease(void *data, void *hint)
{
    (void)data;
    struct lease *lease = hint;
    atomic_store(&lease->meter->left, lease->upto);
    meter_unref(lease->meter);
    zmq_msg_close(&lease->body);
    free(lease);
}

void frame_share(zmq_msg_t *copy, struct frame *frame, struct meter *meter)
{
    size_t size = zmq_msg_size(&frame->body);
    zmq_msg_init(copy);
    if (meter)
        meter->given += size;
    if (!meter || meter->given - meter->leased < METER_STEP) {
        zmq_msg_copy(copy, &frame->body);
        return;
    }
    struct lease *lease = xmalloc(sizeof *lease);
    zmq_msg_init(&lease->body);
    zmq_msg_copy(&lease->body, &frame->body);
    lease->meter = meter;
    lease->upto = meter->leased = meter->given;
    atomic_fetch_add(&meter->refs, 1);
    if (zmq_msg_init_data(copy, zmq_msg_data(&lease->body), size, end_lease, lease) != 0)
        abort(); /* only when memory is out */
}
