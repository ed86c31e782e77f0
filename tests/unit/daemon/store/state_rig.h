/* A state folder: a store, as store_rig.h has it, and files beside it. */
#ifndef STOA_TESTS_STATE_RIG_H
#define STOA_TESTS_STATE_RIG_H

#include "daemon/store/store_internal.h"
#include "daemon/store/store_restore.h"
#include "store_rig.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

/* As rig_setup, but where the disk is not waited for: what is tried here is tried many times. */
static inline int state_setup(void **state)
{
    int code = rig_setup(state);
    struct rig *rig = *state;
    char folder[64] = "/dev/shm/stoa-store-XXXXXX";

    if (code == 0 && mkdtemp(folder)) {
        rmdir(rig->folder);
        strcpy(rig->folder, folder);
        snprintf(rig->path, sizeof rig->path, "%s/stoa.db", folder);
    }
    return code;
}

/* FOLDER/name, where the rig's folder is the state folder; of the last 32 calls. */
static inline const char *at(const struct rig *rig, const char *name)
{
    static char paths[32][256];
    static int next;
    char *path = paths[next++ % 32];

    snprintf(path, 256, "%s/%s", rig->folder, name);
    return path;
}

static inline void put_file(const struct rig *rig, const char *name, const char *text, mode_t mode)
{
    const char *path = at(rig, name);
    int fd;

    for (char *slash = strchr(path + strlen(rig->folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static inline bool is_there(const struct rig *rig, const char *name)
{
    struct stat st;

    return lstat(at(rig, name), &st) == 0;
}

static inline void assert_file(const struct rig *rig, const char *name, const char *text, mode_t mode)
{
    char found[256] = "";
    struct stat st;
    int fd = open(at(rig, name), O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        fail_msg("no %s", name);
    assert_int_equal(read(fd, found, sizeof found - 1), strlen(text));
    assert_string_equal(found, text);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
    close(fd);
}

/* The names in a folder that begin so. */
static inline int count_names(const struct rig *rig, const char *folder, const char *beginning,
                              char last[256])
{
    DIR *dir = opendir(at(rig, folder));
    const struct dirent *entry;
    int count = 0;

    while (dir && (entry = readdir(dir)))
        if (strncmp(entry->d_name, beginning, strlen(beginning)) == 0) {
            count++;
            if (last)
                snprintf(last, 256, "%s", entry->d_name);
        }
    if (dir)
        closedir(dir);
    return count;
}

/* --- what is told meanwhile --- */

struct told {
    int goings, last; /* last: the going that says no; 0: none */
    int left_out;
    char left[512]; /* "PATH: WHY; " of each */
    void (*meanwhile)(void *arg);
    void *arg;
};

static inline bool tell_going(void *arg, const char *what, uint64_t done, uint64_t all)
{
    struct told *told = arg;

    (void)what;
    assert_true(done <= all);
    if (told->meanwhile)
        told->meanwhile(told->arg);
    return ++told->goings != told->last;
}

static inline void tell_left_out(void *arg, const char *path, const char *why)
{
    struct told *told = arg;

    told->left_out++;
    snprintf(told->left + strlen(told->left), sizeof told->left - strlen(told->left), "%s: %s; ", path, why);
}

static inline enum err back_up(struct rig *rig, const char *file, bool replace, struct told *told,
                               struct store_content *content)
{
    const struct store_progress progress = {tell_going, tell_left_out, told};

    return store_backup(rig->folder, file, replace, &progress, content, rig->error);
}

/* into: the state folder; NULL: the rig's. *before: free() it. */
static inline enum err restore(struct rig *rig, const char *into, const char *file, struct told *told,
                               struct store_content *content, char **before)
{
    const struct store_progress progress = {tell_going, tell_left_out, told};

    return store_restore(into ? into : rig->folder, file, &progress, content, before, rig->error);
}

#endif
