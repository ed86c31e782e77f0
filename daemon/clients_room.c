/* Who may come in. There are places for limits.max_clients, of which one user has so many over tcp; beyond
 * them a few are kept for those who look after the daemon, so that it can be stopped and looked at whoever
 * has taken all others. A process has one of these at most, and nobody settles there. */
#include "daemon/clients_internal.h"

#include "daemon/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_local(const struct principal *principal)
{
    return !principal->key[0];
}

static int64_t max_clients(const struct clients *clients)
{
    return config_number(clients->server->config, OPTION_LIMITS_MAX_CLIENTS);
}

/* --- of one user --- */

static int64_t count_remote(const struct clients *clients, const char *user)
{
    int64_t count = 0;
    for (size_t i = 0; i < clients->count; i++)
        count += !is_local(&clients->all[i]->principal) && strcmp(clients->all[i]->principal.user, user) == 0;
    return count;
}

bool clients_may_be_users(const struct clients *clients, const struct client *client, const char *user,
                          char error[256])
{
    int64_t max = config_number(clients->server->config, OPTION_LIMITS_MAX_USER_CLIENTS);
    int64_t half = (max_clients(clients) + 1) / 2;
    if (count_remote(clients, user) - (client ? 1 : 0) < (max < half ? max : half))
        return true;
    if (max <= half)
        snprintf(error, 256,
                 "%s has %" PRId64 " clients connected already, which is as many as a user may have "
                 "(limits.max_user_clients); close one",
                 user, max);
    else
        snprintf(error, 256,
                 "%s has %" PRId64 " clients connected already, half of all that may be "
                 "(limits.max_clients is %" PRId64 "); close one",
                 user, half, max_clients(clients));
    return false;
}

/* --- of all --- */

bool clients_may_be_reserved(const struct clients *clients, const struct principal *principal, int pid)
{
    bool local = is_local(principal);
    int held = 0;
    if (!principal->user[0] || (!local && !principal->admin))
        return false;
    for (size_t i = 0; i < clients->count; i++) {
        const struct client *other = clients->all[i];
        if (local && pid > 0 && other->pid == pid)
            return false;
        held += other->reserved && is_local(&other->principal) == local;
    }
    return held < CLIENTS_RESERVED;
}

static int64_t count_settled(const struct clients *clients)
{
    int64_t count = 0;
    for (size_t i = 0; i < clients->count; i++)
        count += !clients->all[i]->reserved;
    return count;
}

static bool all_are_taken(const struct clients *clients, char error[256])
{
    int64_t max = max_clients(clients), count = count_settled(clients);
    if (count < max)
        return false;
    snprintf(error, 256,
             "%" PRId64 " clients are connected already (limits.max_clients is %" PRId64
             "); close one, or raise that",
             count, max);
    return true;
}

bool clients_have_room(const struct clients *clients, const struct principal *principal, int pid, bool stays,
                       bool *reserved, char error[256])
{
    bool taken = all_are_taken(clients, error);
    *reserved = taken && !stays && clients_may_be_reserved(clients, principal, pid);
    if (taken && !*reserved)
        return false;
    return is_local(principal) || !principal->user[0] ||
           clients_may_be_users(clients, NULL, principal->user, error);
}

bool clients_may_stay(const struct clients *clients, struct client *client, char error[256])
{
    if (!client->reserved)
        return true;
    if (all_are_taken(clients, error))
        return false;
    client->reserved = client->connection == NULL; /* it was let in though no descriptor was left */
    if (client->reserved)
        snprintf(error, 256, "no descriptor is left for one more client (ulimit -n)");
    return !client->reserved;
}
