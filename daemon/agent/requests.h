/* Requests over the link, both ways: LINK_REQUEST, LINK_REPLY, LINK_NOTE, LINK_CANCEL of proto/link.h. */
#ifndef STOA_AGENT_REQUESTS_H
#define STOA_AGENT_REQUESTS_H

#include "daemon/agent/agent_link.h"
#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>

enum { REQUESTS_MAX = 256 /* of ours that wait; and of the daemon's */ };

struct requests;
struct outgoing; /* one of ours */
struct incoming; /* one of the daemon's */

struct requests_handler {
    void *arg;
    /* The daemon asks; json is the whole frame, borrowed. Reply once, now or later. */
    void (*request)(void *arg, struct incoming *incoming, const json_t *json);
};

/* link is borrowed. */
struct requests *requests_new(struct agent_link *link, const struct requests_handler *handler);
/* Forgets all; nothing is called back. Sets *requests to NULL; accepts NULL. */
void requests_free(struct requests **requests);
/* A frame of the four kinds. False with a sentence if it breaks the protocol. */
bool requests_frame(struct requests *requests, enum link_kind kind, const char *payload, size_t len,
                    char error[256]);

struct outgoing_handler {
    void *arg;
    void (*note)(void *arg, const json_t *note); /* may be NULL */
    /* Once; ok is borrowed and NULL unless code is ERR_OK. */
    void (*reply)(void *arg, enum err code, const char *text, json_t *ok);
};
/* Asks the daemon: json is {"op":...}, stolen; the id is put in. NULL if too many wait. handler NULL: no
 * reply is awaited (NULL is returned then, too). */
struct outgoing *requests_ask(struct requests *requests, json_t *json,
                              const struct outgoing_handler *handler);
void outgoing_note(struct outgoing *outgoing, json_t *note);
/* Sets *outgoing to NULL; accepts NULL. No handler call follows. */
void outgoing_cancel(struct outgoing **outgoing);

/* Answers and frees. ok is stolen. */
void incoming_reply(struct incoming *incoming, json_t *ok);
void incoming_refuse(struct incoming *incoming, enum err code, const char *text);
void incoming_note(struct incoming *incoming, json_t *note);
/* What is called when the daemon cancels it (it is freed after that), and with the daemon's notes within it.
 */
void incoming_on(struct incoming *incoming, void (*cancelled)(void *arg),
                 void (*note)(void *arg, const json_t *note), void *arg);

#endif
