/* Sessions by id. A session that nobody follows, that has no agent and no request in progress leaves memory:
 * its snapshot is written, and when everything of it is committed it is freed. */
#include "daemon/registry.h"

#include "daemon/counting.h"
#include "daemon/mcp/folders.h"
#include "daemon/mcp/known.h"
#include "daemon/people/rights.h"
#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/questions.h"
#include "daemon/server.h"
#include "daemon/session_load.h"
#include "daemon/store/store_people.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

struct registry {
    struct server *server;
    void *tree; /* of struct session by id */
    struct session **all;
    size_t count, cap;
    struct session *wrote; /* all that were written, the last one first */
    size_t open;           /* sessions that are not archived, in memory or not */
    void *owners;          /* tree of struct owner: whose they are */
    size_t leaving;        /* sessions that leave memory once they are stored */
    uv_timer_t *sweep;
};

struct key { /* what the tree compares: the first member of struct loaded */
    const char *id;
};
struct loaded {
    struct key key;
    struct session *session;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct key *)a)->id, ((const struct key *)b)->id);
}

struct session *registry_find(const struct registry *registry, const char *sid)
{
    struct key key = {sid};
    struct loaded **found = tfind(&key, &registry->tree, compare);
    return found ? (*found)->session : NULL;
}

static struct session *add(struct registry *registry, struct session *session)
{
    struct loaded *entry = xmalloc(sizeof *entry);
    *entry = (struct loaded){{session->state->id}, session};
    tsearch(entry, &registry->tree, compare);
    if (registry->count == registry->cap) {
        registry->cap = registry->cap ? registry->cap * 2 : 64;
        registry->all = xreallocarray(registry->all, registry->cap, sizeof registry->all[0]);
    }
    registry->all[registry->count++] = session;
    return session;
}

static void unlink_written(struct registry *registry, struct session *session)
{
    struct written *written = &session->written;
    if (written->after)
        written->after->written.before = written->before;
    else if (registry->wrote == session)
        registry->wrote = written->before;
    if (written->before)
        written->before->written.after = written->after;
    written->before = written->after = NULL;
}

void registry_wrote(struct registry *registry, struct session *session)
{
    unlink_written(registry, session);
    session->written.row = store_ticket(registry->server->store);
    session->written.before = registry->wrote;
    if (registry->wrote)
        registry->wrote->written.after = session;
    registry->wrote = session;
}

void registry_each_since(struct registry *registry, uint64_t ticket,
                         void (*each)(struct session *session, void *arg), void *arg)
{
    for (struct session *session = registry->wrote; session && session->written.row > ticket;
         session = session->written.before)
        each(session, arg);
}

static void take_out(struct registry *registry, struct session *session)
{
    unlink_written(registry, session);
    struct key key = {session->state->id};
    struct loaded **found = tfind(&key, &registry->tree, compare), *entry = found ? *found : NULL;
    if (entry)
        tdelete(&key, &registry->tree, compare);
    free(entry);
    for (size_t i = 0; i < registry->count; i++)
        if (registry->all[i] == session)
            registry->all[i] = registry->all[--registry->count];
}

/* --- how many there are --- */

struct owner {
    char *name;  /* the tree's key */
    size_t open; /* sessions of theirs that are not archived */
};

static int compare_owners(const void *a, const void *b)
{
    return strcmp(((const struct owner *)a)->name, ((const struct owner *)b)->name);
}

static struct owner *find_owner(const struct registry *registry, const char *name)
{
    struct owner key = {.name = (char *)name}, **found = tfind(&key, &registry->owners, compare_owners);
    return found ? *found : NULL;
}

static void count_owner(struct registry *registry, const char *name, size_t change)
{
    struct owner *owner = find_owner(registry, name);
    if (!owner) {
        owner = xcalloc(1, sizeof *owner);
        owner->name = xstrdup(name);
        tsearch(owner, &registry->owners, compare_owners);
    }
    owner->open += change;
}

static void on_open_of(void *registry, const char *name, size_t count)
{
    count_owner(registry, name, count);
}

static void free_owner(void *node)
{
    struct owner *owner = node;
    free(owner->name);
    free(owner);
}

size_t registry_open_of(const struct registry *registry, const char *name)
{
    const struct owner *owner = find_owner(registry, name);
    return owner ? owner->open : 0;
}

void registry_count(struct registry *registry, const char *owner, int change)
{
    registry->open += (size_t)change;
    if (change)
        count_owner(registry, owner, (size_t)change);
}

