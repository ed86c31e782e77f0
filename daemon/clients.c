/* Who is there, and what they follow. */
#include "daemon/clients_internal.h"

#include "daemon/lends.h"
#include "daemon/mcp/mcp_asks.h"
#include "daemon/people/users.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session.h"
#include "daemon/socket/connection.h"
#include "daemon/socket/files.h"
#include "proto/envelope.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <search.h>
#include <stdio.h>
#include <string.h>

enum { SWEEP_MS = 5000 };

/* A client's first member is its route, by which it is looked for. */
static int compare(const void *a, const void *b)
{
    return route_compare(a, b);
}

/* --- presence --- */

static void announce_left(struct session *session, const struct client *client, const char *why)
{
    json_t *data = json_object();
    jsonx_set_str(data, "participant", client->id);
    jsonx_set_str(data, "why", why);
    session_emit(session, EVENT_PARTICIPANT_LEFT, data);
}

/* --- the table --- */

static void on_connection_end(void *arg)
{
    struct client *client = arg;
    clients_drop(client->clients, client, "disconnected");
}

struct client *clients_find(struct clients *clients, const struct route *route)
{
    struct client **found = tfind(route, &clients->tree, compare);
    return found ? *found : NULL;
}

static void arm_sweep(struct clients *clients);

static void find_principal(struct clients *clients, const struct gateway_message *message,
                           struct principal *principal)
{
    if (strcmp(message->peer, GATEWAY_LOCAL) == 0)
        users_principal(clients->server->users, "", principal);
    else if (message->peer[0])
        users_principal(clients->server->users, message->peer, principal);
    /* else a stranger, without even a key */
}

static struct client *add(struct clients *clients, const struct gateway_message *message, bool stays,
                          char error[256])
{
    struct server *server = clients->server;
    struct principal principal = {0};
    bool reserved;
    find_principal(clients, message, &principal);
    if (!clients_have_room(clients, &principal, message->pid, stays, &reserved, error))
        return NULL;
    struct client *client = xcalloc(1, sizeof *client);
    client->principal = principal;
    client->pid = message->pid;
    client->fd = message->fd;
    client->reserved = reserved;
    bool watched =
        connection_watch(server->loop, message->fd, on_connection_end, client, &client->connection);
    if (!watched && !stays && clients_may_be_reserved(clients, &principal, message->pid)) {
        client->reserved = true; /* so it is noticed by its silence when it has gone */
    } else if (!watched) {
        snprintf(error, 256,
                 "no descriptor is left for one more client; the daemon may open %ld files (ulimit -n)",
                 files_limit());
        free(client);
        return NULL;
    }
    client->clients = clients;
    client->route = *message->route;
    id_make(client->id, "c_");
    snprintf(client->address, sizeof client->address, "%s", message->address ? message->address : "");
    client->since = clock_wall_ms();
    client->meter = meter_new();
    client->left_at = clock_steady_ms();
    strcpy(client->kind, "api");
    tsearch(client, &clients->tree, compare);
    if (clients->count == clients->cap) {
        clients->cap = clients->cap ? clients->cap * 2 : 16;
        clients->all = xreallocarray(clients->all, clients->cap, sizeof clients->all[0]);
    }
    clients->all[clients->count++] = client;
    log_debug("client", "%s connected, user=%s pid=%d", log_id(client->id), client->principal.user,
              message->pid);
    arm_sweep(clients);
    return client;
}

/* What comes over tcp is watched by the gateway until it is somebody's. False with a sentence if that user
 * has enough: it may have become theirs only now. */
static bool trust(struct clients *clients, struct client *client, int fd, char error[256])
{
    const struct principal *principal = &client->principal;
    if (client->trusted || !principal->user[0] || !principal->key[0])
        return true;
    if (!clients_may_be_users(clients, client, principal->user, error))
        return false;
    client->trusted = true;
    gateway_trust(clients->server->gateway, fd);
    gateway_forget_stranger(clients->server->gateway, principal->key, fd);
    return true;
}

