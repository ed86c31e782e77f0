/* Messages are not parsed: what is looked for is found as the daemon writes it. */
#include "tests/bench/load_client.h"

#include "tests/bench/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECONNECT_MS = 10, RECEIVE_HWM = 10000, REQUEST_MAX = 2048 };

static void set_int(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0)
        die("ZeroMQ refuses option %d", option);
}

static void set_key(void *socket, int option, const char *key)
{
    if (zmq_setsockopt(socket, option, key, strlen(key) + 1) != 0)
        die("ZeroMQ refuses the key '%s'", key);
}

void load_client_open_at(struct load_client *client, void *context, const char *endpoint,
                         const struct load_keys *keys, unsigned number)
{
    size_t size = sizeof client->fd;

    *client = (struct load_client){.number = number};
    client->socket = zmq_socket(context, ZMQ_DEALER);
    if (!client->socket)
        die("no socket: %s", zmq_strerror(errno));
    set_int(client->socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    set_int(client->socket, ZMQ_RECONNECT_IVL_MAX, 0);
    set_int(client->socket, ZMQ_IMMEDIATE, 1);
    set_int(client->socket, ZMQ_RCVHWM, RECEIVE_HWM);
    set_int(client->socket, ZMQ_LINGER, 0);
    if (keys) {
        set_key(client->socket, ZMQ_CURVE_SERVERKEY, keys->server);
        set_key(client->socket, ZMQ_CURVE_PUBLICKEY, keys->open);
        set_key(client->socket, ZMQ_CURVE_SECRETKEY, keys->secret);
    }
    if (zmq_connect(client->socket, endpoint) != 0 ||
        zmq_getsockopt(client->socket, ZMQ_FD, &client->fd, &size) != 0)
        die("can't connect to %s: %s", endpoint, zmq_strerror(errno));
    zmq_msg_init(&client->body);
}

void load_client_open(struct load_client *client, void *context, const char *path, unsigned number)
{
    char endpoint[160];

    snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
    load_client_open_at(client, context, endpoint, NULL, number);
}

void load_client_close(struct load_client *client)
{
    zmq_msg_close(&client->body);
    zmq_close(client->socket);
}

void load_client_send(struct load_client *client, const char *method, const char *session, const char *params,
                      char id[LOAD_ID_MAX])
{
    char request[REQUEST_MAX];

    snprintf(id, LOAD_ID_MAX, "b%d_%u_%u", (int)getpid(), client->number, client->requests++);
    int len =
        snprintf(request, sizeof request, "{\"id\":\"%s\",\"method\":\"%s\"%s%s%s,\"params\":%s}", id, method,
                 session ? ",\"session\":\"" : "", session ? session : "", session ? "\"" : "", params);
    if (len < 0 || (size_t)len >= sizeof request)
        die("a request is too long");
    if (zmq_send(client->socket, "stoa/1", 6, ZMQ_SNDMORE) < 0 ||
        zmq_send(client->socket, request, (size_t)len, 0) < 0)
        die("can't send: %s", zmq_strerror(errno));
}

bool load_client_take(struct load_client *client)
{
    while (zmq_msg_recv(&client->body, client->socket, ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN)
            return false;
        if (errno != EINTR)
            die("can't receive: %s", zmq_strerror(errno));
    }
    while (zmq_msg_more(&client->body)) /* the parts of a message come together */
        if (zmq_msg_recv(&client->body, client->socket, 0) < 0 && errno != EINTR)
            die("can't receive: %s", zmq_strerror(errno));
    return true;
}

bool load_client_is_reply(struct load_client *client, const char *id)
{
    const char *body = zmq_msg_data(&client->body);
    size_t len = zmq_msg_size(&client->body), id_len = strlen(id);

    if (len < 7 + id_len + 10 || memcmp(body, "{\"id\":\"", 7) != 0 || memcmp(body + 7, id, id_len) != 0 ||
        body[7 + id_len] != '"')
        return false;
    if (memcmp(body + 7 + id_len + 1, ",\"ok\"", 5) != 0)
        die("a request failed: %.*s", (int)len, body);
    return true;
}

void load_client_wait(struct load_client *client, const char *id)
{
    zmq_pollitem_t item = {.socket = client->socket, .events = ZMQ_POLLIN};

    for (;;) {
        while (load_client_take(client))
            if (load_client_is_reply(client, id))
                return;
        if (zmq_poll(&item, 1, LOAD_PATIENCE_MS) == 0)
            die("no reply to %s", id);
    }
}

void load_client_request(struct load_client *client, const char *method, const char *session,
                         const char *params)
{
    char id[LOAD_ID_MAX];

    load_client_send(client, method, session, params, id);
    load_client_wait(client, id);
}
