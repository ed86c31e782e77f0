/* Making a backup, in a file that has another name until it is whole, on the disk and checked. */
#include "daemon/store/store_backup.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/store_restore.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPLICATION_AT = 68 }; /* in the header of SQLite's file format */

struct making {
    const char *state, *file;
    bool replace;
    char *store;        /* the path of what is copied */
    char *part, *place; /* FILE.part, and the folder of both */
    int part_fd;
    char *error; /* [256] */
};

static enum err fail(const struct making *making, const char *path, const char *why)
{
    snprintf(making->error, 256, "'%.140s' cannot be written: %s", path, why);
    return ERR_UNAVAILABLE;
}

/* --- where it goes --- */

static bool same_file(const char *path, const struct stat *other)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_dev == other->st_dev && st.st_ino == other->st_ino;
}

/* The store and what SQLite keeps beside it are not places for a backup. */
static bool is_of_store(const struct making *making)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char *copy = xstrdup(making->file), *name = basename(copy);
    struct stat place;
    bool found = false, here = stat(making->place, &place) == 0 && same_file(making->state, &place);

    for (size_t i = 0; here && i < sizeof ends / sizeof *ends; i++) {
        char *taken = xasprintf("stoa.db%s", ends[i]);

        found = found || strcmp(taken, name) == 0;
        free(taken);
    }
    free(copy);
    return found;
}

/* A backup among the files that it copies would hold itself. */
static bool is_copied(const struct making *making)
{
    char *place = realpath(making->place, NULL);
    bool found = false;

    for (size_t i = 0; place && store_parts[i] && !found; i++) {
        char *named = paths_join(making->state, store_parts[i]), *part = realpath(named, NULL);
        size_t len = part ? strlen(part) : 0;

        found = part && strncmp(place, part, len) == 0 && (place[len] == '\0' || place[len] == '/');
        free(part);
        free(named);
    }
    free(place);
    return found;
}

static enum err check_place(const struct making *making)
{
    struct stat st;

    if (stat(making->place, &st) != 0)
        return fail(making, making->place, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(making, making->place, "it is no folder");
    if (is_of_store(making))
        return fail(making, making->file, "it is the store itself");
    bool there = lstat(making->file, &st) == 0;
    if (!there && errno != ENOENT)
        return fail(making, making->file, strerror(errno));
    if (there && same_file(making->store, &st))
        return fail(making, making->file, "it is the store itself");
    if (is_copied(making))
        return fail(making, making->file, "it would be among the files that are copied");
    if (!there)
        return ERR_OK;
    if (!S_ISREG(st.st_mode))
        return fail(making, making->file, "it is there, and is no regular file");
    return making->replace ? ERR_OK : fail(making, making->file, "it is there already (--force replaces it)");
}

/* --- the unfinished file --- */

/* Whether it is a backup that was killed: of ours, and empty or with our mark. */
static bool is_leftover(int fd)
{
    static const unsigned char mark[] = {'S', 'T', 'O', 'A'};
    unsigned char found[sizeof mark];
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
        return false;
    return st.st_size == 0 || (pread(fd, found, sizeof found, APPLICATION_AT) == (ssize_t)sizeof found &&
                               memcmp(found, mark, sizeof mark) == 0);
}

/* The lock tells one that is being written from one that was left. */
static enum err open_part(struct making *making)
{
    const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = open(making->part, flags | O_CREAT | O_EXCL, 0600);
    bool found = fd < 0 && errno == EEXIST;

