/* The two frames of a message: the version, and one JSON object that is a request, a reply, an event or a
 * notice. */
#ifndef STOA_PROTO_ENVELOPE_H
#define STOA_PROTO_ENVELOPE_H

#include "proto/request.h"
#include "shared/buf.h"
#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define ENVELOPE_VERSION "stoa/1"
enum {
    ENVELOPE_REQUEST_MAX = 7 << 20, /* bytes of a frame, client to daemon: 1 MiB of text, each byte six */
    ENVELOPE_REPLY_MAX = 16 << 20,  /* bytes of a frame, daemon to client */
    ENVELOPE_VALUES_MAX = 100000,   /* JSON values of a request */
    ENVELOPE_LENT_MAX = 6 << 20,    /* bytes of one message to or from a lent server, as compact JSON */
    ENVELOPE_ID_MAX = 64
};

struct request {
    char id[ENVELOPE_ID_MAX + 1]; /* "" if it could not be read */
    enum method method;
    char session[41]; /* "" if the method has none */
    json_t *params;   /* an object, never NULL after success; owned */
};
/* Reads a request and checks it against its row: method known, session there, params in bounds. ERR_OK, or a
 * code with a sentence in error; request->id is filled whenever it could be read, so that the error can be
 * answered. */
enum err envelope_request(const char *text, size_t len, struct request *request, char error[256]);
void request_clear(struct request *request);
/* Reads only a request's id and method (METHOD_COUNT if it is unknown), as far as they are easily had: false
 * else. Nothing of it has to be cleared. */
bool envelope_peek(const char *text, size_t len, struct request *request);
/* Whether that may be a request's id. */
bool envelope_is_id(const char *id);
/* Checks frame 0. ERR_OK, or ERR_VERSION with a sentence that names both versions. */
enum err envelope_version(const char *frame, size_t len, char error[256]);

/* Text of a request, a reply, a notice: appended to out; false when it is full. params, ok and detail are
 * borrowed and may be NULL (an empty object). */
bool envelope_put_request(struct buf *out, const char *id, enum method method, const char *session,
                          json_t *params);
bool envelope_put_ok(struct buf *out, const char *id, json_t *ok);
bool envelope_put_error(struct buf *out, const char *id, enum err code, const char *text, json_t *detail);
bool envelope_put_resync(struct buf *out, const char *session, const char *why);
bool envelope_put_revoked(struct buf *out, const char *session, const char *why);
bool envelope_put_bye(struct buf *out, const char *why, int retry_after_ms);
bool envelope_put_config(struct buf *out, const char *text);
/* words: of the key that the user has now. */
bool envelope_put_paired(struct buf *out, const char *user, const char *label, const char *words);
/* from: an array of the addresses that wrong codes came from; its reference is taken. */
bool envelope_put_pair_ended(struct buf *out, json_t *from);
/* rest: what else the notice "lend" says; its reference is taken. */
bool envelope_put_lend(struct buf *out, const char *session, const char *server, json_t *rest);

enum incoming_kind { INCOMING_BAD, INCOMING_OK, INCOMING_ERROR, INCOMING_EVENT, INCOMING_NOTICE };
struct incoming { /* what a client received */
    enum incoming_kind kind;
    json_t *json;        /* the whole object, owned */
    const char *id;      /* replies */
    json_t *ok;          /* INCOMING_OK, borrowed */
    enum err code;       /* INCOMING_ERROR */
    const char *text;    /* INCOMING_ERROR */
    const char *notice;  /* INCOMING_NOTICE */
    const char *session; /* notices that have one, else NULL */
};
void envelope_incoming(const char *text, size_t len, struct incoming *in);
void incoming_clear(struct incoming *in);

#endif
