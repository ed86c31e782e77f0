/* What clients.c (who is there, and what they follow), clients_room.c (who may come in), clients_send.c (what
 * goes out to them) and clients_deny.c (who may not be here any more) share; for those alone. */
#ifndef STOA_DAEMON_CLIENTS_INTERNAL_H
#define STOA_DAEMON_CLIENTS_INTERNAL_H

#include "daemon/clients.h"
#include <stddef.h>
#include <uv.h>

struct clients {
    struct server *server;
    void *tree; /* of struct client by route */
    struct client **all;
    size_t count, cap;
    uv_timer_t retry, sweep, relief, deny;
    uint64_t retry_ms; /* until the next retry; rises while nobody takes anything */
    int open_timers;
};

/* --- clients.c --- */
/* Ends all that the client has, and tells it bye as soon as it can take it: it is forgotten then, unless it
 * has spoken again. */
void client_dismiss(struct clients *clients, struct client *client, const char *why);
/* Ends its connection too: what libzmq holds for it is freed. */
void client_cut(struct clients *clients, struct client *client, const char *why);
/* Has those looked at soon that are gone or silent. */
void clients_sweep_soon(struct clients *clients);

void client_end_subscriptions(struct clients *clients, struct client *client, const char *why);

/* --- clients_room.c --- */
/* Whether one more may come in; *reserved: to a place beyond limits.max_clients, which one that stays does
 * not get. pid: of its process on the local socket, else 0. False with a sentence. */
bool clients_have_room(const struct clients *clients, const struct principal *principal, int pid, bool stays,
                       bool *reserved, char error[256]);
/* Whether one of those places is for it. */
bool clients_may_be_reserved(const struct clients *clients, const struct principal *principal, int pid);
/* Whether it may stay: it has a place as all have from now on. False with a sentence. */
bool clients_may_stay(const struct clients *clients, struct client *client, char error[256]);
/* Whether the user may have one more over tcp; client: which counts among theirs already, or NULL. False with
 * a sentence. */
bool clients_may_be_users(const struct clients *clients, const struct client *client, const char *user,
                          char error[256]);

/* --- clients_deny.c --- */
/* Ends all that the client has, at once, tells it bye, and cuts it within CLIENT_DENIED_MS. It stays there
 * until then. */
void client_deny(struct clients *clients, struct client *client);

/* --- clients_send.c --- */
enum sent client_send_bye(struct clients *clients, struct client *client, const char *why,
                          int retry_after_ms);
void client_drop_replies(struct client *client);
/* Something waits for a client: it is tried again soon, and ever less often while it takes nothing. */
void clients_retry_soon(struct clients *clients);
bool client_is_waiting(const struct client *client);
/* The retry timer's. */
void clients_on_retry(uv_timer_t *timer);
/* The relief timer's, which runs while too much waits for all together. */
void clients_on_relief(uv_timer_t *timer);

#endif
