/* What goes out to clients: replies, notices, events. A client gets no event before a reply that waits for
 * it, so that what it gets stays in order. */
#include "daemon/clients_internal.h"

#include "daemon/server.h"
#include "daemon/session.h"
#include "proto/envelope.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <string.h>

enum { RELIEF_MS = 250 };

static size_t backlog_size(const struct clients *clients)
{
    return (size_t)config_number(clients->server->config, OPTION_LIMITS_BACKLOG_SIZE);
}

/* --- too much for all together --- */

size_t client_waiting_bytes(const struct client *client)
{
    return meter_waiting(client->meter) + client->reply_bytes;
}

/* Each client's time of taking nothing begins when too much waits: what was before, nobody has looked at. */
static void begin_relief(struct clients *clients)
{
    int64_t now = clock_steady_ms();
    for (size_t i = 0; i < clients->count; i++) {
        clients->all[i]->left = meter_left(clients->all[i]->meter);
        clients->all[i]->left_at = now;
    }
    uv_timer_start(&clients->relief, clients_on_relief, RELIEF_MS, RELIEF_MS);
}

static bool is_strained(struct clients *clients)
{
    if (frames_bytes() <= backlog_size(clients))
        return false;
    if (!uv_is_active((uv_handle_t *)&clients->relief))
        begin_relief(clients);
    return true;
}

/* For how long it has taken nothing of what waits for it, as far as looks at it can tell. */
static int64_t stalled_ms(struct client *client)
{
    int64_t now = clock_steady_ms();
    uint64_t left = meter_left(client->meter);
    if (left != client->left || client_waiting_bytes(client) <= CLIENT_SHARE) {
        client->left = left;
        client->left_at = now;
    }
    return now - client->left_at;
}

/* The one for which most waits of those that have taken nothing of it for a while. */
static struct client *furthest_behind(struct clients *clients)
{
    struct client *furthest = NULL;
    for (size_t i = 0; i < clients->count; i++) {
        struct client *client = clients->all[i];
        if (stalled_ms(client) >= CLIENT_STALLED_MS &&
            (!furthest || client_waiting_bytes(client) > client_waiting_bytes(furthest)))
            furthest = client;
    }
    return furthest;
}

/* One at a time: what it frees, libzmq's thread frees a little later. */
void clients_on_relief(uv_timer_t *timer)
{
    struct clients *clients = timer->data;
    if (!is_strained(clients)) {
        uv_timer_stop(timer);
        return;
    }
    struct client *client = furthest_behind(clients);
    if (!client)
        return;
    log_warn(
        "client",
        "%zu bytes wait for all clients together (limits.backlog_size is %zu); %s, which reads none of its "
        "%zu, is disconnected",
        frames_bytes(), backlog_size(clients), log_id(client->id), client_waiting_bytes(client));
    clients->server->stats.cut++;
    client_cut(clients, client, "does not read");
}

bool clients_may_ask(struct clients *clients, const struct client *client, char error[256])
{
    if (client_waiting_bytes(client) <= CLIENT_SHARE || !is_strained(clients))
        return true;
    snprintf(error, 256,
             "%zu bytes wait for this client, and %zu for all (limits.backlog_size is %zu); read them, then "
             "ask again",
             client_waiting_bytes(client), frames_bytes(), backlog_size(clients));
    return false;
}

/* --- what could not be taken at once --- */

/* Replies and notices; events have a limit of their own. */
static enum sent send_frame(struct clients *clients, struct client *client, struct frame *frame)
{
    stalled_ms(client); /* what it gets now has not waited until now */
    return gateway_send(clients->server->gateway, &client->route, frame, client->meter, CLIENT_REPLY_WAITING);
}

void clients_retry_soon(struct clients *clients)
{
    if (uv_is_active((uv_handle_t *)&clients->retry) && clients->retry_ms == CLIENT_RETRY_MS)
        return;
    clients->retry_ms = CLIENT_RETRY_MS;
    uv_timer_start(&clients->retry, clients_on_retry, clients->retry_ms, 0);
}

