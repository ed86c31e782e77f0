/* The store as the main thread sees it: opens and closes, queues writes, and turns what the threads report
 * into callbacks. */
#include "daemon/store/store.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/store_restore.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- results --- */

static void set_health(struct store *store, const char *why)
{
    if (why ? store->why && strcmp(store->why, why) == 0 : !store->why)
        return;
    free(store->why);
    store->why = xstrdup_null(why);
    if (why)
        log_error("store", "commits fail: %s path=%s", why, store->path);
    else
        log_info("store", "commits succeed again path=%s", store->path);
    if (store->callbacks && store->callbacks->health)
        store->callbacks->health(store->arg, why != NULL, store->why);
}

/* Calls those that wait for no more than upto. They may queue and wait anew: who begins to wait now is
 * answered by a later call, so that one who waits again and again holds nobody up. */
static void answer(struct store *store, uint64_t upto, enum err code)
{
    struct store_waiter *due = store->waiters, **end = &due;

    while (*end && (*end)->ticket <= upto)
        end = &(*end)->next;
    store->waiters = *end;
    *end = NULL;
    if (!store->waiters)
        store->waiters_tail = &store->waiters;
    for (struct store_waiter *next; due; due = next) {
        next = due->next;
        due->cb(due->arg, code);
        free(due);
    }
}

static void take_write_results(struct store *store)
{
    struct write_result *next;

    for (struct write_result *result = writer_results(&store->writer); result; result = next) {
        next = result->next;
        if (result->code == ERR_STORE)
            set_health(store, result->why);
        else if (result->clear)
            set_health(store, NULL);
        if (result->code != ERR_STORE)
            store->committed = result->upto;
        store->write_ms = result->ms;
        answer(store, result->upto, result->code);
        free(result);
    }
    answer(store, store->committed, ERR_OK);
}

static void take_reads(struct store *store)
{
    struct read_job *next;

    for (struct read_job *job = reader_done(&store->reader); job; job = next) {
        next = job->next;
        job->cb(job->arg, job->code, job->code == ERR_OK ? NULL : job->error, job->result);
        read_job_free(job);
    }
}

static void on_async(uv_async_t *async)
{
    struct store *store = async->data;

    if (!store->closing)
        store_used(store);
    if (!store->closing)
        take_write_results(store);
    if (!store->closing) /* a callback may have closed the store */
        take_reads(store);
}

/* --- opening and closing --- */

/* So many half replies are committed at once: each is a write to disk of its own otherwise, and there may be
 * hundreds a second. */
enum { LATER_MS = 20 };

static void hand_over(struct store *store)
{
    uv_timer_stop(&store->later);
    uv_idle_stop(&store->idle);
    uv_check_stop(&store->check);
    if (store->newest)
        store->newest->joined = false;
    store->newest = NULL;
    store->joins = false;
    writer_hand(&store->writer, &store->collected);
}

static void on_check(uv_check_t *check)
{
    hand_over(check->data);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* being there is enough: the loop does not block */
}

static void on_later(uv_timer_t *timer)
{
    hand_over(timer->data);
}

/* What is queued is handed over at the end of this turn. */
static void hand_over_soon(struct store *store)
{
    if (uv_is_active((uv_handle_t *)&store->check))
        return;
    uv_check_start(&store->check, on_check);
    uv_idle_start(&store->idle, on_idle);
}

static void hand_over_later(struct store *store)
{
    if (!uv_is_active((uv_handle_t *)&store->check) && !uv_is_active((uv_handle_t *)&store->later))
        uv_timer_start(&store->later, on_later, LATER_MS, 0);
}

static void store_free(struct store *store)
{
    free(store->path);
    free(store->why);
    free(store);
}

static void on_closed(uv_handle_t *handle)
{
    struct store *store = handle->data;

    if (--store->handles == 0)
        store_free(store);
}

static void add_handle(struct store *store, uv_handle_t *handle)
{
    handle->data = store;
    store->handles++;
}

static void close_handles(struct store *store)
{
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    store->lock_fd = -1;
    uv_close((uv_handle_t *)&store->async, on_closed);
    uv_close((uv_handle_t *)&store->check, on_closed);
    uv_close((uv_handle_t *)&store->idle, on_closed);
    uv_close((uv_handle_t *)&store->later, on_closed);
    uv_close((uv_handle_t *)&store->rest, on_closed);
}

/* The events too: a session whose row was not committed with its first events must not share their key. */
static uint32_t first_free_key(sqlite3 *db)
{
    int64_t used = store_number(db, "SELECT seq FROM sqlite_sequence WHERE name = 'sessions'", 0);
    int64_t seen = store_number(db, "SELECT max(key) >> 32 FROM events", 0);

    return (uint32_t)((used > seen ? used : seen) + 1);
}

