/* Counted anew each time, from sessions in memory: those that have servers have agents. Nothing is counted
 * for users without a quota. */
#include "daemon/mcp/room.h"

#include "daemon/people/users.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { USER_SCOPED_MAX = 64 };

struct count {
    const char *owner;
    int64_t running;
    const struct config_server *counted[USER_SCOPED_MAX]; /* of user scope */
    size_t counted_count;
};

/* Beyond so many it counts anew for each session: too many then, never too few. */
static bool is_counted(struct count *count, const struct config_server *config)
{
    for (size_t i = 0; i < count->counted_count; i++)
        if (count->counted[i] == config)
            return true;
    if (count->counted_count < USER_SCOPED_MAX)
        count->counted[count->counted_count++] = config;
    return false;
}

static void count_session(struct session *session, void *arg)
{
    struct count *count = arg;
    const struct state *state = session->state;
    if (strcmp(state->owner, count->owner) != 0)
        return;
    for (size_t i = 0; i < state->server_count; i++) {
        const struct config_server *config =
            config_server_find(session->server->config, state->servers[i].name);
        bool lent = state_lent(state, state->servers[i].name) != NULL;
        bool runs = state->servers[i].connected || state->servers[i].starting;
        if (!runs || lent || !config || config->scope == SCOPE_SHARED)
            continue;
        count->running += config->scope == SCOPE_SESSION || !is_counted(count, config);
    }
}

static struct count count_of(const struct server *server, const char *owner)
{
    struct count count = {.owner = owner};
    registry_each(server->registry, count_session, &count);
    return count;
}

bool room_for_server(const struct session *session, const struct config_server *config, char error[256])
{
    const struct server *server = session->server;
    const char *owner = session->state->owner;
    int64_t max = users_quota(server->users, owner, QUOTA_SERVERS);
    const struct server_status *status = state_server(session->state, config->name);
    if (max == 0 || config->scope == SCOPE_SHARED ||
        (max > 0 && status && (status->connected || status->starting)))
        return true;
    struct count count = max > 0 ? count_of(server, owner) : (struct count){0};
    if (count.running < max || (max > 0 && config->scope == SCOPE_USER && is_counted(&count, config)))
        return true;
    if (max < 0)
        snprintf(error, 256, "%.63s may have no MCP servers run (quota.servers)", owner);
    else
        snprintf(error, 256,
                 "%.63s has %" PRId64 " MCP servers running already (quota.servers is %" PRId64
                 "); disconnect one first: stoa mcp disconnect",
                 owner, count.running, max);
    return false;
}

void room_changed(struct session *session, bool more)
{
    struct server *server = session->server;
    const char *owner = session->state->owner;
    int64_t max = server->users ? users_quota(server->users, owner, QUOTA_SERVERS) : 0;
    if (max > 0 && count_of(server, owner).running == (more ? max : max - 1))
        supervisor_define_all(server->supervisor, owner);
}
