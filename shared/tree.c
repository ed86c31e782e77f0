/* What is removed was written by programs that are not trusted, some of which may still run: every step goes
 * by a descriptor of the folder, and neither depth nor number of entries is bounded by our stack or our
 * descriptors. What lies too deep is first moved up to the top. */
#include "shared/tree.h"

#include "shared/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEPTH_MAX = 16,      /* descriptors that are open at once */
    ROUNDS_MAX = 100000, /* of a folder that grows while it is removed */
};

struct removal {
    int top;
    dev_t device;
    unsigned moved; /* names of what was moved up */
    const atomic_bool *stop;
};

static void remove_inside(struct removal *removal, int folder, int depth);

/* Opens a folder that may have lost its own rights; -1 if it is none, or is elsewhere. */
static int open_folder(const struct removal *removal, int parent, const char *name)
{
    char link[64];
    struct stat st;
    int handle = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), folder = -1;
    if (handle < 0 || fstat(handle, &st) != 0)
        goto out;
    if (removal && st.st_dev != removal->device)
        goto out;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    if ((st.st_mode & S_IRWXU) != S_IRWXU)
        chmod(link, S_IRWXU);
    folder = open(link, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
out:
    if (handle >= 0)
        close(handle);
    return folder;
}

/* Moves it up under a name that is free there. */
static void move_up(struct removal *removal, int parent, const char *name)
{
    char fresh[64];
    for (int attempt = 0; attempt < 100; attempt++) {
        snprintf(fresh, sizeof fresh, ".stoa-%u", removal->moved++);
        if (faccessat(removal->top, fresh, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
            renameat(parent, name, removal->top, fresh) == 0)
            return;
    }
}

static void remove_entry(struct removal *removal, int parent, const char *name, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT || unlinkat(parent, name, AT_REMOVEDIR) == 0)
        return;
    if (depth >= DEPTH_MAX) {
        move_up(removal, parent, name);
        return;
    }
    int folder = open_folder(removal, parent, name);
    if (folder < 0)
        return;
    remove_inside(removal, folder, depth);
    close(folder);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static void remove_inside(struct removal *removal, int folder, int depth)
{
    int own = dup(folder);
    DIR *dir = own >= 0 ? fdopendir(own) : NULL;
    const struct dirent *entry;
    if (!dir && own >= 0)
        close(own);
    while (dir && !atomic_load(removal->stop) && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_entry(removal, folder, entry->d_name, depth + 1);
    if (dir)
        closedir(dir);
}

bool tree_remove(const char *parent, const char *name, const atomic_bool *stop)
{
    int folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool gone = false;
    struct stat st;
    struct removal removal = {.stop = stop};
    if (folder < 0)
        return errno == ENOENT;
    /* At first its own entry: a link or a file in its place goes, and nothing behind it. */
    gone = unlinkat(folder, name, 0) == 0 || errno == ENOENT;
    removal.top = gone ? -1 : open_folder(NULL, folder, name);
    if (removal.top >= 0 && fstat(removal.top, &st) == 0) {
        unsigned before;
        int rounds = 0;
        removal.device = st.st_dev;
        do { /* again as long as something was moved up */
            before = removal.moved;
            lseek(removal.top, 0, SEEK_SET);
            remove_inside(&removal, removal.top, 0);
            gone = unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
        } while (!gone && removal.moved != before && !atomic_load(stop) && ++rounds < ROUNDS_MAX);
    }
    if (removal.top >= 0)
        close(removal.top);
    close(folder);
    return gone;
}

/* --- measuring --- */

enum {
    DEEP_MAX = 4096,          /* folders that wait since they lie too deep */
    DEEP_BYTES_MAX = 4 << 20, /* of all their paths */
    DEEP_PATH_MAX = 64 << 10  /* of one of them */
};

struct measuring {
    int top;
    dev_t device;
    const atomic_bool *stop;
    int64_t bytes;
    uint64_t steps;       /* entries, and folders on the way to deep ones */
    bool unseen;          /* there is more than was looked at */
    char *deep[DEEP_MAX]; /* their paths below top */
    size_t deep_count, deep_bytes;
};

/* The folder of that path below parent, step by step, since the whole may be longer than a path can be. -1 if
 * it is none, or is elsewhere. */
static int open_below(const struct measuring *measuring, int parent, const char *path)
{
    int folder = dup(parent);
    while (folder >= 0 && *path) {
        size_t len = strcspn(path, "/");
        char *name = xasprintf("%.*s", (int)len, path);
        int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;
        if (inner < 0 && errno == EACCES)
            inner = open_folder(NULL, folder, name);
        if (inner >= 0 && (fstat(inner, &st) != 0 || st.st_dev != measuring->device)) {
            close(inner);
            inner = -1;
        }
        free(name);
        close(folder);
        folder = inner;
        path += len + (path[len] == '/');
    }
    return folder;
}

static void measure_inside(struct measuring *measuring, int folder, const char *path, int depth);

static bool goes_on(const struct measuring *measuring)
{
    return !measuring->unseen && !atomic_load(measuring->stop);
}

/* Whether that folder, which lies too deep, will be looked at later; then its path is taken. */
static bool wait_for(struct measuring *measuring, char *path)
{
    size_t len = strlen(path);
    if (len > DEEP_PATH_MAX || measuring->deep_count == DEEP_MAX ||
        measuring->deep_bytes + len > DEEP_BYTES_MAX) {
        measuring->unseen = true;
        return false;
    }
    measuring->deep[measuring->deep_count++] = path;
    measuring->deep_bytes += len;
    return true;
}

/* Each step to it costs as much as an entry. */
static void measure_deep(struct measuring *measuring, char *path)
{
    measuring->deep_bytes -= strlen(path);
    for (const char *at = path; *at; at++)
        measuring->steps += *at == '/';
    measuring->unseen = measuring->unseen || measuring->steps >= TREE_ENTRIES_MAX;
    int folder = goes_on(measuring) ? open_below(measuring, measuring->top, path) : -1;
    if (folder >= 0)
        measure_inside(measuring, folder, path, 0);
    free(path);
}

static bool is_above(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void measure_entry(struct measuring *measuring, int parent, const char *path, const char *name,
                          int depth)
{
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_dev != measuring->device)
        return;
    int64_t bytes = (int64_t)st.st_blocks * 512;
    measuring->steps++;
    if (!S_ISDIR(st.st_mode) && st.st_nlink > 1)
        bytes /= (int64_t)st.st_nlink;
    measuring->bytes += bytes > TREE_ENTRY_BYTES ? bytes : TREE_ENTRY_BYTES;
    if (!S_ISDIR(st.st_mode))
        return;
    char *below = xasprintf("%s%s%s", path, *path ? "/" : "", name);
    int folder = depth < DEPTH_MAX ? open_below(measuring, parent, name) : -1;
    if (folder >= 0)
        measure_inside(measuring, folder, below, depth);
    if (depth < DEPTH_MAX || !wait_for(measuring, below))
        free(below);
}

/* Closes folder. */
static void measure_inside(struct measuring *measuring, int folder, const char *path, int depth)
{
    DIR *dir = fdopendir(folder);
    const struct dirent *entry;
    if (!dir)
        close(folder);
    while (dir && goes_on(measuring) && (entry = readdir(dir))) {
        if (is_above(entry->d_name))
            continue;
        if (measuring->steps >= TREE_ENTRIES_MAX)
            measuring->unseen = true;
        else
            measure_entry(measuring, dirfd(dir), path, entry->d_name, depth + 1);
    }
    if (dir)
        closedir(dir);
}

int64_t tree_size(const char *parent, const char *name, const atomic_bool *stop)
{
    struct stat st;
    struct measuring *measuring = xcalloc(1, sizeof *measuring);
    int folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    measuring->stop = stop;
    measuring->top = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder >= 0)
        close(folder);
    if (measuring->top >= 0 && fstat(measuring->top, &st) == 0) {
        measuring->device = st.st_dev;
        int inside = dup(measuring->top);
        if (inside >= 0)
            measure_inside(measuring, inside, "", 0);
        while (measuring->deep_count > 0)
            measure_deep(measuring, measuring->deep[--measuring->deep_count]);
    }
    if (measuring->top >= 0)
        close(measuring->top);
    int64_t bytes = measuring->bytes + (measuring->unseen ? TREE_UNSEEN_BYTES : 0);
    free(measuring);
    return bytes;
}
