/* The process end of the agent link. Death is seen by a pidfd; what the agent had sent before is read first.
 */
#include "daemon/supervisor/agentproc.h"

#include "daemon/socket/files.h"
#include "shared/environment.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/subreaper.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10,
    IN_MAX = LINK_FRAME_MAX + READ_BYTES + 16,
    DRAIN_MAX = 16 << 20,  /* read after its death: more than a socket holds comes from somebody else */
    KEPT_BYTES = 64 << 10, /* a larger buffer is given back when it is empty */
    OUTLIVE_MS = 200       /* of its link, by one that is ending */
};

struct agentproc {
    const struct agentproc_callbacks *callbacks;
    void *arg;
    pid_t pid;
    int fd, pidfd;
    uv_poll_t socket, process;
    uv_timer_t outlives;
    int open_handles;
    bool writing, ended, cause_set, broken, leaving;
    enum exit_cause cause;
    char why[112]; /* it was ended, instead of how; empty: how says it all */
    struct buf in, out;
};

/* --- start --- */

static char **clean_environment(void)
{
    static const char *const kept[] = {
        "PATH",         "HOME",          "LANG",          "LC_ALL",        "TZ",          "STOA_LOG",
        "TMPDIR",       "SSL_CERT_DIR",  "SSL_CERT_FILE", "http_proxy",    "https_proxy", "no_proxy",
        "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",  "STOA_NO_PIDNS", "STOA_HIDE",   NULL};
    return environment_only(kept);
}

/* A child starts with no signal blocked and the default action for all: the daemon's own settings end here.
 */
