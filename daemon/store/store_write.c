/* The writer thread: commits whatever waits, in one transaction, again and again. There is no timed window:
 * while one commit waits for the disk the next batch gathers by itself. What could not be committed stays in
 * its place, before all that came later, and is tried again each second. */
#include "daemon/store/store_internal.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Whether that failure is of the write itself, not of disk, lock or memory: trying again would never help. */
static bool is_defect(int code)
{
    int kind = code & 0xff;

    return kind == SQLITE_CONSTRAINT || kind == SQLITE_TOOBIG || kind == SQLITE_MISMATCH ||
           kind == SQLITE_RANGE || kind == SQLITE_MISUSE;
}

static bool run_sql(sqlite3 *db, const char *sql, int *code)
{
    *code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return *code == SQLITE_OK;
}

static struct write_result *result_new(uint64_t upto)
{
    struct write_result *result = xcalloc(1, sizeof *result);

    result->upto = upto;
    return result;
}

static void publish(struct writer *writer, struct write_result *result)
{
    uv_mutex_lock(&writer->lock);
    *writer->tail = result;
    writer->tail = &result->next;
    uv_mutex_unlock(&writer->lock);
    uv_async_send(writer->async);
}

/* Applies the oldest ops of the list, about STORE_BATCH_BYTES of them; those that are joined are not parted.
 * Gives the first one that is left in *rest. */
static int apply_batch(struct writer *writer, struct op **rest, struct write_result *result)
{
    size_t bytes = 0;
    bool joined = false;
    struct op *op = writer->taken.head;

    for (; op && (joined || bytes < STORE_BATCH_BYTES); op = op->next) {
        int code = op_apply(&writer->statements, op);

        if (is_defect(code)) {
            log_error("store", "a write was refused, which is a defect: %s kind=%d key=%lld",
                      sqlite3_errmsg(writer->db), (int)op->kind, (long long)op->numbers[0]);
            atomic_fetch_add(&writer->refused, 1);
            result->code = ERR_INTERNAL;
        } else if (code != SQLITE_DONE) {
            return code;
        }
        result->upto = op->ticket;
        joined = op->joined;
        bytes += op->bytes;
    }
    *rest = op;
    return SQLITE_OK;
}

/* Frees what is on disk: all before rest. */
static void drop_batch(struct writer *writer, struct op *rest)
{
    uint64_t count = 0, bytes = 0;

    while (writer->taken.head != rest) {
        struct op *op = writer->taken.head;

        writer->taken.head = op->next;
        count++;
        bytes += op->bytes;
        free(op);
    }
    if (!rest)
        op_list_init(&writer->taken);
    atomic_fetch_sub(&writer->queued, count);
    atomic_fetch_sub(&writer->queued_bytes, bytes);
}

static uint64_t last_ticket(const struct writer *writer)
{
    uint64_t ticket = 0;

    for (const struct op *op = writer->taken.head; op; op = op->next)
        ticket = op->ticket;
    return ticket;
}

static struct store_place place_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return (struct store_place){0};
    return (struct store_place){(uint64_t)st.st_dev, (uint64_t)st.st_ino};
}

static bool is_there(const char *path, struct store_place *first)
{
    struct store_place now = place_of(path);

    if (!first->inode) /* a log that did not exist before the first commit */
        *first = now;
    return now.device == first->device && now.inode == first->inode;
}

/* What is written to a file that has no name any more is lost with this process, and SQLite does not notice.
 */
static bool is_in_place(struct writer *writer)
{
    return is_there(writer->path, &writer->file) && is_there(writer->wal, &writer->log);
}

/* The transaction's end. Looked for after it too: what was taken away meanwhile is not promised. */
static int commit(struct writer *writer, struct op **rest, struct write_result *result)
{
    int code;

    if (!is_in_place(writer))
        return SQLITE_READONLY_DBMOVED;
    if (run_sql(writer->db, "BEGIN IMMEDIATE", &code)) {
        int64_t began = clock_steady_ms();
        code = apply_batch(writer, rest, result);
        result->ms = clock_steady_ms() - began;
    }
    if (code == SQLITE_OK)
        run_sql(writer->db, "COMMIT", &code);
    return code != SQLITE_OK || is_in_place(writer) ? code : SQLITE_READONLY_DBMOVED;
}

