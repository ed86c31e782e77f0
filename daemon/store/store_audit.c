/* Reads of the audit: pages for those who ask, in the reader thread, and single records for the audit itself.
 */
#include "daemon/store/store_internal.h"
#include "daemon/store/store_people.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include <stdio.h>

static json_t *record_json(sqlite3_stmt *stmt)
{
    static const char *const names[] = {"user", "action", "object", "detail", "hash"};
    json_t *json = json_object();

    jsonx_set_int(json, "n", sqlite3_column_int64(stmt, 0));
    jsonx_set_int(json, "ts", sqlite3_column_int64(stmt, 1));
    for (int i = 0; i < 5; i++) {
        const char *text = (const char *)sqlite3_column_text(stmt, 2 + i);

        jsonx_set_str(json, names[i], text ? text : "");
    }
    return json;
}

void query_audit(struct queries *queries, struct read_job *job)
{
    sqlite3_stmt *stmt = queries->statement[job->after ? QUERY_AUDIT_AFTER : QUERY_AUDIT_BEFORE];
    json_t *records = json_array();
    int code;

    sqlite3_bind_int64(stmt, 1, job->at);
    if (job->owner)
        sqlite3_bind_text(stmt, 2, job->owner, -1, SQLITE_STATIC);
    if (job->text)
        sqlite3_bind_text(stmt, 3, job->text, -1, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 4, job->limit + 1); /* one more tells whether there are more */
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW && json_array_size(records) < (size_t)job->limit) {
        if (job->after)
            json_array_append_new(records, record_json(stmt));
        else
            json_array_insert_new(records, 0, record_json(stmt));
    }
    if (query_finish(queries, job, stmt, code)) {
        job->result = json_object();
        json_object_set(job->result, "records", records);
        json_object_set_new(job->result, "more", json_boolean(code == SQLITE_ROW));
    }
    json_decref(records);
}

enum err store_audit_page(struct store *store, int64_t before, int64_t after, int limit, const char *user,
                          const char *action, store_read_cb *cb, void *arg)
{
    struct read_job job = {.kind = READ_AUDIT, .limit = limit, .cb = cb, .arg = arg};

    job.after = after >= 0;
    job.at = job.after ? after : before;
    job.owner = (char *)user;
    job.text = (char *)action;
    return store_queue_read(store, &job);
}

enum err store_audit_at(struct store *store, int64_t n, int64_t *found, char hash[64])
{
    sqlite3 *db = store->loader.db;
    sqlite3_stmt *stmt = NULL;
    char why[192];
    int code =
        sqlite3_prepare_v2(db, "SELECT n, hash FROM audit WHERE n >= ?1 ORDER BY n LIMIT 1", -1, &stmt, NULL);

    *found = 0;
    hash[0] = '\0';
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(stmt, 1, n);
    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 1);

        *found = sqlite3_column_int64(stmt, 0);
        snprintf(hash, 64, "%s", text ? text : "");
        code = SQLITE_DONE;
    }
    if (code != SQLITE_DONE) {
        store_reason(db, code, why);
        log_error("store", "the audit cannot be read: %s", why);
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? ERR_OK : ERR_STORE;
}
