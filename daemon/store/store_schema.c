/* The store's schema, its versions, and how a connection is opened. A migration that was released never
 * changes: append another one. */
#include "daemon/store/store_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Events and messages are keyed by session << 32 | number, which keeps those of a session side by side in the
 * file. */
static const struct store_migration migrations[STORE_SCHEMA] = {
    {"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
     "CREATE TABLE sessions("
     " key INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,"
     " title TEXT NOT NULL, run TEXT NOT NULL, model TEXT NOT NULL, created INTEGER NOT NULL,"
     " activity INTEGER NOT NULL, messages INTEGER NOT NULL, archived INTEGER NOT NULL,"
     " ended INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;"
     "CREATE INDEX sessions_activity ON sessions(owner, archived, activity, key);"
     "CREATE INDEX sessions_unfinished ON sessions(key) WHERE run <> 'idle';"
     "CREATE TABLE events("
     " key INTEGER PRIMARY KEY, ts INTEGER NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL) STRICT;"
     "CREATE TABLE messages("
     " key INTEGER PRIMARY KEY, id TEXT NOT NULL, role TEXT NOT NULL, status TEXT NOT NULL,"
     " ts INTEGER NOT NULL, json TEXT NOT NULL) STRICT;"
     "CREATE INDEX messages_id ON messages(id);"
     "CREATE VIRTUAL TABLE search USING fts5(text, tokenize = 'unicode61 remove_diacritics 2');"
     "CREATE TABLE snapshots("
     " session INTEGER PRIMARY KEY, seq INTEGER NOT NULL, json TEXT NOT NULL) STRICT;"
     "CREATE TABLE partials("
     " session INTEGER PRIMARY KEY, message TEXT NOT NULL, json TEXT NOT NULL) STRICT;"
     "CREATE TABLE requests("
     " key INTEGER PRIMARY KEY, user TEXT NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,"
     " reply TEXT NOT NULL, UNIQUE(user, id)) STRICT;"},
    {"CREATE TABLE rules("
     " id TEXT PRIMARY KEY, user TEXT NOT NULL, effect TEXT NOT NULL, pattern TEXT NOT NULL,"
     " ts INTEGER NOT NULL) STRICT, WITHOUT ROWID;"},
    {"CREATE TABLE users("
     " name TEXT PRIMARY KEY, role TEXT NOT NULL, disabled INTEGER NOT NULL, created INTEGER NOT NULL,"
     " settings TEXT NOT NULL) STRICT, WITHOUT ROWID;"
     "CREATE TABLE keys("
     " key TEXT PRIMARY KEY, user TEXT NOT NULL, label TEXT NOT NULL, created INTEGER NOT NULL)"
     " STRICT, WITHOUT ROWID;"
     "CREATE TABLE tokens("
     " id TEXT PRIMARY KEY, user TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL,"
     " scope TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
     "CREATE TABLE tickets("
     " id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, session TEXT NOT NULL, role TEXT NOT NULL,"
     " by TEXT NOT NULL, expires INTEGER NOT NULL, uses INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
     "CREATE TABLE secrets("
     " user TEXT NOT NULL, name TEXT NOT NULL, sealed TEXT NOT NULL, ts INTEGER NOT NULL,"
     " PRIMARY KEY(user, name)) STRICT, WITHOUT ROWID;"
     "CREATE TABLE spent("
     " user TEXT NOT NULL, day INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,"
     " cached INTEGER NOT NULL, turns INTEGER NOT NULL, micros INTEGER NOT NULL,"
     " PRIMARY KEY(user, day)) STRICT, WITHOUT ROWID;"
     "CREATE TABLE members("
     " user TEXT NOT NULL, session INTEGER NOT NULL, role TEXT NOT NULL, PRIMARY KEY(user, session))"
     " STRICT, WITHOUT ROWID;"
     "CREATE INDEX members_session ON members(session);"
     "CREATE TABLE audit("
     " n INTEGER PRIMARY KEY, ts INTEGER NOT NULL, user TEXT NOT NULL, action TEXT NOT NULL,"
     " object TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL) STRICT;"},
    /* What is there already is counted later, a session at a time: reading it all takes too long. */
    {"ALTER TABLE sessions ADD COLUMN bytes INTEGER NOT NULL DEFAULT -1;"
     "ALTER TABLE sessions ADD COLUMN files INTEGER NOT NULL DEFAULT 0;"
     "CREATE INDEX sessions_uncounted ON sessions(key) WHERE bytes < 0;"
     /* What came last of an error, a rewind and the begin of a turn is near the end of each log. */
     "ALTER TABLE sessions ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;"
     "UPDATE sessions SET failed = 1 WHERE 'error.occurred' = (SELECT type FROM events"
     " WHERE key BETWEEN sessions.key << 32 AND (sessions.key << 32) + 4294967295"
     " AND (type IN ('error.occurred', 'session.rewound') OR (type = 'state.changed'"
     " AND json_valid(json) AND json_extract(json, '$.old') = 'idle')) ORDER BY key DESC LIMIT 1);"},
};