    if (found)
        fd = open(making->part, flags);
    if (fd < 0)
        return fail(making, making->part, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return fail(making, making->file, "another backup writes it just now");
    }
    if (found && (!is_leftover(fd) || fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0)) {
        close(fd);
        return fail(making, making->part, "something else is there; move it away");
    }
    making->part_fd = fd;
    return ERR_OK;
}

static void remove_part(const struct making *making)
{
    static const char *const ends[] = {"", "-wal", "-journal"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *name = xasprintf("%s%s", making->part, ends[i]);

        unlink(name);
        free(name);
    }
}

static enum err put_in_place(const struct making *making)
{
    int folder = open(making->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;
    enum err code = ERR_OK;

    if (fsync(making->part_fd) != 0) {
        code = fail(making, making->part, strerror(errno));
    } else {
        /* A file that came meanwhile is not replaced, where the file system can see to that. */
        result =
            renameat2(AT_FDCWD, making->part, AT_FDCWD, making->file, making->replace ? 0 : RENAME_NOREPLACE);
        if (result != 0 && errno == EINVAL)
            result = rename(making->part, making->file);
        if (result != 0)
            code = fail(making, making->file, strerror(errno));
        else if (folder >= 0)
            fsync(folder);
    }
    if (folder >= 0)
        close(folder);
    return code;
}

/* --- what goes into it --- */

static enum err put_files(const struct making *making, sqlite3 *copy, const struct store_progress *progress,
                          struct store_content *content)
{
    int state = open(making->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code;

    if (state < 0)
        return fail(making, making->file, strerror(errno));
    code = store_files_put(copy, state, progress, content);
    close(state);
    return code == SQLITE_OK ? ERR_OK : store_copy_failed(copy, making->file, code, making->error);
}

static enum err fill(const struct making *making, const struct store_progress *progress,
                     struct store_content *content)
{
    sqlite3 *store = NULL, *copy = NULL;
    enum err code = store_copy_source(making->store, making->store, false, &store, making->error);

    if (code == ERR_OK)
        code =
            store_copy(store, making->store, making->part, making->part_fd, progress, &copy, making->error);
    sqlite3_close(store); /* its log may be folded again, whatever else there is to do */
    if (code == ERR_OK)
        code = store_copy_check(copy, making->store, false, progress, making->error);
    if (code == ERR_OK)
        code = put_files(making, copy, progress, content);
    if (code == ERR_OK) {
        content->sessions = (uint64_t)store_number(copy, "SELECT count(*) FROM sessions", 0);
        content->messages = (uint64_t)store_number(copy, "SELECT count(*) FROM messages", 0);
    }
    if (sqlite3_close(copy) != SQLITE_OK && code == ERR_OK)
        code = fail(making, making->part, "it cannot be closed");
    return code;
}

static enum err make(struct making *making, const struct store_progress *progress,
                     struct store_content *content)
{
    struct stat st;
    enum err code = check_place(making);

    if (code == ERR_OK)
        code = open_part(making);
    if (code != ERR_OK)
        return code;
    code = fill(making, progress, content);
    if (code == ERR_OK)
        code = put_in_place(making);
    if (code != ERR_OK)
        remove_part(making);
    else if (fstat(making->part_fd, &st) == 0)
        content->bytes = (uint64_t)st.st_size;
    return code;
}

enum err store_backup(const char *state, const char *file, bool replace,
                      const struct store_progress *progress, struct store_content *content, char error[256])
{
    char *copy = xstrdup(file);
    struct making making = {.state = state, .file = file, .replace = replace, .part_fd = -1, .error = error};
    enum err code = ERR_STORE;

    making.store = paths_join(state, "stoa.db");
    making.part = xasprintf("%s.part", file);
    making.place = xstrdup(dirname(copy));
    memset(content, 0, sizeof *content);
    if (store_restore_begun(state))
        snprintf(error, 256, "a restore was begun in '%.120s' and not ended; start stoad, which ends it",
                 state);
    else if (access(making.store, F_OK) != 0)
        snprintf(error, 256, "there is no store '%.160s': %s", making.store, strerror(errno));
    else
        code = make(&making, progress, content);
    if (making.part_fd >= 0)
        close(making.part_fd);
    free(making.store);
    free(making.part);
    free(making.place);
    free(copy);
    return code;
}
