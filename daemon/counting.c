/* A folder is measured by one of libuv's worker threads, events are summed up by the store's reader, a few at
 * a time. An uncounted session that is not in memory can't change: its sum is written to its row, and until
 * that is on disk a session that is loaded gets it from here. */
#include "daemon/counting.h"

#include "daemon/mcp/folders.h"
#include "daemon/people/stored.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/store/store_size.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/tree.h"
#include "shared/xalloc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum counting_step { STEP_NONE, STEP_EVENTS, STEP_FOLDER, STEP_COMMIT };

struct counting {
    struct server *server;
    char *sessions; /* where their folders are */
    int references; /* the owner's, one a timer, and one for what is awaited */
    atomic_bool stop;
    /* Sessions that were not counted. */
    uv_timer_t next;
    enum counting_step step;
    struct store_uncounted at;
    uint64_t last; /* event that was counted */
    int rows;
    int64_t bytes, files;
    bool skipped; /* some, which were busy */
    /* Folders, of those and of sessions at work: one at a time. */
    uv_timer_t look;
    uv_work_t work;
    bool measuring;
    char sid[ID_MAX];
    int64_t began, size; /* size: the worker's, until it is done */
};

static void release(struct counting *counting)
{
    if (--counting->references > 0)
        return;
    free(counting->sessions);
    free(counting);
}

/* --- one folder --- */

static void on_next(uv_timer_t *timer);
static void on_look(uv_timer_t *timer);
static void events_next(struct counting *counting);
static void commit(struct counting *counting);

static void pause_for(struct counting *counting, uint64_t ms)
{
    if (!atomic_load(&counting->stop))
        uv_timer_start(&counting->next, on_next, ms, 0);
}

static void measure(uv_work_t *work)
{
    struct counting *counting = work->data;
    counting->size = tree_size(counting->sessions, counting->sid, &counting->stop);
}

static void schedule(struct session *session, bool changed, int64_t took)
{
    struct measured *measured = &session->measured;
    int64_t every = changed || measured->every == 0 ? COUNTING_FOLDER_MS : 2 * measured->every;
    if (every > COUNTING_FOLDER_MAX_MS)
        every = COUNTING_FOLDER_MAX_MS;
    if (every < COUNTING_FOLDER_SHARE * took)
        every = COUNTING_FOLDER_SHARE * took;
    measured->every = every;
    measured->next = clock_steady_ms() + every;
}

static void take_size(struct counting *counting, struct session *session)
{
    int64_t took = clock_steady_ms() - counting->began;
    bool changed = stored_set_files(session, counting->size);
    if (changed && counting->size >= TREE_UNSEEN_BYTES)
        log_warn("stored",
                 "a folder has too many entries, or too deep ones, so it counts as 1 TiB session=%s",
                 log_id(counting->sid));
    schedule(session, changed, took);
    if (changed) {
        session_store_row(session);
        stored_tell(session);
    }
    if (!session->agent && session->measured.grows) {
        session->measured.grows = false;
        registry_release(counting->server->registry, session);
    }
}

static void on_measured(uv_work_t *work, int status)
{
    struct counting *counting = work->data;
    bool over = atomic_load(&counting->stop) || status != 0;
    counting->measuring = false;
    if (!over && counting->step == STEP_FOLDER && strcmp(counting->sid, counting->at.sid) == 0) {
        counting->files = counting->size;
        commit(counting);
    } else if (!over) {
        struct session *session = registry_find(counting->server->registry, counting->sid);
        if (session && session->end == SESSION_LIVES)
            take_size(counting, session);
    }
    if (!over)
        uv_timer_start(&counting->look, on_look, COUNTING_PAUSE_MS, 0);
    release(counting);
}

/* libuv's threads, which begin with the first work, leave the process's signals to the main thread. */
static void begin_measuring(struct counting *counting, const char *sid)
{
    sigset_t all, before;
    snprintf(counting->sid, sizeof counting->sid, "%s", sid);
    counting->began = clock_steady_ms();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    counting->measuring = uv_queue_work(counting->server->loop, &counting->work, measure, on_measured) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (counting->measuring)
        counting->references++;
    else
        uv_timer_start(&counting->look, on_look, COUNTING_FOLDER_MS, 0);
}

/* --- sessions at work --- */

struct choice {
    struct session *session;
    int64_t due;
};

/* One whose agent has gone can wait no longer: it would leave memory. */
static void choose(struct session *session, void *arg)
{
    struct choice *choice = arg;
    if (!session->measured.grows || session->end != SESSION_LIVES)
        return;
    int64_t due = session->agent ? session->measured.next : 0;
    if (!choice->session || due < choice->due)
        *choice = (struct choice){session, due};
}

static void on_look(uv_timer_t *timer)
{
    struct counting *counting = timer->data;
    struct choice choice = {0};
    int64_t now = clock_steady_ms();
    if (counting->measuring)
        return;
    if (counting->step == STEP_FOLDER) {
        begin_measuring(counting, counting->at.sid);
        return;
    }
    registry_each(counting->server->registry, choose, &choice);
    if (choice.session && choice.due <= now)
        begin_measuring(counting, choice.session->state->id);
    else if (choice.session)
        uv_timer_start(timer, on_look, (uint64_t)(choice.due - now), 0);
}

