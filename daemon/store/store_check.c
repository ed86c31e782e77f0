/* The thorough check: the file as SQLite sees it; its parts then look at what is in it. */
#include "daemon/store/store_check_internal.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CACHE_KIB = 32 << 10, BUSY_MS = 2000, DAMAGE_MAX = 10 };

static const char restore[] =
    "stoa stop && stoa restore FILE, with your newest backup; what is there now is moved aside";

void checking_failed(const struct checking *checking, const char *what, int code)
{
    char why[192];

    store_reason(checking->db, code, why);
    findings_add(checking->findings, FINDING_BAD, what, restore, "the check cannot go on: %s", why);
}

/* --- opening --- */

static int64_t size_of(const char *path, const char *suffix)
{
    char *name = xasprintf("%s%s", path, suffix);
    struct stat st;
    int64_t size = stat(name, &st) == 0 ? (int64_t)st.st_size : -1;

    free(name);
    return size;
}

/* A file that nobody has open, and all of which is in it, is read without making the files that SQLite else
 * makes beside it: so a folder that cannot be written does not matter. */
static char *uri_of(const struct store_check *check)
{
    bool still = !check->served && size_of(check->path, "-wal") < 0;
    struct buf uri;

    buf_init(&uri, 4 * strlen(check->path) + 64);
    buf_puts(&uri, "file:");
    for (const char *at = check->path; *at; at++)
        if (strchr("?#%", *at))
            buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*at);
        else
            buf_putc(&uri, *at);
    buf_puts(&uri, still ? "?immutable=1" : "");
    return buf_take(&uri);
}

static int open_file(struct checking *checking)
{
    char *uri = uri_of(checking->options), sql[160];
    int code = sqlite3_open_v2(uri, &checking->db,
                               SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);

    snprintf(sql, sizeof sql,
             "PRAGMA cache_size = -%d; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; BEGIN",
             CACHE_KIB);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(checking->db, BUSY_MS);
    if (code == SQLITE_OK)
        code = sqlite3_extended_result_codes(checking->db, 1);
    if (code == SQLITE_OK)
        code = sqlite3_exec(checking->db, sql, NULL, NULL, NULL);
    free(uri);
    return code;
}

/* --- the file --- */

static enum err check_version(struct checking *checking)
{
    const char *path = checking->options->path;
    int64_t version = store_number(checking->db, "SELECT user_version FROM pragma_user_version", -1);
    int64_t application = store_number(checking->db, "SELECT application_id FROM pragma_application_id", 0);

    checking->version = (int)version;
    if (version < 0 || application != STORE_APPLICATION) {
        findings_add(checking->findings, FINDING_BAD, "not_a_store", restore,
                     "%s is not a store of stoa, or is damaged", path);
        return ERR_STORE;
    }
    if (version > STORE_SCHEMA) {
        findings_add(checking->findings, FINDING_BAD, "newer_schema",
                     "run the newer stoad, or restore a backup that this one made",
                     "%s has schema version %" PRId64 ", and this stoad " STOA_VERSION
                     " knows versions up to %d",
                     path, version, STORE_SCHEMA);
        return ERR_VERSION;
    }
    if (version < STORE_SCHEMA)
        findings_add(checking->findings, FINDING_NOTE, "older_schema", NULL,
                     "its schema version is %" PRId64 "; the next start of the daemon brings it to %d",
                     version, STORE_SCHEMA);
    return ERR_OK;
}

/* Whether what is in the file can be asked. */
static bool check_integrity(const struct checking *checking)
{
    sqlite3_stmt *stmt = NULL;
    char sql[64];
    int count = 0, code;

    snprintf(sql, sizeof sql, "PRAGMA integrity_check(%d)", DAMAGE_MAX);
    code = sqlite3_prepare_v2(checking->db, sql, -1, &stmt, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *row = (const char *)sqlite3_column_text(stmt, 0);

        code = SQLITE_OK;
        if (!row || strcmp(row, "ok") == 0)
            continue;
        if (++count <= STORE_CHECK_SHOWN)
            findings_add(checking->findings, FINDING_BAD, "integrity", restore, "the file is damaged: %s",
                         row);
    }
    if (code != SQLITE_DONE)
        checking_failed(checking, "integrity", code);
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE && count == 0;
}

