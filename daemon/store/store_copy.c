/* A store as it is at one moment into another file. The source's read transaction is held from before the
 * first page to after the last one, so that no writer, however busy, makes the copy begin anew. */
#include "daemon/store/store_internal.h"
#include "shared/clock.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    STEP_PAGES = 256,     /* copied without a pause */
    PAUSE_MAX_US = 20000, /* after each step: as long as it took, so that half of the disk is others' */
    SYNC_BYTES =
        16 << 20,       /* after which what is written goes to the disk, so that the end does not flood it */
    BUSY_MAX = 200,     /* attempts, while a foreign program locks the source ... */
    BUSY_US = 20000,    /* ... and the pause between them */
    CHECK_STEPS = 20000 /* of SQLite's machine, between two looks whether to go on */
};

bool store_going(const struct store_progress *progress, const char *what, uint64_t done, uint64_t all)
{
    return !progress->going || progress->going(progress->arg, what, done, all);
}

static enum err source_failed(sqlite3 *db, const char *path, int code, char error[256])
{
    char why[192];

    store_reason(db, code, why);
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        snprintf(error, 256, "'%.160s' is damaged (%s)", path, sqlite3_errstr(code));
    else
        snprintf(error, 256, "'%.100s' cannot be read: %.120s", path, why);
    return ERR_STORE;
}

enum err store_copy_source(const char *path, const char *name, bool uri, sqlite3 **db, char error[256])
{
    int version = 0, flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | (uri ? SQLITE_OPEN_URI : 0);
    int code = sqlite3_open_v2(name, db, flags, NULL);
    enum err result;

    if (code == SQLITE_OK)
        code = sqlite3_extended_result_codes(*db, 1);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(*db, STORE_WRITER_BUSY_MS);
    if (code == SQLITE_OK)
        code = sqlite3_exec(*db, "PRAGMA trusted_schema = OFF; BEGIN; SELECT 1 FROM sqlite_schema", NULL,
                            NULL, NULL); /* the first read is the moment */
    if (code != SQLITE_OK)
        return source_failed(*db, path, code, error);
    result = store_judge(*db, path, STORE_SCHEMA, &version, error);
    if (result == ERR_OK && version == 0) {
        snprintf(error, 256, "'%.180s' has nothing in it: it is no store", path);
        result = ERR_STORE;
    }
    return result;
}

/* --- the pages --- */

static void rest_after(int64_t begun)
{
    int64_t took = clock_steady_us() - begun;

    usleep((useconds_t)(took < PAUSE_MAX_US ? took : PAUSE_MAX_US));
}

struct pages {
    sqlite3_backup *backup;
    uint64_t page_bytes, unsynced;
    int fd, busy;
};

/* One step, its pause, and a word of it. SQLITE_OK if there is more to do. */
static int copy_step(struct pages *pages, const struct store_progress *progress)
{
    int64_t begun = clock_steady_us();
    int code = sqlite3_backup_step(pages->backup, STEP_PAGES);
    uint64_t all = (uint64_t)sqlite3_backup_pagecount(pages->backup) * pages->page_bytes;
    uint64_t left = (uint64_t)sqlite3_backup_remaining(pages->backup) * pages->page_bytes;

    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
        usleep(BUSY_US);
        code = ++pages->busy < BUSY_MAX ? SQLITE_OK : code;
    } else if (code == SQLITE_OK) {
        pages->unsynced += STEP_PAGES * pages->page_bytes;
        if (pages->unsynced >= SYNC_BYTES) {
            fdatasync(pages->fd);
            pages->unsynced = 0;
        }
        rest_after(begun);
    }
    if (code == SQLITE_OK && !store_going(progress, "copying", all - left, all))
        return SQLITE_INTERRUPT;
    return code;
}

static int copy_pages(sqlite3 *from, sqlite3 *to, int fd, const struct store_progress *progress)
{
    struct pages pages = {.backup = sqlite3_backup_init(to, "main", from, "main"), .fd = fd};
    int code, end;

    if (!pages.backup)
        return sqlite3_extended_errcode(to);
    pages.page_bytes = (uint64_t)store_number(from, "SELECT page_size FROM pragma_page_size", 4096);
    do
        code = copy_step(&pages, progress);
    while (code == SQLITE_OK);
    end = sqlite3_backup_finish(pages.backup);
    return code == SQLITE_DONE ? end : code;
}

/* The copy of a store that is written ahead says that it is so too; but it is to be one file. */
static int make_single(sqlite3 *db)
{
    int code = sqlite3_exec(db, "PRAGMA journal_mode = OFF", NULL, NULL, NULL);

    if (code == SQLITE_OK && !store_number(db, "SELECT journal_mode = 'off' FROM pragma_journal_mode", 0))
        code = SQLITE_CANTOPEN;
    return code;
}

/* --- the contract --- */

static bool is_of_source(int code)
{
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB || code == SQLITE_IOERR_READ ||
           code == SQLITE_IOERR_SHORT_READ;
}

enum err store_copy_failed(sqlite3 *db, const char *path, int code, char error[256])
{
    char why[192];

    if (code == SQLITE_INTERRUPT) {
        snprintf(error, 256, "interrupted");
    } else {
        store_reason(db, code, why);
        snprintf(error, 256, "'%.100s' cannot be written: %.120s", path, why);
    }
    return ERR_UNAVAILABLE;
}

enum err store_copy(sqlite3 *from, const char *from_path, const char *to_path, int fd,
                    const struct store_progress *progress, sqlite3 **copy, char error[256])
{
    char sql[256];
    int code = sqlite3_open_v2(to_path, copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    /* Nobody else knows the file, and half of it is of no use: neither journal nor locks. */
    snprintf(sql, sizeof sql,
             "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
             "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -%d;"
             "PRAGMA application_id = %d",
             STORE_WRITER_CACHE_KIB, STORE_APPLICATION);
    if (code == SQLITE_OK)
        code = sqlite3_extended_result_codes(*copy, 1);
    if (code == SQLITE_OK)
        code = sqlite3_exec(*copy, sql, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = copy_pages(from, *copy, fd, progress);
    if (code == SQLITE_OK)
        code = make_single(*copy);
    if (code == SQLITE_OK)
        return ERR_OK;
    if (!is_of_source(code))
        return store_copy_failed(*copy, to_path, code, error);
    return source_failed(NULL, from_path, code, error);
}

/* --- checking it --- */

static int still_going(void *arg)
{
    return !store_going(arg, "checking", 0, 0);
}

/* The first thing that is wrong into said. */
static int run_check(sqlite3 *db, bool thorough, char said[128])
{
    sqlite3_stmt *stmt = NULL;
    const char *sql = thorough ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)";
    int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);

        snprintf(said, 128, "%s", text ? text : "nothing was said");
        code = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return code;
}

enum err store_copy_check(sqlite3 *db, const char *path, bool thorough, const struct store_progress *progress,
                          char error[256])
{
    char said[128] = "";
    int code;

    sqlite3_progress_handler(db, CHECK_STEPS, still_going, (void *)progress);
    code = run_check(db, thorough, said);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    if (code == SQLITE_OK && strcmp(said, "ok") == 0)
        return ERR_OK;
    if (code == SQLITE_OK || is_of_source(code)) {
        snprintf(error, 256, "'%.100s' is damaged: %.120s", path, *said ? said : sqlite3_errstr(code));
        return ERR_STORE;
    }
    return store_copy_failed(db, path, code, error);
}