/* What the system said about a failed write. COMMIT leaves sqlite3_system_errno as it was, so the files are
 * asked: first the log, to which commits go. 0 if nothing is known. */
static int last_errno(sqlite3 *db)
{
    static const int files[] = {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER};
    int error = 0;

    for (size_t i = 0; i < sizeof files / sizeof *files && error == 0; i++) {
        sqlite3_file *file = NULL;

        if (sqlite3_file_control(db, "main", files[i], &file) == SQLITE_OK && file && file->pMethods)
            file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    }
    return error;
}

void store_reason(sqlite3 *db, int code, char why[192])
{
    int error;

    switch (code & 0xff) {
    case SQLITE_FULL:
        snprintf(why, 192, "the disk is full");
        break;
    case SQLITE_READONLY:
        snprintf(why, 192, "%s",
                 code == SQLITE_READONLY_DBMOVED ? "its file was deleted or replaced"
                                                 : "the file or its folder is read-only");
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        snprintf(why, 192, "another program has locked the file");
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        snprintf(why, 192, "the file is damaged (%s)", sqlite3_errstr(code));
        break;
    case SQLITE_IOERR:
        error = db ? last_errno(db) : 0;
        snprintf(why, 192, "input/output error %d%s%s", code, error ? ": " : "",
                 error ? strerror(error) : "");
        break;
    default:
        snprintf(why, 192, "%s", db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    }
}

bool store_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt, char error[256])
{
    char why[192];
    int code = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);

    if (code == SQLITE_OK)
        return true;
    store_reason(db, code, why);
    snprintf(error, 256, "the store cannot be used: %s", why);
    return false;
}

int64_t store_number(sqlite3 *db, const char *sql, int64_t fallback)
{
    sqlite3_stmt *stmt = NULL;
    int64_t number = fallback;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return number;
}

void store_unusable(sqlite3 *db, const char *path, int code, char error[256])
{
    char why[192];
    int kind = code & 0xff;

    store_reason(db, code, why);
    if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB)
        snprintf(error, 256, "the store '%.100s' is damaged (%s); restore it, or move it away to begin anew",
                 path, sqlite3_errstr(code));
    else
        snprintf(error, 256, "the store '%.100s' cannot be used: %.120s", path, why);
}

