/* Which version of the schema a store has, and whether that is one for this program. A newer store is refused
 * with nothing touched: not its bytes, and no write-ahead log beside it. */
#include "daemon/store/store_internal.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { /* of SQLite's file format */
       HEADER_BYTES = 100,
       HEADER_VERSION = 60, /* where user_version stands */
       HEADER_APPLICATION = 68
};

/* A file without any table is version 0, whatever its header says. */
static int read_version(sqlite3 *db, int *version, int *application)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db,
                                  "SELECT (SELECT count(*) FROM sqlite_schema), "
                                  "(SELECT user_version FROM pragma_user_version), "
                                  "(SELECT application_id FROM pragma_application_id)",
                                  -1, &stmt, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        bool empty = sqlite3_column_int(stmt, 0) == 0;

        *version = empty ? 0 : sqlite3_column_int(stmt, 1);
        *application = empty ? STORE_APPLICATION : sqlite3_column_int(stmt, 2);
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

static void say_newer(sqlite3 *db, const char *path, int version, int count, char error[256])
{
    sqlite3_stmt *stmt = NULL;
    const char *program = NULL;

    if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = 'program'", -1, &stmt, NULL) ==
            SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        program = (const char *)sqlite3_column_text(stmt, 0);
    snprintf(error, 256,
             "the store '%.100s' has schema version %d, written by stoad %.20s; this is stoad " STOA_VERSION
             ", which knows versions up to %d: run the newer one",
             path, version, program ? program : "(unknown)", count);
    sqlite3_finalize(stmt);
}

enum err store_judge(sqlite3 *db, const char *path, int count, int *version, char error[256])
{
    int application = 0, code = read_version(db, version, &application);

    if (code != SQLITE_OK) {
        store_unusable(db, path, code, error);
        return ERR_STORE;
    }
    if (application != STORE_APPLICATION) {
        snprintf(error, 256, "'%.160s' is an SQLite database, but not a store of stoa", path);
        return ERR_STORE;
    }
    if (*version > count) {
        say_newer(db, path, *version, count, error);
        return ERR_VERSION;
    }
    return ERR_OK;
}

char *store_uri_unwatched(const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";
    char *whole = realpath(path, NULL);
    struct buf uri;

    buf_init(&uri, 4 * PATH_MAX); /* no path is longer, each byte as three */
    buf_puts(&uri, "file://");
    for (const char *at = whole ? whole : path; *at; at++)
        buf_printf(&uri, strchr(plain, *at) ? "%c" : "%%%02X", (unsigned char)*at);
    buf_puts(&uri, "?immutable=1");
    free(whole);
    return buf_take(&uri);
}

/* --- before a connection is opened --- */

static uint32_t header_number(const unsigned char *header, int at)
{
    uint32_t number;

    memcpy(&number, header + at, sizeof number);
    return be32toh(number);
}

/* Whether the file itself, less its log, says that it is a store of a newer program. */
static bool header_is_newer(const char *path)
{
    unsigned char header[HEADER_BYTES];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool whole = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                 pread(fd, header, sizeof header, 0) == HEADER_BYTES;

    if (fd >= 0)
        close(fd);
    return whole && memcmp(header, "SQLite format 3", 16) == 0 &&
           header_number(header, HEADER_APPLICATION) == STORE_APPLICATION &&
           (int32_t)header_number(header, HEADER_VERSION) > STORE_SCHEMA;
}

/* A connection that makes no file and changes none; uri: the path is one. */
static enum err judge_reading(const char *name, const char *path, bool uri, char error[256])
{
    sqlite3 *db = NULL;
    int version = 0, flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | (uri ? SQLITE_OPEN_URI : 0);
    enum err code = ERR_OK;

    if (sqlite3_open_v2(name, &db, flags, NULL) == SQLITE_OK)
        code = store_judge(db, path, STORE_SCHEMA, &version, error);
    sqlite3_close(db);
    return code == ERR_VERSION ? code : ERR_OK;
}

/* The version may stand in the log alone, when the program that wrote it was killed. To read it there the
 * log's index is needed, which goes again if it was not there. */
static enum err look_into_log(const char *path, char error[256])
{
    char *log = xasprintf("%s-wal", path), *index = xasprintf("%s-shm", path);
    struct stat st;
    enum err code = ERR_OK;

    if (stat(log, &st) == 0 && st.st_size > 0) {
        bool had_index = lstat(index, &st) == 0;

        code = judge_reading(path, path, false, error);
        if (code != ERR_OK && !had_index)
            unlink(index);
    }
    free(log);
    free(index);
    return code;
}

enum err store_look(const char *path, char error[256])
{
    char *uri;
    enum err code;

    if (!header_is_newer(path))
        return look_into_log(path, error);
    uri = store_uri_unwatched(path);
    code = judge_reading(uri, path, true, error);
    free(uri);
    return code;
}
