/* The monitor's events and the DEALER's messages come through two sockets. When both wait, the monitor is
 * read first, so that a new connection is known before what it brings. */
#include "tui/client_socket.h"
#include "proto/envelope.h"
#include "shared/xalloc.h"
#include "shared/zloop.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { RECONNECT_MS = 10, RECEIVE_HWM = 10000 };
#define MONITOR_ADDRESS "inproc://monitor"

struct client_socket {
    void *context, *dealer, *monitor;
    struct zloop *dealer_loop, *monitor_loop;
    struct client_socket_callbacks callbacks;
    void *arg;
    uv_idle_t end; /* keeps the memory until the callback that closed the socket has returned */
};

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_options(void *dealer)
{
    int64_t frame_max = ENVELOPE_REPLY_MAX;

    return set_int(dealer, ZMQ_IMMEDIATE, 1) && set_int(dealer, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
           set_int(dealer, ZMQ_RECONNECT_IVL_MAX, 0) && set_int(dealer, ZMQ_RCVHWM, RECEIVE_HWM) &&
           set_int(dealer, ZMQ_LINGER, 0) &&
           zmq_setsockopt(dealer, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0;
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

static bool read_dealer(void *arg)
{
    struct client_socket *socket = arg;
    zmq_msg_t version, text;
    bool got;

    zmq_msg_init(&version);
    zmq_msg_init(&text);
    got = zmq_msg_recv(&version, socket->dealer, ZMQ_DONTWAIT) >= 0;
    if (got && zmq_msg_more(&version) && read_rest(socket->dealer, &text) == 1)
        socket->callbacks.message(socket->arg, zmq_msg_data(&version), zmq_msg_size(&version),
                                  zmq_msg_data(&text), zmq_msg_size(&text));
    zmq_msg_close(&version);
    zmq_msg_close(&text);
    return got;
}

static bool read_monitor(void *arg)
{
    struct client_socket *socket = arg;
    zmq_msg_t head, address;
    uint16_t event = 0;
    bool got;

    zmq_msg_init(&head);
    zmq_msg_init(&address);
    got = zmq_msg_recv(&head, socket->monitor, ZMQ_DONTWAIT) >= 0;
    if (got && zmq_msg_size(&head) >= sizeof event)
        memcpy(&event, zmq_msg_data(&head), sizeof event);
    if (got && zmq_msg_more(&head))
        read_rest(socket->monitor, &address);
    zmq_msg_close(&head);
    zmq_msg_close(&address);
    if (event & ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        socket->callbacks.up(socket->arg);
    else if (event & ZMQ_EVENT_DISCONNECTED)
        socket->callbacks.down(socket->arg);
    return got;
}

/* --- life --- */

static bool open_monitor(struct client_socket *socket)
{
    if (zmq_socket_monitor(socket->dealer, MONITOR_ADDRESS,
                           ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED) != 0)
        return false;
    socket->monitor = zmq_socket(socket->context, ZMQ_PAIR);
    return socket->monitor && set_int(socket->monitor, ZMQ_LINGER, 0) &&
           zmq_connect(socket->monitor, MONITOR_ADDRESS) == 0;
}

static bool open_sockets(struct client_socket *socket, const char *path)
{
    char *address;
    bool connected;

    socket->context = zmq_ctx_new();
    socket->dealer = socket->context ? zmq_socket(socket->context, ZMQ_DEALER) : NULL;
    if (!socket->dealer || !set_options(socket->dealer) || !open_monitor(socket))
        return false;
    address = xasprintf("ipc://%s", path);
    connected = zmq_connect(socket->dealer, address) == 0;
    free(address);
    return connected;
}

static void close_sockets(struct client_socket *socket)
{
    if (socket->monitor)
        zmq_close(socket->monitor);
    if (socket->dealer)
        zmq_close(socket->dealer);
    if (socket->context)
        zmq_ctx_term(socket->context);
}

static void on_end(uv_handle_t *handle)
{
    free(handle->data);
}

struct client_socket *client_socket_open(uv_loop_t *loop, const char *path,
                                         const struct client_socket_callbacks *callbacks, void *arg)
{
    struct client_socket *socket = xcalloc(1, sizeof *socket);

    socket->callbacks = *callbacks;
    socket->arg = arg;
    if (!open_sockets(socket, path)) {
        close_sockets(socket);
        free(socket);
        return NULL;
    }
    uv_idle_init(loop, &socket->end);
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
