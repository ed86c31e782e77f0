/* message.history, message.search and session.list: reads of the store, answered by its reader thread.
 *
 * The store's readers see what is committed, while events are published before that. So that nobody reads
 * less than they have seen happen, a read begins when what was queued before it is on disk; while commits
 * fail, or take long, with what is there. */
#include "daemon/handlers/handlers.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

enum { HISTORY_MESSAGES = 50, SEARCH_HITS = 20, LIST_SESSIONS = 100, WAIT_MS = 250 /* for a slow disk */ };

struct reading {       /* a read that waits for the disk; ends with the commit, begun or not */
    struct call *call; /* NULL once it has begun */
    uv_timer_t late;
};

/* What is not in the store. */
static void mark_in_line(const struct registry *registry, const json_t *sessions)
{
    json_t *row;
    size_t i;
    json_array_foreach(sessions, i, row)
    {
        const struct session *session = registry_find(registry, jsonx_str(row, "id", ""));
        if (session && session->state->retry_why && session->state->retry_limit == 0)
            json_object_set_new(row, "in_line", json_true());
    }
}

/* The disk knows of no right that was taken away since; a session of which it does not know all is in memory.
 * A token makes roles smaller. */
static void leave_out(const struct call *call, json_t *rows, const char *id)
{
    for (size_t i = json_array_size(rows); i-- > 0;) {
        json_t *row = json_array_get(rows, i);
        const struct session *session = registry_find(call->server->registry, jsonx_str(row, id, ""));
        if (session && !auth_may(&call->principal, session->state, ROLE_VIEWER)) {
            json_array_remove(rows, i);
            continue;
        }
        enum role role = role_parse(jsonx_str(row, "role", ""));
        if (call->method == METHOD_SESSION_LIST && session)
            role = auth_role(&call->principal, session->state);
        if (call->method == METHOD_SESSION_LIST)
            jsonx_set_str(row, "role", role_name(role < call->principal.most ? role : call->principal.most));
    }
}

static void on_read(void *arg, enum err code, const char *error, json_t *result)
{
    struct call *call = arg;
    leave_out(call, jsonx_arr(result, "hits"), "session");
    leave_out(call, jsonx_arr(result, "sessions"), "id");
    if (call->method == METHOD_SESSION_LIST)
        mark_in_line(call->server->registry, jsonx_arr(result, "sessions"));
    call_finish(&call, code, error, json_incref(result));
}

static enum err begin(struct call *call)
{
    struct store *store = call->server->store;
    const json_t *params = call->params;
    const struct store_asker asker = {call->principal.user, call->principal.session};
    int limit = (int)jsonx_int(params, "limit", 0);
    switch (call->method) {
    case METHOD_MESSAGE_HISTORY:
        return store_history(store, call->session->key, jsonx_str(params, "before", NULL),
                             jsonx_str(params, "after", NULL), limit ? limit : HISTORY_MESSAGES, on_read,
                             call);
    case METHOD_MESSAGE_SEARCH:
        return store_search(store, &asker, jsonx_str(params, "text", ""), limit ? limit : SEARCH_HITS,
                            on_read, call);
    default:
        return store_list_for(store, &asker, jsonx_bool(params, "archived", false),
                              limit ? limit : LIST_SESSIONS, jsonx_str(params, "before", NULL), on_read,
                              call);
    }
}

static void begin_now(struct call *call)
{
    enum err begun = ERR_SHUTTING_DOWN; /* the store's end has answered it */
    char error[80] = "the daemon is stopping";
    if (call->server->store) {
        begun = begin(call);
        snprintf(error, sizeof error, "%d reads of the store wait already; repeat it", STORE_READS_MAX);
    }
    if (begun != ERR_OK)
        call_finish(&call, begun, error, NULL);
}

static void on_late(uv_timer_t *timer)
{
    struct reading *reading = timer->data;
    struct call *call = reading->call;
    reading->call = NULL;
    begin_now(call);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_committed(void *arg, enum err code)
{
    (void)code; /* what is on disk is read in any case */
    struct reading *reading = arg;
    struct call *call = reading->call;
    uv_close((uv_handle_t *)&reading->late, on_closed);
    if (call)
        begin_now(call);
}

static enum err read_store(struct call *call)
{
    struct store *store = call->server->store;
    struct call *kept = call_keep(call);
    if (store_failing(store)) {
        begin_now(kept);
        return HANDLED_LATER;
    }
    struct reading *reading = xcalloc(1, sizeof *reading);
    reading->call = kept;
    uv_timer_init(call->server->loop, &reading->late);
    reading->late.data = reading;
    uv_timer_start(&reading->late, on_late, WAIT_MS, 0);
    store_commit(store, on_committed, reading);
    return HANDLED_LATER;
}

enum err handle_message_history(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    if (json_object_get(call->params, "before") && json_object_get(call->params, "after")) {
        snprintf(error, 256, "give 'before' or 'after', not both");
        return ERR_BAD_REQUEST;
    }
    return read_store(call);
}

enum err handle_message_search(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    (void)error;
    return read_store(call);
}

enum err handle_session_list(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    (void)error;
    return read_store(call);
}
