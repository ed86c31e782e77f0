/* The files of a backup, from its rows. These come from a file of somebody: they name what is made below one
 * folder, and nothing else. */
#include "daemon/store/store_internal.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct taking {
    sqlite3 *db;
    sqlite3_stmt *pieces;
    const char *name, *without; /* name: of the backup, for people */
    const struct store_progress *progress;
    struct store_content *content;
    int top;
    char *error; /* [256] */
};

static enum err refuse(const struct taking *taking, const char *why)
{
    snprintf(taking->error, 256, "'%.120s' is damaged: %s", taking->name, why);
    return ERR_STORE;
}

static enum err cannot_write(const struct taking *taking, const char *path)
{
    snprintf(taking->error, 256, "'%.120s' cannot be written: %s", path, strerror(errno));
    return ERR_UNAVAILABLE;
}

/* Whether a table is there; *sound becomes false if something else has its name. */
static bool has_table(sqlite3 *db, const char *name, const char *text, bool *sound)
{
    sqlite3_stmt *stmt = NULL;
    bool there = false;

    if (sqlite3_prepare_v2(db, "SELECT type, sql FROM sqlite_schema WHERE name = ?1", -1, &stmt, NULL) ==
        SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        if (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *type = (const char *)sqlite3_column_text(stmt, 0);
            const char *sql = (const char *)sqlite3_column_text(stmt, 1);

            there = true;
            *sound = *sound && type && sql && strcmp(type, "table") == 0 && strcmp(sql, text) == 0;
        }
    }
    sqlite3_finalize(stmt);
    return there;
}

static bool is_part(const char *path)
{
    for (const char *const *part = store_parts; *part; part++) {
        size_t len = strlen(*part);

        if (strncmp(path, *part, len) == 0 && (path[len] == '/' || path[len] == '\0'))
            return true;
    }
    return false;
}

/* A path of a file that this program puts there: relative, in one of the parts, no step up or in place. */
static bool is_sound(const char *path, size_t len)
{
    if (len == 0 || len >= PATH_MAX || strlen(path) != len || !is_part(path))
        return false;
    for (const char *at = path; at; at = strchr(at, '/'), at = at ? at + 1 : NULL) {
        size_t step = strcspn(at, "/");

        if (step == 0 || (step == 1 && at[0] == '.') || (step == 2 && at[0] == '.' && at[1] == '.'))
            return false;
    }
    return true;
}

/* The folder in which the path lies, opened; *last is its last step. -1 with errno. */
static int open_parent(int top, const char *path, const char **last)
{
    int folder = fcntl(top, F_DUPFD_CLOEXEC, 0);
    const char *slash;

    for (; folder >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
        char *step = xstrndup(path, (size_t)(slash - path));
        int inner = openat(folder, step, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), kept = errno;

        free(step);
        close(folder);
        errno = kept;
        folder = inner;
    }
    *last = path;
    return folder;
}

static bool write_piece(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

static void set_mtime(int fd, int64_t ms)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};

    if (ms >= 0)
        (void)!futimens(fd, times); /* only a date */
}

static enum err take_pieces(struct taking *taking, int fd, int64_t id, const char *path)
{
    enum err code = ERR_OK;
    int step = SQLITE_DONE;

    sqlite3_bind_int64(taking->pieces, 1, id << 32);
    sqlite3_bind_int64(taking->pieces, 2, id << 32 | 0xffffffff);
    while (code == ERR_OK && (step = sqlite3_step(taking->pieces)) == SQLITE_ROW) {
        const char *bytes = sqlite3_column_blob(taking->pieces, 0);

        if (!write_piece(fd, bytes, (size_t)sqlite3_column_bytes(taking->pieces, 0)))
            code = cannot_write(taking, path);
        else if (!store_going(taking->progress, "copying", 0, 0))
            code = store_copy_failed(taking->db, taking->name, SQLITE_INTERRUPT, taking->error);
    }
    sqlite3_reset(taking->pieces);
    return code == ERR_OK && step != SQLITE_DONE ? refuse(taking, sqlite3_errmsg(taking->db)) : code;
}

static enum err take_file(struct taking *taking, int folder, const char *name, const char *path,
                          sqlite3_stmt *row)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum err code =
        fd >= 0 ? take_pieces(taking, fd, sqlite3_column_int64(row, 0), path) : cannot_write(taking, path);

    if (code == ERR_OK && fchmod(fd, (mode_t)sqlite3_column_int(row, 2) & 0777) != 0)
        code = cannot_write(taking, path);
    if (fd >= 0)
        set_mtime(fd, sqlite3_column_int64(row, 3));
    if (fd >= 0)
        close(fd);
    taking->content->files += code == ERR_OK;
    return code;
}

