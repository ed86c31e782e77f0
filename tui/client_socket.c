/* The monitor's events and the DEALER's messages come through two sockets. When both wait, the monitor is
 * read first, so that a new connection is known before what it brings. */
#include "tui/client_socket.h"
#include "proto/envelope.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include "shared/zloop.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    RECONNECT_MS = 10,
    RECONNECT_MAX_MS = 1000, /* to remote daemons it gets rarer */
    RECEIVE_HWM = 10000,
    CONNECT_MS = 5000, /* until a remote host has taken the connection */
    HANDSHAKE_MS = 5000,
    SILENT_MS = HANDSHAKE_MS - 500, /* a handshake that failed after that was not refused, but not answered */
    HEARTBEAT_MS = 10000,           /* a network that is gone is noticed by these */
    HEARTBEAT_TIMEOUT_MS = 20000,
    KEEPALIVE_S = 60,
    AGAIN_MS = 100, /* after the first handshake that failed; libzmq itself would not wait */
    AGAIN_MAX_MS = 2000,
    REFUSED_STATUS = 400, /* by ZAP: the key; 300 and 500 are of the moment */
    ENDPOINT_MAX = JOIN_ADDRESS_MAX + 128
};
#define MONITOR_ADDRESS "inproc://monitor"

struct client_socket {
    void *context, *dealer, *monitor;
    struct zloop *dealer_loop, *monitor_loop;
    struct client_socket_callbacks callbacks;
    void *arg;
    char endpoint[ENDPOINT_MAX];
    bool remote, shaken;  /* shaken: the handshake succeeded on this connection */
    unsigned families;    /* that the host has and that are not tried yet */
    int64_t connected_at; /* steady ms */
    unsigned failures;    /* handshakes in a row */
    uv_timer_t end;       /* the next attempt; keeps the memory until who closed the socket has returned */
};

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_curve(void *dealer, const struct client_address *address)
{
    return zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, address->server_key, KEY_BYTES) == 0 &&
           zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, address->pair.open, KEY_BYTES) == 0 &&
           zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, address->pair.secret, KEY_BYTES) == 0;
}

