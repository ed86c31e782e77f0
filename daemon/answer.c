/* The one way in which replies go out. */
#include "daemon/answer.h"

#include "daemon/server.h"
#include "shared/log.h"

void answer_text(struct server *server, const struct route *route, struct buf *text)
{
    struct frame *frame = frame_new(text);
    clients_reply(server->clients, route, frame);
    frame_free(&frame);
}

void answer_error(struct server *server, const struct route *route, const char *id, enum err code,
                  const char *error, json_t *detail)
{
    struct buf text;
    buf_init(&text, ENVELOPE_REPLY_MAX);
    envelope_put_error(&text, id, code, error, detail);
    log_debug("request", "%s refused: %s", id[0] ? id : "?", error ? error : err_text(code));
    answer_text(server, route, &text);
}

void answer_put_ok(struct buf *text, const char *id, json_t *ok)
{
    buf_init(text, ENVELOPE_REPLY_MAX);
    if (!envelope_put_ok(text, id, ok))
        envelope_put_error(text, id, ERR_TOO_LARGE,
                           "the answer is larger than 16 MiB; ask for less at a time", NULL);
}
