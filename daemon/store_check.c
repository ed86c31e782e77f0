/* The thorough check of a store file, for `stoa doctor`. */
#include "daemon/store_internal.h"
#include <stdio.h>
#include <string.h>

struct check {
    sqlite3 *db;
    store_finding_cb *found;
    void *arg;
    enum err code;
};

static void report(struct check *check, enum err code, const char *text)
{
    check->code = code;
    check->found(check->arg, text);
}

static void check_version(struct check *check, const char *path)
{
    int64_t version = store_number(check->db, "SELECT user_version FROM pragma_user_version", -1);
    int64_t application = store_number(check->db, "SELECT application_id FROM pragma_application_id", 0);
    char text[256];

    if (version >= 0 && application == STORE_APPLICATION && version <= STORE_SCHEMA)
        return;
    if (application == STORE_APPLICATION && version > STORE_SCHEMA) {
        snprintf(text, sizeof text,
                 "schema version %lld is newer than %d, the newest that this program knows",
                 (long long)version, STORE_SCHEMA);
        report(check, ERR_VERSION, text);
    } else {
        snprintf(text, sizeof text, "'%.180s' is not a store of stoa, or is damaged", path);
        report(check, ERR_STORE, text);
    }
}

/* Each row of sql is a finding, but for a row that says "ok". */
static void check_rows(struct check *check, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    char text[256], why[192];
    int code = sqlite3_prepare_v2(check->db, sql, -1, &stmt, NULL);

    if (code == SQLITE_OK)
        while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
            const char *row = (const char *)sqlite3_column_text(stmt, 0);

            if (row && strcmp(row, "ok") != 0) {
                snprintf(text, sizeof text, "%s", row);
                report(check, ERR_STORE, text);
            }
        }
    if (code != SQLITE_DONE) {
        store_reason(check->db, code, why);
        snprintf(text, sizeof text, "the check cannot go on: %s", why);
        report(check, ERR_STORE, text);
    }
    sqlite3_finalize(stmt);
}

enum err store_check(const char *path, store_finding_cb *found, void *arg)
{
    struct check check = {.found = found, .arg = arg, .code = ERR_OK};
    char error[256];

    check.db = store_open_reader(path, error);
    if (!check.db) {
        report(&check, ERR_STORE, error);
        return check.code;
    }
    check_version(&check, path);
    if (check.code == ERR_OK)
        check_rows(&check, "PRAGMA integrity_check");
    if (check.code == ERR_OK)
        check_rows(&check, "SELECT 'session ' || coalesce(s.sid, '#' || e.session) || ' has ' || e.count ||"
                           " ' events, but the last one is number ' || e.last FROM"
                           " (SELECT key >> 32 AS session, count(*) AS count, max(key) & 4294967295 AS last"
                           "  FROM events GROUP BY key >> 32) AS e"
                           " LEFT JOIN sessions AS s ON s.key = e.session WHERE e.count <> e.last");
    if (check.code == ERR_OK)
        check_rows(&check,
                   "SELECT 'session ' || sid || ' says ' || seq || ' events, but has fewer' FROM sessions"
                   " WHERE seq > coalesce((SELECT max(key) & 4294967295 FROM events"
                   " WHERE key BETWEEN sessions.key << 32 AND (sessions.key << 32) + 4294967295), 0)");
    sqlite3_close(check.db);
    return check.code;
}
