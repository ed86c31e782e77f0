/* The files beside the store, as rows of two tables, and back. Most of them were written by MCP servers,
 * which are not trusted and may go on writing: each is opened relative to its folder, and no link is
 * followed. The rows come from a file of somebody: they name what is made below one folder, and nothing else.
 */
#include "daemon/store/store_internal.h"
#include "shared/xalloc.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 256 << 10,
    FILE_BYTES_MAX = 1 << 30,
    FILES_MAX = 2000000,
    DEPTH_MAX = 32 /* descriptors that are open at once, and our stack */
};

const char *const store_parts[] = {"sessions", "hosts", "oauth", "mcp", "client", NULL};

/* The pieces of a file are the keys from file << 32. */
const char store_files_table[] =
    "CREATE TABLE backup_files(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE,"
    " mode INTEGER NOT NULL, mtime INTEGER NOT NULL) STRICT";
const char store_pieces_table[] =
    "CREATE TABLE backup_pieces(key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT";

struct putting {
    sqlite3 *db;
    sqlite3_stmt *file, *piece;
    const struct store_progress *progress;
    struct store_content *content;
    int64_t id; /* of the row that was made last */
    dev_t device;
    int code;            /* SQLITE_OK while all is well */
    char path[PATH_MAX]; /* of what is looked at, in the state folder */
    char bytes[PIECE_BYTES];
};

static void leave_out(struct putting *putting, const char *why)
{
    putting->content->left_out++;
    if (putting->progress->left_out)
        putting->progress->left_out(putting->progress->arg, putting->path, why);
}

static bool run_row(struct putting *putting, sqlite3_stmt *stmt)
{
    int code = sqlite3_step(stmt);

    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    if (code != SQLITE_DONE)
        putting->code = code;
    else if (!store_going(putting->progress, "copying", 0, 0))
        putting->code = SQLITE_INTERRUPT;
    return putting->code == SQLITE_OK;
}

static bool put_row(struct putting *putting, const struct stat *st)
{
    int64_t mtime = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;

    sqlite3_bind_int64(putting->file, 1, ++putting->id);
    sqlite3_bind_blob(putting->file, 2, putting->path, (int)strlen(putting->path), SQLITE_STATIC);
    sqlite3_bind_int64(putting->file, 3, st->st_mode & (S_IFMT | 0777));
    sqlite3_bind_int64(putting->file, 4, mtime);
    return run_row(putting, putting->file);
}

static ssize_t read_piece(int fd, char *bytes, size_t size)
{
    size_t len = 0;
    ssize_t got = 0;

    while (len < size && ((got = read(fd, bytes + len, size - len)) > 0 || (got < 0 && errno == EINTR)))
        len += got > 0 ? (size_t)got : 0;
    return got < 0 ? -1 : (ssize_t)len;
}

/* As long as it was when it was opened: one that is being written never ends. */
static void put_pieces(struct putting *putting, int fd, off_t size)
{
    int64_t key = putting->id << 32;

    while (size > 0 && putting->code == SQLITE_OK) {
        size_t want = size < PIECE_BYTES ? (size_t)size : PIECE_BYTES;
        ssize_t len = read_piece(fd, putting->bytes, want);

        if (len < 0)
            leave_out(putting, strerror(errno)); /* what was read of it is there */
        if (len <= 0)
            return;
        sqlite3_bind_int64(putting->piece, 1, key++);
        sqlite3_bind_blob(putting->piece, 2, putting->bytes, (int)len, SQLITE_STATIC);
        run_row(putting, putting->piece);
        size -= len;
    }
}

static void put_file(struct putting *putting, int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        if (errno != ENOENT) /* it has gone meanwhile */
            leave_out(putting, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        leave_out(putting, "it is no regular file");
    } else if (st.st_size > FILE_BYTES_MAX) {
        leave_out(putting, "it is larger than 1 GiB");
    } else if (put_row(putting, &st)) {
        putting->content->files++;
        put_pieces(putting, fd, st.st_size);
    }
    if (fd >= 0)
        close(fd);
}

static void put_entry(struct putting *putting, int folder, const char *name, int depth);

static void put_entries(struct putting *putting, int folder, int depth)
{
    int own = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    DIR *dir = own >= 0 ? fdopendir(own) : NULL;
    const struct dirent *entry;
    size_t len = strlen(putting->path);

    if (!dir && own >= 0)
        close(own);
    while (dir && putting->code == SQLITE_OK && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (len + strlen(entry->d_name) + 2 <= sizeof putting->path) {
            snprintf(putting->path + len, sizeof putting->path - len, "/%s", entry->d_name);
            put_entry(putting, folder, entry->d_name, depth);
            putting->path[len] = '\0';
        } else {
            leave_out(putting, "something in it has too long a path");
        }
    }
    if (dir)
        closedir(dir);
}

static void put_folder(struct putting *putting, int parent, const char *name, int depth)
{
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (folder < 0 || fstat(folder, &st) != 0) {
        if (errno != ENOENT)
            leave_out(putting, strerror(errno));
    } else if (st.st_dev != putting->device) {
        leave_out(putting, "it is on another file system");
    } else if (depth >= DEPTH_MAX) {
        leave_out(putting, "it lies too deep");
    } else if (put_row(putting, &st)) {
        put_entries(putting, folder, depth + 1);
    }
    if (folder >= 0)
        close(folder);
}

static void put_entry(struct putting *putting, int folder, const char *name, int depth)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISDIR(st.st_mode))
        put_folder(putting, folder, name, depth);
    else if (!S_ISREG(st.st_mode))
        leave_out(putting, S_ISLNK(st.st_mode) ? "it is a symbolic link" : "it is no regular file");
    else if (putting->id >= FILES_MAX)
        leave_out(putting, "there are too many");
    else
        put_file(putting, folder, name);
}

int store_files_put(sqlite3 *db, int state, const struct store_progress *progress,
                    struct store_content *content)
{
    struct putting *putting = xcalloc(1, sizeof *putting);
    char *sql = xasprintf("%s; %s; BEGIN", store_files_table, store_pieces_table);
    struct stat st;
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);

    putting->db = db;
    putting->progress = progress;
    putting->content = content;
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, "INSERT INTO backup_files VALUES(?1, ?2, ?3, ?4)", -1, &putting->file,
                                  NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, "INSERT INTO backup_pieces VALUES(?1, ?2)", -1, &putting->piece, NULL);
    putting->code = code;
    putting->device = fstat(state, &st) == 0 ? st.st_dev : 0;
    for (const char *const *part = store_parts; *part && putting->code == SQLITE_OK; part++) {
        snprintf(putting->path, sizeof putting->path, "%s", *part);
        put_entry(putting, state, *part, 0);
    }
    sqlite3_finalize(putting->file);
    sqlite3_finalize(putting->piece);
    code = putting->code == SQLITE_OK ? sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) : putting->code;
    free(putting);
    free(sql);
    return code;
}
