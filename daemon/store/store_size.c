/* What sessions take in the store: the same weights in C, for events as they come, and in SQL, for those that
 * are there. */
#include "daemon/store/store_size.h"

#include "daemon/store/store_internal.h"
#include "shared/jsonx.h"
#include "shared/log.h"

#include <stdio.h>
#include <string.h>

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)
#define ROW_BYTES       64
#define MESSAGE_COPIES  3 /* log, history, search */
#define RESULT_COPIES   2 /* log, history */
#define FORK_COPIES     2 /* history, search */

_Static_assert(ROW_BYTES == STORE_ROW_BYTES, "the text of a statement has it, too");

#define ROW           TEXT(ROW_BYTES) " + "
#define LENGTH        "length(CAST(json AS BLOB))"
#define OF_MESSAGES   " WHEN type IN ('message.added', 'stream.completed') THEN " TEXT(MESSAGE_COPIES)
#define OF_RESULTS    " WHEN type = 'tool.ended' THEN " TEXT(RESULT_COPIES)
#define EVENT_COPIES  "CASE" OF_MESSAGES OF_RESULTS " ELSE 1 END"
#define BROUGHT       "coalesce(max(json_extract(json, '$.bytes'), 0), 0)"
#define IF_STARTED    "CASE WHEN type = 'session.started' AND json_valid(json) THEN "
#define EVENT_BYTES   ROW LENGTH " * " EVENT_COPIES " + " IF_STARTED BROUGHT " ELSE 0 END"
#define MESSAGE_BYTES ROW LENGTH " * " TEXT(FORK_COPIES)

#define SUM(bytes, table)                                                                                    \
    "SELECT total(bytes), count(*), max(key) FROM (SELECT key, " bytes " AS bytes FROM " table               \
    " WHERE key > ?1 AND key <= ?2 ORDER BY key LIMIT ?3)"

const char store_events_size_sql[] = SUM(EVENT_BYTES, "events");
const char store_messages_size_sql[] = SUM(MESSAGE_BYTES, "messages");

int64_t store_event_bytes(enum event_type type, size_t len, const json_t *data)
{
    int64_t copies = 1, brought = 0;

    if (type == EVENT_MESSAGE_ADDED || type == EVENT_STREAM_COMPLETED)
        copies = MESSAGE_COPIES;
    else if (type == EVENT_TOOL_ENDED)
        copies = RESULT_COPIES;
    else if (type == EVENT_SESSION_STARTED)
        brought = jsonx_int(data, "bytes", 0);
    return ROW_BYTES + copies * (int64_t)len + (brought > 0 ? brought : 0);
}

/* --- sums --- */

static bool is_read(struct store *store, int code)
{
    char why[192];

    if (code == SQLITE_DONE || code == SQLITE_ROW)
        return true;
    store_reason(store->loader.db, code, why);
    log_error("store", "what sessions take cannot be read: %s", why);
    return false;
}

enum err store_owner_bytes(struct store *store, store_owner_cb *each, void *arg)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(store->loader.db,
                                  "SELECT owner, sum(max(bytes, 0) + files) FROM sessions GROUP BY owner", -1,
                                  &stmt, NULL);

    while (code == SQLITE_OK || code == SQLITE_ROW)
        if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
            each(arg, (const char *)sqlite3_column_text(stmt, 0), sqlite3_column_int64(stmt, 1));
    sqlite3_finalize(stmt);
    return is_read(store, code) ? ERR_OK : ERR_STORE;
}

bool store_next_uncounted(struct store *store, struct store_uncounted *at)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(
        store->loader.db,
        "SELECT key, seq, sid, owner, files FROM sessions WHERE bytes < 0 AND key > ?1 ORDER BY key LIMIT 1",
        -1, &stmt, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(stmt, 1, at->key);
    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        at->key = (uint32_t)sqlite3_column_int64(stmt, 0);
        at->seq = (uint64_t)sqlite3_column_int64(stmt, 1);
        snprintf(at->sid, sizeof at->sid, "%s", (const char *)sqlite3_column_text(stmt, 2));
        snprintf(at->owner, sizeof at->owner, "%s", (const char *)sqlite3_column_text(stmt, 3));
        at->files = sqlite3_column_int64(stmt, 4);
    }
    sqlite3_finalize(stmt);
    return is_read(store, code) && code == SQLITE_ROW;
}

void store_set_counted(struct store *store, uint32_t session, int64_t bytes, int64_t files)
{
    int64_t numbers[] = {session, bytes, files};

    store_queue(store, OP_SET_COUNTED, numbers, NULL);
}

/* --- counting --- */

static enum err queue_size(struct store *store, enum read_kind kind, uint32_t session, int64_t after,
                           int rows, store_read_cb *cb, void *arg)
{
    struct read_job job = {
        .kind = kind, .session = session, .at = after, .limit = rows, .cb = cb, .arg = arg};

    return store_queue_read(store, &job);
}

enum err store_size_events(struct store *store, uint32_t session, uint64_t after, int rows, store_read_cb *cb,
                           void *arg)
{
    return queue_size(store, READ_EVENTS_SIZE, session, (int64_t)after, rows, cb, arg);
}

enum err store_size_messages(struct store *store, uint32_t session, uint64_t ordinal, int rows,
                             store_read_cb *cb, void *arg)
{
    return queue_size(store, READ_MESSAGES_SIZE, session, (int64_t)ordinal - 1, rows, cb, arg);
}

void query_size(struct queries *queries, struct read_job *job)
{
    sqlite3_stmt *stmt =
        queries->statement[job->kind == READ_EVENTS_SIZE ? QUERY_EVENTS_SIZE : QUERY_MESSAGES_SIZE];
    int64_t first = store_first_key(job->session);
    int code;

    sqlite3_bind_int64(stmt, 1, first + job->at);
    sqlite3_bind_int64(stmt, 2, store_last_key(job->session));
    sqlite3_bind_int(stmt, 3, job->limit);
    if ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        int64_t rows = sqlite3_column_int64(stmt, 1);
        job->result = json_object();
        jsonx_set_int(job->result, "bytes", sqlite3_column_int64(stmt, 0));
        jsonx_set_int(job->result, "rows", rows);
        jsonx_set_int(job->result, "last", rows > 0 ? sqlite3_column_int64(stmt, 2) - first : job->at);
    }
    query_finish(queries, job, stmt, code);
}
