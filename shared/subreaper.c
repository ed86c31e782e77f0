/* The trap: a pid may only be signalled while nobody can have reaped it. That holds for our own children, and
 * not for theirs: so grandchildren are left alone until the death of their parents has made them ours. */
#include "shared/subreaper.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BATCH = 1024,      /* children looked at in one round; the others in the next */
    ROUNDS = 64,       /* of one sweep, each after a reaped one may have left children to us */
    TEXT_BYTES = 8192, /* of a list of children that are read at a time */
    QUEUE = 256,       /* processes of which the children were not looked at yet, when counting */
    WAIT_MS = 20       /* for SIGCHLD, which another thread may get */
};

static struct {
    pid_t *pids;
    size_t count, cap;
} known;

void subreaper_become(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void subreaper_know(pid_t pid)
{
    if (known.count == known.cap) {
        known.cap = known.cap ? known.cap * 2 : 8;
        known.pids = xreallocarray(known.pids, known.cap, sizeof *known.pids);
    }
    known.pids[known.count++] = pid;
}

void subreaper_forget(pid_t pid)
{
    for (size_t i = 0; i < known.count; i++)
        if (known.pids[i] == pid)
            known.pids[i--] = known.pids[--known.count];
    if (known.count > 0)
        return;
    free(known.pids);
    known.pids = NULL;
    known.cap = 0;
}

static bool is_known(pid_t pid)
{
    for (size_t i = 0; i < known.count; i++)
        if (known.pids[i] == pid)
            return true;
    return false;
}

/* --- who is whose child --- */

struct pids {
    pid_t *at;
    size_t count, max;
};

static void add(struct pids *pids, pid_t pid)
{
    if (pids->count < pids->max)
        pids->at[pids->count++] = pid;
}

/* The children that one thread started, or was given. False if the kernel does not tell. */
static bool add_children_of_task(const char *path, struct pids *pids)
{
    char text[TEXT_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got;

    if (fd < 0)
        return false;
    while ((got = read(fd, text + len, sizeof text - 1 - len)) > 0) {
        char *at = text, *space;

        len += (size_t)got;
        text[len] = '\0';
        while ((space = strchr(at, ' '))) {
            add(pids, (pid_t)strtol(at, NULL, 10));
            at = space + 1;
        }
        len -= (size_t)(at - text);
        memmove(text, at, len);
        if (pids->count == pids->max)
            break;
    }
    close(fd);
    return true;
}

/* Also counts the threads of pid. */
static size_t add_children(const char *pid, struct pids *pids, bool *told)
{
    char path[64];
    size_t threads = 0;
    const struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%s/task", pid);
    DIR *tasks = opendir(path);
    while (tasks && (entry = readdir(tasks))) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        threads++;
        snprintf(path, sizeof path, "/proc/%.16s/task/%.16s/children", pid, entry->d_name);
        if (add_children_of_task(path, pids))
            *told = true;
    }
    if (tasks)
        closedir(tasks);
    return threads;
}

static pid_t parent_of(const char *pid)
{
    char path[64], text[512];
    int parent = 0;

    snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    const char *end = strrchr(text, ')'); /* of the name, which may hold anything */
    return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* A kernel without lists of children (CONFIG_PROC_CHILDREN): all processes are asked for their parents. */
static void search_children(struct pids *pids)
{
    DIR *all = opendir("/proc");
    pid_t me = getpid();
    const struct dirent *entry;

    while (all && (entry = readdir(all)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == me)
            add(pids, (pid_t)strtol(entry->d_name, NULL, 10));
    if (all)
        closedir(all);
}

size_t subreaper_count(pid_t pid, size_t max)
{
    pid_t queue[QUEUE];
    struct pids pids = {queue, 1, QUEUE};
    size_t count = 0;
    bool told = false;

    queue[0] = pid;
    while (pids.count > 0 && count < max) {
        char name[16];

        snprintf(name, sizeof name, "%d", (int)queue[--pids.count]);
        count += add_children(name, &pids, &told);
    }
    return count < max ? count : max;
}

/* --- sweeping --- */

/* Whoever sweeps has set no_new_privs, which all below inherit and cannot shed. A child without it was there
 * before us, or came to us as the first process of a container: it is none of ours. */
static bool is_foreign(pid_t pid)
{
    static const char field[] = "\nNoNewPrivs:\t";
    char path[64], text[4096];

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *at = strstr(text, field);
    return at && at[sizeof field - 1] == '0';
}

enum swept { SWEPT_NOTHING, SWEPT_KILLED, SWEPT_REAPED };

static enum swept sweep_one(pid_t pid)
{
    if (is_known(pid))
        return SWEPT_NOTHING;
    if (waitpid(pid, NULL, WNOHANG | __WALL) != 0)
        return SWEPT_REAPED;
    if (is_foreign(pid))
        return SWEPT_NOTHING;
    kill(pid, SIGKILL);
    return waitpid(pid, NULL, WNOHANG | __WALL) == 0 ? SWEPT_KILLED : SWEPT_REAPED;
}

size_t subreaper_sweep(void)
{
    pid_t batch[BATCH] = {0};
    size_t alive = 0, reaped = 1;

    for (int round = 0; round < ROUNDS && reaped > 0; round++) {
        struct pids pids = {batch, 0, BATCH};
        bool told = false;

        add_children("self", &pids, &told);
        if (!told)
            search_children(&pids);
        alive = reaped = 0;
        for (size_t i = 0; i < pids.count; i++) {
            enum swept swept = sweep_one(batch[i]);

            alive += swept == SWEPT_KILLED;
            reaped += swept == SWEPT_REAPED;
        }
    }
    return alive;
}

void subreaper_forget_all(void)
{
    while (known.count > 0)
        subreaper_forget(known.pids[0]);
}

bool subreaper_finish(int64_t ms)
{
    int64_t deadline = clock_steady_ms() + ms, left;
    sigset_t child, before;
    bool done;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    while (!(done = subreaper_sweep() == 0) && (left = deadline - clock_steady_ms()) > 0) {
        struct timespec wait = {0, (left < WAIT_MS ? left : WAIT_MS) * 1000000};

        sigtimedwait(&child, NULL, &wait);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return done;
}
