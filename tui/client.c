/* The link to the daemon: pings, loss and return. One timer serves every deadline, and is off when
 * there is none but the next idle ping. */
#include "tui/client.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/client_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PING_BUSY_MS = 250,
    PING_IDLE_MS = 10000,
    ANSWER_MS = 500,  /* silence for that long after a ping: the daemon hangs */
    REMOTE_MS = 2000, /* the same where a network is between */
    UNPROVEN_MAX = 3, /* connections in a row after which it is another daemon */
    GRACE_MS = 20     /* for what arrived while this process did not run */
};

void link_set(struct client *client, enum client_link link, const char *text)
{
    if (client->link == link || client->closed)
        return;
    client->link = link;
    if (client->callbacks.link)
        client->callbacks.link(client->arg, link, text);
}

void link_notice(struct client *client, const char *name, enum err code, const char *text)
{
    if (client->callbacks.notice && !client->closed)
        client->callbacks.notice(client->arg, name, code, text);
}

void link_refuse(struct client *client, enum err code, const char *text)
{
    if (client->refused || client->closed)
        return;
    client->refused = true;
    client_socket_rest(client->socket);
    link_notice(client, "bye", code, text);
}

const char *link_said(const struct client *client)
{
    static char text[CLIENT_SAID_MAX];

    return client_address_said(client->address, text);
}

void link_note_store(struct client *client, const json_t *ok)
{
    const char *why = jsonx_str(ok, "failing", NULL);

    if (why ? client->failing && strcmp(why, client->failing) == 0 : !client->failing)
        return;
    free(client->failing);
    client->failing = why ? xstrdup(why) : NULL;
    if (client->callbacks.failing && !client->closed)
        client->callbacks.failing(client->arg, client->failing);
}

/* --- pings --- */

static void on_ping(void *arg, enum err code, const char *text, json_t *ok)
{
    struct client *client = arg;

    (void)text;
    client->waiting_since = 0;
    if (code == ERR_OK)
        follow_heads(client, jsonx_obj(ok, "heads"));
    if (code == ERR_OK)
        link_note_store(client, ok);
}

static int64_t ping_due(const struct client *client)
{
    int64_t from = client->last_ping;

    if (!client->greeted || client->waiting_since)
        return INT64_MAX;
    if (client->busy && client->busy_since > from)
        from = client->busy_since;
    return from + (client->busy ? PING_BUSY_MS : PING_IDLE_MS);
}

static void ping(struct client *client, int64_t now)
{
    struct pending *pending = pending_add(client, METHOD_SERVER_PING, NULL, NULL, on_ping, client, NULL);

    pending->anew = pending->background = true;
    client->last_ping = client->waiting_since = now;
    pending_send(client, pending);
}

/* When silence becomes suspect, or INT64_MAX when it already is, or nothing is awaited. */
static int64_t silence_due(const struct client *client)
{
    int64_t from = client->waiting_since > client->heard ? client->waiting_since : client->heard;

    if (!client->waiting_since || client->link != CLIENT_READY)
        return INT64_MAX;
    return client->grace ? client->grace
                         : from + (client_address_is_remote(client->address) ? REMOTE_MS : ANSWER_MS);
}

/* When this process itself was stopped, the answer may be waiting unread: the loop turns once more before
 * judging. */
static void judge_silence(struct client *client, int64_t now)
{
    if (client->grace == 0)
        client->grace = now + GRACE_MS;
    else
        link_set(client, CLIENT_AWAY, "the daemon does not answer; waiting for it");
}

/* --- the timer --- */

static void enter(struct client *client)
{
    client->depth++;
}

static void leave(struct client *client)
{
    client->depth--;
    client_settle(client);
}