static void check_size(const struct checking *checking)
{
    const char *path = checking->options->path;
    int64_t wal = size_of(path, "-wal"), page = store_number(checking->db, "PRAGMA page_size", 0);
    int64_t unused = store_number(checking->db, "PRAGMA freelist_count", 0) * page;
    int64_t all = store_number(checking->db, "PRAGMA page_count", 0) * page;
    char advice[FINDING_TEXT_MAX];

    if (wal > STORE_CHECK_WAL_LARGE)
        findings_add(checking->findings, FINDING_WARN, "wal_large",
                     checking->options->served
                         ? "end whatever else has the file open (fuser -v shows it), or: stoa stop"
                         : "start the daemon: it folds the log into the file",
                     "its write-ahead log has grown to %" PRId64
                     " MB: something reads for long, or the disk is full",
                     wal >> 20);
    snprintf(advice, sizeof advice, "to give it back: stoa stop && sqlite3 '%s' VACUUM", path);
    if (unused > STORE_CHECK_FREE_LARGE && unused * 100 > all * STORE_CHECK_FREE_PERCENT)
        findings_add(checking->findings, FINDING_NOTE, "free_pages", advice,
                     "%" PRId64 " of its %" PRId64 " MB are free, after what was deleted", unused >> 20,
                     all >> 20);
}

/* --- the whole --- */

static void say_ok(const struct checking *checking)
{
    int64_t sessions = store_number(checking->db, "SELECT count(*) FROM sessions", 0);
    int64_t messages = store_number(checking->db, "SELECT count(*) FROM messages", 0);

    findings_add(checking->findings, FINDING_OK, "store", NULL,
                 "%s: %" PRId64 " sessions, %" PRId64 " messages, %.1f MB, whole", checking->options->path,
                 sessions, messages, (double)size_of(checking->options->path, "") / (1 << 20));
}

static enum err check_all(struct checking *checking)
{
    enum err code = check_version(checking);

    if (code != ERR_OK)
        return code;
    findings_doing(checking->findings, "reading the store (%" PRId64 " MB)",
                   size_of(checking->options->path, "") >> 20);
    if (!check_integrity(checking))
        return ERR_STORE;
    check_size(checking);
    findings_doing(checking->findings, "comparing the store's tables");
    checking_rows(checking);
    if (checking->version >= 3)
        checking_audit(checking);
    checking_search(checking);
    if (checking->options->sessions)
        checking_files(checking);
    if (checking->findings->worst < FINDING_WARN)
        say_ok(checking);
    return checking->findings->worst < FINDING_BAD ? ERR_OK : ERR_STORE;
}

/* ERR_OK if the file can be opened at all. */
static enum err look_for_file(struct checking *checking)
{
    const char *path = checking->options->path;

    if (access(path, R_OK) == 0)
        return ERR_OK;
    if (errno == ENOENT)
        return ERR_NOT_FOUND;
    findings_add(checking->findings, FINDING_BAD, "unreadable", "see: stoa doctor permissions",
                 "%s cannot be read: %s", path, strerror(errno));
    return ERR_STORE;
}

static enum err check_file(struct checking *checking)
{
    enum err result = look_for_file(checking);
    int code;

    if (result != ERR_OK)
        return result;
    code = open_file(checking);
    if (code == SQLITE_OK)
        result = check_all(checking);
    else
        checking_failed(checking, "open", code);
    sqlite3_close(checking->db);
    return code == SQLITE_OK ? result : ERR_STORE;
}

enum err store_check(const struct store_check *options, struct findings *findings)
{
    struct findings own = {
        .found = findings->found, .doing = findings->doing, .arg = findings->arg, .area = "store"};
    struct checking checking = {.options = options, .findings = &own};
    enum err result = check_file(&checking);

    if (own.worst > findings->worst)
        findings->worst = own.worst;
    return result;
}

const char *store_check_library(void)
{
    return sqlite3_libversion();
}
