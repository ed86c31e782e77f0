/* Clients, their subscriptions, and the push. */
#include "daemon/clients.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session.h"
#include "proto/envelope.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SWEEP_MS = 5000 };

struct clients {
    struct server *server;
    void *tree; /* of struct client by route */
    struct client **all;
    size_t count, cap;
    uv_timer_t retry, sweep;
    int open_timers;
};

static int compare(const void *a, const void *b)
{
    return route_compare(&((const struct client *)a)->route, &((const struct client *)b)->route);
}

/* --- presence
 * --------------------------------------------------------------------------------------------------- */

static void announce_left(struct session *session, const struct client *client, const char *why)
{
    json_t *data = json_object();
    jsonx_set_str(data, "participant", client->id);
    jsonx_set_str(data, "why", why);
    session_emit(session, EVENT_PARTICIPANT_LEFT, data);
}

/* --- the process at the other end
 * ------------------------------------------------------------------------------- */

static void process_closed(uv_handle_t *handle)
{
    close((int)(intptr_t)handle->data);
    free(handle);
}

static void forget_process(struct client *client)
{
    if (!client->process)
        return;
    client->process->data = (void *)(intptr_t)client->pidfd;
    uv_close((uv_handle_t *)client->process, process_closed);
    client->process = NULL;
}

static void on_process_end(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct client *client = poll->data;
    struct clients *clients = uv_handle_get_loop((uv_handle_t *)poll)->data;
    clients_drop(clients, client, "process ended");
}

/* ROUTER does not tell of a disconnect, but on the local socket the peer's process is known: watch it. */
static void watch_process(struct clients *clients, struct client *client, int pid)
{
    if (pid <= 0)
        return;
    client->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (client->pidfd < 0)
        return; /* the time-out for silence remains */
    client->process = xcalloc(1, sizeof *client->process);
    uv_poll_init(clients->server->loop, client->process, client->pidfd);
    client->process->data = client;
    uv_poll_start(client->process, UV_READABLE, on_process_end);
    uv_unref((uv_handle_t *)client->process);
}

/* --- the table
 * -------------------------------------------------------------------------------------------------- */

struct client *clients_find(struct clients *clients, const struct route *route)
{
    struct client **found = tfind(route, &clients->tree, compare);
    return found ? *found : NULL;
}

static void arm_sweep(struct clients *clients);

static struct client *add(struct clients *clients, const struct gateway_message *message)
{
    struct server *server = clients->server;
    if ((int64_t)clients->count >= config_number(server->config, OPTION_LIMITS_CLIENTS))
        return NULL;
    struct client *client = xcalloc(1, sizeof *client);
    client->route = *message->route;
    id_make(client->id, "c_");
    snprintf(client->principal.user, sizeof client->principal.user, "%s", message->user);
    client->principal.admin = strcmp(message->user, server->user) == 0;
    client->since = clock_wall_ms();
    strcpy(client->kind, "api");
    tsearch(client, &clients->tree, compare);
    if (clients->count == clients->cap) {
        clients->cap = clients->cap ? clients->cap * 2 : 16;
        clients->all = xreallocarray(clients->all, clients->cap, sizeof clients->all[0]);
    }
    clients->all[clients->count++] = client;
    watch_process(clients, client, message->pid);
    log_debug("client", "%s connected, user=%s pid=%d", log_id(client->id), client->principal.user,
              message->pid);
    arm_sweep(clients);
    return client;
}

struct client *clients_get(struct clients *clients, const struct gateway_message *message)
{
    struct client *client = clients_find(clients, message->route);
    if (!client)
        client = add(clients, message);
    if (client)
        client->last_seen = clock_steady_ms();
    return client;
}

static void unlink_follower(struct session *session, struct subscription *subscription)
{
    for (size_t i = 0; i < session->follower_count; i++)
        if (session->followers[i] == subscription)
            session->followers[i] = session->followers[--session->follower_count];
}

/* Takes the subscription out of both ends and returns its session, so that the leaving can be told. */
static struct session *take_subscription(struct client *client, size_t at)
{
    struct subscription *subscription = client->subscriptions[at];
    struct session *session = subscription->session;
    client->subscriptions[at] = client->subscriptions[--client->subscription_count];
    unlink_follower(session, subscription);
    free(subscription);
    return session;
}

static void drop_replies(struct client *client)
{
    for (size_t i = 0; i < client->reply_count; i++)
        frame_free(&client->replies[i]);
    client->reply_count = 0;
}

void clients_drop(struct clients *clients, struct client *client, const char *why)
{
    log_debug("client", "%s gone: %s", log_id(client->id), why);
    tdelete(client, &clients->tree, compare);
    for (size_t i = 0; i < clients->count; i++)
        if (clients->all[i] == client)
            clients->all[i] = clients->all[--clients->count];
    forget_process(client);
    drop_replies(client);
    while (client->subscription_count > 0) {
        struct session *session = take_subscription(client, client->subscription_count - 1);
        announce_left(session, client, why);
        registry_release(clients->server->registry, session);
    }
    free(client->subscriptions);
    free(client->replies);
    free(client);
}