static bool set_remote(void *dealer, const struct client_address *address)
{
    return set_curve(dealer, address) && set_int(dealer, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) &&
           set_int(dealer, ZMQ_CONNECT_TIMEOUT, CONNECT_MS) &&
           set_int(dealer, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
           set_int(dealer, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS) &&
           set_int(dealer, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS) &&
           set_int(dealer, ZMQ_TCP_KEEPALIVE, 1) && set_int(dealer, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_S);
}

static bool set_options(void *dealer, const struct client_address *address)
{
    int64_t frame_max = ENVELOPE_REPLY_MAX;

    return set_int(dealer, ZMQ_IMMEDIATE, 1) && set_int(dealer, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
           set_int(dealer, ZMQ_RECONNECT_IVL_MAX, 0) && set_int(dealer, ZMQ_RCVHWM, RECEIVE_HWM) &&
           set_int(dealer, ZMQ_LINGER, 0) &&
           zmq_setsockopt(dealer, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0 &&
           (!client_address_is_remote(address) || set_remote(dealer, address));
}

/* --- receiving --- */

/* Reads the frames after the first: into second, and what follows it to nowhere. How many there were. */
static int read_rest(void *socket, zmq_msg_t *second)
{
    zmq_msg_t extra;
    bool more = zmq_msg_recv(second, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(second);
    int count = 1;

    for (; more; count++) {
        zmq_msg_init(&extra);
        more = zmq_msg_recv(&extra, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&extra);
        zmq_msg_close(&extra);
    }
    return count;
}

/* With ZMQ_IMMEDIATE libzmq drops a connection's messages when it ends, and aborts if it learns of that end
 * between two frames of a message, which it looks for at each hundredth frame. So it is to look now. */
static void take_ends(void *socket)
{
    int events;
    size_t size = sizeof events;

    zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size);
}

static bool read_dealer(void *arg)
{
    struct client_socket *socket = arg;
    zmq_msg_t version, text;
    bool got;

    zmq_msg_init(&version);
    zmq_msg_init(&text);
    take_ends(socket->dealer);
    got = zmq_msg_recv(&version, socket->dealer, ZMQ_DONTWAIT) >= 0;
    if (got && zmq_msg_more(&version) && read_rest(socket->dealer, &text) == 1)
        socket->callbacks.message(socket->arg, zmq_msg_data(&version), zmq_msg_size(&version),
                                  zmq_msg_data(&text), zmq_msg_size(&text));
    zmq_msg_close(&version);
    zmq_msg_close(&text);
    return got;
}

/* --- connections that come to nothing --- */

/* libzmq takes one family for a name. IPv4 first; false if there is no other left. */
static bool next_family(struct client_socket *socket)
{
    unsigned family = socket->families & CLIENT_IPV4 ? CLIENT_IPV4 : socket->families & CLIENT_IPV6;

    socket->families &= ~family;
    return family && set_int(socket->dealer, ZMQ_IPV6, family == CLIENT_IPV6);
}

static void unreached(struct client_socket *socket)
{
    if (next_family(socket)) {
        zmq_disconnect(socket->dealer, socket->endpoint);
        zmq_connect(socket->dealer, socket->endpoint);
    } else {
        socket->callbacks.failed(socket->arg, CLIENT_UNREACHED);
    }
}

static void on_again(uv_timer_t *timer)
{
    struct client_socket *socket = timer->data;

    socket->connected_at = 0;
    zmq_connect(socket->dealer, socket->endpoint);
}

/* Where the other side ends the handshake libzmq tries again at once, or never, by how it ended. */
static void try_later(struct client_socket *socket)
{
    uint64_t wait = AGAIN_MS;

    for (unsigned i = 1; i < socket->failures && wait < AGAIN_MAX_MS; i++)
        wait *= 2;
    zmq_disconnect(socket->dealer, socket->endpoint);
    uv_update_time(socket->end.loop);
    uv_timer_start(&socket->end, on_again, wait < AGAIN_MAX_MS ? wait : AGAIN_MAX_MS, 0);
}

static void handshake_failed(struct client_socket *socket, enum client_failure failure)
{
    if (failure == CLIENT_UNPROVEN && clock_steady_ms() - socket->connected_at >= SILENT_MS)
        failure = CLIENT_SILENT;
    socket->failures++;
    try_later(socket);
    socket->callbacks.failed(socket->arg, failure);
}

/* --- the monitor --- */

/* value: of the event; of a key that is refused, the status of RFC 27. */
static void take_event(struct client_socket *socket, int event, unsigned value)
{
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        socket->failures = 0;
        socket->shaken = true;
        socket->callbacks.up(socket->arg);
    } else if (event == ZMQ_EVENT_DISCONNECTED) {
        if (socket->shaken || !socket->remote)
            socket->callbacks.down(socket->arg);
        socket->shaken = false;
    } else if (event == ZMQ_EVENT_CONNECTED) {
        socket->connected_at = clock_steady_ms();
    } else if (!socket->remote || uv_is_active((uv_handle_t *)&socket->end)) {
        return;
    } else if (event == ZMQ_EVENT_CONNECT_RETRIED && !socket->shaken && socket->connected_at == 0) {
        unreached(socket);
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        handshake_failed(socket, value == REFUSED_STATUS ? CLIENT_TURNED_AWAY : CLIENT_CROWDED);
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ||
               event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
        handshake_failed(socket, CLIENT_UNPROVEN);
    }
}

static bool read_monitor(void *arg)
{
    struct client_socket *socket = arg;
    zmq_msg_t head, address;
    uint16_t event = 0;
    uint32_t value = 0;
    bool got;

    zmq_msg_init(&head);
    zmq_msg_init(&address);
    got = zmq_msg_recv(&head, socket->monitor, ZMQ_DONTWAIT) >= 0;
    if (got && zmq_msg_size(&head) >= sizeof event + sizeof value) {
        memcpy(&event, zmq_msg_data(&head), sizeof event);
        memcpy(&value, (const char *)zmq_msg_data(&head) + sizeof event, sizeof value);
    }
    if (got && zmq_msg_more(&head))
        read_rest(socket->monitor, &address);
    zmq_msg_close(&head);
    zmq_msg_close(&address);
    if (got)
        take_event(socket, event, value);
    return got;
}

/* --- life --- */

static bool open_monitor(struct client_socket *socket)
{
    int events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED;

    if (socket->remote)
        events |= ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                  ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
    if (zmq_socket_monitor(socket->dealer, MONITOR_ADDRESS, events) != 0)
        return false;
    socket->monitor = zmq_socket(socket->context, ZMQ_PAIR);
    return socket->monitor && set_int(socket->monitor, ZMQ_LINGER, 0) &&
           zmq_connect(socket->monitor, MONITOR_ADDRESS) == 0;
}

static bool open_sockets(struct client_socket *socket, const struct client_address *address)
{
    socket->remote = client_address_is_remote(address);
    if (socket->remote)
        join_address_text(&address->remote, socket->endpoint);
    else
        snprintf(socket->endpoint, sizeof socket->endpoint, "ipc://%s", address->path);
    socket->context = zmq_ctx_new();
    socket->dealer = socket->context ? zmq_socket(socket->context, ZMQ_DEALER) : NULL;
    if (!socket->dealer || !set_options(socket->dealer, address) || !open_monitor(socket))
        return false;
    if (socket->remote) {
        socket->families = client_address_families(&address->remote);
        next_family(socket);
    }
    return zmq_connect(socket->dealer, socket->endpoint) == 0;
}

/* First what tells, then what it is told to: libzmq leaks an event that nobody is left to take. Its thread
 * may wait for room to tell one, and what stops it would wait for that thread: so room is made. */
static void stop_monitor(struct client_socket *socket)
{
    zmq_msg_t none;
    bool got = true;

    while (socket->monitor && got) {
        zmq_msg_init(&none);
        got = zmq_msg_recv(&none, socket->monitor, ZMQ_DONTWAIT) >= 0;
        zmq_msg_close(&none);
    }
    zmq_socket_monitor(socket->dealer, NULL, 0);
}

static void close_sockets(struct client_socket *socket)
{
    if (socket->dealer) {
        stop_monitor(socket);
        zmq_close(socket->dealer);
    }
    if (socket->monitor)
        zmq_close(socket->monitor);
    while (socket->context && zmq_ctx_term(socket->context) != 0 && errno == EINTR)
        ; /* a signal came between: its threads are still there */
}

static void on_end(uv_handle_t *handle)
{
    free(handle->data);
}

struct client_socket *client_socket_open(uv_loop_t *loop, const struct client_address *address,
                                         const struct client_socket_callbacks *callbacks, void *arg)
{
    struct client_socket *socket = xcalloc(1, sizeof *socket);

    socket->callbacks = *callbacks;
    socket->arg = arg;
    if (!open_sockets(socket, address)) {
        close_sockets(socket);
        free(socket);
        return NULL;
    }
    uv_timer_init(loop, &socket->end);
    socket->end.data = socket;
    /* libuv runs the prepare handle that was started last first. */
    socket->dealer_loop = zloop_open(loop, socket->dealer, read_dealer, socket);
    socket->monitor_loop = zloop_open(loop, socket->monitor, read_monitor, socket);
    if (!socket->dealer_loop || !socket->monitor_loop)
        client_socket_close(&socket);
    return socket;
}

void client_socket_close(struct client_socket **slot)
{
    struct client_socket *socket = *slot;

    *slot = NULL;
    if (!socket)
        return;
    zloop_close(&socket->monitor_loop);
    zloop_close(&socket->dealer_loop);
    close_sockets(socket);
    uv_close((uv_handle_t *)&socket->end, on_end);
}

void client_socket_rest(struct client_socket *socket)
{
    uv_timer_stop(&socket->end);
    zmq_disconnect(socket->dealer, socket->endpoint);
}

bool client_socket_send(struct client_socket *socket, const char *version, const char *text, size_t len)
{
    int events = 0;
    size_t size = sizeof events;

    /* Asking makes libzmq take in a connection that its I/O thread has just made; sending alone may not. */
    if (zmq_getsockopt(socket->dealer, ZMQ_EVENTS, &events, &size) != 0 || !(events & ZMQ_POLLOUT))
        return false;
    if (zmq_send(socket->dealer, version, strlen(version), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return false;
    return zmq_send(socket->dealer, text, len, ZMQ_DONTWAIT) >= 0;
}