/* Open to us until all that is in it is there. */
static enum err take_folder(const struct taking *taking, int folder, const char *name, const char *path)
{
    return mkdirat(folder, name, 0700) == 0 ? ERR_OK : cannot_write(taking, path);
}

static enum err end_folder(const struct taking *taking, int parent, const char *name, const char *path,
                           sqlite3_stmt *row)
{
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    enum err code = ERR_OK;

    if (folder < 0 || fchmod(folder, (mode_t)sqlite3_column_int(row, 2) & 0777) != 0)
        code = cannot_write(taking, path);
    if (folder >= 0)
        set_mtime(folder, sqlite3_column_int64(row, 3));
    if (folder >= 0)
        close(folder);
    return code;
}

/* end: the folders a second time, from the innermost on. */
static enum err take_row(struct taking *taking, sqlite3_stmt *row, bool end)
{
    const char *last, *bytes = sqlite3_column_blob(row, 1);
    int64_t id = sqlite3_column_int64(row, 0);
    mode_t kind = (mode_t)sqlite3_column_int(row, 2) & S_IFMT;
    size_t len = (size_t)sqlite3_column_bytes(row, 1);
    char *path = xstrndup(bytes ? bytes : "", len);
    enum err code = ERR_OK;
    int folder;

    if (!is_sound(path, len) || id < 1 || id > INT32_MAX || (kind != S_IFREG && kind != S_IFDIR)) {
        code = refuse(taking, "it names a file that no backup has");
    } else if (taking->without && strncmp(path, taking->without, strlen(taking->without)) == 0) {
        code = ERR_OK; /* a part's name is the beginning of no other's */
    } else if ((folder = open_parent(taking->top, path, &last)) < 0) {
        code = errno == ENOENT || errno == ENOTDIR ? refuse(taking, "a file's folder is missing in it")
                                                   : cannot_write(taking, path);
    } else {
        if (kind == S_IFREG)
            code = take_file(taking, folder, last, path, row);
        else if (end)
            code = end_folder(taking, folder, last, path, row);
        else
            code = take_folder(taking, folder, last, path);
        close(folder);
    }
    free(path);
    return code;
}

static enum err take_rows(struct taking *taking, const char *sql, bool end)
{
    sqlite3_stmt *rows = NULL;
    enum err code = ERR_OK;
    int step = sqlite3_prepare_v2(taking->db, sql, -1, &rows, NULL);

    if (step == SQLITE_OK)
        while (code == ERR_OK && (step = sqlite3_step(rows)) == SQLITE_ROW)
            code = take_row(taking, rows, end);
    if (code == ERR_OK && step != SQLITE_DONE)
        code = refuse(taking, sqlite3_errmsg(taking->db));
    sqlite3_finalize(rows);
    return code;
}

static enum err take_all(struct taking *taking)
{
    enum err code = take_rows(taking, "SELECT id, path, mode, mtime FROM backup_files ORDER BY id", false);

    if (code == ERR_OK)
        code = take_rows(taking,
                         "SELECT id, path, mode, mtime FROM backup_files WHERE mode & 61440 = 16384"
                         " ORDER BY id DESC", /* S_IFMT, S_IFDIR */
                         true);
    return code;
}

enum err store_files_take(sqlite3 *db, const char *path, int folder, const char *without,
                          const struct store_progress *progress, struct store_content *content,
                          char error[256])
{
    struct taking taking = {.db = db,
                            .name = path,
                            .without = without,
                            .progress = progress,
                            .content = content,
                            .top = folder,
                            .error = error};
    bool sound = true, files = has_table(db, "backup_files", store_files_table, &sound),
         pieces = has_table(db, "backup_pieces", store_pieces_table, &sound);
    enum err code;
    int step;

    content->store_alone = !files && !pieces;
    if (content->store_alone)
        return ERR_OK;
    if (!files || !pieces || !sound)
        return refuse(&taking, "its table of files is not one that stoad makes");
    step = sqlite3_prepare_v2(db, "SELECT bytes FROM backup_pieces WHERE key BETWEEN ?1 AND ?2 ORDER BY key",
                              -1, &taking.pieces, NULL);
    code = step == SQLITE_OK ? take_all(&taking) : refuse(&taking, sqlite3_errmsg(db));
    sqlite3_finalize(taking.pieces);
    if (code != ERR_OK)
        return code;
    step = sqlite3_exec(db, "DROP TABLE backup_files; DROP TABLE backup_pieces", NULL, NULL, NULL);
    return step == SQLITE_OK ? ERR_OK : store_copy_failed(db, path, step, error);
}