size_t clients_count(const struct clients *clients)
{
    return clients->count;
}

/* --- sending
 * ---------------------------------------------------------------------------------------------------- */

static void on_retry(uv_timer_t *timer);

static void arm_retry(struct clients *clients)
{
    if (!uv_is_active((uv_handle_t *)&clients->retry))
        uv_timer_start(&clients->retry, on_retry, CLIENT_RETRY_MS, CLIENT_RETRY_MS);
}

static enum sent send_resync(struct clients *clients, struct client *client, const char *session)
{
    struct buf text;
    buf_init(&text, 512);
    envelope_put_resync(&text, session, "behind");
    struct frame *frame = frame_new(&text);
    enum sent sent = gateway_send(clients->server->gateway, &client->route, frame);
    frame_free(&frame);
    if (sent == SENT_OK)
        clients->server->stats.resyncs++;
    return sent;
}

static enum sent flush_replies(struct clients *clients, struct client *client)
{
    size_t done = 0;
    enum sent sent = SENT_OK;
    if (client->reply_count == 0)
        return SENT_OK;
    while (done < client->reply_count &&
           (sent = gateway_send(clients->server->gateway, &client->route, client->replies[done])) == SENT_OK)
        frame_free(&client->replies[done++]);
    client->reply_count -= done;
    memmove(client->replies, client->replies + done, client->reply_count * sizeof client->replies[0]);
    return sent;
}

