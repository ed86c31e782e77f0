/* The reader thread: one read at a time, each in a transaction of its own that is over when its rows are
 * read, since an open one would keep the write-ahead log from being folded. A deadline bounds it. */
#include "daemon/store/store_internal.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROGRESS_STEPS = 2000
}; /* of SQLite's machine between two looks at the clock: well under a millisecond */

void read_job_free(struct read_job *job)
{
    free(job->owner);
    free(job->text);
    json_decref(job->result);
    free(job);
}

static void fail(struct read_job *job, enum err code, const char *text)
{
    json_decref(job->result);
    job->result = NULL;
    job->code = code;
    snprintf(job->error, sizeof job->error, "%s", text);
}

/* SQLite asks this while it works; not 0 ends the work. */
static int is_over(void *arg)
{
    struct reader *reader = arg;

    return atomic_load(&reader->stop) || clock_steady_ms() > reader->deadline;
}

static void run_job(struct reader *reader, struct read_job *job)
{
    reader->deadline = clock_steady_ms() + STORE_READ_MS;
    query_run(&reader->queries, job);
    if (job->code == ERR_STORE && atomic_load(&reader->stop))
        fail(job, ERR_SHUTTING_DOWN, "the daemon is stopping");
    else if (job->code == ERR_STORE && clock_steady_ms() > reader->deadline)
        fail(job, ERR_TIMEOUT, "the store took too long to read");
    atomic_fetch_add(&reader->reads, 1);
}

static struct read_job *next_job(struct reader *reader)
{
    struct read_job *job;

    uv_mutex_lock(&reader->lock);
    while (!reader->waiting && !atomic_load(&reader->stop)) {
        if (reader->release)
            sqlite3_db_release_memory(reader->queries.db);
        reader->release = false;
        uv_cond_wait(&reader->wake, &reader->lock);
    }
    job = reader->waiting;
    if (job) {
        reader->waiting = job->next;
        if (!job->next)
            reader->waiting_tail = &reader->waiting;
        reader->count--;
    }
    uv_mutex_unlock(&reader->lock);
    return job;
}

static void reader_run(void *arg)
{
    struct reader *reader = arg;
    struct read_job *job;

    while ((job = next_job(reader))) {
        if (atomic_load(&reader->stop))
            fail(job, ERR_SHUTTING_DOWN, "the daemon is stopping");
        else
            run_job(reader, job);
        job->next = NULL;
        uv_mutex_lock(&reader->lock);
        *reader->done_tail = job;
        reader->done_tail = &job->next;
        uv_mutex_unlock(&reader->lock);
        uv_async_send(reader->async);
    }
}

bool reader_open(struct reader *reader, const char *path, uv_async_t *async, char error[256])
{
    sqlite3 *db = store_open_reader(path, error);

    if (!db)
        return false;
    memset(reader, 0, sizeof *reader);
    reader->async = async;
    reader->waiting_tail = &reader->waiting;
    reader->done_tail = &reader->done;
    if (uv_mutex_init(&reader->lock) != 0 || uv_cond_init(&reader->wake) != 0)
        abort();
    if (queries_prepare(&reader->queries, db, error)) {
        sqlite3_progress_handler(db, PROGRESS_STEPS, is_over, reader);
        if (uv_thread_create(&reader->thread, reader_run, reader) == 0)
            return true;
        snprintf(error, 256, "no thread can be started for the store");
    }
    reader_clear(reader);
    return false;
}

bool reader_add(struct reader *reader, struct read_job *job)
{
    bool room;

    job->next = NULL;
    uv_mutex_lock(&reader->lock);
    room = reader->count < STORE_READS_MAX;
    if (room) {
        *reader->waiting_tail = job;
        reader->waiting_tail = &job->next;
        reader->count++;
        uv_cond_signal(&reader->wake);
    }
    uv_mutex_unlock(&reader->lock);
    return room;
}

void reader_release(struct reader *reader)
{
    uv_mutex_lock(&reader->lock);
    reader->release = true;
    uv_cond_signal(&reader->wake);
    uv_mutex_unlock(&reader->lock);
}

struct read_job *reader_done(struct reader *reader)
{
    struct read_job *done;

    uv_mutex_lock(&reader->lock);
    done = reader->done;
    reader->done = NULL;
    reader->done_tail = &reader->done;
    uv_mutex_unlock(&reader->lock);
    return done;
}

void reader_stop(struct reader *reader)
{
    uv_mutex_lock(&reader->lock);
    atomic_store(&reader->stop, true);
    uv_cond_signal(&reader->wake);
    uv_mutex_unlock(&reader->lock);
    uv_thread_join(&reader->thread);
}

void reader_clear(struct reader *reader)
{
    queries_finalize(&reader->queries);
    uv_cond_destroy(&reader->wake);
    uv_mutex_destroy(&reader->lock);
}
