/* The ROUTER on the loop: its options and sockets, what is sent and read, and who may come in over tcp. What
 * is sent, and what of it waits, is in gateway_frames.c. */
#include "daemon/socket/gateway.h"

#include "daemon/socket/files.h"
#include "daemon/socket/gateway_internal.h"
#include "daemon/socket/inbox.h"
#include "daemon/socket/intake.h"
#include "daemon/socket/listener.h"
#include "daemon/socket/standing.h"
#include "daemon/socket/strangers.h"
#include "daemon/socket/zap.h"
#include "proto/envelope.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include "shared/zloop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <zmq.h>

enum {
    RECEIVE_HWM = 1000,
    HANDSHAKE_MS = 1000,
    TCP_HANDSHAKE_MS = 5000,
    KEEPALIVE_IDLE_S = 60, /* then a probe each KEEPALIVE_STEP_S; without an answer to any it is dead */
    KEEPALIVE_STEP_S = 15,
    KEEPALIVE_COUNT = 4,
    SEAL_MAX = 64 /* bytes that CURVE adds to a frame, or more */
};

struct gateway {
    void *context, *router;
    struct zloop *zloop;
    struct zap *zap;
    struct inbox *inbox;
    struct strangers *strangers;
    struct gateway_guests guests;
    gateway_read_cb *read;
    void *arg;
};

static const char displaced_why[] =
    "a stranger's place is another's now (limits.max_strangers), or its time was up";

int route_compare(const struct route *a, const struct route *b)
{
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(a->id, b->id, a->len);
}

/* --- sending --- */

static int send_part(void *router, zmq_msg_t *part, int more)
{
    int rc;
    while ((rc = zmq_msg_send(part, router, more | ZMQ_DONTWAIT)) < 0 && errno == EINTR)
        ;
    if (rc < 0) {
        int why = errno;
        zmq_msg_close(part);
        errno = why;
    }
    return rc;
}

static int send_bytes(void *router, const void *bytes, size_t len, int more)
{
    zmq_msg_t part;
    zmq_msg_init_size(&part, len);
    memcpy(zmq_msg_data(&part), bytes, len);
    return send_part(router, &part, more);
}

enum sent gateway_send(struct gateway *gateway, const struct route *route, struct frame *frame,
                       struct meter *meter, size_t limit)
{
    if (meter && meter_waiting(meter) > limit)
        return SENT_FULL;
    /* With ROUTER_MANDATORY the first part decides for the whole message: parts that follow are always taken.
     */
    if (send_bytes(gateway->router, route->id, route->len, ZMQ_SNDMORE) < 0)
        return errno == EAGAIN ? SENT_FULL : SENT_GONE;
    zmq_msg_t body;
    frame_share(&body, frame, meter);
    send_bytes(gateway->router, ENVELOPE_VERSION, strlen(ENVELOPE_VERSION), ZMQ_SNDMORE);
    return send_part(gateway->router, &body, 0) < 0 ? SENT_GONE : SENT_OK;
}

/* --- reading --- */

/* The peer of the local socket is "localhost:uid:gid:pid". */
static int peer_pid(zmq_msg_t *body)
{
    const char *address = zmq_msg_gets(body, "Peer-Address");
    int uid, gid, pid;
    return address && sscanf(address, "localhost:%d:%d:%d", &uid, &gid, &pid) == 3 ? pid : 0;
}

static const char *peer_address(zmq_msg_t *body)
{
    const char *address = zmq_msg_gets(body, "Peer-Address");
    if (!address || strncmp(address, "localhost:", strlen("localhost:")) == 0)
        return "";
    if (strncmp(address, "::ffff:", 7) == 0 && strchr(address, '.')) /* IPv4, at a socket of both kinds */
        address += 7;
    return address;
}

/* As libzmq notes it for its ZMQ_SRCFD. */
static int source_fd(zmq_msg_t *body)
{
    const char *fd = zmq_msg_gets(body, "__fd");
    return fd ? atoi(fd) : -1;
}

/* libzmq gives five bytes, of which the first is 0. With an id of its own a peer could take another's place;
 * on the local socket intake.c sees to that. */
static bool is_given_route(const struct route *route)
{
    return route->len == 5 && route->id[0] == 0;
}

/* A user's, or a stranger's that has its place still. */
static bool has_place(const struct gateway *gateway, const struct gateway_message *message)
{
    const struct gateway_guests *guests = &gateway->guests;
    return standing_is_trusted(message->fd) || guests->is_known(guests->arg, message->peer) ||
           strangers_has(gateway->strangers, message->peer, message->fd, clock_steady_ms());
}

