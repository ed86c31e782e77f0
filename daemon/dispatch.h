/* From a message to its one answer: the envelope is read, the row of the request table checked, the principal
 * authorised, a repeated request recognised, the handler called, and the answer sent: for a changing request
 * after its events are committed. */
#ifndef STOA_DAEMON_DISPATCH_H
#define STOA_DAEMON_DISPATCH_H

#include "daemon/clients.h"
#include "daemon/people/auth.h"
#include "daemon/socket/gateway.h"
#include "daemon/store/store.h"
#include "proto/envelope.h"
#include <jansson.h>

struct server;
struct session;
struct dispatch;

struct call;
/* The answer of a request that ran as another, made of that one's ok: a new reference. */
typedef json_t *call_wrap_fn(const struct call *call, json_t *ok);

struct call { /* a request while it is handled */
    struct server *server;
    struct client *client;   /* NULL in a kept call: it may be gone */
    struct session *session; /* NULL if the method has none; held in memory meanwhile */
    json_t *params;          /* owned */
    json_t *asked;           /* owned: what a request had as params that now runs as another; else NULL */
    call_wrap_fn *wrap;      /* of such a request; else NULL */
    struct route route;
    struct principal principal;
    enum method method;
    char id[ENVELOPE_ID_MAX + 1];
    struct inflight *inflight; /* changing requests only */
    json_t *detail;            /* of an error that the handler returns: owned; NULL for {} */
    void (*answered)(void *arg, enum err code, const char *error,
                     json_t *ok); /* instead of a reply: offline.c */
    void *answered_arg;
    bool shown_once; /* the answer has a secret: remembered is that it was given, not the answer */
};

/* What a handler returns when it will call call_finish later, on a call that it kept; or has sent the answer
 * itself. */
#define HANDLED_LATER ERR_COUNT

/* *ok: a new reference, or NULL for {}. On an error, a sentence in error. */
typedef enum err handler_fn(struct call *call, json_t **ok, char error[256]);

struct dispatch *dispatch_open(struct server *server);
void dispatch_close(struct dispatch **dispatch);
/* All that was queued is on disk again: what was refused meanwhile has its answer in the store. */
void dispatch_store_recovered(struct dispatch *dispatch);
/* The gateway's callback; arg is the struct dispatch. */
void dispatch_message(void *arg, const struct gateway_message *message);

/* A copy of the call that outlives the handler. */
struct call *call_keep(const struct call *call);
/* Undoes call_keep: the handler's own return answers. */
void call_drop(struct call **call);
/* Whether somebody who is connected waits for the answer of a kept call. */
bool call_is_wanted(const struct call *call);
/* Answers and frees a kept call. ok's reference is taken; NULL unless code is ERR_OK. */
void call_finish(struct call **call, enum err code, const char *error, json_t *ok);
/* Something is about to be done for a kept, changing call that must never be done twice, and that the store
 * can't undo. When then is called with ERR_OK, it may begin: from there on the same request is answered with
 * that error should the daemon end before call_finish, and whatever call_finish says is remembered, errors
 * too. */
void call_begin_once(struct call *call, const char *error, store_commit_cb *then, void *arg);
/* It was not begun after all: an error of call_finish is not remembered. */
void call_not_begun(struct call *call);
/* Goes on as a request of another method with the same session, whose row is checked as if it had come so:
 * what it takes, who may, and whether the store takes changes now. wrap makes the answer of that one's.
 * params: the reference is taken. Returns what that method's handler does. */
enum err call_run_as(struct call *call, enum method method, json_t *params, call_wrap_fn *wrap, json_t **ok,
                     char error[256]);
/* Sends the answer now; for a handler that must say something after it (then it returns HANDLED_LATER). */
void call_answer(const struct call *call, json_t *ok);

#endif
