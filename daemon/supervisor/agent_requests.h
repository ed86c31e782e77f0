/* Requests over the link, both ways (LINK_REQUEST, LINK_REPLY, LINK_NOTE, LINK_CANCEL of proto/link.h): the
 * daemon's end, for one agent or host. What is asked before the process is ready waits until it is.
 *
 * No callback comes from within agent_requests_ask, and none may free the struct agent_requests. */
#ifndef STOA_DAEMON_SUPERVISOR_AGENT_REQUESTS_H
#define STOA_DAEMON_SUPERVISOR_AGENT_REQUESTS_H

#include "proto/link.h"
#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum {
    AGENT_REQUESTS_MAX = 256, /* in progress, of each side's */
    AGENT_REQUESTS_ID_MAX = 64,
    AGENT_REQUESTS_TEXT_MAX = 1000 /* bytes of an error's sentence that are kept */
};

struct agent_requests;
struct outgoing; /* one of ours */
struct incoming; /* one of the process's */

struct agent_requests_handler {
    void *arg;
    /* Over the link; json is borrowed. */
    void (*send)(void *arg, enum link_kind kind, json_t *json);
    /* The process asks; json is the whole frame, borrowed. Answer once, now or later. False: it breaks the
     * protocol. */
    bool (*request)(void *arg, struct incoming *incoming, const json_t *json);
    /* Nothing is in progress any more, in either direction. */
    void (*quiet)(void *arg);
};

struct agent_requests *agent_requests_new(uv_loop_t *loop, const struct agent_requests_handler *handler);
/* Nothing may be in progress: agent_requests_fail first. Sets *requests to NULL; accepts NULL. */
void agent_requests_free(struct agent_requests **requests);
/* The process is ready: what has waited is sent, and so is what is asked from now on. */
void agent_requests_open(struct agent_requests *requests);
/* The process has ended: ours that were sent are answered so, all of its own are cancelled. unsent: those
 * that it has not got too; else they wait for the next agent_requests_open. */
void agent_requests_fail(struct agent_requests *requests, bool unsent, enum err code, const char *text);
/* A frame of the four kinds. False: it breaks the protocol. */
bool agent_requests_frame(struct agent_requests *requests, enum link_kind kind, const json_t *json);
/* How many of ours, and how many of both, are in progress. */
size_t agent_requests_waiting(const struct agent_requests *requests);
size_t agent_requests_busy(const struct agent_requests *requests);

struct outgoing_handler {
    void *arg;
    void (*note)(void *arg, const json_t *note); /* may be NULL */
    /* Once, unless cancelled; ok is borrowed, and NULL unless code is ERR_OK; text is then NULL. */
    void (*reply)(void *arg, enum err code, const char *text, json_t *ok);
};
/* Asks: json is {"op":...}, stolen; the id is put in. NULL if too many wait already. After timeout_ms it is
 * cancelled and answered with ERR_TIMEOUT. */
struct outgoing *agent_requests_ask(struct agent_requests *requests, json_t *json, int64_t timeout_ms,
                                    const struct outgoing_handler *handler);
/* note is stolen; its id is put in. */
void outgoing_note(struct outgoing *outgoing, json_t *note);
/* Tells the process, and forgets: no callback follows. Sets *outgoing to NULL; accepts NULL. */
void outgoing_cancel(struct outgoing **outgoing);

/* Answer and free. ok is stolen; NULL for {}. */
void incoming_reply(struct incoming *incoming, json_t *ok);
void incoming_refuse(struct incoming *incoming, enum err code, const char *text);
/* note is stolen; its id is put in. */
void incoming_note(struct incoming *incoming, json_t *note);
/* What is called when the process cancels it or has ended (it is freed after that), and for its notes. Either
 * may be NULL. */
void incoming_on(struct incoming *incoming, void (*cancelled)(void *arg),
                 void (*note)(void *arg, const json_t *note), void *arg);

#endif