/* Messages whose key is of no session: between those that there are, since another one may have been made
 * meanwhile, and after the last. */
#define OF_NO_SESSION                                                                                        \
    "(WITH gaps AS (SELECT coalesce((SELECT max(key) FROM sessions WHERE key < s.key), 0) + 1 AS first,"     \
    "  key - 1 AS last FROM sessions AS s"                                                                   \
    "  WHERE key > 1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE key = s.key - 1)"                          \
    "  UNION ALL SELECT coalesce(max(key), 0) + 1, 2147483647 FROM sessions)"                                \
    " SELECT messages.key FROM gaps CROSS JOIN messages"                                                     \
    "  ON messages.key BETWEEN first << 32 AND (last << 32) + 4294967295)"

/* Removes copies of messages for a session that was not made before the daemon ended. The first key that is
 * free then. */
static uint32_t remove_orphans(sqlite3 *db, uint32_t key)
{
    int64_t last = store_number(db, "SELECT max(key) FROM " OF_NO_SESSION, 0); /* NULL is 0 */

    if (last == 0)
        return key;
    if (sqlite3_exec(db,
                     "BEGIN; DELETE FROM search WHERE rowid IN " OF_NO_SESSION ";"
                     "DELETE FROM messages WHERE key IN " OF_NO_SESSION "; COMMIT",
                     NULL, NULL, NULL) == SQLITE_OK) {
        log_info("store", "messages without a session were removed: a fork was not ended");
        return key;
    }
    log_warn("store", "messages without a session can't be removed: %s", sqlite3_errmsg(db));
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return last >> 32 < key ? key : (uint32_t)(last >> 32) + 1;
}

/* A restore that was killed when it was decided. */
static enum err end_restore(const char *path, char error[256])
{
    char *copy = xstrdup(path), *before = NULL;
    const char *state = dirname(copy);
    bool begun = store_restore_begun(state);
    enum err code = begun ? store_restore_end(state, &before, error) : ERR_OK;

    if (begun && code == ERR_OK)
        log_warn("store", "a restore that was begun is ended; what was there before is in %s",
                 before ? before : "no folder, since there was nothing");
    free(before);
    free(copy);
    return code;
}

static enum err open_parts(struct store *store, char error[256])
{
    enum err code = store_lock(store->path, &store->lock_fd, error); /* two would give the same seq twice */
    sqlite3 *db = NULL;

    if (code == ERR_OK)
        code = end_restore(store->path, error);
    if (code == ERR_OK)
        db = store_open_writer(store->path, error, &code);
    if (!db)
        return code;
    store->next_key = remove_orphans(db, first_free_key(db));
    if (!writer_open(&store->writer, db, store->path, &store->async, error))
        return ERR_STORE;
    if (!loader_open(&store->loader, store->path, error))
        goto no_loader;
    if (reader_open(&store->reader, store->path, &store->async, error))
        return ERR_OK;
    loader_clear(&store->loader);
no_loader:
    writer_stop(&store->writer);
    writer_clear(&store->writer);
    return ERR_STORE;
}

struct store *store_open(uv_loop_t *loop, const char *path, const struct store_callbacks *callbacks,
                         void *arg, char error[256], enum err *code)
{
    struct store *store = xcalloc(1, sizeof *store);

    store->path = xstrdup(path);
    store->callbacks = callbacks;
    store->arg = arg;
    store->lock_fd = -1;
    store->waiters_tail = &store->waiters;
    op_list_init(&store->collected);
    if (uv_async_init(loop, &store->async, on_async) != 0) {
        snprintf(error, 256, "no descriptor is left for the store");
        *code = ERR_STORE;
        store_free(store);
        return NULL;
    }
    uv_check_init(loop, &store->check);
    uv_idle_init(loop, &store->idle);
    uv_timer_init(loop, &store->later);
    uv_timer_init(loop, &store->rest);
    add_handle(store, (uv_handle_t *)&store->async);
    add_handle(store, (uv_handle_t *)&store->check);
    add_handle(store, (uv_handle_t *)&store->idle);
    add_handle(store, (uv_handle_t *)&store->later);
    add_handle(store, (uv_handle_t *)&store->rest);
    *code = open_parts(store, error);
    if (*code == ERR_OK) {
        store_used(store);
        return store;
    }
    close_handles(store);
    return NULL;
}

bool store_close(struct store **storep)
{
    struct store *store = *storep;
    bool all;

    if (!store)
        return true;
    *storep = NULL;
    store->closing = true;
    hand_over(store);
    writer_stop(&store->writer);
    reader_stop(&store->reader);
    take_write_results(store);
    answer(store, UINT64_MAX, ERR_STORE);
    take_reads(store);
    all = atomic_load(&store->writer.queued) == 0;
    if (!all)
        log_error("store", "closed with writes that could not be saved: count=%llu",
                  (unsigned long long)atomic_load(&store->writer.queued));
    reader_clear(&store->reader);
    loader_clear(&store->loader);
    writer_clear(&store->writer);
    close_handles(store);
    return all;
}