static enum err room_of_owner(const struct registry *registry, const char *owner, char error[256])
{
    int64_t max = users_quota(registry->server->users, owner, QUOTA_SESSIONS);
    size_t open = registry_open_of(registry, owner);
    if (max == 0 || (max > 0 && (int64_t)open < max))
        return ERR_OK;
    if (max < 0)
        snprintf(
            error, 256,
            "%.63s may have no sessions of their own (quota.sessions), but work in those that are shared; an "
            "admin can allow some: stoa user set %.63s --quota sessions=N",
            owner, owner);
    else
        snprintf(error, 256,
                 "%.63s has %zu sessions already (quota.sessions is %" PRId64
                 "); archive or delete one first: stoa archive, stoa rm",
                 owner, open, max);
    return ERR_LIMIT;
}

enum err registry_room(const struct registry *registry, const char *owner, char error[256])
{
    enum err code = room_of_owner(registry, owner, error);
    if (code != ERR_OK)
        return code;
    int64_t max = config_number(registry->server->config, OPTION_LIMITS_MAX_SESSIONS);
    if (max == 0 || (int64_t)registry->open < max)
        return ERR_OK;
    snprintf(error, 256,
             "there are %zu sessions already (limits.max_sessions is %" PRId64
             "); archive or delete one first: stoa archive, stoa rm",
             registry->open, max);
    return ERR_LIMIT;
}

size_t registry_loaded(const struct registry *registry)
{
    return registry->count;
}

void registry_each(struct registry *registry, void (*each)(struct session *session, void *arg), void *arg)
{
    for (size_t i = registry->count; i-- > 0;)
        if (i < registry->count)
            each(registry->all[i], arg);
}

/* --- loading --- */

/* What the last daemon left when it ended. */
static void set_right(struct session *session)
{
    bool waited = session->state->run == RUN_AWAITING_PERMISSION && session->state->question_count > 0;
    session_left_unanswered(session);
    bool resumes =
        session_recover(session, "agent",
                        waited ? "the daemon ended while this turn waited for a permission; it waits again"
                               : "the daemon ended during this turn; what had come of it is kept",
                        true);
    questions_watch(session);
    if (resumes)
        session_go_on(session);
}

enum err registry_get(struct registry *registry, const char *sid, struct session **session, char error[256])
{
    *session = registry_find(registry, sid);
    if (*session && (*session)->end == SESSION_LIVES)
        return ERR_OK;
    struct store_record record;
    enum err code = *session ? ERR_NOT_FOUND : store_load(registry->server->store, sid, &record, error);
    *session = NULL;
    if (code == ERR_NOT_FOUND)
        snprintf(error, 256, "there is no session '%s'", sid);
    if (code != ERR_OK)
        return code;
    int64_t newer;
    struct state *state = session_load(registry->server, sid, &record, &newer, error);
    if (!state) {
        log_error("registry", "%s", error);
        code = ERR_STORE;
    } else {
        *session = add(registry, session_new(registry->server, record.key, state, record.snapshot_seq));
        stored_loaded(*session, record.bytes, record.files, newer);
        if (record.bytes < 0)
            counting_loaded(*session);
        if (newer > 0)
            session_store_row(*session);
        set_right(*session);
        rights_settle(*session);
        registry_release(registry, *session);
    }
    store_record_clear(&record);
    return code;
}

bool registry_knows(struct registry *registry, const char *sid)
{
    return registry_find(registry, sid) || store_has(registry->server->store, sid);
}

struct session *registry_create(struct registry *registry, const char *owner, const char *title,
                                const char *model, const char *system)
{
    json_t *started = json_object();
    jsonx_set_str(started, "owner", owner);
    jsonx_set_str(started, "title", title);
    jsonx_set_str(started, "model", model);
    jsonx_set_str(started, "system", system);
    return registry_start(registry, 0, started);
}

struct session *registry_start(struct registry *registry, uint32_t key, json_t *started)
{
    struct server *server = registry->server;
    char sid[ID_MAX];
    id_make(sid, "s_");
    struct state *state = state_new(sid, server->epoch);
    struct session *session =
        add(registry, session_new(server, key ? key : store_next_session_key(server->store), state, 0));
    jsonx_set_int(started, "created", clock_wall_ms());
    session_emit(session, EVENT_SESSION_STARTED, started);
    log_info("session", "created session=%s model=%s", log_id(sid), state->model);
    registry_release(registry, session);
    return session;
}

/* --- leaving memory --- */

static bool is_unused(const struct session *session)
{
    return !session->agent && session->follower_count == 0 && session->holds == 0 &&
           !session->measured.grows && session->state->run == RUN_IDLE;
}

struct departure { /* a session that may leave once what was queued is on disk */
    struct registry *registry;
    char sid[ID_MAX];
    uint64_t seq;
};

static void forget(struct registry *registry, struct session *session)
{
    take_out(registry, session);
    session_free(&session);
}

static void erased(struct registry *registry, struct session *session)
{
    session->end = SESSION_ERASED;
    folders_remove(registry->server->folders, session->state->id);
    if (registry->server->known)
        known_forget_session(registry->server->known, session->state->id);
    registry_release(registry, session);
}