static int spawn(const char *path, int fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fd, LINK_FD);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    char name[] = "stoa-agent", *argv[] = {name, NULL}, **environment = clean_environment();
    int rc = posix_spawn(pid, path, &actions, &attributes, argv, environment);
    environment_free(&environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* dup2 of a descriptor onto itself would keep CLOEXEC: the agent's end is moved above LINK_FD first. */
static int socket_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    if (pair[1] <= LINK_FD) {
        int moved = fcntl(pair[1], F_DUPFD_CLOEXEC, LINK_FD + 1);
        close(pair[1]);
        pair[1] = moved;
    }
    if (pair[1] < 0) {
        close(pair[0]);
        return -1;
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    return 0;
}

static void on_socket(uv_poll_t *poll, int status, int events);
static void on_process(uv_poll_t *poll, int status, int events);

/* The process and what watches it. False with a sentence. */
static bool launch(const char *path, int socket, pid_t *pid, int *pidfd, char error[256])
{
    int rc = spawn(path, socket, pid);
    *pidfd = rc == 0 ? (int)syscall(SYS_pidfd_open, *pid, 0) : -1;
    if (*pidfd >= 0)
        return true;
    snprintf(error, 256, "can't start %s: %s", path, strerror(rc ? rc : errno));
    if (rc == 0) {
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    return false;
}

struct agentproc *agentproc_start(uv_loop_t *loop, const char *path,
                                  const struct agentproc_callbacks *callbacks, void *arg, char error[256])
{
    int pair[2], pidfd;
    pid_t pid;
    if (socket_pair(pair) != 0) {
        snprintf(error, 256, "no socket pair: %s", strerror(errno));
        return NULL;
    }
    bool room = files_may_keep(pair[0]) && files_may_keep(pair[1]);
    if (!room)
        snprintf(error, 256,
                 "no descriptor is left for one more agent; the daemon may open %ld files (ulimit -n)",
                 files_limit());
    bool launched = room && launch(path, pair[1], &pid, &pidfd, error);
    close(pair[1]);
    if (!launched) {
        close(pair[0]);
        return NULL;
    }
    subreaper_know(pid);
    struct agentproc *proc = xcalloc(1, sizeof *proc);
    *proc = (struct agentproc){.callbacks = callbacks, .arg = arg, .pid = pid, .fd = pair[0], .pidfd = pidfd};
    buf_init(&proc->in, IN_MAX);
    buf_init(&proc->out, AGENTPROC_OUT_MAX);
    uv_poll_init(loop, &proc->socket, proc->fd);
    uv_poll_init(loop, &proc->process, pidfd);
    uv_timer_init(loop, &proc->outlives);
    proc->socket.data = proc->process.data = proc->outlives.data = proc;
    proc->open_handles = 3;
    uv_poll_start(&proc->socket, UV_READABLE, on_socket);
    uv_poll_start(&proc->process, UV_READABLE, on_process);
    return proc;
}

pid_t agentproc_pid(const struct agentproc *proc)
{
    return proc->pid;
}

bool agentproc_fits(struct agentproc *proc, const json_t *ready)
{
    int64_t version = jsonx_int(ready, "link", -1);
    if (version == LINK_VERSION)
        return true;
    snprintf(proc->why, sizeof proc->why,
             "it speaks link version %d, stoad version %d: stoad and stoa-agent are of different releases",
             (int)version, LINK_VERSION);
    log_error("agent", "%s", proc->why);
    return false;
}

/* --- end --- */

static void handle_closed(uv_handle_t *handle)
{
    struct agentproc *proc = handle->data;
    if (--proc->open_handles > 0)
        return;
    close(proc->fd);
    close(proc->pidfd);
    buf_free(&proc->in);
    buf_free(&proc->out);
    free(proc);
}

static void close_handles(struct agentproc *proc)
{
    proc->ended = true;
    uv_close((uv_handle_t *)&proc->socket, handle_closed);
    uv_close((uv_handle_t *)&proc->process, handle_closed);
    uv_close((uv_handle_t *)&proc->outlives, handle_closed);
}

/* The system ends whom it likes with SIGKILL when memory is short, and tells nobody. */
static bool was_killed(const struct agentproc *proc, int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !proc->cause_set;
}

static bool was_out_of_memory(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == LINK_EXIT_MEMORY;
}

static void describe(const struct agentproc *proc, int status, char how[112])
{
    if (proc->why[0])
        snprintf(how, 112, "%s", proc->why);
    else if (was_out_of_memory(status))
        snprintf(how, 112, "it was out of memory");
    else if (was_killed(proc, status))
        snprintf(how, 112, "signal 9 (Killed), by the system for want of memory or by somebody");
    else if (WIFSIGNALED(status))
        snprintf(how, 112, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(how, 112, "exit code %d", WEXITSTATUS(status));
}

static enum exit_cause cause_of(const struct agentproc *proc, int status)
{
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (was_killed(proc, status) || (was_out_of_memory(status) && !proc->broken))
        return EXIT_CAUSE_KILLED;
    if (!proc->cause_set)
        return clean ? EXIT_CAUSE_DONE : EXIT_CAUSE_CRASHED;
    return proc->cause == EXIT_CAUSE_HIBERNATED && !clean ? EXIT_CAUSE_CRASHED : proc->cause;
}

void agentproc_kill(struct agentproc *proc, enum exit_cause cause)
{
    if (proc->ended)
        return;
    if (!proc->cause_set)
        proc->cause = cause;
    proc->cause_set = true;
    kill(-proc->pid, SIGKILL);
    kill(proc->pid, SIGKILL);
}

void agentproc_stop(struct agentproc *proc, enum exit_cause cause)
{
    if (proc->ended || proc->cause_set)
        return;
    proc->cause = cause;
    proc->cause_set = proc->leaving = true;
    agentproc_send(proc, LINK_STOP, "{}", 2);
}

void agentproc_abandon(struct agentproc **slot)
{
    struct agentproc *proc = *slot;
    *slot = NULL;
    if (!proc || proc->ended)
        return;
    agentproc_kill(proc, EXIT_CAUSE_DONE);
    waitpid(proc->pid, NULL, 0);
    subreaper_forget(proc->pid);
    close_handles(proc);
}

/* --- reading --- */

static void break_off(struct agentproc *proc)
{
    proc->broken = true;
    agentproc_kill(proc, EXIT_CAUSE_PROTOCOL);
}

static void take_frames(struct agentproc *proc)
{
    enum link_kind kind;
    const char *payload;
    size_t len, at = 0;
    int got = 0;
    while (!proc->broken && !proc->ended && (got = link_next(&proc->in, &at, &kind, &payload, &len)) == 1)
        if (!proc->callbacks->frame(proc->arg, kind, payload, len))
            break_off(proc);
    buf_drop(&proc->in, at);
    if (got < 0)
        break_off(proc);
}

static void give_back(struct buf *buf)
{
    if (buf->len == 0 && buf->cap > KEPT_BYTES)
        buf_free(buf);
}

/* Reads what is there; false at its end. */
static bool read_some(struct agentproc *proc)
{
    char bytes[READ_BYTES];
    ssize_t got = read(proc->fd, bytes, sizeof bytes);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0 || proc->broken)
        return got > 0;
    buf_put(&proc->in, bytes, (size_t)got);
    take_frames(proc);
    give_back(&proc->in);
    return true;
}

static void drain(struct agentproc *proc)
{
    char bytes[READ_BYTES];
    ssize_t got;
    size_t left = DRAIN_MAX;
    while (!proc->broken && !proc->ended && left > 0 &&
           (got = read(proc->fd, bytes, left < sizeof bytes ? left : sizeof bytes)) > 0) {
        left -= (size_t)got;
        buf_put(&proc->in, bytes, (size_t)got);
        take_frames(proc);
    }
}

static void on_process(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct agentproc *proc = poll->data;
    int how_ended = 0;
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)proc->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != proc->pid)
        return;
    kill(-proc->pid, SIGKILL); /* what it left in its process group, while its pid is still taken */
    drain(proc);
    if (proc->ended || waitpid(proc->pid, &how_ended, 0) != proc->pid)
        return;
    subreaper_forget(proc->pid);
    enum exit_cause cause = cause_of(proc, how_ended);
    char how[112];
    describe(proc, how_ended, how);
    close_handles(proc);
    proc->callbacks->end(proc->arg, cause, how);
}