struct client *clients_get(struct clients *clients, const struct gateway_message *message, bool stays,
                           char error[256])
{
    struct client *client = clients_find(clients, message->route);
    if (client && stays && !clients_may_stay(clients, client, error)) {
        clients_drop(clients, client, "crowded"); /* its place is for the next one */
        return NULL;
    }
    if (!client)
        client = add(clients, message, stays, error);
    if (!client)
        return NULL;
    client->last_seen = clock_steady_ms();
    if (!trust(clients, client, message->fd, error))
        return NULL;
    if (client_is_waiting(client)) /* it is awake */
        clients_retry_soon(clients);
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

void client_end_subscriptions(struct clients *clients, struct client *client, const char *why)
{
    while (client->subscription_count > 0) {
        struct session *session = take_subscription(client, client->subscription_count - 1);
        announce_left(session, client, why);
        registry_release(clients->server->registry, session);
    }
}

static void client_free(struct client *client)
{
    if (client->principal.key[0] && !client->trusted)
        gateway_forget_stranger(client->clients->server->gateway, client->principal.key, client->fd);
    connection_free(&client->connection);
    client_drop_replies(client);
    meter_free(&client->meter);
    free(client->subscriptions);
    free(client->replies);
    free(client);
}

void clients_drop(struct clients *clients, struct client *client, const char *why)
{
    log_debug("client", "%s gone: %s", log_id(client->id), why);
    tdelete(client, &clients->tree, compare);
    for (size_t i = 0; i < clients->count; i++)
        if (clients->all[i] == client)
            clients->all[i] = clients->all[--clients->count];
    client_end_subscriptions(clients, client, why);
    lends_end(clients->server->lends, client, NULL, "gone");
    client_free(client);
    mcp_asks_client_gone(clients->server->asks);
}

void client_dismiss(struct clients *clients, struct client *client, const char *why)
{
    log_debug("client", "%s dismissed: %s", log_id(client->id), why);
    client->dismissed = true;
    client->mine = client->mine_behind = false;
    client_drop_replies(client);
    client_end_subscriptions(clients, client, why);
    lends_end(clients->server->lends, client, NULL, "silent");
    clients_retry_soon(clients);
}

void client_cut(struct clients *clients, struct client *client, const char *why)
{
    if (client->connection)
        connection_cut(client->connection);
    clients_drop(clients, client, why);
}

/* --- rights that are taken away --- */

/* May end the client. */
static void tell_revoked(struct clients *clients, const struct route *route, const char *session,
                         const char *why)
{
    struct buf text;
    buf_init(&text, 512);
    envelope_put_revoked(&text, session, why);
    struct frame *frame = frame_new(&text);
    clients_reply(clients, route, frame);
    frame_free(&frame);
}

static size_t first_denied(const struct client *client)
{
    size_t i = 0;
    while (i < client->subscription_count &&
           auth_may(&client->principal, client->subscriptions[i]->session->state, ROLE_VIEWER))
        i++;
    return i;
}

/* The notice is the last that it gets of a session; it is off the session's list before anything else is
 * said there. */
static void recheck_subscriptions(struct clients *clients, struct client *client, const char *why)
{
    struct route route = client->route;
    size_t at;
    while (clients_find(clients, &route) == client &&
           (at = first_denied(client)) < client->subscription_count) {
        struct session *session = take_subscription(client, at);
        announce_left(session, client, "revoked");
        tell_revoked(clients, &route, session->state->id, why);
        registry_release(clients->server->registry, session);
    }
}

/* What takes the role writer, of one who has it no more. */
static void end_writing(const struct client *client, struct session *session)
{
    const struct state *state = session->state;
    for (size_t i = 0; i < state->participant_count; i++) {
        if (strcmp(state->participants[i].id, client->id) != 0 || !state->participants[i].typing)
            continue;
        json_t *data = json_object();
        jsonx_set_str(data, "participant", client->id);
        json_object_set_new(data, "typing", json_false());
        session_emit(session, EVENT_PARTICIPANT_TYPING, data);
        return;
    }
}

void clients_recheck(struct clients *clients)
{
    for (size_t i = clients->count; i-- > 0;) {
        struct client *client = clients->all[i];
        if (client->denied_until)
            continue;
        if (!users_renew(clients->server->users, &client->principal)) {
            client_deny(clients, client);
            continue;
        }
        recheck_subscriptions(clients, client, "denied");
    }
    lends_recheck(clients->server->lends, NULL);
}

void clients_recheck_session(struct clients *clients, struct session *session, const char *user,
                             const char *why)
{
    for (size_t i = clients->count; i-- > 0;) {
        struct client *client = clients->all[i];
        struct route route = client->route;
        if (client->denied_until || strcmp(client->principal.user, user) != 0)
            continue;
        bool may = auth_may(&client->principal, session->state, ROLE_VIEWER);
        if (!auth_may(&client->principal, session->state, ROLE_WRITER))
            end_writing(client, session);
        if (may)
            continue;
        bool follows = clients_subscription(client, session) != NULL;
        recheck_subscriptions(clients, client, why);
        if (!follows && client->mine && clients_find(clients, &route) == client)
            tell_revoked(clients, &route, session->state->id, why);
    }
    lends_recheck(clients->server->lends, NULL);
}

void clients_each(struct clients *clients, void (*each)(struct client *client, void *arg), void *arg)
{
    for (size_t i = clients->count; i-- > 0;)
        each(clients->all[i], arg);
}

size_t clients_count(const struct clients *clients)
{
    return clients->count;
}

/* --- subscriptions --- */

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

/* --- silence --- */

static void on_sweep(uv_timer_t *timer)
{
    struct clients *clients = timer->data;
    int64_t now = clock_steady_ms();
    for (size_t i = clients->count; i-- > 0;) {
        struct client *client = clients->all[i];
        if (client->gone || (client->connection && connection_is_closed(client->connection)))
            clients_drop(clients, client, "disconnected");
        else if (!client->dismissed && !client->denied_until && now - client->last_seen > CLIENT_SILENT_MS) {
            if (client->principal.key[0]) /* its host may be no more, and would be waited for */
                client_cut(clients, client, "silent");
            else
                client_dismiss(clients, client, "silent");
        }
    }
    if (clients->count == 0)
        uv_timer_stop(timer);
}

static void arm_sweep(struct clients *clients)
{
    if (!uv_is_active((uv_handle_t *)&clients->sweep))
        uv_timer_start(&clients->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

void clients_sweep_soon(struct clients *clients)
{
    uv_timer_start(&clients->sweep, on_sweep, 0, SWEEP_MS);
}

/* --- life --- */

struct clients *clients_open(struct server *server)
{
    struct clients *clients = xcalloc(1, sizeof *clients);
    clients->server = server;
    uv_timer_init(server->loop, &clients->retry);
    uv_timer_init(server->loop, &clients->sweep);
    uv_timer_init(server->loop, &clients->relief);
    uv_timer_init(server->loop, &clients->deny);
    clients->retry.data = clients->sweep.data = clients->relief.data = clients->deny.data = clients;
    return clients;
}

static void timer_closed(uv_handle_t *handle)
{
    struct clients *clients = handle->data;
    if (--clients->open_timers == 0)
        free(clients);
}

static void keep(void *client)
{
    (void)client;
}

void clients_close(struct clients **slot)
{
    struct clients *clients = *slot;
    if (!clients)
        return;
    tdestroy(clients->tree, keep);
    for (size_t i = 0; i < clients->count; i++) {
        struct client *client = clients->all[i];
        while (client->subscription_count > 0) /* in silence: all have been told bye */
            take_subscription(client, client->subscription_count - 1);
        client_free(client);
    }
    free(clients->all);
    clients->open_timers = 4;
    uv_close((uv_handle_t *)&clients->retry, timer_closed);
    uv_close((uv_handle_t *)&clients->sweep, timer_closed);
    uv_close((uv_handle_t *)&clients->relief, timer_closed);
    uv_close((uv_handle_t *)&clients->deny, timer_closed);
    *slot = NULL;
}