/* The reason is read before the rollback, which would replace it. */
static bool migrate_step(sqlite3 *db, const char *path, const char *sql, int version, char error[256])
{
    char *text = sqlite3_mprintf("BEGIN IMMEDIATE; %s;"
                                 "INSERT OR REPLACE INTO meta VALUES('program', %Q);"
                                 "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                                 sql, STOA_VERSION, STORE_APPLICATION, version);
    int code = text ? sqlite3_exec(db, text, NULL, NULL, NULL) : SQLITE_NOMEM;

    if (code != SQLITE_OK)
        store_unusable(db, path, code, error);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_free(text);
    return code == SQLITE_OK;
}

enum err store_migrate(sqlite3 *db, const char *path, const struct store_migration *rows, int count,
                       char error[256])
{
    int version = 0;
    enum err code = store_judge(db, path, count, &version, error);

    if (code != ERR_OK)
        return code;
    for (; version < count; version++)
        if (!migrate_step(db, path, rows[version].sql, version + 1, error))
            return ERR_STORE;
    return ERR_OK;
}

static int open_scratch(int version, sqlite3 **db)
{
    char error[256];
    int code = sqlite3_open_v2(":memory:", db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (code == SQLITE_OK && store_migrate(*db, "", migrations, version, error) != ERR_OK)
        code = SQLITE_ERROR;
    return code;
}

/* The tables that the full-text search makes for itself are left out: their texts are SQLite's own, and may
 * be another version's. */
static const char schema_sql[] =
    "SELECT type, name, coalesce(sql, '') FROM sqlite_schema"
    " WHERE name NOT IN ('search_data', 'search_idx', 'search_content', 'search_docsize', 'search_config')"
    " ORDER BY type, name";

static bool same_row(sqlite3_stmt *a, sqlite3_stmt *b)
{
    for (int i = 0; i < 3; i++) {
        int len = sqlite3_column_bytes(a, i);

        if (sqlite3_column_bytes(b, i) != len)
            return false;
        if (len > 0 && memcmp(sqlite3_column_blob(a, i), sqlite3_column_blob(b, i), (size_t)len) != 0)
            return false;
    }
    return true;
}

static bool same_rows(sqlite3_stmt *a, sqlite3_stmt *b)
{
    int code, other;

    while ((code = sqlite3_step(a)) == SQLITE_ROW)
        if (sqlite3_step(b) != SQLITE_ROW || !same_row(a, b))
            return false;
    other = sqlite3_step(b);
    return code == SQLITE_DONE && other == SQLITE_DONE;
}

bool store_schema_fits(sqlite3 *db, const char *path, int version, char error[256])
{
    sqlite3 *scratch = NULL;
    sqlite3_stmt *is = NULL, *should = NULL;
    bool fits = open_scratch(version, &scratch) == SQLITE_OK &&
                sqlite3_prepare_v2(db, schema_sql, -1, &is, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(scratch, schema_sql, -1, &should, NULL) == SQLITE_OK &&
                same_rows(is, should);

    if (!fits)
        snprintf(error, 256, "the tables of '%.140s' are not those that stoad makes (schema version %d)",
                 path, version);
    sqlite3_finalize(is);
    sqlite3_finalize(should);
    sqlite3_close(scratch);
    return fits;
}

/* SQLite gives the log's files the mode of the store's own, so that one is made first. */
static bool make_private(const char *path, char error[256])
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;

    if (!ok) {
        snprintf(error, 256, "the store '%.120s' cannot be opened: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        snprintf(error, 256, "the store '%.160s' is not a regular file", path);
        ok = false;
    } else if ((st.st_mode & 077) && fchmod(fd, 0600) < 0) {
        snprintf(error, 256, "the store '%.100s' is open to others, and cannot be closed: %s", path,
                 strerror(errno));
        ok = false;
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Before its first use; later it changes nothing, and is refused. No figures of its memory, for which each
 * allocation would take a lock; no pages set aside before there is something to keep in them. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

static int configure_writer(sqlite3 *db)
{
    char sql[256];
    int code;

    snprintf(sql, sizeof sql,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -%d;"
             "PRAGMA journal_size_limit = %d; PRAGMA trusted_schema = OFF",
             STORE_WRITER_CACHE_KIB, STORE_WAL_KEEP);
    code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    /* A file system without shared memory leaves the journal as it was, and says nothing. */
    if (code == SQLITE_OK && !store_number(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", 0))
        code = SQLITE_CANTOPEN;
    return code;
}

sqlite3 *store_open_writer(const char *path, char error[256], enum err *code)
{
    sqlite3 *db = NULL;
    int version = 0, result;

    *code = store_look(path, error);
    if (*code != ERR_OK)
        return NULL;
    *code = ERR_STORE;
    configure_library();
    if (!make_private(path, error))
        return NULL;
    result = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_busy_timeout(db, STORE_WRITER_BUSY_MS);
    if (result == SQLITE_OK)
        result = sqlite3_extended_result_codes(db, 1);
    if (result != SQLITE_OK)
        store_unusable(db, path, result, error);
    else /* the version first: a foreign file's journal is not ours to change */
        *code = store_judge(db, path, STORE_SCHEMA, &version, error);
    if (*code == ERR_OK && (result = configure_writer(db)) != SQLITE_OK) {
        store_unusable(db, path, result, error);
        *code = ERR_STORE;
    }
    if (*code == ERR_OK)
        *code = store_migrate(db, path, migrations, STORE_SCHEMA, error);
    if (*code == ERR_OK)
        return db;
    sqlite3_close(db);
    return NULL;
}

sqlite3 *store_open_reader(const char *path, char error[256])
{
    sqlite3 *db = NULL;
    char sql[128];
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

    snprintf(sql, sizeof sql, "PRAGMA cache_size = -%d; PRAGMA trusted_schema = OFF", STORE_READER_CACHE_KIB);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db, STORE_READER_BUSY_MS);
    if (code == SQLITE_OK)
        code = sqlite3_extended_result_codes(db, 1);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        return db;
    store_unusable(db, path, code, error);
    sqlite3_close(db);
    return NULL;
}
