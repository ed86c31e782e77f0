/* The ZAP handler (ZeroMQ RFC 27): says who a connection belongs to, before its first message is delivered.
 * Who a key belongs to it asks; what it does not know at once it refuses. */
#ifndef STOA_DAEMON_SOCKET_ZAP_H
#define STOA_DAEMON_SOCKET_ZAP_H

#include "shared/key.h"
#include <stdbool.h>
#include <uv.h>

struct zap;

enum zap_entry {
    ZAP_REFUSED, /* 400: it will never be let in so */
    ZAP_CROWDED, /* 500: a key of nobody, and there are too many now */
    ZAP_LOCAL,
    ZAP_KEY
};

struct zap_request {
    const char *mechanism, *address;
    const char *credentials; /* CURVE: the client's open key */
    int credentials_len;
};

/* Whether a connection of that key may come in, from that address. */
typedef bool zap_admit_cb(void *arg, const char *key, const char *address);

/* admit NULL: no key may. key is filled in with ZAP_KEY. */
enum zap_entry zap_judge(const struct zap_request *request, zap_admit_cb *admit, void *arg,
                         char key[KEY_TEXT_LEN + 1]);

/* Binds inproc://zeromq.zap.01 in the context. Peers of the local socket with this process's uid are called
 * GATEWAY_LOCAL, those with a key that is admitted by its text; all others are refused. NULL if it can't be
 * bound (errno says why). */
struct zap *zap_open(uv_loop_t *loop, void *context, zap_admit_cb *admit, void *arg);
void zap_close(struct zap **zap);

#endif
