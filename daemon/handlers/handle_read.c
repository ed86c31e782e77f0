/* message.history, message.search and session.list: reads of the store, answered by its reader thread.
 *
 * The store's readers see what is committed, while events are published before that. So that nobody reads
 * less than they have seen happen, lists and histories have what is in memory laid over them; a search begins
 * when what was queued before it is on disk, or says that it was not. */
#include "daemon/handlers/handlers.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session.h"
#include "daemon/session_history.h"
#include "daemon/session_list.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

enum { HISTORY_MESSAGES = 50, SEARCH_HITS = 20, LIST_SESSIONS = 100, WAIT_MS = 250 /* for a slow disk */ };

/* --- what needs no wait --- */

static void on_page(void *arg, enum err code, const char *error, json_t *page)
{
    struct call *call = arg;
    call_finish(&call, code, error, json_incref(page));
}

static enum err refuse(struct call **kept, enum err code, char error[256])
{
    call_drop(kept);
    snprintf(error, 256, "%d reads of the store wait already; repeat it", STORE_READS_MAX);
    return code;
}

enum err handle_session_list(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    struct call *kept = call_keep(call);
    const struct session_list_ask ask = {.asker = &kept->principal,
                                         .archived = jsonx_bool(call->params, "archived", false),
                                         .limit = (int)jsonx_int(call->params, "limit", LIST_SESSIONS),
                                         .before = jsonx_str(call->params, "before", NULL)};
    enum err code = session_list_read(call->server, &ask, on_page, kept);
    return code == ERR_OK ? HANDLED_LATER : refuse(&kept, code, error);
}

/* --- what waits for the disk --- */

struct reading {       /* a read that waits; ends with the commit, begun or not */
    struct call *call; /* NULL once it has begun */
    uint64_t messages; /* the ticket of the newest that it is about */
    uv_timer_t late;
};

struct search { /* one that the store reads */
    struct call *call;
    bool behind; /* it began before all of that was on disk */
};

/* The disk knows of no right that was taken away since; a session of which it does not know all is in memory.
 */
static void leave_out(const struct call *call, json_t *hits)
{
    for (size_t i = json_array_size(hits); i-- > 0;) {
        const char *id = jsonx_str(json_array_get(hits, i), "session", "");
        const struct session *session = registry_find(call->server->registry, id);
        if (session &&
            (session->end != SESSION_LIVES || !auth_may(&call->principal, session->state, ROLE_VIEWER)))
            json_array_remove(hits, i);
    }
}

static void finish(struct search *search, enum err code, const char *error, json_t *result)
{
    if (result && search->behind)
        json_object_set_new(result, "behind", json_true());
    call_finish(&search->call, code, error, json_incref(result));
    free(search);
}

static void on_hits(void *arg, enum err code, const char *error, json_t *result)
{
    struct search *search = arg;
    leave_out(search->call, jsonx_arr(result, "hits"));
    finish(search, code, error, result);
}

static void on_history(void *arg, enum err code, const char *error, json_t *page)
{
    finish(arg, code, error, page);
}

static enum err begin(struct search *search)
{
    struct call *call = search->call;
    struct store *store = call->server->store;
    const json_t *params = call->params;
    const struct store_asker asker = {call->principal.user, call->principal.session};
    if (!store)
        return ERR_SHUTTING_DOWN; /* the store's end has answered it */
    if (call->method == METHOD_MESSAGE_SEARCH)
        return store_search(store, &asker, jsonx_str(params, "text", ""),
                            (int)jsonx_int(params, "limit", SEARCH_HITS), on_hits, search);
    const struct session_history_ask ask = {jsonx_str(params, "before", NULL),
                                            jsonx_str(params, "after", NULL),
                                            (int)jsonx_int(params, "limit", HISTORY_MESSAGES)};
    search->behind = false; /* a page says it of itself */
    return session_history_read(call->session, &ask, on_history, search);
}

/* messages: the ticket of the newest that it is about. */
static void begin_now(struct call *call, uint64_t messages)
{
    struct search *search = xmalloc(sizeof *search);
    struct store *store = call->server->store;
    *search = (struct search){call, store && store_committed(store) < messages};
    enum err begun = begin(search);
    char error[80] = "the daemon is stopping";
    if (begun == ERR_BUSY)
        snprintf(error, sizeof error, "%d reads of the store wait already; repeat it", STORE_READS_MAX);
    if (begun != ERR_OK)
        finish(search, begun, error, NULL);
}

static void on_late(uv_timer_t *timer)
{
    struct reading *reading = timer->data;
    struct call *call = reading->call;
    reading->call = NULL;
    begin_now(call, reading->messages);
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
        begin_now(call, reading->messages);
}

static enum err wait_for_disk(const struct call *call)
{
    struct store *store = call->server->store;
    struct call *kept = call_keep(call);
    if (store_failing(store)) {
        begin_now(kept, store_ticket_of_messages(store));
        return HANDLED_LATER;
    }
    struct reading *reading = xcalloc(1, sizeof *reading);
    reading->call = kept;
    reading->messages = store_ticket_of_messages(store);
    uv_timer_init(call->server->loop, &reading->late);
    reading->late.data = reading;
    uv_timer_start(&reading->late, on_late, WAIT_MS, 0);
    store_commit(store, on_committed, reading);
    return HANDLED_LATER;
}

enum err handle_message_search(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    (void)error;
    return wait_for_disk(call);
}

enum err handle_message_history(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    const json_t *params = call->params;
    const struct session_history_ask ask = {jsonx_str(params, "before", NULL),
                                            jsonx_str(params, "after", NULL),
                                            (int)jsonx_int(params, "limit", HISTORY_MESSAGES)};
    if (ask.before && ask.after) {
        snprintf(error, 256, "give 'before' or 'after', not both");
        return ERR_BAD_REQUEST;
    }
    if (!session_history_is_whole(call->session))
        return wait_for_disk(call);
    struct call *kept = call_keep(call);
    enum err code = session_history_read(call->session, &ask, on_page, kept);
    return code == ERR_OK ? HANDLED_LATER : refuse(&kept, code, error);
}
