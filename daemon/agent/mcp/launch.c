/* Our side of a launch. The trap: a descriptor that the child must not have keeps pipes open unseen, so all
 * are CLOEXEC, and the four that it gets are moved above its own numbers first, lest one overwrites another.
 */
#include "daemon/agent/mcp/launch.h"
#include "daemon/agent/mcp/cgroup.h"
#include "daemon/agent/mcp/shim.h"
#include "shared/subreaper.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ERROR_SIZE = 256,
    PIPES = 4,
    SHIMS = 2 /* of ours, above an isolated server */
};

static const char *shim_path;

void launch_set_shim(const char *path)
{
    shim_path = path;
}

/* --- arguments --- */

static size_t count_of(char *const *list)
{
    size_t count = 0;

    while (list && list[count])
        count++;
    return count;
}

static bool may_isolate(const struct launch *launch)
{
    return !launch->in_the_open && !getenv("STOA_NO_PIDNS");
}

/* "stoa-agent launch ...": the strings up to SHIM_PROGRAM are ours, the others borrowed. */
static char **shim_arguments(const struct launch *launch, const char *cgroup)
{
    size_t count = count_of(launch->argv);
    char **list = xcalloc(2 + SHIM_PROGRAM + count + 1, sizeof *list), **own = list + 2;
    const int64_t numbers[] = {getpid(),      may_isolate(launch), launch->memory,   launch->processes,
                               launch->cpu_s, launch->files,       launch->file_size};

    list[0] = xstrdup("stoa-agent");
    list[1] = xstrdup("launch");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        own[SHIM_PARENT + i] = xasprintf("%lld", (long long)numbers[i]);
    own[SHIM_CGROUP] = xstrdup(cgroup);
    const char *hide = getenv("STOA_HIDE");
    own[SHIM_HIDE] = xstrdup(hide ? hide : "");
    own[SHIM_KEEP] = xstrdup(launch->keep ? launch->keep : "");
    own[SHIM_FOLDER] = xstrdup(launch->folder ? launch->folder : "");
    memcpy(own + SHIM_PROGRAM, launch->argv, count * sizeof *list);
    return list;
}

static void free_arguments(char **list)
{
    for (size_t i = 0; i < 2 + SHIM_PROGRAM; i++)
        free(list[i]);
    free(list);
}

static char **shim_environment(const struct launch *launch)
{
    size_t count = count_of(launch->environment);
    char **list = xcalloc(count + 1, sizeof *list);

    for (size_t i = 0; i < count; i++)
        list[i] = xasprintf("%c%s", SHIM_PREFIX, launch->environment[i]);
    return list;
}

/* Its values may be secret. */
static void free_environment(char **list)
{
    for (char **at = list; *at; at++) {
        explicit_bzero(*at, strlen(*at));
        free(*at);
    }
    free(list);
}

/* --- start --- */

struct pipes {
    int child[PIPES]; /* become 0, 1, 2 and SHIM_REPORT */
    int ours[PIPES];
};

static void close_all(const int fds[PIPES])
{
    for (int i = 0; i < PIPES; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* fd, or a copy of it that is above the child's own numbers; -1 if there is none. */
static int lifted(int fd)
{
    if (fd < 0 || fd > SHIM_REPORT)
        return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, SHIM_REPORT + 1);
    close(fd);
    return moved;
}

static bool open_pipes(struct pipes *pipes)
{
    bool whole = true;

    memset(pipes, -1, sizeof *pipes);
    for (int i = 0; i < PIPES && whole; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) != 0)
            whole = false;
        else {
            pipes->child[i] = lifted(ends[i != 0]);
            pipes->ours[i] = ends[i == 0];
            whole = pipes->child[i] >= 0 && fcntl(pipes->ours[i], F_SETFL, O_NONBLOCK) == 0;
        }
    }
    if (whole)
        return true;
    int why = errno;
    close_all(pipes->child);
    close_all(pipes->ours);
    errno = why;
    return false;
}

/* The child starts with no signal blocked, the default action for all, and as leader of a group of its own.
 */
static int spawn(const struct launch *launch, const struct pipes *pipes, const char *cgroup, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < PIPES; i++)
        posix_spawn_file_actions_adddup2(&actions, pipes->child[i], i);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    char **argv = shim_arguments(launch, cgroup), **environment = shim_environment(launch);
    int rc =
        posix_spawn(pid, shim_path ? shim_path : "/proc/self/exe", &actions, &attributes, argv, environment);
    free_environment(environment);
    free_arguments(argv);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

bool launch_start(const struct launch *launch, struct launched *launched, char error[ERROR_SIZE])
{
    struct pipes pipes;

    *launched = (struct launched){.pidfd = -1, .in = -1, .out = -1, .err = -1, .report = -1};
    if (!launch->argv || !launch->argv[0]) {
        snprintf(error, ERROR_SIZE, "there is no program to start; its command is empty");
        return false;
    }
    int why = open_pipes(&pipes) ? 0 : errno;
    if (why == 0) {
        launched->counted = cgroup_make(launched->cgroup, launch->memory,
                                        launch->processes > 0 ? launch->processes + SHIMS : 0);
        why = spawn(launch, &pipes, launched->cgroup, &launched->pid);
        close_all(pipes.child);
        launched->pidfd = why == 0 ? (int)syscall(SYS_pidfd_open, launched->pid, 0) : -1;
        if (why == 0 && launched->pidfd < 0) {
            why = errno;
            kill(launched->pid, SIGKILL);
            waitpid(launched->pid, NULL, 0);
        }
        if (why != 0)
            close_all(pipes.ours);
    }
    if (why != 0) {
        cgroup_remove(launched->cgroup);
        snprintf(error, ERROR_SIZE, "can't start %s: %s", launch->argv[0], strerror(why));
        return false;
    }
    subreaper_know(launched->pid);
    launched->in = pipes.ours[0];
    launched->out = pipes.ours[1];
    launched->err = pipes.ours[2];
    launched->report = pipes.ours[3];
    return true;
}

/* --- what became of it --- */

bool launch_report(struct launched *launched, char error[ERROR_SIZE])
{
    char kind;

    while (launched->report >= 0 && read(launched->report, &kind, 1) == 1) {
        if (kind == SHIM_FAILED) {
            ssize_t got = read(launched->report, error, ERROR_SIZE - 1);

            error[got > 0 ? got : 0] = '\0';
            return false;
        }
        launched->isolated |= kind == SHIM_ISOLATED;
        launched->counted |= kind == SHIM_COUNTED;
    }
    return true;
}

bool launch_sees_all(const struct launched *launched)
{
    return !launched->isolated && getenv("STOA_HIDE") && !getenv("STOA_NO_PIDNS");
}

void launch_signal(const struct launched *launched, int number)
{
    if (number == SIGKILL)
        cgroup_kill(launched->cgroup);
    kill(-launched->pid, number);
    kill(launched->pid, number);
}

bool launch_crowded(const struct launched *launched, int64_t processes)
{
    size_t most = (size_t)processes + (launched->isolated ? SHIMS : 0) + 1;

    return subreaper_count(launched->pid, most) == most;
}

int launch_reap(struct launched *launched)
{
    int status = 0;

    waitpid(launched->pid, &status, 0);
    subreaper_forget(launched->pid);
    return status;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void launch_clear(struct launched *launched)
{
    close_one(&launched->pidfd);
    close_one(&launched->in);
    close_one(&launched->out);
    close_one(&launched->err);
    close_one(&launched->report);
    cgroup_remove(launched->cgroup);
    launched->cgroup[0] = '\0';
}
