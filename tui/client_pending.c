/* Requests that wait for their reply, oldest first. Each keeps its text, so that what is repeated after a
 * reconnect is the same to the byte and has the same id. */
#include "shared/xalloc.h"
#include "tui/client_private.h"
#include <stdlib.h>
#include <string.h>

struct pending *pending_add(struct client *client, enum method method, const char *session, json_t *params,
                            client_reply_cb *reply, void *arg, void *owned)
{
    struct pending *pending = xcalloc(1, sizeof *pending), **end = &client->pending;
    struct buf text;

    id_make(pending->id, "r_");
    pending->reply = reply;
    pending->arg = arg;
    pending->owned = owned;
    buf_init(&text, ENVELOPE_REQUEST_MAX);
    /* Too large a request is left empty here, and refused when it would be sent. */
    envelope_put_request(&text, pending->id, method, session, params);
    json_decref(params);
    pending->len = text.len;
    pending->text = buf_take(&text);
    while (*end)
        end = &(*end)->next;
    *end = pending;
    return pending;
}

static void pending_free(struct pending *pending)
{
    explicit_bzero(pending->text, pending->len); /* tickets and tokens pass here */
    free(pending->text);
    free(pending->owned);
    free(pending);
}

static void unlink_from(struct client *client, const struct pending *pending)
{
    struct pending **at = &client->pending;

    while (*at && *at != pending)
        at = &(*at)->next;
    if (*at)
        *at = pending->next;
}

/* Takes it out before calling back, so that the callback may make requests and may close the client. */
static void finish(struct client *client, struct pending *pending, enum err code, const char *text,
                   json_t *ok)
{
    unlink_from(client, pending);
    if (pending->reply && !client->closed)
        pending->reply(pending->arg, code, text, ok);
    pending_free(pending);
}

bool pending_send(struct client *client, struct pending *pending)
{
    pending->sent = client_socket_send(client->socket, ENVELOPE_VERSION, pending->text, pending->len);
    return pending->sent;
}

void pending_flush(struct client *client)
{
    for (struct pending *p = client->pending; p && client->greeted; p = p->next)
        if (!p->sent && p->len > 0 && !pending_send(client, p))
            return;
}

void pending_disconnected(struct client *client)
{
    struct pending **at = &client->pending;

    while (*at) {
        struct pending *pending = *at;

        pending->sent = false;
        if (!pending->anew) {
            at = &pending->next;
            continue;
        }
        *at = pending->next;
        pending_free(pending);
    }
}

void pending_answer(struct client *client, const struct incoming *in)
{
    struct pending *pending = client->pending;

    while (pending && strcmp(pending->id, in->id) != 0)
        pending = pending->next;
    if (pending)
        finish(client, pending, in->kind == INCOMING_OK ? ERR_OK : in->code,
               in->kind == INCOMING_OK ? "" : in->text, in->ok);
}

/* One that could not be written at all is over as soon as the loop turns. */
static bool is_over(const struct pending *pending, int64_t now)
{
    return pending->len == 0 || (pending->deadline && pending->deadline <= now);
}

void pending_expire(struct client *client, int64_t now)
{
    struct pending *pending = client->pending;

    while (pending && !client->closed) {
        if (!is_over(pending, now)) {
            pending = pending->next;
            continue;
        }
        if (pending->len == 0)
            finish(client, pending, ERR_TOO_LARGE, "the request is larger than 1 MiB", NULL);
        else
            finish(client, pending, ERR_TIMEOUT, "the daemon did not answer in time", NULL);
        pending = client->pending; /* the callback may have changed the list */
    }
}

void pending_cancel(struct client *client, const void *arg)
{
    struct pending **at = &client->pending;

    while (*at) {
        struct pending *pending = *at;

        if (pending->arg != arg) {
            at = &pending->next;
            continue;
        }
        *at = pending->next;
        pending_free(pending);
    }
}

int64_t pending_deadline(const struct client *client)
{
    int64_t earliest = INT64_MAX;

    for (const struct pending *p = client->pending; p; p = p->next) {
        if (p->len == 0)
            return 0;
        if (p->deadline && p->deadline < earliest)
            earliest = p->deadline;
    }
    return earliest;
}

bool pending_waits(const struct client *client)
{
    for (const struct pending *p = client->pending; p; p = p->next)
        if (!p->background)
            return true;
    return false;
}

void pending_clear(struct client *client)
{
    while (client->pending) {
        struct pending *pending = client->pending;

        client->pending = pending->next;
        pending_free(pending);
    }
}