/* Whether the message may go on. What has come over tcp is accounted for. */
static bool admit(const struct gateway *gateway, const struct gateway_message *message, uint64_t sealed)
{
    if (strcmp(message->peer, GATEWAY_LOCAL) == 0)
        return true;
    standing_give(message->fd, sealed);
    if (!message->peer[0] || !is_given_route(message->route)) {
        standing_cut(message->fd, "it brings a routing id of its own");
        return false;
    }
    if (!has_place(gateway, message)) {
        standing_cut(message->fd, displaced_why);
        return false;
    }
    return true;
}

static bool on_readable(void *arg)
{
    struct gateway *gateway = arg;
    struct arrival arrival;
    if (!inbox_next(gateway->inbox, &arrival)) {
        intake_drained();
        return false;
    }
    zmq_msg_t *parts = arrival.parts;
    int count = arrival.count;
    struct route route = {.len = (unsigned char)zmq_msg_size(&parts[0])};
    memcpy(route.id, zmq_msg_data(&parts[0]), route.len);
    /* User-Id and Peer-Address are read from a body frame: on the routing id they are missing. */
    zmq_msg_t *last = &parts[count < 3 ? count - 1 : 2];
    const char *peer = count > 1 ? zmq_msg_gets(last, "User-Id") : NULL;
    struct gateway_message message = {
        .route = &route,
        .version = count > 1 ? zmq_msg_data(&parts[1]) : "",
        .version_len = count > 1 ? zmq_msg_size(&parts[1]) : 0,
        .body = count > 2 ? zmq_msg_data(&parts[2]) : "",
        .body_len = count > 2 ? zmq_msg_size(&parts[2]) : 0,
        .extra = count != 3,
        .peer = peer ? peer : "",
        .address = count > 1 ? peer_address(last) : "",
        .pid = count > 1 ? peer_pid(last) : 0,
        .fd = count > 1 ? source_fd(last) : -1,
    };
    if (count > 1 && admit(gateway, &message, arrival.sealed))
        gateway->read(gateway->arg, &message);
    arrival_clear(&arrival);
    return true;
}

/* --- life --- */

static void set_int(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0)
        log_warn("gateway", "ZeroMQ refuses option %d: %s", option, zmq_strerror(errno));
}

static void set_options(void *router, int backlog)
{
    zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, "stoa", 4);
    set_int(router, ZMQ_ROUTER_MANDATORY, 1);
    set_int(router, ZMQ_SNDHWM, backlog);
    set_int(router, ZMQ_RCVHWM, RECEIVE_HWM);
    set_int(router, ZMQ_BACKLOG, LISTENER_BACKLOG);
    set_int(router, ZMQ_LINGER, 0);
}

static void set_frame_max(void *router, int64_t max)
{
    zmq_setsockopt(router, ZMQ_MAXMSGSIZE, &max, sizeof max);
}

/* A listener has the options that the socket has when it is bound. */
static void set_local(void *router)
{
    set_int(router, ZMQ_CURVE_SERVER, 0); /* then it is NULL */
    set_int(router, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
    set_int(router, ZMQ_TCP_KEEPALIVE, -1);
    set_frame_max(router, ENVELOPE_REQUEST_MAX);
}

static bool set_remote(void *router, const struct listen_address *address, const struct key_pair *key)
{
    set_int(router, ZMQ_IPV6, address->ipv6);
    set_int(router, ZMQ_HANDSHAKE_IVL, TCP_HANDSHAKE_MS);
    set_int(router, ZMQ_TCP_KEEPALIVE, 1);
    set_int(router, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S);
    set_int(router, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_STEP_S);
    set_int(router, ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_COUNT);
    set_frame_max(router, ENVELOPE_REQUEST_MAX + SEAL_MAX);
    int one = 1; /* a listener that is not sealed would let anybody say anything: none then */
    return zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, key->secret, KEY_BYTES) == 0 &&
           zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one) == 0;
}

bool gateway_bind(struct gateway *gateway, const char *path, char error[256])
{
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
    set_local(gateway->router);
    int fd = listener_local(path);
    if (fd >= 0)
        set_int(gateway->router, ZMQ_USE_FD, fd);
    if (fd >= 0 && zmq_bind(gateway->router, endpoint) == 0)
        return true;
    snprintf(error, 256, "can't bind %s: %s", path,
             errno == EADDRINUSE ? "another program serves there" : zmq_strerror(errno));
    if (fd >= 0)
        close(fd);
    return false;
}