static enum sent send_resync(struct clients *clients, struct client *client, const char *session)
{
    struct buf text;
    buf_init(&text, 512);
    envelope_put_resync(&text, session, "behind");
    struct frame *frame = frame_new(&text);
    enum sent sent = send_frame(clients, client, frame);
    frame_free(&frame);
    if (sent == SENT_OK)
        clients->server->stats.resyncs++;
    return sent;
}

enum sent client_send_bye(struct clients *clients, struct client *client, const char *why, int retry_after_ms)
{
    struct buf text;
    buf_init(&text, 256);
    envelope_put_bye(&text, why, retry_after_ms);
    struct frame *frame = frame_new(&text);
    enum sent sent = send_frame(clients, client, frame);
    frame_free(&frame);
    return sent;
}

static void take_reply(struct client *client)
{
    client->reply_bytes -= frame_size(client->replies[0]);
    frame_free(&client->replies[0]);
    client->reply_count--;
    memmove(client->replies, client->replies + 1, client->reply_count * sizeof client->replies[0]);
}

void client_drop_replies(struct client *client)
{
    while (client->reply_count)
        take_reply(client);
}

static enum sent flush_replies(struct clients *clients, struct client *client)
{
    enum sent sent = SENT_OK;
    while (client->reply_count && (sent = send_frame(clients, client, client->replies[0])) == SENT_OK)
        take_reply(client);
    return sent;
}

/* Gives a client what it could not take before: a bye, replies, notices. GONE when it is to be forgotten. */
static enum sent catch_up(struct clients *clients, struct client *client)
{
    if (client->dismissed) {
        enum sent sent = client_send_bye(clients, client, "silent", 0);
        if (sent != SENT_OK)
            return sent;
        client->dismissed = false;
        if (client->reply_count == 0) /* it has not spoken since */
            return SENT_GONE;
    }
    enum sent sent = flush_replies(clients, client);
    if (sent == SENT_OK && client->mine_behind && (sent = send_resync(clients, client, "mine")) == SENT_OK)
        client->mine_behind = false;
    for (size_t i = 0; i < client->subscription_count && sent == SENT_OK; i++) {
        struct subscription *subscription = client->subscriptions[i];
        if (subscription->state != SUBSCRIPTION_BEHIND)
            continue;
        sent = send_resync(clients, client, subscription->session->state->id);
        if (sent == SENT_OK)
            subscription->state = SUBSCRIPTION_NOTICED;
    }
    return sent;
}

bool client_is_waiting(const struct client *client)
{
    if (client->reply_count || client->mine_behind || client->dismissed)
        return true;
    for (size_t i = 0; i < client->subscription_count; i++)
        if (client->subscriptions[i]->state == SUBSCRIPTION_BEHIND)
            return true;
    return false;
}

void clients_on_retry(uv_timer_t *timer)
{
    struct clients *clients = timer->data;
    bool again = false;
    for (size_t i = clients->count; i-- > 0;) {
        struct client *client = clients->all[i];
        if (!client_is_waiting(client))
            continue;
        if (catch_up(clients, client) == SENT_GONE)
            clients_drop(clients, client, "disconnected");
        else
            again |= client_is_waiting(client);
    }
    if (!again)
        return;
    clients->retry_ms =
        clients->retry_ms < CLIENT_RETRY_MAX_MS / 2 ? clients->retry_ms * 2 : CLIENT_RETRY_MAX_MS;
    uv_timer_start(timer, clients_on_retry, clients->retry_ms, 0);
}

/* --- replies and byes --- */

static void keep_reply(struct clients *clients, struct client *client, struct frame *frame)
{
    if (client->reply_count >= CLIENT_REPLIES_MAX ||
        client->reply_bytes + frame_size(frame) > CLIENT_REPLY_BYTES) {
        log_warn("client", "%s does not read its replies; dropped", log_id(client->id));
        client_dismiss(clients, client, "does not read");
        return;
    }
    client->replies = xreallocarray(client->replies, client->reply_count + 1, sizeof client->replies[0]);
    client->replies[client->reply_count++] = frame_ref(frame);
    client->reply_bytes += frame_size(frame);
    clients_retry_soon(clients);
}

