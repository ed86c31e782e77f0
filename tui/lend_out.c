/* One request at a time, so that messages stay in order: what comes meanwhile goes with the next. While too
 * much waits, the server is not read: it is as slow as the way to the session is.
 *
 * An answer that can't go (too large, say) is replaced by an error with the same id, so that who waits for it
 * learns why. */
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/lend_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INTERNAL_ERROR = -32603,
    VALUES_MAX = ENVELOPE_VALUES_MAX - 100 /* JSON values of one request: the rest is the request itself */
};

static void say(struct lend *lend);

/* --- the queue --- */

static void set_listening(struct lend *lend)
{
    bool listens = lend->bytes < LEND_QUEUE_MAX;

    if (lend->child && listens != lend->listens)
        lend_child_listen(lend->child, listens);
    lend->listens = listens;
}

static void drop_first(struct lend *lend)
{
    struct lend_out *out = lend->first;

    lend->first = out->next;
    if (!lend->first)
        lend->last = NULL;
    lend->bytes -= out->len;
    json_decref(out->json);
    free(out);
}

void lend_out_clear(struct lend *lend)
{
    while (lend->first)
        drop_first(lend);
    lend->singly = lend->sent = 0;
    lend->ended = false;
    set_listening(lend);
}

/* The daemon takes no request with more of them, and can't even say whose it was. */
static size_t count_values(const json_t *json)
{
    size_t count = 1, i;
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)json, key, value)
    {
        count += count_values(value);
    }
    json_array_foreach(json, i, value)
    {
        count += count_values(value);
    }
    return count;
}

static json_t *refusal(const json_t *message, const char *why)
{
    char text[400];

    snprintf(text, sizeof text, "the answer could not be sent to the session: %s", why);
    return json_pack("{s:s,s:O,s:{s:i,s:s}}", "jsonrpc", "2.0", "id", json_object_get(message, "id"), "error",
                     "code", INTERNAL_ERROR, "message", text);
}

static bool is_answer(const json_t *message)
{
    return json_object_get(message, "id") && !json_object_get(message, "method");
}

static void put(struct lend *lend, json_t *message, size_t len)
{
    struct lend_out *out = xcalloc(1, sizeof *out);

    out->json = message;
    out->len = len;
    out->values = count_values(message);
    if (lend->last)
        lend->last->next = out;
    else
        lend->first = out;
    lend->last = out;
    lend->bytes += len;
    set_listening(lend);
    say(lend);
}

void lend_out_put(struct lend *lend, json_t *message)
{
    char why[128];
    size_t len, values = count_values(message);

    free(jsonx_dump(message, &len));
    if (len > ENVELOPE_LENT_MAX || values > VALUES_MAX) {
        if (len > ENVELOPE_LENT_MAX)
            snprintf(why, sizeof why, "it has %zu bytes; at most %d are possible", len, ENVELOPE_LENT_MAX);
        else
            snprintf(why, sizeof why, "it has %zu JSON values; at most %d are possible", values, VALUES_MAX);
        json_t *instead = is_answer(message) ? refusal(message, why) : NULL;
        json_decref(message);
        if (!instead)
            return;
        message = instead;
        free(jsonx_dump(message, &len));
    }
    put(lend, message, len);
}

/* Lines that are no JSON object are meant for people. */
void lend_out_line(struct lend *lend, char *line, size_t len)
{
    json_t *message = jsonx_parse(line, len, NULL);

    if (json_is_object(message)) {
        lend_in_answered(lend, message);
        lend_out_put(lend, message);
        return;
    }
    json_decref(message);
    lend_say(lend, LEND_STDERR, line);
}

void lend_out_end(struct lend *lend, bool began, const char *how)
{
    lend->ended = true;
    lend->began = began;
    snprintf(lend->how, sizeof lend->how, "%s", how);
    say(lend);
}

/* --- requests --- */

static void on_again(uv_timer_t *timer)
{
    say(timer->data);
}

/* The first of what was sent is not taken by the daemon, for what it is. */
static void replace_first(struct lend *lend, const char *why)
{
    struct lend_out *out = lend->first;
    json_t *instead =
        is_answer(out->json) && !json_object_get(out->json, "error") ? refusal(out->json, why) : NULL;
    if (!instead) {
        drop_first(lend);
        return;
    }
    lend->bytes -= out->len;
    json_decref(out->json);
    out->json = instead;
    free(jsonx_dump(instead, &out->len));
    out->values = count_values(instead);
    lend->bytes += out->len;
}

static void on_said(void *arg, enum err code, const char *text, json_t *ok)
{
    struct lend *lend = arg;
    size_t sent = lend->sent;
    bool now = strcmp(lend->saying, lend->run) == 0;

    (void)ok;
    lend->saying[0] = '\0';
    lend->sent = 0;
    if (now && (code == ERR_BUSY || code == ERR_LIMIT || code == ERR_TIMEOUT || code == ERR_UNAVAILABLE)) {
        lend->ended |= lend->ending;
        uv_timer_start(lend->again, on_again, LEND_AGAIN_MS, 0);
        return;
    }
    if (now && (lend->ending || code == ERR_CONFLICT || code == ERR_DENIED || code == ERR_NOT_FOUND))
        lend_drop_run(lend);
    else if (!now)
        sent = 0;
    if (!lend->run[0] || sent == 0)
        ;
    else if (code != ERR_OK && sent > 1)
        lend->singly = sent;
    else if (code != ERR_OK && lend->first)
        replace_first(lend, text);
    else
        while (sent-- > 0 && lend->first)
            drop_first(lend);
    set_listening(lend);
    say(lend);
}

static json_t *batch(struct lend *lend)
{
    json_t *messages = json_array();
    size_t most = lend->singly > 0 ? 1 : LEND_BATCH_MAX, bytes = 0, values = 0;

    lend->sent = 0;
    for (struct lend_out *out = lend->first; out && lend->sent < most; out = out->next) {
        if (lend->sent > 0 && (bytes + out->len > LEND_BATCH_BYTES || values + out->values > VALUES_MAX))
            break;
        bytes += out->len;
        values += out->values;
        json_array_append(messages, out->json);
        lend->sent++;
    }
    if (lend->singly > 0)
        lend->singly--;
    return messages;
}

/* The end goes after all messages. */
static void say(struct lend *lend)
{
    json_t *params;

    if (lend->saying[0] || !lend->run[0] || (!lend->first && !lend->ended))
        return;
    params = json_object();
    jsonx_set_str(params, "server", lend->name);
    jsonx_set_str(params, "run", lend->run);
    lend->ending = !lend->first;
    if (lend->first) {
        json_object_set_new(params, "messages", batch(lend));
    } else {
        lend->ended = false;
        lend->sent = 0;
        jsonx_set_str(params, "end", lend->how);
        json_object_set_new(params, "began", json_boolean(lend->began));
    }
    strcpy(lend->saying, lend->run);
    client_request(lend->client, METHOD_LEND_MESSAGE, lend->session, params, 0, on_said, lend);
}

/* --- life --- */

void lend_out_open(struct lend *lend)
{
    lend->again = xcalloc(1, sizeof *lend->again);
    uv_timer_init(lend->loop, lend->again);
    lend->again->data = lend;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void lend_out_close(struct lend *lend)
{
    uv_close((uv_handle_t *)lend->again, free_handle);
}
