/* Who is there, and what they follow. */
#include "daemon/clients_internal.h"

#include "daemon/files.h"
#include "daemon/mcp_asks.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session.h"
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

static int compare(const void *a, const void *b)
{
    return route_compare(&((const struct client *)a)->route, &((const struct client *)b)->route);
}

/* --- presence --- */

static void announce_left(struct session *session, const struct client *client, const char *why)
{
    json_t *data = json_object();
    jsonx_set_str(data, "participant", client->id);
    jsonx_set_str(data, "why", why);
    session_emit(session, EVENT_PARTICIPANT_LEFT, data);
}

/* --- the process at the other end --- */

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

/* ROUTER does not tell of a disconnect, but on the local socket the peer's process is known: watch it. Where
 * it can't be, the time-out for silence remains. */
static void watch_process(struct clients *clients, struct client *client, int pidfd)
{
    if (pidfd < 0)
        return;
    client->pidfd = pidfd;
    client->process = xcalloc(1, sizeof *client->process);
    uv_poll_init(clients->server->loop, client->process, client->pidfd);
    client->process->data = client;
    uv_poll_start(client->process, UV_READABLE, on_process_end);
    uv_unref((uv_handle_t *)client->process);
}

/* --- the table --- */

struct client *clients_find(struct clients *clients, const struct route *route)
{
    struct client **found = tfind(route, &clients->tree, compare);
    return found ? *found : NULL;
}

static void arm_sweep(struct clients *clients);

static struct client *add(struct clients *clients, const struct gateway_message *message, char error[256])
{
    struct server *server = clients->server;
    int64_t max = config_number(server->config, OPTION_LIMITS_MAX_CLIENTS);
    if ((int64_t)clients->count >= max) {
        snprintf(error, 256, "%zu clients are connected already (limits.max_clients is %d); close one, or raise that",
                 clients->count, (int)max);
        return NULL;
    }
    int pidfd = message->pid > 0 ? (int)syscall(SYS_pidfd_open, message->pid, 0) : -1;
    if (!files_may_keep(pidfd)) {
        snprintf(error, 256,
                 "no descriptor is left for one more client; the daemon may open %ld files (ulimit -n)",
                 files_limit());
        close(pidfd);
        return NULL;
    }
    struct client *client = xcalloc(1, sizeof *client);
    client->route = *message->route;
    id_make(client->id, "c_");
    snprintf(client->principal.user, sizeof client->principal.user, "%s", message->user);
    client->principal.admin = strcmp(message->user, server->user) == 0;
    client->since = clock_wall_ms();
    client->meter = meter_new();
    strcpy(client->kind, "api");
    tsearch(client, &clients->tree, compare);
    if (clients->count == clients->cap) {
        clients->cap = clients->cap ? clients->cap * 2 : 16;
        clients->all = xreallocarray(clients->all, clients->cap, sizeof clients->all[0]);
    }
    clients->all[clients->count++] = client;
    watch_process(clients, client, pidfd);
    log_debug("client", "%s connected, user=%s pid=%d", log_id(client->id), client->principal.user,
              message->pid);
    arm_sweep(clients);
    return client;
}

struct client *clients_get(struct clients *clients, const struct gateway_message *message, char error[256])
{
    struct client *client = clients_find(clients, message->route);
    if (!client)
        client = add(clients, message, error);
    if (!client)
        return NULL;
    client->last_seen = clock_steady_ms();
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

static void end_subscriptions(struct clients *clients, struct client *client, const char *why)
{
    while (client->subscription_count > 0) {
        struct session *session = take_subscription(client, client->subscription_count - 1);
        announce_left(session, client, why);
        registry_release(clients->server->registry, session);
    }
}

static void client_free(struct client *client)
{
    forget_process(client);
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
    end_subscriptions(clients, client, why);
    client_free(client);
    mcp_asks_client_gone(clients->server->asks);
}

void client_dismiss(struct clients *clients, struct client *client, const char *why)
{
    log_debug("client", "%s dismissed: %s", log_id(client->id), why);
    client->dismissed = true;
    client->mine = client->mine_behind = false;
    client_drop_replies(client);
    end_subscriptions(clients, client, why);
    clients_retry_soon(clients);
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
        if (client->gone)
            clients_drop(clients, client, "disconnected");
        else if (!client->dismissed && now - client->last_seen > CLIENT_SILENT_MS)
            client_dismiss(clients, client, "silent");
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
    clients->open_timers = 2;
    uv_close((uv_handle_t *)&clients->retry, timer_closed);
    uv_close((uv_handle_t *)&clients->sweep, timer_closed);
    *slot = NULL;
}
