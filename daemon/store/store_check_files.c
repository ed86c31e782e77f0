/* The sessions' folders, held against the store. A daemon that runs makes and removes them meanwhile: what
 * looks wrong is looked at once more, as the store is then. */
#include "daemon/store/store_check_internal.h"
#include "shared/id.h"
#include "shared/xalloc.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MISSING_MAX = 1000, YOUNG_S = 60 };

struct missing { /* a file that a message names */
    char *sid, *message, *file;
};

static bool is_session(sqlite3_stmt *by_sid, const char *sid)
{
    sqlite3_bind_text(by_sid, 1, sid, -1, SQLITE_STATIC);
    bool found = sqlite3_step(by_sid) != SQLITE_DONE; /* an error is no proof that it is gone */
    sqlite3_reset(by_sid);
    return found;
}

/* --- folders without session --- */

static void look_at_folders(const struct checking *checking, sqlite3_stmt *by_sid)
{
    DIR *dir = opendir(checking->options->sessions);
    const struct dirent *entry;
    size_t left = 0;
    struct stat st;

    while (dir && (entry = readdir(dir))) {
        if (!id_valid(entry->d_name, "s_") || is_session(by_sid, entry->d_name))
            continue;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            time(NULL) - st.st_mtime > YOUNG_S)
            left++;
    }
    if (dir)
        closedir(dir);
    if (left > 0)
        findings_add(
            checking->findings, FINDING_NOTE, "left_folders", NULL,
            "folders of sessions that are no more, in %s: %zu; the daemon removes them when it starts",
            checking->options->sessions, left);
}

/* --- sessions without files --- */

static bool is_there(const char *sessions, const char *sid, const char *file)
{
    char *path = xasprintf("%s/%s/results/%s", sessions, sid, file);
    struct stat st;
    bool there = lstat(path, &st) == 0 && S_ISREG(st.st_mode);

    free(path);
    return there;
}

static size_t find_missing(const struct checking *checking, struct missing *missing)
{
    sqlite3_stmt *stmt = NULL;
    size_t count = 0;
    int code = sqlite3_prepare_v2(
        checking->db,
        "SELECT sid, messages.id, json_extract(value, '$.call.file') AS file FROM messages JOIN sessions"
        " ON sessions.key = messages.key >> 32, json_each(CASE WHEN json_valid(messages.json) THEN "
        "messages.json ELSE '{}' END,"
        " '$.content') WHERE instr(messages.json, '\"file\"') AND json_valid(value) AND file IS NOT NULL",
        -1, &stmt, NULL);

    while (code == SQLITE_OK && count < MISSING_MAX && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *sid = (const char *)sqlite3_column_text(stmt, 0);
        const char *message = (const char *)sqlite3_column_text(stmt, 1);
        const char *file = (const char *)sqlite3_column_text(stmt, 2);

        code = SQLITE_OK;
        if (sid && message && file && !strchr(file, '/') && !is_there(checking->options->sessions, sid, file))
            missing[count++] = (struct missing){xstrdup(sid), xstrdup(message), xstrdup(file)};
    }
    if (code != SQLITE_DONE && code != SQLITE_OK)
        checking_failed(checking, "results", code);
    sqlite3_finalize(stmt);
    return count;
}

static void tell_missing(const struct checking *checking, sqlite3_stmt *by_sid, const struct missing *missing,
                         size_t count)
{
    size_t told = 0;

    for (size_t i = 0; i < count; i++)
        if (is_session(by_sid, missing[i].sid) && ++told <= STORE_CHECK_SHOWN)
            findings_add(checking->findings, FINDING_WARN, "results",
                         "what the model was told of it is kept; the rest is in a backup, if you have one",
                         "the result %s of message %s in session %s is not in its folder any more",
                         missing[i].file, missing[i].message, missing[i].sid);
    if (told > STORE_CHECK_SHOWN)
        findings_add(checking->findings, FINDING_WARN, "results", NULL, "and %zu more such cases",
                     told - STORE_CHECK_SHOWN);
}

void checking_files(const struct checking *checking)
{
    struct missing *missing = xcalloc(MISSING_MAX, sizeof *missing);
    size_t count = find_missing(checking, missing);
    sqlite3_stmt *by_sid = NULL;
    int code = sqlite3_exec(checking->db, "COMMIT; BEGIN", NULL, NULL, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(checking->db, "SELECT 1 FROM sessions WHERE sid = ?1", -1, &by_sid, NULL);
    if (code == SQLITE_OK) {
        tell_missing(checking, by_sid, missing, count);
        look_at_folders(checking, by_sid);
    } else {
        checking_failed(checking, "results", code);
    }
    sqlite3_finalize(by_sid);
    for (size_t i = 0; i < count; i++) {
        free(missing[i].sid);
        free(missing[i].message);
        free(missing[i].file);
    }
    free(missing);
}