/* --- writing --- */

static void watch(struct agentproc *proc)
{
    uv_poll_start(&proc->socket, UV_READABLE | (proc->writing ? UV_WRITABLE : 0), on_socket);
}

static void flush(struct agentproc *proc)
{
    size_t done = 0;
    while (done < proc->out.len) {
        ssize_t wrote = send(proc->fd, proc->out.data + done, proc->out.len - done, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && errno != EAGAIN)
            done = proc->out.len; /* it is gone: its end is on the way */
        if (wrote <= 0)
            break;
        done += (size_t)wrote;
    }
    buf_drop(&proc->out, done);
    if (proc->out.len == 0)
        proc->out.wipes = false;
    give_back(&proc->out);
    bool writing = proc->out.len > 0;
    if (writing != proc->writing) {
        proc->writing = writing;
        watch(proc);
    }
}

static void on_outlived(uv_timer_t *timer)
{
    struct agentproc *proc = timer->data;
    if (proc->leaving || proc->cause_set)
        return;
    snprintf(proc->why, sizeof proc->why, "it let go of the link to stoad, and did not end");
    break_off(proc);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct agentproc *proc = poll->data;
    if (events & UV_WRITABLE)
        flush(proc);
    /* A socket that was closed with something unread in it is no end of file but an error, which libuv gives
     * as a status. */
    bool open = status >= 0 && (!(events & UV_READABLE) || read_some(proc));
    if (open || proc->ended)
        return;
    /* The end of the link to a process that lives is a broken link; a dead one is told by its pidfd, some
     * time later. One that leaves lets go of the link first, and then ends its servers in order: its time is
     * the caller's. */
    uv_poll_stop(&proc->socket);
    if (!proc->leaving)
        uv_timer_start(&proc->outlives, on_outlived, OUTLIVE_MS, 0);
}

bool agentproc_send(struct agentproc *proc, enum link_kind kind, const char *payload, size_t len)
{
    if (proc->ended)
        return false;
    if (!link_put(&proc->out, kind, payload, len)) {
        break_off(proc);
        return false;
    }
    if (!proc->writing)
        flush(proc);
    return true;
}

bool agentproc_send_secret(struct agentproc *proc, enum link_kind kind, const char *payload, size_t len)
{
    proc->out.wipes = true;
    return agentproc_send(proc, kind, payload, len);
}

size_t agentproc_waiting(const struct agentproc *proc)
{
    return proc->out.len;
}

bool agentproc_send_json(struct agentproc *proc, enum link_kind kind, json_t *json)
{
    size_t len;
    char *text = jsonx_dump(json, &len);
    bool sent = agentproc_send(proc, kind, text, len);
    free(text);
    return sent;
}
