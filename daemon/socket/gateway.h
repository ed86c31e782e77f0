/* The ROUTER: takes messages in, sends frames out. Knows connections by their routing id only; libzmq is
 * known here, in inbox.c and in zap.c alone, and what it asks of the system in intake.c, standing.c and
 * files.c. Frames and meters are in gateway_frames.c, the sockets that listen in listener.c. */
#ifndef STOA_DAEMON_SOCKET_GATEWAY_H
#define STOA_DAEMON_SOCKET_GATEWAY_H

#include "shared/buf.h"
#include "shared/key.h"
#include "shared/listen.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct gateway;
/* A message body that is shared by all who get it; counted. */
struct frame;

enum { GATEWAY_ROUTE_MAX = 255 };
struct route { /* a connection's routing id; never shown to anyone */
    unsigned char len;
    unsigned char id[GATEWAY_ROUTE_MAX];
};
/* < 0, 0, > 0: an order for trees. */
int route_compare(const struct route *a, const struct route *b);

#define GATEWAY_LOCAL "local" /* the local socket: this process's own user */
struct gateway_message {
    const struct route *route;
    const char *version; /* frame 0 */
    size_t version_len;
    const char *body; /* frame 1; "" if there was none */
    size_t body_len;
    bool extra; /* there were more frames than two, or too few */
    const char
        *peer; /* who the connection belongs to, by ZAP: GATEWAY_LOCAL, or its key as text; "" for nobody */
    const char *address; /* the host that it comes from, over tcp; "" on the local socket */
    int pid;             /* of the peer's process on the local socket, else 0 */
    int fd;              /* libzmq's for the connection, perhaps closed or another's by now; -1 if unknown */
};
/* The pointers live during the call. */
typedef void gateway_read_cb(void *arg, const struct gateway_message *message);

/* Binds the socket at path (0600; what is there was checked by lock.h). It is not removed at the end. NULL
 * with a sentence in error. backlog: messages that may wait for one client. */
struct gateway *gateway_open(uv_loop_t *loop, const char *path, int backlog, gateway_read_cb *read, void *arg,
                             char error[256]);
/* Binds it once more, where the socket was deleted: nothing may be at path but a socket that nobody serves.
 * Whoever is connected stays so. False with a sentence. */
bool gateway_bind(struct gateway *gateway, const char *path, char error[256]);
/* Who may come in over tcp: the keys that is_known tells of, at once, in this thread; and of others
 * max_strangers at the same time, each for stranger_ms, or until one comes from where there are fewer. */
struct gateway_guests {
    bool (*is_known)(void *arg, const char *key);
    void *arg;
    void (*refused)(void *arg, const char *key, const char *address); /* a stranger, there are too many */
    int max_strangers;
    int64_t stranger_ms;
};
/* Before gateway_listen, and again when something of it has changed. */
void gateway_set_guests(struct gateway *gateway, const struct gateway_guests *guests);
/* Listens there too, with the daemon's key: CURVE, and nothing but that. bound: the address with the port
 * that it got. False with a sentence. */
bool gateway_listen(struct gateway *gateway, const struct listen_address *address, const struct key_pair *key,
                    char bound[LISTEN_TEXT_MAX], char error[256]);
/* The connection is a user's (the key's, or by a ticket or token): it may send more, and stay. */
void gateway_trust(struct gateway *gateway, int fd);
/* The connection of that key has ended before it was, or is a user's now: another stranger may come. */
void gateway_forget_stranger(struct gateway *gateway, const char *key, int fd);
/* Sends what libzmq has taken for at most linger_ms, then closes; blocks meanwhile. */
void gateway_close(struct gateway **gateway, int linger_ms);

/* Takes the buffer's bytes (buf is empty after). */
struct frame *frame_new(struct buf *text);
struct frame *frame_ref(struct frame *frame);
void frame_free(struct frame **frame);
size_t frame_size(const struct frame *frame);

/* How much libzmq holds for one connection: it counts messages, not their bytes. */
struct meter;
enum { METER_STEP = 16 << 10 };
struct meter *meter_new(void);
/* What still waits keeps it in memory until it is gone. */
void meter_free(struct meter **meter);
/* Bytes that wait, at most METER_STEP too many. */
size_t meter_waiting(const struct meter *meter);
/* Bytes that have left so far, to be compared with what it was before. */
uint64_t meter_left(const struct meter *meter);

enum sent {
    SENT_OK,
    SENT_FULL,
    SENT_GONE
}; /* FULL: the client is behind; GONE: no such connection any more */
/* meter: the connection's, or NULL. limit: FULL if more bytes wait already. */
enum sent gateway_send(struct gateway *gateway, const struct route *route, struct frame *frame,
                       struct meter *meter, size_t limit);

/* Bytes of all frames there are: those that wait for any connection, and those that are held elsewhere. */
size_t frames_bytes(void);

#endif
