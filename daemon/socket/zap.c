/* A request of ZAP has the frames version, request id, domain, address, identity, mechanism, credentials ...;
 * the answer version, request id, status code, status text, user id, metadata. Answers go out at once. */
#include "daemon/socket/zap.h"

#include "shared/log.h"
#include "shared/xalloc.h"
#include "shared/zloop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { FRAMES = 6, FRAME_BYTES = 256 };

struct zap {
    void *socket;
    struct zloop *zloop;
    uint64_t refused; /* connections */
    struct log_seldom said;
};

static bool is_own(const char *mechanism, const char *address)
{
    unsigned uid;
    return strcmp(mechanism, "NULL") == 0 && sscanf(address, "localhost:%u:", &uid) == 1 && uid == getuid();
}

static void answer(struct zap *zap, const char *request, size_t request_len, bool allowed)
{
    const char *user = allowed ? "local" : "";
    zmq_send(zap->socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(zap->socket, request, request_len, ZMQ_SNDMORE);
    zmq_send(zap->socket, allowed ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(zap->socket, allowed ? "OK" : "no", 2, ZMQ_SNDMORE);
    zmq_send(zap->socket, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(zap->socket, "", 0, 0);
}

/* Whoever is refused tries again many times a second. */
static void say_refused(struct zap *zap, const char *address)
{
    uint64_t count = log_seldom(&zap->said, ++zap->refused);
    if (count > 0)
        log_warn("zap", "refused a connection of another user: peer=%s refused=%llu", address,
                 (unsigned long long)count);
}

static bool on_readable(void *arg)
{
    struct zap *zap = arg;
    char frames[FRAMES][FRAME_BYTES + 1];
    int lens[FRAMES] = {0}, count = 0, more = 1;
    while (more) {
        char spare[FRAME_BYTES];
        char *to = count < FRAMES ? frames[count] : spare;
        int len = zmq_recv(zap->socket, to, FRAME_BYTES, ZMQ_DONTWAIT);
        if (len < 0)
            return false;
        if (count < FRAMES) {
            lens[count] = len < FRAME_BYTES ? len : FRAME_BYTES;
            frames[count][lens[count]] = '\0';
        }
        count++;
        size_t size = sizeof more;
        zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &size);
    }
    bool allowed = count >= FRAMES && strcmp(frames[0], "1.0") == 0 && is_own(frames[5], frames[3]);
    if (!allowed)
        say_refused(zap, count > 3 ? frames[3] : "?");
    answer(zap, count > 1 ? frames[1] : "", count > 1 ? (size_t)lens[1] : 0, allowed);
    return true;
}

struct zap *zap_open(uv_loop_t *loop, void *context)
{
    struct zap *zap = xcalloc(1, sizeof *zap);
    zap->socket = zmq_socket(context, ZMQ_REP);
    int zero = 0;
    zmq_setsockopt(zap->socket, ZMQ_LINGER, &zero, sizeof zero);
    if (zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0) {
        int why = errno;
        zap_close(&zap);
        errno = why;
        return NULL;
    }
    zap->zloop = zloop_open(loop, zap->socket, on_readable, zap);
    if (!zap->zloop)
        zap_close(&zap);
    return zap;
}

void zap_close(struct zap **slot)
{
    struct zap *zap = *slot;
    if (!zap)
        return;
    zloop_close(&zap->zloop);
    zmq_close(zap->socket);
    free(zap);
    *slot = NULL;
}
