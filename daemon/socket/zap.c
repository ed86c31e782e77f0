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

enum { FRAMES = 7, FRAME_BYTES = 256 };
enum { VERSION, REQUEST, DOMAIN_NAME, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS };

struct zap {
    void *socket;
    struct zloop *zloop;
    zap_admit_cb *admit;
    void *arg;
    uint64_t refused, crowded; /* connections */
    struct log_seldom said, said_crowded;
};

static bool is_own(const struct zap_request *request)
{
    unsigned uid;
    return strcmp(request->mechanism, "NULL") == 0 && sscanf(request->address, "localhost:%u:", &uid) == 1 &&
           uid == getuid();
}

enum zap_entry zap_judge(const struct zap_request *request, zap_admit_cb *admit, void *arg,
                         char key[KEY_TEXT_LEN + 1])
{
    if (is_own(request))
        return ZAP_LOCAL;
    if (strcmp(request->mechanism, "CURVE") != 0 || request->credentials_len != KEY_BYTES || !admit)
        return ZAP_REFUSED;
    key_text((const unsigned char *)request->credentials, key);
    return admit(arg, key, request->address) ? ZAP_KEY : ZAP_CROWDED;
}

static void answer(struct zap *zap, const char *request, size_t request_len, enum zap_entry entry,
                   const char *key)
{
    static const struct {
        const char *status, *text;
    } answers[] = {[ZAP_REFUSED] = {"400", "no"},
                   [ZAP_CROWDED] = {"500", "too many"},
                   [ZAP_LOCAL] = {"200", "OK"},
                   [ZAP_KEY] = {"200", "OK"}};
    const char *user = entry == ZAP_LOCAL ? "local" : entry == ZAP_KEY ? key : "";
    zmq_send(zap->socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(zap->socket, request, request_len, ZMQ_SNDMORE);
    zmq_send(zap->socket, answers[entry].status, 3, ZMQ_SNDMORE);
    zmq_send(zap->socket, answers[entry].text, strlen(answers[entry].text), ZMQ_SNDMORE);
    zmq_send(zap->socket, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(zap->socket, "", 0, 0);
}

/* Whoever is refused tries again many times a second. */
static void say_refused(struct zap *zap, enum zap_entry entry, const char *address)
{
    bool crowded = entry == ZAP_CROWDED;
    uint64_t count =
        crowded ? log_seldom(&zap->said_crowded, ++zap->crowded) : log_seldom(&zap->said, ++zap->refused);
    if (count > 0)
        log_warn("zap", "refused a connection of %s: peer=%s refused=%llu",
                 crowded ? "an unknown key, there are too many" : "another user", address,
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
    const struct zap_request request = {count > MECHANISM ? frames[MECHANISM] : "",
                                        count > ADDRESS ? frames[ADDRESS] : "?",
                                        count > CREDENTIALS ? frames[CREDENTIALS] : "", lens[CREDENTIALS]};
    char key[KEY_TEXT_LEN + 1] = "";
    enum zap_entry entry =
        strcmp(frames[VERSION], "1.0") == 0 ? zap_judge(&request, zap->admit, zap->arg, key) : ZAP_REFUSED;
    if (entry == ZAP_REFUSED || entry == ZAP_CROWDED)
        say_refused(zap, entry, request.address);
    answer(zap, count > REQUEST ? frames[REQUEST] : "", (size_t)lens[REQUEST], entry, key);
    return true;
}

struct zap *zap_open(uv_loop_t *loop, void *context, zap_admit_cb *admit, void *arg)
{
    struct zap *zap = xcalloc(1, sizeof *zap);
    zap->admit = admit;
    zap->arg = arg;
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
    if (zap->zloop)
        zloop_private(zap->zloop);
    else
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
