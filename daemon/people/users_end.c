/* A name may be given again one day: whoever has it then must not find what another left open. */
#include "daemon/people/users_end.h"

#include "daemon/counting_hosts.h"
#include "daemon/mcp/folders.h"
#include "daemon/mcp/hosts.h"
#include "daemon/mcp/known.h"
#include "daemon/people/rights.h"
#include "daemon/people/vault.h"
#include "daemon/registry.h"
#include "daemon/rules.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/id.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ending {
    const char *user;
    char (*sids)[ID_MAX];
    size_t count, cap;
};

static void on_owned(void *arg, const char *sid)
{
    struct ending *ending = arg;
    if (strlen(sid) >= ID_MAX)
        return;
    if (ending->count == ending->cap) {
        ending->cap = ending->cap ? 2 * ending->cap : 64;
        ending->sids = xreallocarray(ending->sids, ending->cap, sizeof ending->sids[0]);
    }
    strcpy(ending->sids[ending->count++], sid);
}

/* One that the store has not heard of yet is in memory. */
static void on_loaded(struct session *session, void *arg)
{
    struct ending *ending = arg;
    if (session->end == SESSION_LIVES && strcmp(session->state->owner, ending->user) == 0)
        on_owned(ending, session->state->id);
}

static void archive(struct server *server, const char *sid, const char *by)
{
    static const char why[] = "the session's owner was removed";
    struct session *session;
    char error[256];
    enum err code = registry_get(server->registry, sid, &session, error);
    if (code != ERR_OK) {
        if (code != ERR_NOT_FOUND)
            log_error("users", "a session of a removed user stays as it was: %s", error);
        return;
    }
    if (session->agent || session->state->run != RUN_IDLE) {
        supervisor_kill(session);
        session_recover(session, "agent", why, false);
        session_end_turn(session, by, "user_removed");
    }
    if (!session->state->archived) {
        json_t *data = json_object();
        json_object_set_new(data, "archived", json_true());
        jsonx_set_str(data, "by", by);
        jsonx_set_str(data, "reason", "user_removed");
        session_emit(session, EVENT_SESSION_UPDATED, data);
    }
    registry_release(server->registry, session);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* What the store knows of the user is read before it is told to forget that. */
static void find_sessions(struct server *server, struct ending *ending)
{
    if (store_owned_by(server->store, ending->user, on_owned, ending) != ERR_OK)
        log_error("users", "sessions of user=%s that are not in memory can't be archived", ending->user);
    if (server->registry)
        registry_each(server->registry, on_loaded, ending);
    if (ending->count > 0)
        qsort(ending->sids, ending->count, sizeof ending->sids[0], compare);
    size_t kept = 0;
    for (size_t i = 0; i < ending->count; i++)
        if (i == 0 || strcmp(ending->sids[i], ending->sids[kept - 1]) != 0)
            memmove(ending->sids[kept++], ending->sids[i], ID_MAX);
    ending->count = kept;
}

static void end_sessions(struct server *server, struct ending *ending, const char *by)
{
    for (size_t i = 0; i < ending->count; i++)
        archive(server, ending->sids[i], by);
    free(ending->sids);
    rights_user_changed(server);
}

/* What is neither in the registry of users nor a session's. */
static void forget(struct server *server, const char *user)
{
    rules_forget_user(server, user);
    hosts_forget_user(server->hosts, user);
    folders_forget_user(server->folders, user);
    counting_hosts_look(server->counting_hosts);
    known_forget_user(server->known, user);
}

enum err users_end(struct server *server, const char *name, const char *by, size_t *sessions, char error[256])
{
    char user[USER_NAME_MAX + 1];
    struct ending ending = {.user = user};
    *sessions = 0;
    snprintf(user, sizeof user, "%s", name);
    enum err code = users_may_delete(server->users, user, error);
    if (code != ERR_OK)
        return code;
    find_sessions(server, &ending);
    *sessions = ending.count;
    if (!server->registry) {
        free(ending.sids);
        users_delete_later(server->users, user);
        return ERR_OK;
    }
    rights_user_gone(server, user);
    users_delete(server->users, user);
    end_sessions(server, &ending, by);
    forget(server, user);
    return ERR_OK;
}

void users_end_removed(struct server *server)
{
    json_t *removed = users_removed(server->users), *name;
    size_t i;
    json_array_foreach(removed, i, name)
    {
        struct ending ending = {.user = json_string_value(name)};
        find_sessions(server, &ending);
        rights_user_gone(server, ending.user);
        store_delete_user(server->store, ending.user);
        vault_drop_user(server->vault, ending.user);
        end_sessions(server, &ending, NULL);
        forget(server, ending.user);
        log_info("users", "user=%s was removed while no daemon ran; their sessions are archived",
                 ending.user);
    }
    json_array_clear(removed);
}
