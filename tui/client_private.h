/* What the files of the client share: client.c (link and liveness), client_hello.c (who this is, said at the
 * start of each connection), client_pending.c (requests that wait for their reply) and client_follow.c
 * (sessions that are kept up to date). Nobody else includes this. */
#ifndef STOA_TUI_CLIENT_PRIVATE_H
#define STOA_TUI_CLIENT_PRIVATE_H

#include "shared/id.h"
#include "tui/client.h"
#include "tui/client_socket.h"
#include "tui/replica.h"
#include <stdint.h>

struct pending { /* a request without its reply */
    struct pending *next;
    char id[ENVELOPE_ID_MAX + 1];
    bool anew;       /* void when the connection is lost, where others are repeated */
    bool background; /* nobody waits for it: it makes the link not busy */
    bool sent;
    int64_t deadline; /* steady ms; 0: none */
    char *text;
    size_t len;
    client_reply_cb *reply;
    void *arg;
    void *owned; /* free()d with it */
};

struct follow {
    struct follow *next;
    struct client *client;
    char session[ID_MAX];
    int limit;
    struct replica *replica;
    int64_t retry_at;    /* steady ms before which nothing is asked again */
    int64_t snapshot_at; /* steady ms of the last snapshot */
    int storms;          /* snapshots in a row that did not last */
    bool gone;           /* unfollowed; freed when no callback runs */
};

struct client {
    uv_loop_t *loop;
    uv_timer_t timer;
    struct client_socket *socket;
    const struct client_address *address;
    struct client_callbacks callbacks;
    void *arg;
    char *kind, *terminal;
    enum client_link link;
    bool connected; /* the monitor says so */
    bool greeted;   /* hello was answered on this connection */
    bool refused;   /* the daemon speaks another version, or denies: nothing more is tried */
    int unproven;   /* connections in a row whose other end has not the key that was asked for */
    bool closed;
    int depth; /* callbacks under way */
    struct client_hello hello;
    bool has_hello;
    char *failing; /* why the store can't commit; NULL: it can */
    struct pending *pending;
    struct follow *follows;
    bool listing;
    bool busy; /* pinged often */
    int64_t busy_since, last_ping, heard;
    int64_t waiting_since; /* when the unanswered ping or hello was sent; 0 if none */
    int64_t hello_at;      /* when to say hello again after a refusal; 0: not */
    int64_t grace;         /* a late answer is looked for until then; 0 if none */
};

/* --- client.c --- */
/* Sends what can be sent, and sets the timer. After anything that changes what waits. */
void client_settle(struct client *client);
/* Each of these may close the client: it calls back. */
void link_set(struct client *client, enum client_link link, const char *text);
void link_notice(struct client *client, const char *name, enum err code, const char *text);
/* The end: nothing more is tried. */
void link_refuse(struct client *client, enum err code, const char *text);
/* What hello and pings say of the store. */
void link_note_store(struct client *client, const json_t *ok);
/* The daemon as it is called in sentences; until the next call. */
const char *link_said(const struct client *client);

/* --- client_hello.c --- */
/* Says hello, and what follows of it: link_set or link_refuse, or client->hello_at to say it again. */
void hello_say(struct client *client);
/* Asks for the events of the list, if that is followed and the connection is greeted. */
void hello_listing(struct client *client);
/* Frees the strings. */
void hello_clear(struct client_hello *hello);

/* --- client_pending.c --- */
/* Makes a request and puts it at the end. params: reference is taken. owned: may be NULL. */
struct pending *pending_add(struct client *client, enum method method, const char *session, json_t *params,
                            client_reply_cb *reply, void *arg, void *owned);
/* True once it is sent. */
bool pending_send(struct client *client, struct pending *pending);
/* Sends what is not sent, in order. */
void pending_flush(struct client *client);
/* The connection is lost: drops what is made anew, and marks the rest for repeating. */
void pending_disconnected(struct client *client);
/* Gives a reply to who waits for it. */
void pending_answer(struct client *client, const struct incoming *in);
/* Calls back those whose deadline has passed. */
void pending_expire(struct client *client, int64_t now);
/* Removes the requests of arg, without calling back. */
void pending_cancel(struct client *client, const void *arg);
/* The earliest deadline, or INT64_MAX. */
int64_t pending_deadline(const struct client *client);
/* True while somebody waits for a reply. */
bool pending_waits(const struct client *client);
void pending_clear(struct client *client);

/* --- client_follow.c --- */
void follow_all_disconnected(struct client *client);
/* Asks for what the replicas need. */
void follow_pump(struct client *client, int64_t now);
/* An event of a followed session or of the listing. json: the whole object, borrowed. */
void follow_event(struct client *client, json_t *json, const char *raw, size_t len);
void follow_resync(struct client *client, const char *session);
/* The right to see a session was taken away, followed or only listed. */
void follow_revoked(struct client *client, const char *session, const char *why);
/* heads of a ping's answer. */
void follow_heads(struct client *client, const json_t *heads);
/* True while a followed session's turn runs, or a loss is suspected. */
bool follow_busy(const struct client *client);
/* When a delayed request is due, or INT64_MAX. */
int64_t follow_due(const struct client *client);
/* Frees what was unfollowed. */
void follow_sweep(struct client *client);
void follow_clear(struct client *client);

#endif
