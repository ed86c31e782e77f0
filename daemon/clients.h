/* The table {connection -> user, subscriptions} and the fan-out through it.
 *
 * A client that is behind (its backlog is full) gets no more events of that session but one resync notice
 * when it can take it; then nothing until it has asked for a snapshot. The slowest never sets the pace.
 *
 * What waits is bounded for each client (events by limits.client_backlog and limits.client_backlog_size,
 * replies by CLIENT_REPLY_*) and for all together (limits.backlog_size): beyond that, those that take nothing
 * are disconnected, the furthest behind first. They come back by themselves, and resync. */
#ifndef STOA_DAEMON_CLIENTS_H
#define STOA_DAEMON_CLIENTS_H

#include "daemon/people/auth.h"
#include "daemon/people/throttle.h"
#include "daemon/socket/gateway.h"
#include "proto/event.h"
#include "shared/id.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    CLIENT_SILENT_MS = 30000,       /* a client that says nothing for so long is dropped */
    CLIENT_SUBSCRIPTIONS_MAX = 256, /* sessions that one client may follow */
    CLIENT_REPLY_WAITING =
        16 << 20,                  /* bytes that wait for a client, beyond which its replies are kept here */
    CLIENT_REPLIES_MAX = 256,      /* replies that are kept; then it is dropped */
    CLIENT_REPLY_BYTES = 32 << 20, /* ... and their bytes */
    CLIENT_SHARE = 256 << 10,      /* bytes that may wait for any client, whatever waits for all together */
    CLIENT_STALLED_MS = 1000,  /* one that takes nothing for so long may be cut when too much waits for all */
    CLIENT_DENIED_MS = 500,    /* for a bye to arrive before its connection is cut */
    CLIENT_RETRY_MS = 50,      /* until what a full client could not take is tried again */
    CLIENT_RETRY_MAX_MS = 1000 /* ... and when it does not read for long */
};

/* Places beyond limits.max_clients: for the local socket, and as many for admins over tcp. */
enum { CLIENTS_RESERVED = 4 };

struct server;
struct session;
struct clients;

struct client { /* open to read; clients.c writes it, hello its last three */
    struct route route;
    char id[ID_MAX]; /* public: the participant's id */
    struct principal principal;
    int64_t since;     /* wall ms */
    int64_t last_seen; /* steady ms */
    struct subscription **subscriptions;
    size_t subscription_count;
    bool mine, mine_behind;
    uint64_t requests; /* it has made so far */
    struct throttled throttled;
    bool reserved;        /* it has one of the places beyond limits.max_clients */
    bool trusted;         /* it comes over tcp and is a user's, and the gateway knows */
    bool gone;            /* its connection is; it is dropped soon */
    bool dismissed;       /* all that it had was ended; it could not yet be told so */
    int64_t denied_until; /* steady ms: may not be here any more, and is cut then; else 0 */
    uint64_t mine_kinds;
    char kind[8], terminal[65], version[65];
    /* clients.c's own */
    struct frame **replies;
    size_t reply_count, reply_bytes;
    struct meter *meter;
    char address[48]; /* the host that it comes from; "" on the local socket */
    int pid;          /* of its process, on the local socket; 0: unknown */
    int fd;           /* libzmq's, when it came; perhaps another's by now */
    unsigned tries;   /* tries.c's: what it has presented in vain */
    bool came;        /* the audit has been told */
    uint64_t left;    /* what had left of the meter's bytes when the relief last looked */
    int64_t left_at;  /* steady ms of the last time that some had, or that too much began to wait for all */
    struct connection *connection;
    struct clients *clients;
};

enum subscription_state { SUBSCRIBED, SUBSCRIPTION_BEHIND, SUBSCRIPTION_NOTICED };
struct subscription {
    struct client *client;
    struct session *session;
    uint64_t kinds; /* bit per event type */
    enum subscription_state state;
};

struct clients *clients_open(struct server *server);
void clients_close(struct clients **clients);
size_t clients_count(const struct clients *clients);
void clients_each(struct clients *clients, void (*each)(struct client *client, void *arg), void *arg);
/* Bytes that wait for it, replies and events. */
size_t client_waiting_bytes(const struct client *client);

/* The client of a connection, made if it is new; NULL with a sentence when there are too many. Marks it as
 * seen. stays: it asks for what makes it stay, and so may have none of the places that are reserved. */
struct client *clients_get(struct clients *clients, const struct gateway_message *message, bool stays,
                           char error[256]);
/* NULL if there is none (any more). */
struct client *clients_find(struct clients *clients, const struct route *route);
/* Ends its subscriptions (participants leave, with why) and forgets it. */
void clients_drop(struct clients *clients, struct client *client, const char *why);
/* Rights have changed: each client is looked at anew (users_renew). One that is nobody any more is told bye
 * ("denied"), gets nothing from now on, and is cut within CLIENT_DENIED_MS; one that may not see a session
 * any more that it follows is told so (notice "revoked"), and gets nothing more of it. */
void clients_recheck(struct clients *clients);
/* The user may do less in the session than before, or nothing: the same for that session at once, with why in
 * the notice. One that only follows "mine" is told, too, so that it takes the session off its list. */
void clients_recheck_session(struct clients *clients, struct session *session, const char *user,
                             const char *why);
/* Tells those of admins that a reload was refused, and why. */
void clients_tell_config(struct clients *clients, const char *text);
/* Tells one bye and ends its connection: it is no more. */
void clients_cut(struct clients *clients, struct client *client, const char *why, int retry_after_ms);
/* Tells all of them bye. */
void clients_bye(struct clients *clients, const char *why, int retry_after_ms);

/* Whether what is asked may be answered: not by a client that leaves its answers unread while too much waits
 * for all clients together (limits.backlog_size). False with a sentence. */
bool clients_may_ask(struct clients *clients, const struct client *client, char error[256]);
/* Sends a reply, or keeps it until the client can take it. */
void clients_reply(struct clients *clients, const struct route *route, struct frame *frame);

/* Subscribes, or changes the kinds of what is subscribed. False if the client follows too many. *fresh: was
 * not before. */
bool clients_subscribe(struct clients *clients, struct client *client, struct session *session,
                       uint64_t kinds, bool *fresh);
/* NULL if not subscribed. */
struct subscription *clients_subscription(const struct client *client, const struct session *session);
/* False if it was not subscribed. Nothing is told to anyone. */
bool clients_unsubscribe(struct clients *clients, struct client *client, struct session *session);
/* The client has asked for a snapshot: events flow again. */
void clients_resynced(struct client *client, struct session *session);

/* Pushes an event's frame to those who follow the session and may see it; a listed one to the followers of
 * "mine" too. */
void clients_push(struct clients *clients, struct session *session, enum event_type type,
                  struct frame *frame);

#endif