static void on_deleted(void *arg, enum err code)
{
    struct departure *departure = arg;
    struct session *session = registry_find(departure->registry, departure->sid);
    if (session && code == ERR_STORE)
        session->end = SESSION_UNERASED;
    else if (session)
        erased(departure->registry, session);
    free(departure);
}

void registry_store_recovered(struct registry *registry)
{
    for (size_t i = registry->count; i-- > 0;)
        if (registry->all[i]->end == SESSION_UNERASED)
            erased(registry, registry->all[i]);
}

static void on_sweep(uv_timer_t *timer);

static void on_stored(void *arg, enum err code)
{
    struct departure *departure = arg;
    struct registry *registry = departure->registry;
    struct session *session = registry_find(registry, departure->sid);
    if (session && session->end == SESSION_LIVES) {
        session->leaving = false;
        if (code == ERR_OK && is_unused(session) && session->state->seq == departure->seq)
            forget(registry, session);
        else
            registry_release(registry, session);
    }
    if (--registry->leaving == 0 && registry->sweep && code == ERR_OK)
        uv_timer_start(registry->sweep, on_sweep, 0, 0);
    free(departure);
}

static void depart(struct registry *registry, struct session *session)
{
    struct departure *departure = xcalloc(1, sizeof *departure);
    departure->registry = registry;
    strcpy(departure->sid, session->state->id);
    session_store_snapshot(session);
    departure->seq = session->state->seq;
    session->leaving = true;
    registry->leaving++;
    store_commit(registry->server->store, on_stored, departure);
}

static void on_sweep(uv_timer_t *timer)
{
    struct registry *registry = timer->data;
    if (store_failing(registry->server->store)) {
        uv_timer_start(timer, on_sweep, REGISTRY_LINGER_MS, 0);
        return;
    }
    int64_t end = clock_steady_us() + REGISTRY_SWEEP_US;
    for (size_t i = 0; i < registry->count && registry->leaving < REGISTRY_LEAVING_MAX; i++) {
        struct session *session = registry->all[i];
        if (registry->leaving > 0 && clock_steady_us() > end)
            break; /* the rest when these have left */
        if (is_unused(session) && !session->leaving && session->end == SESSION_LIVES)
            depart(registry, session);
    }
}

void registry_release(struct registry *registry, struct session *session)
{
    if (registry->server->store)
        store_used(registry->server->store); /* a client or an agent has left */
    if (session->end == SESSION_ERASED && session->holds == 0)
        forget(registry, session);
    else if (registry->sweep && is_unused(session) && !uv_is_active((uv_handle_t *)registry->sweep))
        uv_timer_start(registry->sweep, on_sweep, REGISTRY_LINGER_MS, 0);
}

void registry_delete(struct registry *registry, struct session *session)
{
    struct departure *departure = xcalloc(1, sizeof *departure);
    departure->registry = registry;
    strcpy(departure->sid, session->state->id);
    session->end = SESSION_DELETED;
    stored_drop(session);
    store_delete_session(registry->server->store, session->key);
    registry_wrote(registry, session);
    store_commit(registry->server->store, on_deleted, departure);
}

/* --- start and end --- */

struct unfinished {
    char (*sids)[ID_MAX];
    size_t count;
};

static void collect(void *arg, const char *sid, uint32_t key)
{
    (void)key;
    struct unfinished *list = arg;
    list->sids = xreallocarray(list->sids, list->count + 1, sizeof list->sids[0]);
    snprintf(list->sids[list->count++], ID_MAX, "%s", sid);
}

void registry_recover(struct registry *registry)
{
    struct unfinished list = {0};
    store_unfinished(registry->server->store, collect, &list);
    for (size_t i = 0; i < list.count; i++) {
        struct session *session;
        char error[256];
        if (registry_get(registry, list.sids[i], &session, error) == ERR_OK)
            log_info("session", "set right after an unclean end session=%s", log_id(list.sids[i]));
        else
            log_error("session", "can't be set right: %s", error);
    }
    free(list.sids);
}

struct registry *registry_open(struct server *server)
{
    struct registry *registry = xcalloc(1, sizeof *registry);
    registry->server = server;
    registry->open = store_count_open(server->store);
    store_open_of_each(server->store, on_open_of, registry);
    registry->sweep = xcalloc(1, sizeof *registry->sweep);
    uv_timer_init(server->loop, registry->sweep);
    registry->sweep->data = registry;
    return registry;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void registry_close(struct registry **slot)
{
    struct registry *registry = *slot;
    if (!registry)
        return;
    uv_close((uv_handle_t *)registry->sweep, free_handle);
    while (registry->count > 0) {
        struct session *session = registry->all[0];
        take_out(registry, session);
        session_free(&session);
    }
    tdestroy(registry->owners, free_owner);
    free(registry->all);
    free(registry);
    *slot = NULL;
}
