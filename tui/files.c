/* The paths stand one behind the other in a buffer, and are known by their offsets: the buffer moves when it
 * grows. Folders that wait to be read are paths like the others, in a list of their own. */
#include "tui/files.h"
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include "tui/ignored.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES_MAX = 1000, LOOK_EVERY = 64 /* entries between two looks at the clock */ };

struct offsets {
    uint32_t *at;
    size_t count, room;
};

struct files {
    char *folder;
    enum files_how how;
    struct buf bytes;
    struct offsets found, waiting;
    size_t next_waiting;
    struct ignored *ignored; /* of a tree; NULL: nothing is */
    DIR *dir;                /* the one that is being read */
    char prefix[PATH_BYTES_MAX + 1];
    size_t first; /* of its files in found, and of its folders in waiting */
    size_t first_waiting;
    bool begun, done;
};

struct files *files_new(void)
{
    struct files *files = xcalloc(1, sizeof *files);

    buf_init(&files->bytes, FILES_BYTES_MAX);
    files->done = true;
    return files;
}

static void clear(struct files *files)
{
    if (files->dir)
        closedir(files->dir);
    files->dir = NULL;
    ignored_free(&files->ignored);
    buf_clear(&files->bytes);
    files->found.count = files->waiting.count = files->next_waiting = 0;
    files->first = files->first_waiting = 0;
    files->begun = files->done = false;
}

void files_free(struct files **slot)
{
    struct files *files = *slot;

    if (!files)
        return;
    clear(files);
    buf_free(&files->bytes);
    free(files->found.at);
    free(files->waiting.at);
    free(files->folder);
    free(files);
    *slot = NULL;
}

void files_open(struct files *files, const char *folder, enum files_how how)
{
    char *copy = xstrdup(folder);

    clear(files);
    free(files->folder);
    files->folder = copy;
    files->how = how;
    files->ignored = how == FILES_TREE ? ignored_read(folder) : NULL;
}

bool files_is(const struct files *files, const char *folder, enum files_how how)
{
    return files->folder && files->how == how && strcmp(files->folder, folder) == 0;
}

bool files_done(const struct files *files)
{
    return files->done;
}

size_t files_count(const struct files *files)
{
    return files->found.count;
}

const char *files_path(const struct files *files, size_t index)
{
    return files->bytes.data + files->found.at[index];
}

/* --- reading --- */

static bool keep(struct files *files, struct offsets *list, const char *name, const char *end)
{
    size_t at = files->bytes.len;

    if (files->found.count + files->waiting.count >= FILES_MAX ||
        !buf_printf(&files->bytes, "%s%s%s", files->prefix, name, end) || !buf_putc(&files->bytes, '\0')) {
        files->done = true;
        return false;
    }
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 256;
        list->at = xreallocarray(list->at, list->room, sizeof *list->at);
    }
    list->at[list->count++] = (uint32_t)at;
    return true;
}

static size_t depth(const char *path)
{
    size_t slashes = 0;

    for (; *path; path++)
        slashes += *path == '/';
    return slashes;
}

enum is { IS_NOTHING, IS_FILE, IS_FOLDER };

/* A link counts as what it points to, but a tree is not followed through links: they may go round. */
static enum is look(const struct files *files, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_type == DT_REG)
        return IS_FILE;
    if (entry->d_type == DT_DIR)
        return IS_FOLDER;
    if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
        return IS_NOTHING;
    bool tree = files->how == FILES_TREE;
    if (fstatat(dirfd(files->dir), entry->d_name, &st, 0) != 0)
        return IS_NOTHING;
    if (S_ISREG(st.st_mode))
        return IS_FILE;
    return S_ISDIR(st.st_mode) && !(tree && entry->d_type == DT_LNK) ? IS_FOLDER : IS_NOTHING;
}

static bool is_left_out(const struct files *files, const char *name)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    if (name[0] == '.' && files->how != FILES_HIDDEN)
        return true;
    return files->how == FILES_TREE && strcmp(name, "node_modules") == 0;
}

static void take(struct files *files, const struct dirent *entry)
{
    if (is_left_out(files, entry->d_name) ||
        strlen(files->prefix) + strlen(entry->d_name) + 1 > PATH_BYTES_MAX)
        return;
    enum is is = look(files, entry);
    char path[PATH_BYTES_MAX + 1];
    snprintf(path, sizeof path, "%s%s", files->prefix, entry->d_name);
    if (ignored_has(files->ignored, path, is == IS_FOLDER))
        return;
    if (is == IS_FILE)
        keep(files, &files->found, entry->d_name, "");
    else if (is == IS_FOLDER && files->how != FILES_TREE)
        keep(files, &files->found, entry->d_name, "/");
    else if (is == IS_FOLDER && depth(files->prefix) < FILES_DEPTH_MAX)
        keep(files, &files->waiting, entry->d_name, "/");
}

static int by_name(const void *a, const void *b, void *bytes)
{
    return strcmp((const char *)bytes + *(const uint32_t *)a, (const char *)bytes + *(const uint32_t *)b);
}

static void sort_from(struct files *files, struct offsets *list, size_t first)
{
    if (list->count > first)
        qsort_r(list->at + first, list->count - first, sizeof *list->at, by_name, files->bytes.data);
}

static void end_folder(struct files *files)
{
    closedir(files->dir);
    files->dir = NULL;
    sort_from(files, &files->found, files->first);
    sort_from(files, &files->waiting, files->first_waiting);
    files->first = files->found.count;
    files->first_waiting = files->waiting.count;
}

/* The next folder that can be read; false if there is none. */
static bool next_folder(struct files *files)
{
    while (!files->dir) {
        if (files->begun && files->next_waiting == files->waiting.count)
            return false;
        const char *below = files->begun ? files->bytes.data + files->waiting.at[files->next_waiting++] : "";
        snprintf(files->prefix, sizeof files->prefix, "%s", below);
        files->begun = true;
        char *path = xasprintf("%s%s", files->folder, files->prefix);
        files->dir = opendir(*path ? path : ".");
        free(path);
    }
    return true;
}

bool files_step(struct files *files, int64_t budget_us)
{
    int64_t end = clock_steady_us() + budget_us;

    for (unsigned count = 0; !files->done; count++) {
        if (count % LOOK_EVERY == LOOK_EVERY - 1 && clock_steady_us() >= end)
            return true;
        if (!next_folder(files)) {
            files->done = true;
            break;
        }
        const struct dirent *entry = readdir(files->dir);
        if (entry)
            take(files, entry);
        else
            end_folder(files);
    }
    if (files->dir) /* it ended by a limit */
        end_folder(files);
    return false;
}
