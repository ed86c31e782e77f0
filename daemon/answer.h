/* Replies, as PROTOCOL.md has them, to one connection: now, or as soon as it can take them. */
#ifndef STOA_DAEMON_ANSWER_H
#define STOA_DAEMON_ANSWER_H

#include "daemon/clients.h"
#include "proto/envelope.h"
#include "shared/buf.h"
#include "shared/err.h"
#include <jansson.h>

struct server;

/* Takes the buffer's bytes, a whole reply. */
void answer_text(struct server *server, const struct route *route, struct buf *text);
/* error: NULL for the code's own sentence; detail: borrowed, or NULL for {}. */
void answer_error(struct server *server, const struct route *route, const char *id, enum err code,
                  const char *error, json_t *detail);
/* Begins the buffer and puts the reply into it; one that is too large becomes an error. */
void answer_put_ok(struct buf *text, const char *id, json_t *ok);

#endif