/* --- writes --- */

const char *store_failing(const struct store *store)
{
    return store->why;
}

bool store_queue_full(const struct store *store)
{
    return atomic_load(&store->writer.queued_bytes) >= STORE_QUEUE_BYTES;
}

uint32_t store_next_session_key(struct store *store)
{
    return store->next_key++;
}

void store_queue(struct store *store, enum op_kind kind, const int64_t *numbers, const struct op_text *texts)
{
    struct op *op;

    if (store->closing)
        return;
    op = op_new(kind, numbers, texts);
    op->ticket = ++store->ticket;
    if (kind == OP_PUT_MESSAGE || kind == OP_DROP_MESSAGES || kind == OP_COPY_MESSAGES)
        store->messages = op->ticket;
    op->joined = store->joins;
    atomic_fetch_add(&store->writer.queued, 1);
    atomic_fetch_add(&store->writer.queued_bytes, op->bytes);
    if (kind == OP_PUT_PARTIAL && !store->joins)
        hand_over_later(store);
    else
        hand_over_soon(store);
    op_list_add(&store->collected, op);
    store->newest = op;
}

void store_join(struct store *store)
{
    store->joins = true;
}

void store_commit(struct store *store, store_commit_cb *cb, void *arg)
{
    struct store_waiter *waiter = xcalloc(1, sizeof *waiter);

    waiter->ticket = store->ticket;
    waiter->cb = cb;
    waiter->arg = arg;
    *store->waiters_tail = waiter;
    store->waiters_tail = &waiter->next;
    if (store->collected.head)
        hand_over_soon(store);
    if (waiter->ticket <= store->committed)
        uv_async_send(&store->async);
}

int64_t store_write_ms(const struct store *store)
{
    return store->write_ms;
}

uint64_t store_ticket(const struct store *store)
{
    return store->ticket;
}

uint64_t store_committed(const struct store *store)
{
    return store->committed;
}

uint64_t store_ticket_of_messages(const struct store *store)
{
    return store->messages;
}

/* --- reads --- */

enum err store_queue_read(struct store *store, const struct read_job *model)
{
    struct read_job *job = xmalloc(sizeof *job);

    *job = *model;
    job->owner = xstrdup_null(model->owner);
    job->text = xstrdup_null(model->text);
    if (!store->closing && reader_add(&store->reader, job))
        return ERR_OK;
    read_job_free(job);
    return ERR_BUSY;
}

enum err store_list(struct store *store, const char *owner, bool archived, int limit, const char *before,
                    store_read_cb *cb, void *arg)
{
    struct read_job job = {.kind = READ_LIST, .archived = archived, .limit = limit, .cb = cb, .arg = arg};

    job.owner = (char *)owner;
    job.text = (char *)before;
    return store_queue_read(store, &job);
}

enum err store_history(struct store *store, uint32_t session, const struct store_page *page,
                       store_read_cb *cb, void *arg)
{
    struct read_job job = {
        .kind = READ_HISTORY, .session = session, .limit = page->limit, .cb = cb, .arg = arg};

    job.after = page->after;
    job.first = page->first;
    job.end = page->end;
    job.text = (char *)page->message;
    return store_queue_read(store, &job);
}

enum err store_list_for(struct store *store, const struct store_asker *asker, bool archived, int limit,
                        const char *before, store_read_cb *cb, void *arg)
{
    struct read_job job = {
        .kind = READ_LIST, .archived = archived, .limit = limit, .shared = true, .cb = cb, .arg = arg};

    job.owner = (char *)asker->user;
    job.text = (char *)before;
    snprintf(job.only, sizeof job.only, "%s", asker->only);
    return store_queue_read(store, &job);
}

enum err store_search(struct store *store, const struct store_asker *asker, const char *text, int limit,
                      store_read_cb *cb, void *arg)
{
    struct read_job job = {.kind = READ_SEARCH, .limit = limit, .cb = cb, .arg = arg};

    job.owner = (char *)asker->user;
    snprintf(job.only, sizeof job.only, "%s", asker->only);
    job.text = (char *)text;
    return store_queue_read(store, &job);
}

void store_stats(const struct store *store, struct store_stats *stats)
{
    const struct writer *writer = &store->writer;

    stats->queued = atomic_load(&writer->queued);
    stats->queued_bytes = atomic_load(&writer->queued_bytes);
    stats->commits = atomic_load(&writer->commits);
    stats->failed = atomic_load(&writer->failed);
    stats->refused = atomic_load(&writer->refused);
    stats->reads = atomic_load(&store->reader.reads);
}