/* Gives a client what it could not take before: replies, then notices. True if something still waits. */
static enum sent catch_up(struct clients *clients, struct client *client)
{
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

static bool is_waiting(const struct client *client)
{
    if (client->reply_count || client->mine_behind)
        return true;
    for (size_t i = 0; i < client->subscription_count; i++)
        if (client->subscriptions[i]->state == SUBSCRIPTION_BEHIND)
            return true;
    return false;
}

static void on_retry(uv_timer_t *timer)
{
    struct clients *clients = timer->data;
    bool again = false;
    for (size_t i = clients->count; i-- > 0;) {
        struct client *client = clients->all[i];
        if (!is_waiting(client))
            continue;
        if (catch_up(clients, client) == SENT_GONE)
            clients_drop(clients, client, "disconnected");
        else
            again |= is_waiting(client);
    }
    if (!again)
        uv_timer_stop(&clients->retry);
}

static void keep_reply(struct clients *clients, struct client *client, struct frame *frame)
{
    if (client->reply_count >= CLIENT_REPLIES_MAX) {
        log_warn("client", "%s does not read its replies; dropped", log_id(client->id));
        clients_drop(clients, client, "does not read");
        return;
    }
    client->replies = xreallocarray(client->replies, client->reply_count + 1, sizeof client->replies[0]);
    client->replies[client->reply_count++] = frame_ref(frame);
    arm_retry(clients);
}

void clients_reply(struct clients *clients, const struct route *route, struct frame *frame)
{
    struct client *client = clients_find(clients, route);
    if (client && client->reply_count) {
        keep_reply(clients, client, frame);
        return;
    }
    enum sent sent = gateway_send(clients->server->gateway, route, frame);
    if (client && sent == SENT_FULL)
        keep_reply(clients, client, frame);
    else if (client && sent == SENT_GONE)
        clients_drop(clients, client, "disconnected");
}

void clients_bye(struct clients *clients, const char *why, int retry_after_ms)
{
    struct buf text;
    buf_init(&text, 256);
    envelope_put_bye(&text, why, retry_after_ms);
    struct frame *frame = frame_new(&text);
    for (size_t i = 0; i < clients->count; i++)
        gateway_send(clients->server->gateway, &clients->all[i]->route, frame);
    frame_free(&frame);
}

/* --- subscriptions
 * ---------------------------------------------------------------------------------------------- */

struct subscription *clients_subscription(const struct client *client, const struct session *session)
{
    for (size_t i = 0; i < client->subscription_count; i++)
        if (client->subscriptions[i]->session == session)
            return client->subscriptions[i];
    return NULL;
}

bool clients_subscribe(struct clients *clients, struct client *client, struct session *session,
                       uint64_t kinds, bool *fresh)
{
    (void)clients;
    struct subscription *subscription = clients_subscription(client, session);
    *fresh = !subscription;
    if (!subscription) {
        if (client->subscription_count >= CLIENT_SUBSCRIPTIONS_MAX)
            return false;
        subscription = xcalloc(1, sizeof *subscription);
        subscription->client = client;
        subscription->session = session;
        client->subscriptions = xreallocarray(client->subscriptions, client->subscription_count + 1,
                                              sizeof client->subscriptions[0]);
        client->subscriptions[client->subscription_count++] = subscription;
        if (session->follower_count == session->follower_cap) {
            session->follower_cap = session->follower_cap ? session->follower_cap * 2 : 4;
            session->followers =
                xreallocarray(session->followers, session->follower_cap, sizeof session->followers[0]);
        }
        session->followers[session->follower_count++] = subscription;
    }
    subscription->kinds = kinds;
    return true;
}

bool clients_unsubscribe(struct clients *clients, struct client *client, struct session *session)
{
    (void)clients;
    for (size_t i = 0; i < client->subscription_count; i++) {
        if (client->subscriptions[i]->session != session)
            continue;
        take_subscription(client, i);
        return true;
    }
    return false;
}

void clients_resynced(struct client *client, struct session *session)
{
    struct subscription *subscription = clients_subscription(client, session);
    if (subscription)
        subscription->state = SUBSCRIBED;
}

/* --- push
 * ------------------------------------------------------------------------------------------------------- */

static bool push_one(struct clients *clients, struct client *client, struct frame *frame, bool *gone)
{
    enum sent sent = gateway_send(clients->server->gateway, &client->route, frame);
    if (sent == SENT_OK)
        clients->server->stats.deliveries++;
    *gone |= sent == SENT_GONE;
    if (sent == SENT_GONE)
        client->last_seen = INT64_MIN / 2; /* dropped after the push, which walks the lists */
    return sent != SENT_FULL;
}

static void push_listed(struct clients *clients, const struct session *session, enum event_type type,
                        struct frame *frame, bool *gone)
{
    for (size_t i = 0; i < clients->count; i++) {
        struct client *client = clients->all[i];
        if (!client->mine || client->mine_behind || !(client->mine_kinds >> type & 1) ||
            clients_subscription(client, session) ||
            !auth_may(&client->principal, session->state, ROLE_OWNER))
            continue;
        if (!push_one(clients, client, frame, gone)) {
            client->mine_behind = true;
            arm_retry(clients);
        }
    }
}

static void on_sweep(uv_timer_t *timer);

static void drop_silent(struct clients *clients, int64_t now)
{
    for (size_t i = clients->count; i-- > 0;) {
        if (i >= clients->count || now - clients->all[i]->last_seen <= CLIENT_SILENT_MS)
            continue;
        bool gone = clients->all[i]->last_seen < 0;
        clients_drop(clients, clients->all[i], gone ? "disconnected" : "silent");
    }
}

void clients_push(struct clients *clients, struct session *session, enum event_type type, struct frame *frame)
{
    bool gone = false;
    for (size_t i = 0; i < session->follower_count; i++) {
        struct subscription *subscription = session->followers[i];
        if (subscription->state != SUBSCRIBED || !(subscription->kinds >> type & 1) ||
            !auth_may(&subscription->client->principal, session->state, ROLE_VIEWER))
            continue;
        if (!push_one(clients, subscription->client, frame, &gone)) {
            subscription->state = SUBSCRIPTION_BEHIND;
            log_info("client", "%s is behind in session=%s; it is told to resync",
                     log_id(subscription->client->id), log_id(session->state->id));
            arm_retry(clients);
        }
    }
    if (event_row(type)->listed)
        push_listed(clients, session, type, frame, &gone);
    if (gone) /* on the next turn of the loop: a push may be inside another drop */
        uv_timer_start(&clients->sweep, on_sweep, 0, SWEEP_MS);
}

/* --- life
 * ------------------------------------------------------------------------------------------------------- */

static void on_sweep(uv_timer_t *timer)
{
    struct clients *clients = timer->data;
    drop_silent(clients, clock_steady_ms());
    if (clients->count == 0)
        uv_timer_stop(timer);
}

static void arm_sweep(struct clients *clients)
{
    if (!uv_is_active((uv_handle_t *)&clients->sweep))
        uv_timer_start(&clients->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

struct clients *clients_open(struct server *server)
{
    struct clients *clients = xcalloc(1, sizeof *clients);
    clients->server = server;
    server->loop->data = clients; /* for the polls of processes */
    uv_timer_init(server->loop, &clients->retry);
    uv_timer_init(server->loop, &clients->sweep);
    clients->retry.data = clients->sweep.data = clients;
    return clients;
}

static void timer_closed(uv_handle_t *handle)
{
    struct clients *clients = handle->data;
    if (--clients->open_timers == 0)
        free(clients);
}

void clients_close(struct clients **slot)
{
    struct clients *clients = *slot;
    if (!clients)
        return;
    while (clients->count > 0)
        clients_drop(clients, clients->all[clients->count - 1], "shutting down");
    free(clients->all);
    clients->open_timers = 2;
    uv_close((uv_handle_t *)&clients->retry, timer_closed);
    uv_close((uv_handle_t *)&clients->sweep, timer_closed);
    *slot = NULL;
}