/* --- over tcp --- */

bool gateway_listen(struct gateway *gateway, const struct listen_address *address, const struct key_pair *key,
                    char bound[LISTEN_TEXT_MAX], char error[256])
{
    int fd = listener_tcp(address), why = errno;
    bool good = fd >= 0;
    if (good) {
        listener_name(fd, address, bound);
        set_int(gateway->router, ZMQ_USE_FD, fd);
        good = set_remote(gateway->router, address, key) && zmq_bind(gateway->router, bound) == 0;
        why = errno;
    }
    set_int(gateway->router, ZMQ_USE_FD, -1);
    set_local(gateway->router);
    if (good)
        return true;
    if (fd >= 0)
        close(fd);
    snprintf(error, 256, "can't listen at %s: %s", address->text,
             why == EADDRINUSE      ? "another program serves there"
             : why == EADDRNOTAVAIL ? "this host has no such address"
                                    : zmq_strerror(why));
    return false;
}

static bool on_key(void *arg, const char *key, const char *address)
{
    struct gateway *gateway = arg;
    const struct gateway_guests *guests = &gateway->guests;
    if (!guests->is_known)
        return false;
    int displaced = -1;
    if (guests->is_known(guests->arg, key) ||
        strangers_admit(gateway->strangers, key, address, clock_steady_ms(), &displaced)) {
        if (!standing_is_trusted(displaced)) /* that number is a user's connection's by now */
            standing_cut(displaced, displaced_why);
        return true;
    }
    guests->refused(guests->arg, key, address);
    return false;
}

void gateway_set_guests(struct gateway *gateway, const struct gateway_guests *guests)
{
    gateway->guests = *guests;
    strangers_limit(gateway->strangers, guests->max_strangers, guests->stranger_ms);
    standing_limit(guests->stranger_ms);
}

void gateway_trust(struct gateway *gateway, int fd)
{
    (void)gateway;
    standing_trust(fd);
}

void gateway_forget_stranger(struct gateway *gateway, const char *key, int fd)
{
    strangers_leave(gateway->strangers, key, fd);
}

/* --- life --- */

/* For intake.c. */
static bool is_drained(void *arg)
{
    struct gateway *gateway = arg;
    int events = 0;
    size_t size = sizeof events;
    return !inbox_holds(gateway->inbox) && zmq_getsockopt(gateway->router, ZMQ_EVENTS, &events, &size) == 0 &&
           !(events & ZMQ_POLLIN);
}

struct gateway *gateway_open(uv_loop_t *loop, const char *path, int backlog, gateway_read_cb *read, void *arg,
                             char error[256])
{
    /* libzmq draws the first routing id from rand(); ids that could be guessed could be claimed. */
    unsigned seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = (unsigned)getpid();
    srand(seed);
    struct gateway *gateway = xcalloc(1, sizeof *gateway);
    intake_open(loop, files_limit(), is_drained, gateway);
    gateway->read = read;
    gateway->arg = arg;
    gateway->context = zmq_ctx_new();
    gateway->router = zmq_socket(gateway->context, ZMQ_ROUTER);
    gateway->inbox = inbox_new(gateway->router);
    gateway->strangers = strangers_new();
    set_options(gateway->router, backlog);
    /* ZAP fails open: its handler must be bound before anything else is. */
    gateway->zap = zap_open(loop, gateway->context, on_key, gateway);
    if (!gateway->zap)
        snprintf(error, 256, "can't say who connections belong to: %s", zmq_strerror(errno));
    if (!gateway->zap || !gateway_bind(gateway, path, error)) {
        gateway_close(&gateway, 0);
        return NULL;
    }
    gateway->zloop = zloop_open(loop, gateway->router, on_readable, gateway);
    if (!gateway->zloop) {
        snprintf(error, 256, "the loop can't watch the socket %s", path);
        gateway_close(&gateway, 0);
    }
    return gateway;
}

void gateway_close(struct gateway **slot, int linger_ms)
{
    struct gateway *gateway = *slot;
    if (!gateway)
        return;
    zloop_close(&gateway->zloop);
    inbox_free(&gateway->inbox);
    set_int(gateway->router, ZMQ_LINGER, linger_ms);
    zmq_close(gateway->router);
    zap_close(&gateway->zap);
    zmq_ctx_term(gateway->context);
    intake_close();
    strangers_free(&gateway->strangers);
    free(gateway);
    *slot = NULL;
}