static void on_timer(uv_timer_t *timer)
{
    struct client *client = timer->data;
    int64_t now = clock_steady_ms();

    enter(client);
    pending_expire(client, now);
    if (!client->closed && now >= silence_due(client))
        judge_silence(client, now);
    if (!client->closed && now >= ping_due(client))
        ping(client, now);
    if (!client->closed && client->hello_at && now >= client->hello_at)
        hello_say(client);
    leave(client);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void set_timer(struct client *client, int64_t now)
{
    int64_t due = earlier(earlier(pending_deadline(client), follow_due(client)),
                          earlier(ping_due(client), silence_due(client)));

    if (client->hello_at)
        due = earlier(due, client->hello_at);
    if (due == INT64_MAX) {
        uv_timer_stop(&client->timer);
        return;
    }
    uv_update_time(client->loop);
    uv_timer_start(&client->timer, on_timer, due > now ? (uint64_t)(due - now) : 0, 0);
}

void client_settle(struct client *client)
{
    int64_t now = clock_steady_ms();
    bool busy;

    if (client->depth > 0 || client->closed)
        return;
    follow_sweep(client);
    follow_pump(client, now);
    pending_flush(client);
    busy = pending_waits(client) || follow_busy(client);
    if (busy && !client->busy)
        client->busy_since = now;
    client->busy = busy;
    set_timer(client, now);
}

/* --- the socket --- */

static void on_up(void *arg)
{
    struct client *client = arg;

    if (client->refused)
        return;
    enter(client);
    client->connected = true;
    client->unproven = 0;
    hello_say(client);
    leave(client);
}

/* The daemon knows nothing of this connection any more. */
static void forget_connection(struct client *client)
{
    client->greeted = false;
    client->waiting_since = client->grace = client->hello_at = 0;
    pending_disconnected(client);
    follow_all_disconnected(client);
}

static void on_down(void *arg)
{
    struct client *client = arg;

    enter(client);
    client->connected = false;
    forget_connection(client);
    if (client->link == CLIENT_READY && !client->refused) {
        char text[512];

        snprintf(text, sizeof text, "%s is gone; trying again", link_said(client));
        link_set(client, CLIENT_AWAY, text);
    }
    leave(client);
}

/* Sentences for what a connection to a remote daemon came to. */
static void say_failure(const struct client *client, enum client_failure failure, char text[1024])
{
    char print[KEY_FINGERPRINT_LEN + 1], words[KEY_WORDS_MAX], why[256] = "";

    key_fingerprint(client->address->server_key, print);
    switch (failure) {
    case CLIENT_UNREACHED:
        if (!client_address_explain(&client->address->remote, why))
            snprintf(why, sizeof why, "now it can; try again");
        snprintf(text, 1024, "%s can't be reached: %s", link_said(client), why);
        break;
    case CLIENT_SILENT:
        snprintf(
            text, 1024,
            "%s takes the connection, but says nothing: it may be overloaded, or turn this address away for "
            "now; try again later",
            link_said(client));
        break;
    case CLIENT_UNPROVEN:
        snprintf(text, 1024,
                 "WHO ANSWERS AT %s DOES NOT PROVE TO HAVE ITS KEY (%s): another daemon, one with a new key, "
                 "or no daemon at all. Nothing was sent. Ask who runs it; only if its key was changed: "
                 "stoa daemon rm %s, and then stoa daemon add %s with the new one",
                 link_said(client), print, client->address->name, client->address->name);
        break;
    case CLIENT_CROWDED:
        snprintf(text, 1024, "%s takes no more terminals that it does not know for now; try again later",
                 link_said(client));
        break;
    case CLIENT_TURNED_AWAY:
        key_words(client->address->pair.open, words);
        snprintf(text, 1024, "%s turns the key of this terminal away (%s): ask who runs it",
                 link_said(client), words);
        break;
    }
}

/* Once it was there a daemon may be gone for a while, and what stands before it may answer meanwhile: that is
 * said, and waited for. But a key that is turned away stays so. */
static void on_failed(void *arg, enum client_failure failure)
{
    struct client *client = arg;
    bool lasts = failure == CLIENT_UNPROVEN || failure == CLIENT_TURNED_AWAY;
    char text[1024];

    if (client->refused || (client->has_hello && !lasts))
        return;
    if (failure == CLIENT_UNPROVEN && ++client->unproven != UNPROVEN_MAX)
        return;
    enter(client);
    say_failure(client, failure, text);
    if (client->has_hello && failure == CLIENT_UNPROVEN)
        link_notice(client, "refused", ERR_DENIED, text);
    else
        link_refuse(client, lasts ? ERR_DENIED : ERR_UNAVAILABLE, text);
    leave(client);
}

static void on_bye(struct client *client, const char *why)
{
    char text[512];

    if (strcmp(why, "silent") == 0) { /* this process was stopped for long, and is back */
        forget_connection(client);
        hello_say(client);
    } else if (strcmp(why, "denied") == 0) {
        snprintf(text, sizeof text,
                 "%s has ended this connection: this user, key or token is not let in any more",
                 link_said(client));
        link_refuse(client, ERR_DENIED, text);
    } else {
        snprintf(text, sizeof text, "%s is stopping", link_said(client));
        link_notice(client, "bye", ERR_SHUTTING_DOWN, text);
    }
}

static void on_config(struct client *client, const char *why)
{
    char text[512];

    snprintf(text, sizeof text, "the daemon keeps its old configuration: %s", why);
    link_notice(client, "config", ERR_CONFIG, text);
}

static void take(struct client *client, const struct incoming *in, const char *raw, size_t len)
{
    switch (in->kind) {
    case INCOMING_OK:
    case INCOMING_ERROR:
        pending_answer(client, in);
        break;
    case INCOMING_EVENT:
        follow_event(client, in->json, raw, len);
        break;
    case INCOMING_NOTICE:
        if (strcmp(in->notice, "resync") == 0)
            follow_resync(client, in->session);
        else if (strcmp(in->notice, "bye") == 0)
            on_bye(client, jsonx_str(in->json, "why", ""));
        else if (strcmp(in->notice, "revoked") == 0 && in->session)
            follow_revoked(client, in->session, jsonx_str(in->json, "why", ""));
        else if (strcmp(in->notice, "config") == 0)
            on_config(client, jsonx_str(in->json, "text", ""));
        else if (client->callbacks.other && !client->closed)
            client->callbacks.other(client->arg, in->notice, in->json);
        break;
    case INCOMING_BAD:
        break;
    }
}

static void on_message(void *arg, const char *version, size_t version_len, const char *text, size_t len)
{
    struct client *client = arg;
    struct incoming in;
    char error[256];

    enter(client);
    client->heard = clock_steady_ms();
    client->grace = 0;
    if (client->link == CLIENT_AWAY && client->greeted)
        link_set(client, CLIENT_READY, "the daemon answers again");
    if (client->closed) {
        /* the callback has closed it */
    } else if (envelope_version(version, version_len, error) != ERR_OK) {
        link_refuse(client, ERR_VERSION, error);
    } else {
        envelope_incoming(text, len, &in);
        take(client, &in, text, len);
        incoming_clear(&in);
    }
    leave(client);
}

/* --- life --- */

struct client *client_open(uv_loop_t *loop, const struct client_address *address, const char *kind,
                           const char *terminal, const struct client_callbacks *callbacks, void *arg)
{
    static const struct client_socket_callbacks socket_callbacks = {
        .up = on_up, .down = on_down, .failed = on_failed, .message = on_message};
    struct client *client = xcalloc(1, sizeof *client);

    client->loop = loop;
    client->callbacks = *callbacks;
    client->arg = arg;
    client->address = address;
    client->socket = client_socket_open(loop, address, &socket_callbacks, client);
    if (!client->socket) {
        free(client);
        return NULL;
    }
    client->kind = xstrdup(kind);
    client->terminal = xstrdup_null(terminal);
    uv_timer_init(loop, &client->timer);
    client->timer.data = client;
    return client;
}

/* The memory outlives the callbacks that are under way: libuv calls this in a later turn. */
static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;

    follow_clear(client);
    pending_clear(client);
    hello_clear(&client->hello);
    free(client->failing);
    free(client->kind);
    free(client->terminal);
    free(client);
}

void client_close(struct client **slot)
{
    struct client *client = *slot;

    *slot = NULL;
    if (!client || client->closed)
        return;
    client->closed = true;
    client_socket_close(&client->socket);
    uv_close((uv_handle_t *)&client->timer, on_closed);
}

enum client_link client_link(const struct client *client)
{
    return client->link;
}

const struct client_hello *client_hello(const struct client *client)
{
    return client->has_hello ? &client->hello : NULL;
}

void client_request(struct client *client, enum method method, const char *session, json_t *params,
                    int timeout_ms, client_reply_cb *reply, void *arg)
{
    struct pending *pending = pending_add(client, method, session, params, reply, arg, NULL);

    if (timeout_ms > 0)
        pending->deadline = clock_steady_ms() + timeout_ms;
    client_settle(client);
}

void client_forget(struct client *client, const void *arg)
{
    pending_cancel(client, arg);
}

void client_follow_listing(struct client *client)
{
    if (client->listing)
        return;
    client->listing = true;
    hello_listing(client);
    client_settle(client);
}