/* Sooner than it would have, or not. */
static void look_within(struct counting *counting, uint64_t ms)
{
    if (counting && !counting->measuring &&
        (!uv_is_active((uv_handle_t *)&counting->look) || uv_timer_get_due_in(&counting->look) > ms))
        uv_timer_start(&counting->look, on_look, ms, 0);
}

void counting_watch(struct session *session)
{
    struct counting *counting = session->server->counting;
    if (!counting)
        return;
    session->measured = (struct measured){.grows = true, .next = clock_steady_ms() + COUNTING_FOLDER_MS};
    look_within(counting, COUNTING_FOLDER_MS);
}

void counting_left(struct session *session)
{
    if (session->measured.grows)
        look_within(session->server->counting, 0);
}

/* --- sessions that were not counted --- */

static void skip(struct counting *counting)
{
    counting->skipped = true;
    counting->step = STEP_NONE;
    pause_for(counting, COUNTING_PAUSE_MS);
}

static void on_committed(void *arg, enum err code)
{
    struct counting *counting = arg;
    if (code == ERR_OK || code == ERR_INTERNAL)
        counting->step = STEP_NONE;
    pause_for(counting, code == ERR_OK ? COUNTING_PAUSE_MS : STORE_RETRY_MS);
    release(counting);
}

static void await_commit(struct counting *counting)
{
    counting->step = STEP_COMMIT;
    counting->references++;
    store_commit(counting->server->store, on_committed, counting);
}

/* Both parts are known. Only a session in memory can have changed meanwhile, or one that was there. */
static void commit(struct counting *counting)
{
    struct server *server = counting->server;
    struct session *session = registry_find(server->registry, counting->at.sid);
    struct store_uncounted now = {.key = counting->at.key - 1};
    if (session) {
        if (session->end != SESSION_LIVES || session->bytes >= 0 || session->state->seq != counting->last) {
            skip(counting);
            return;
        }
        stored_counted(server, session, NULL, counting->bytes, counting->files);
        session_store_row(session);
    } else if (store_next_uncounted(server->store, &now) && now.key == counting->at.key &&
               now.seq <= counting->last) {
        stored_counted(server, NULL, &now, counting->bytes, counting->files);
        store_set_counted(server->store, now.key, counting->bytes, counting->files);
    } else {
        skip(counting);
        return;
    }
    await_commit(counting);
}

void counting_loaded(struct session *session)
{
    const struct counting *counting = session->server->counting;
    if (counting && counting->step == STEP_COMMIT && counting->at.key == session->key) {
        session->bytes = counting->bytes;
        session->files = counting->files;
    }
}

/* Whether there are more. */
static bool take_events(struct counting *counting, const json_t *result)
{
    counting->bytes += jsonx_int(result, "bytes", 0);
    counting->last = (uint64_t)jsonx_int(result, "last", 0);
    return jsonx_int(result, "rows", 0) == counting->rows;
}

static void on_counted(void *arg, enum err code, const char *error, json_t *result)
{
    struct counting *counting = arg;
    bool fewer = code == ERR_TIMEOUT && counting->rows > 1;
    if (fewer)
        counting->rows /= 2;
    if (atomic_load(&counting->stop)) {
        release(counting);
        return;
    }
    if (!fewer && code != ERR_OK) {
        log_warn("stored", "a session can't be counted: %s session=%s", error, log_id(counting->at.sid));
        skip(counting);
    } else if (fewer || take_events(counting, result)) {
        events_next(counting);
    } else {
        counting->step = STEP_FOLDER;
        if (!counting->measuring)
            uv_timer_start(&counting->look, on_look, 0, 0);
    }
    release(counting);
}

static void events_next(struct counting *counting)
{
    if (store_size_events(counting->server->store, counting->at.key, counting->last, counting->rows,
                          on_counted, counting) == ERR_OK)
        counting->references++;
    else
        skip(counting); /* others read */
}

static void on_next(uv_timer_t *timer)
{
    struct counting *counting = timer->data;
    struct store *store = counting->server->store;
    if (counting->step == STEP_COMMIT) {
        await_commit(counting);
    } else if (store_next_uncounted(store, &counting->at)) {
        counting->step = STEP_EVENTS;
        counting->last = 0;
        counting->bytes = counting->files = 0;
        counting->rows = STORE_SIZE_ROWS;
        events_next(counting);
    } else if (counting->skipped) {
        counting->skipped = false;
        counting->at.key = 0;
        pause_for(counting, COUNTING_RETRY_MS);
    }
}

/* --- life --- */

static void start_timer(struct counting *counting, uv_timer_t *timer)
{
    uv_timer_init(counting->server->loop, timer);
    uv_unref((uv_handle_t *)timer);
    timer->data = counting;
    counting->references++;
}

struct counting *counting_open(struct server *server)
{
    struct counting *counting = xcalloc(1, sizeof *counting);
    counting->server = server;
    counting->sessions = xstrdup(folders_sessions(server->folders));
    counting->references = 1;
    counting->work.data = counting;
    start_timer(counting, &counting->next);
    start_timer(counting, &counting->look);
    pause_for(counting, COUNTING_START_MS);
    return counting;
}

static void timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void counting_close(struct counting **slot)
{
    struct counting *counting = *slot;
    if (!counting)
        return;
    *slot = NULL;
    atomic_store(&counting->stop, true);
    uv_close((uv_handle_t *)&counting->next, timer_closed);
    uv_close((uv_handle_t *)&counting->look, timer_closed);
    release(counting);
}
