/* Folders of the state folder while a restore is under way:
 *
 *     restore.part    it is being made ready; who finds it throws it away
 *     restore.ready   it is decided; who finds it, and has the store's lock, ends it
 *
 * Both have the folders new (what goes into the state folder) and before (what was there). A part of new that
 * is still there has not changed places yet: so the end can be taken up again wherever it was left. */
#include "daemon/store/store_restore.h"
#include "daemon/store/store_internal.h"
#include "shared/paths.h"
#include "shared/tree.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PART  "restore.part"
#define READY "restore.ready"

enum { NAMES_MAX = 100, FREE_BYTES = 1 << 20 /* in a copy, beyond which it is made anew without */ };

static const char store_name[] = "stoa.db";
/* Belong to one file of the store, and must never lie beside another. */
static const char *const store_logs[] = {"stoa.db-wal", "stoa.db-shm", "stoa.db-journal", NULL};

static bool is_there(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_folder(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void close_folder(int folder)
{
    if (folder >= 0)
        close(folder);
}

/* --- the end: what is ready changes places --- */

struct ending {
    int state, ready, new, before; /* folders */
    bool kept;                     /* something is in before */
};

static enum err cannot_end(const char *name, char error[256])
{
    snprintf(error, 256, "the restore that was begun cannot be ended: %.60s: %s", name, strerror(errno));
    return ERR_STORE;
}

static int rename_new(int from, const char *name, int to, const char *fresh)
{
    int result = renameat2(from, name, to, fresh, RENAME_NOREPLACE);

    if (result == 0 || errno != EINVAL) /* not every file system can */
        return result;
    errno = EEXIST;
    return is_there(to, fresh) ? -1 : renameat(from, name, to, fresh);
}

/* Moves it there under its own name, or one that is free: NAME.1 ... */
static bool move_aside(int from, const char *name, int to, const char *fresh, char taken[64])
{
    snprintf(taken, 64, "%s", fresh);
    for (int i = 1; rename_new(from, name, to, taken) != 0; i++) {
        if ((errno != EEXIST && errno != ENOTEMPTY) || i == NAMES_MAX)
            return false;
        snprintf(taken, 64, "%.50s.%d", fresh, i);
    }
    return true;
}

static bool put_aside(struct ending *ending, const char *name)
{
    char taken[64];

    if (!is_there(ending->state, name))
        return true;
    return move_aside(ending->state, name, ending->before, name, taken);
}

static bool change_places(struct ending *ending, const char *name)
{
    if (!is_there(ending->new, name))
        return true;
    return put_aside(ending, name) && renameat(ending->new, name, ending->state, name) == 0;
}

static enum err change_all(struct ending *ending, char error[256])
{
    /* The old log is gone from there for good before another store is. */
    for (const char *const *log = store_logs; is_there(ending->new, store_name) && *log; log++)
        if (!put_aside(ending, *log))
            return cannot_end(*log, error);
    fsync(ending->state);
    fsync(ending->before);
    if (!change_places(ending, store_name))
        return cannot_end(store_name, error);
    for (const char *const *part = store_parts; *part; part++)
        if (!change_places(ending, *part))
            return cannot_end(*part, error);
    fsync(ending->before);
    fsync(ending->state);
    return ERR_OK;
}

/* The folder before gets its name for good; *path is it, or NULL if nothing was there. */
static enum err name_before(const struct ending *ending, const char *state, char **path, char error[256])
{
    char name[64], taken[64];
    time_t now = time(NULL);
    struct tm tm;

    if (!is_there(ending->ready, "before") || unlinkat(ending->ready, "before", AT_REMOVEDIR) == 0)
        return ERR_OK;
    strftime(name, sizeof name, "before-%Y%m%d-%H%M%S", localtime_r(&now, &tm));
    if (!move_aside(ending->ready, "before", ending->state, name, taken))
        return cannot_end(name, error);
    *path = paths_join(state, taken);
    return ERR_OK;
}

static enum err end_in(struct ending *ending, const char *state, char **before, char error[256])
{
    enum err code = ERR_OK;

    /* Without new, or without before, only what follows is left to do. */
    if (ending->new >= 0 && ending->before >= 0)
        code = change_all(ending, error);
    if (code == ERR_OK)
        code = name_before(ending, state, before, error);
    if (code != ERR_OK)
        return code;
    unlinkat(ending->ready, "new", AT_REMOVEDIR);
    if (unlinkat(ending->state, READY, AT_REMOVEDIR) != 0)
        return cannot_end(READY, error);
    fsync(ending->state);
    return ERR_OK;
}

/* -1 for one that is gone already. False if it is there and cannot be opened: it is not done with. */
static bool open_rest(int parent, const char *name, int *folder)
{
    *folder = open_folder(parent, name);
    return *folder >= 0 || errno == ENOENT;
}

bool store_restore_begun(const char *state)
{
    char *path = paths_join(state, READY);
    bool begun = access(path, F_OK) == 0;

    free(path);
    return begun;
}

enum err store_restore_end(const char *state, char **before, char error[256])
{
    struct ending ending = {
        .state = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .ready = -1, .new = -1, .before = -1};
    enum err code = ERR_OK;

    *before = NULL;
    if (ending.state >= 0)
        ending.ready = open_folder(ending.state, READY);
    if (ending.ready < 0)
        code = store_restore_begun(state) ? cannot_end(READY, error) : ERR_OK;
    else if (!open_rest(ending.ready, "new", &ending.new) ||
             !open_rest(ending.ready, "before", &ending.before))
        code = cannot_end(READY, error);
    else
        code = end_in(&ending, state, before, error);
    close_folder(ending.before);
    close_folder(ending.new);
    close_folder(ending.ready);
    close_folder(ending.state);
    return code;
}

/* --- making ready --- */

struct preparing {
    const char *state, *file;
    const struct store_progress *progress;
    struct store_content *content;
    int folder, part, new; /* folders: the state's, PART and what is in it */
    char *copy;            /* the path of the file's copy */
    char *error;           /* [256] */
};

static enum err fail(const struct preparing *preparing, const char *what)
{
    snprintf(preparing->error, 256, "'%.100s' cannot be restored: %.60s: %s", preparing->file, what,
             strerror(errno));
    return ERR_UNAVAILABLE;
}

static enum err check_file(const struct preparing *preparing)
{
    struct stat st, own;

    if (stat(preparing->file, &st) != 0 || access(preparing->file, R_OK) != 0) {
        snprintf(preparing->error, 256, "'%.160s' cannot be read: %s", preparing->file, strerror(errno));
        return ERR_UNAVAILABLE;
    }
    if (!S_ISREG(st.st_mode)) {
        snprintf(preparing->error, 256, "'%.160s' is no regular file", preparing->file);
        return ERR_UNAVAILABLE;
    }
    if (fstatat(preparing->folder, store_name, &own, 0) == 0 && own.st_dev == st.st_dev &&
        own.st_ino == st.st_ino) {
        snprintf(preparing->error, 256, "'%.160s' is the store itself", preparing->file);
        return ERR_UNAVAILABLE;
    }
    return ERR_OK;
}

/* Of what is mounted from the same file system (bind) only the kernel knows, since 5.8. */
static bool is_mounted(const struct preparing *preparing, const char *name)
{
    struct stat top, st;
    struct statx more;

    if (fstat(preparing->folder, &top) != 0 ||
        fstatat(preparing->folder, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
        return false;
    return st.st_dev != top.st_dev ||
           (statx(preparing->folder, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &more) == 0 &&
            (more.stx_attributes & STATX_ATTR_MOUNT_ROOT));
}

/* What is to change places must be able to: nothing that is mounted can. */
static enum err check_mounts(const struct preparing *preparing)
{
    const char *mounted = is_mounted(preparing, store_name) ? store_name : NULL;

    for (const char *const *name = store_logs; *name && !mounted; name++)
        mounted = is_mounted(preparing, *name) ? *name : NULL;
    for (const char *const *name = store_parts; *name && !mounted; name++)
        mounted = is_mounted(preparing, *name) ? *name : NULL;
    if (!mounted)
        return ERR_OK;
    snprintf(preparing->error, 256,
             "'%.70s' cannot be restored: %.70s/%s is a mount point, which nothing can take the place of; "
             "unmount it",
             preparing->file, preparing->state, mounted);
    return ERR_UNAVAILABLE;
}

static enum err make_folders(struct preparing *preparing)
{
    atomic_bool stop = false;

    if (!tree_remove(preparing->state, PART, &stop))
        return fail(preparing, PART);
    if (mkdirat(preparing->folder, PART, 0700) != 0)
        return fail(preparing, preparing->state);
    preparing->part = open_folder(preparing->folder, PART);
    if (preparing->part < 0 || mkdirat(preparing->part, "new", 0700) != 0 ||
        mkdirat(preparing->part, "before", 0700) != 0)
        return fail(preparing, PART);
    preparing->new = open_folder(preparing->part, "new");
    return preparing->new >= 0 ? ERR_OK : fail(preparing, PART);
}

/* A file that has no log beside it is in nobody's use, and can be read from a folder that cannot be written.
 */
static enum err copy_from(const struct preparing *preparing, int fd, sqlite3 **copy)
{
    char *log = xasprintf("%s-wal", preparing->file), *uri = NULL;
    sqlite3 *from = NULL;
    enum err code;

    if (access(log, F_OK) != 0)
        uri = store_uri_unwatched(preparing->file);
    code =
        store_copy_source(preparing->file, uri ? uri : preparing->file, uri != NULL, &from, preparing->error);
    if (code == ERR_OK)
        code = store_copy(from, preparing->file, preparing->copy, fd, preparing->progress, copy,
                          preparing->error);
    sqlite3_close(from);
    free(uri);
    free(log);
    return code;
}

/* What was in use by files is given back to the disk. */
static enum err put_store(const struct preparing *preparing, sqlite3 *copy)
{
    bool large =
        store_number(copy, "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size",
                     0) > FREE_BYTES;
    int fd, code;
    char *sql;

    if (!large)
        return renameat(preparing->part, "copy", preparing->new, store_name) == 0 ? ERR_OK
                                                                                  : fail(preparing, PART);
    fd = openat(preparing->new, store_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(preparing, PART);
    close(fd);
    sql = sqlite3_mprintf("VACUUM INTO '%q/" PART "/new/%q'", preparing->state, store_name);
    code = sql ? sqlite3_exec(copy, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    if (code != SQLITE_OK)
        return store_copy_failed(copy, preparing->file, code, preparing->error);
    return unlinkat(preparing->part, "copy", 0) == 0 ? ERR_OK : fail(preparing, PART);
}

static enum err check_copy(const struct preparing *preparing, sqlite3 *copy)
{
    const char *without = is_there(preparing->folder, "client") ? "client" : NULL;
    int version;
    enum err code = store_copy_check(copy, preparing->file, true, preparing->progress, preparing->error);

    if (code == ERR_OK)
        code = store_files_take(copy, preparing->file, preparing->new, without, preparing->progress,
                                preparing->content, preparing->error);
    if (code != ERR_OK)
        return code;
    version = (int)store_number(copy, "SELECT user_version FROM pragma_user_version", 0);
    if (!store_schema_fits(copy, preparing->file, version, preparing->error))
        return ERR_STORE;
    preparing->content->sessions = (uint64_t)store_number(copy, "SELECT count(*) FROM sessions", 0);
    preparing->content->messages = (uint64_t)store_number(copy, "SELECT count(*) FROM messages", 0);
    return put_store(preparing, copy);
}

static enum err prepare_store(const struct preparing *preparing)
{
    int fd = openat(preparing->part, "copy", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    sqlite3 *copy = NULL;
    enum err code = fd >= 0 ? copy_from(preparing, fd, &copy) : fail(preparing, PART);

    if (code == ERR_OK)
        code = check_copy(preparing, copy);
    sqlite3_close(copy);
    close_folder(fd);
    return code;
}

/* A part that the file has not is there all the same: what was in its place belongs to other sessions. */
static enum err make_parts(const struct preparing *preparing)
{
    for (const char *const *part = store_parts; *part; part++)
        if (strcmp(*part, "client") != 0 && mkdirat(preparing->new, *part, 0700) != 0 && errno != EEXIST)
            return fail(preparing, *part);
    return ERR_OK;
}

/* On the disk, wholly, and then decided. */
static enum err decide(const struct preparing *preparing)
{
    if (syncfs(preparing->folder) != 0 || renameat(preparing->folder, PART, preparing->folder, READY) != 0)
        return fail(preparing, READY);
    fsync(preparing->folder);
    return ERR_OK;
}

static enum err prepare(struct preparing *preparing)
{
    atomic_bool stop = false;
    enum err code = check_file(preparing);

    if (code == ERR_OK)
        code = check_mounts(preparing);
    if (code != ERR_OK)
        return code;
    code = make_folders(preparing);
    if (code == ERR_OK)
        code = prepare_store(preparing);
    if (code == ERR_OK)
        code = make_parts(preparing);
    if (code == ERR_OK)
        code = decide(preparing);
    if (code != ERR_OK)
        tree_remove(preparing->state, PART, &stop);
    return code;
}

/* --- the contract --- */

static enum err restore(struct preparing *preparing, char **before)
{
    enum err code = store_restore_end(preparing->state, before, preparing->error);

    free(*before);
    *before = NULL;
    if (code == ERR_OK)
        code = prepare(preparing);
    close_folder(preparing->new);
    close_folder(preparing->part);
    if (code == ERR_OK)
        code = store_restore_end(preparing->state, before, preparing->error);
    return code;
}

enum err store_restore(const char *state, const char *file, const struct store_progress *progress,
                       struct store_content *content, char **before, char error[256])
{
    struct preparing preparing = {.state = state,
                                  .file = file,
                                  .progress = progress,
                                  .content = content,
                                  .part = -1,
                                  .new = -1,
                                  .error = error};
    char *store = paths_join(state, store_name);
    int lock = -1;
    enum err code;

    *before = NULL;
    memset(content, 0, sizeof *content);
    preparing.copy = paths_join(state, PART "/copy");
    code = paths_make(state, error);
    if (code == ERR_OK)
        code = store_lock(store, &lock, error);
    preparing.folder = code == ERR_OK ? open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (code == ERR_OK)
        code = preparing.folder >= 0 ? restore(&preparing, before) : fail(&preparing, state);
    close_folder(preparing.folder);
    if (lock >= 0)
        close(lock);
    free(preparing.copy);
    free(store);
    return code;
}