void clients_reply(struct clients *clients, const struct route *route, struct frame *frame)
{
    struct client *client = clients_find(clients, route);
    if (!client) {
        gateway_send(clients->server->gateway, route, frame, NULL, 0);
        return;
    }
    if (client->denied_until)
        return;
    bool waits = client->dismissed || client->reply_count;
    enum sent sent = waits ? SENT_FULL : send_frame(clients, client, frame);
    if (sent == SENT_FULL)
        keep_reply(clients, client, frame);
    else if (sent == SENT_GONE)
        clients_drop(clients, client, "disconnected");
}

void clients_tell_config(struct clients *clients, const char *text)
{
    struct buf json;
    buf_init(&json, 4096);
    envelope_put_config(&json, text);
    struct frame *frame = frame_new(&json);
    for (size_t i = clients->count; i-- > 0;)
        if (auth_may(&clients->all[i]->principal, NULL, ROLE_ADMIN))
            clients_reply(clients, &clients->all[i]->route, frame);
    frame_free(&frame);
}

void clients_cut(struct clients *clients, struct client *client, const char *why, int retry_after_ms)
{
    client_send_bye(clients, client, why, retry_after_ms);
    clients->server->stats.cut++;
    client_cut(clients, client, why);
}

void clients_bye(struct clients *clients, const char *why, int retry_after_ms)
{
    for (size_t i = 0; i < clients->count; i++)
        client_send_bye(clients, clients->all[i], why, retry_after_ms);
}

/* --- push --- */

/* False if the client is behind. One that is gone is dropped after the push, which walks the lists. */
static bool push_one(struct clients *clients, struct client *client, struct frame *frame)
{
    size_t limit = (size_t)config_number(clients->server->config, OPTION_LIMITS_CLIENT_BACKLOG_SIZE);
    if (is_strained(clients) && limit > CLIENT_SHARE &&
        (stalled_ms(client) >= CLIENT_STALLED_MS / 10 || frames_bytes() > 2 * backlog_size(clients)))
        limit = CLIENT_SHARE;
    enum sent sent = client->reply_count ? SENT_FULL
                                         : gateway_send(clients->server->gateway, &client->route, frame,
                                                        client->meter, limit);
    if (sent == SENT_OK)
        clients->server->stats.deliveries++;
    if (sent == SENT_GONE) {
        client->gone = true;
        clients_sweep_soon(clients);
    }
    if (sent == SENT_FULL)
        clients_retry_soon(clients);
    return sent != SENT_FULL;
}

/* Whether its subscription brings the session's event already, or a resync in its place. */
static bool is_followed(const struct client *client, const struct session *session, enum event_type type)
{
    const struct subscription *subscription = clients_subscription(client, session);
    return subscription && (subscription->kinds >> type & 1);
}

static void push_listed(struct clients *clients, const struct session *session, enum event_type type,
                        struct frame *frame)
{
    for (size_t i = 0; i < clients->count; i++) {
        struct client *client = clients->all[i];
        if (client->mine && !client->mine_behind && (client->mine_kinds >> type & 1) &&
            !is_followed(client, session, type) &&
            auth_may(&client->principal, session->state, ROLE_VIEWER) && !push_one(clients, client, frame))
            client->mine_behind = true;
    }
}

void clients_push(struct clients *clients, struct session *session, enum event_type type, struct frame *frame)
{
    for (size_t i = 0; i < session->follower_count; i++) {
        struct subscription *subscription = session->followers[i];
        struct client *client = subscription->client;
        if (subscription->state != SUBSCRIBED || !(subscription->kinds >> type & 1) ||
            !auth_may(&client->principal, session->state, ROLE_VIEWER) || push_one(clients, client, frame))
            continue;
        subscription->state = SUBSCRIPTION_BEHIND;
        log_info("client", "%s is behind in session=%s; it is told to resync", log_id(client->id),
                 log_id(session->state->id));
    }
    if (event_row(type)->listed)
        push_listed(clients, session, type, frame);
}
