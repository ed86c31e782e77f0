/* A client of the bench: one DEALER with the options that PROTOCOL.md recommends, of one thread. */
#ifndef STOA_BENCH_LOAD_CLIENT_H
#define STOA_BENCH_LOAD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

enum { LOAD_PATIENCE_MS = 60000, LOAD_ID_MAX = 40 };

struct load_client {
    void *socket;
    int fd; /* ZMQ_FD: edges only */
    unsigned number;
    unsigned requests;
    zmq_msg_t body; /* of the newest message; valid after load_client_take */
};

/* A connection to the socket at path; number tells its ids from those of others. */
void load_client_open(struct load_client *client, void *context, const char *path, unsigned number);
/* Keys as ZeroMQ has them, in 40 characters. */
struct load_keys {
    const char *server, *open, *secret;
};
/* The same to any endpoint; keys: NULL for a connection that is not sealed. */
void load_client_open_at(struct load_client *client, void *context, const char *endpoint,
                         const struct load_keys *keys, unsigned number);
void load_client_close(struct load_client *client);

/* Sends a request; id gets what it was given. session may be NULL; params is JSON. */
void load_client_send(struct load_client *client, const char *method, const char *session, const char *params,
                      char id[LOAD_ID_MAX]);
/* Takes one message that is there into body; false if none is. */
bool load_client_take(struct load_client *client);
/* Whether body is the reply to that request; an error ends the program. */
bool load_client_is_reply(struct load_client *client, const char *id);
/* Waits for that reply: it is in body. Other messages are dropped. */
void load_client_wait(struct load_client *client, const char *id);
/* Both. */
void load_client_request(struct load_client *client, const char *method, const char *session,
                         const char *params);

#endif