/* One transaction, and its result to the main thread. */
static void commit_batch(struct writer *writer)
{
    struct write_result *result = result_new(0);
    struct op *rest = NULL;
    int code = commit(writer, &rest, result);

    if (code == SQLITE_OK) {
        drop_batch(writer, rest);
        atomic_fetch_add(&writer->commits, 1);
        writer->may_be_large = true;
    } else {
        result->code = ERR_STORE;
        result->upto = last_ticket(writer);
        store_reason(writer->db, code, result->why);
        atomic_fetch_add(&writer->failed, 1);
    }
    /* SQLite ends the transaction by itself after some failures; ending it twice would be an error that hides
     * the first. */
    if (!sqlite3_get_autocommit(writer->db))
        sqlite3_exec(writer->db, "ROLLBACK", NULL, NULL, NULL);
    writer->failing = code != SQLITE_OK;
    result->clear = !writer->taken.head;
    publish(writer, result);
}

static size_t file_size(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

/* Folds a large write-ahead log into the file. A reader in its way is not waited for: the next idle moment
 * will do. */
static void fold_log(struct writer *writer)
{
    writer->may_be_large = false;
    if (file_size(writer->wal) < STORE_WAL_LARGE)
        return;
    sqlite3_busy_timeout(writer->db, 0);
    if (sqlite3_wal_checkpoint_v2(writer->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
        writer->may_be_large = true;
    sqlite3_busy_timeout(writer->db, STORE_WRITER_BUSY_MS);
}

/* Waits with the lock held until there is something to do: commits, the end, or a look at the log when idle.
 */
static void wait_for_work(struct writer *writer)
{
    int64_t until = clock_steady_ms() + (writer->failing ? STORE_RETRY_MS : STORE_IDLE_MS);

    while (!writer->stop && (writer->failing || !writer->handed.head)) {
        int64_t left = until - clock_steady_ms();

        if (writer->release)
            sqlite3_db_release_memory(writer->db);
        writer->release = false;
        if (!writer->failing && !writer->may_be_large)
            uv_cond_wait(&writer->wake, &writer->lock);
        else if (left > 0)
            uv_cond_timedwait(&writer->wake, &writer->lock, (uint64_t)left * 1000000);
        else
            break;
    }
}

static void writer_run(void *arg)
{
    struct writer *writer = arg;
    bool stop, work;

    do {
        uv_mutex_lock(&writer->lock);
        if (!writer->taken.head || writer->failing)
            wait_for_work(writer);
        op_list_join(&writer->taken, &writer->handed);
        stop = writer->stop;
        uv_mutex_unlock(&writer->lock);
        work = writer->taken.head != NULL;
        if (work)
            commit_batch(writer);
        else if (!stop)
            fold_log(writer);
    } while (!stop || (writer->taken.head && !writer->failing));
    sqlite3_wal_checkpoint_v2(writer->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

bool writer_open(struct writer *writer, sqlite3 *db, const char *path, uv_async_t *async, char error[256])
{
    memset(writer, 0, sizeof *writer);
    writer->db = db;
    writer->async = async;
    writer->path = xstrdup(path);
    writer->wal = xasprintf("%s-wal", path);
    writer->file = place_of(path);
    writer->log = place_of(writer->wal);
    writer->may_be_large = true;
    writer->tail = &writer->results;
    op_list_init(&writer->taken);
    op_list_init(&writer->handed);
    if (uv_mutex_init(&writer->lock) != 0 || uv_cond_init(&writer->wake) != 0)
        abort();
    if (op_prepare(db, &writer->statements, error)) {
        if (uv_thread_create(&writer->thread, writer_run, writer) == 0)
            return true;
        snprintf(error, 256, "no thread can be started for the store");
    }
    writer_clear(writer);
    return false;
}

void writer_hand(struct writer *writer, struct op_list *list)
{
    uv_mutex_lock(&writer->lock);
    op_list_join(&writer->handed, list);
    uv_cond_signal(&writer->wake);
    uv_mutex_unlock(&writer->lock);
}

void writer_release(struct writer *writer)
{
    uv_mutex_lock(&writer->lock);
    writer->release = true;
    uv_cond_signal(&writer->wake);
    uv_mutex_unlock(&writer->lock);
}

struct write_result *writer_results(struct writer *writer)
{
    struct write_result *results;

    uv_mutex_lock(&writer->lock);
    results = writer->results;
    writer->results = NULL;
    writer->tail = &writer->results;
    uv_mutex_unlock(&writer->lock);
    return results;
}

void writer_stop(struct writer *writer)
{
    uv_mutex_lock(&writer->lock);
    writer->stop = true;
    uv_cond_signal(&writer->wake);
    uv_mutex_unlock(&writer->lock);
    uv_thread_join(&writer->thread);
}

void writer_clear(struct writer *writer)
{
    op_finalize(&writer->statements);
    sqlite3_close(writer->db);
    op_list_free(&writer->taken);
    op_list_free(&writer->handed);
    uv_cond_destroy(&writer->wake);
    uv_mutex_destroy(&writer->lock);
    free(writer->path);
    free(writer->wal);
}
