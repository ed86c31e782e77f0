/* Its death is seen by a pidfd, since its own children may hold its streams open. It is started by fork and
 * exec: posix_spawn can't tie its life to ours (PDEATHSIG). */
#include "tui/lend_child.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10,
    DRAIN_BYTES = 2 << 20, /* read after its death: more than a pipe holds comes from somebody else */
    KEPT_BYTES = 64 << 10, /* a larger buffer is given back when it is empty */
    SAID_MAX = 4096,
    HANDLES = 5
};

struct lend_child {
    uv_poll_t in, out, err, process;
    uv_timer_t deadline;
    int in_fd, out_fd, err_fd, pid_fd;
    pid_t pid;
    int open_handles;
    struct lend_child_events events;
    struct buf line, said, waiting;
    bool quiet, dead, terminated, deaf;
};

/* --- the end of it --- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct lend_child *child = handle->data;

    if (--child->open_handles > 0)
        return;
    buf_free(&child->line);
    buf_free(&child->said);
    buf_free(&child->waiting);
    free(child);
}

static void let_go(uv_poll_t *poll, int *fd)
{
    if (*fd < 0)
        return;
    uv_close((uv_handle_t *)poll, on_handle_closed);
    close(*fd);
    *fd = -1;
}

static void tell_end(struct lend_child *child, const char *how)
{
    if (child->quiet)
        return;
    child->quiet = true;
    child->events.ended(child->events.arg, how);
}

static void kill_group(const struct lend_child *child, int number)
{
    if (child->dead)
        return;
    kill(-child->pid, number);
    kill(child->pid, number);
}

static void end_for(struct lend_child *child, const char *why)
{
    kill_group(child, SIGKILL);
    tell_end(child, why);
}

static void on_deadline(uv_timer_t *timer)
{
    struct lend_child *child = timer->data;

    kill_group(child, child->terminated ? SIGKILL : SIGTERM);
    if (!child->terminated)
        uv_timer_start(timer, on_deadline, LEND_CHILD_TERM_MS, 0);
    child->terminated = true;
}

/* The timer is the last handle: it goes when the process is gone and nobody wants events any more. */
static void finish(struct lend_child *child)
{
    if (child->dead && child->quiet && !uv_is_closing((uv_handle_t *)&child->deadline) && child->deaf)
        uv_close((uv_handle_t *)&child->deadline, on_handle_closed);
}

void lend_child_end(struct lend_child **slot)
{
    struct lend_child *child = *slot;

    *slot = NULL;
    if (!child)
        return;
    child->quiet = child->deaf = true;
    let_go(&child->in, &child->in_fd);
    if (!child->dead)
        uv_timer_start(&child->deadline, on_deadline, LEND_CHILD_EOF_MS, 0);
    finish(child);
}

/* --- what it says --- */

static void take_lines(struct lend_child *child)
{
    size_t at = 0;
    char *end;

    while (!child->quiet && (end = memchr(child->line.data + at, '\n', child->line.len - at))) {
        char *line = child->line.data + at;
        size_t len = (size_t)(end - line);

        at += len + 1;
        while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
            len--;
        line[len] = '\0';
        if (len > 0)
            child->events.line(child->events.arg, line, len);
    }
    buf_drop(&child->line, at);
    if (child->line.len == 0 && child->line.cap > KEPT_BYTES)
        buf_free(&child->line);
}

static void take_out(struct lend_child *child, const char *bytes, size_t len)
{
    char text[64];

    if (child->quiet)
        return;
    if (!buf_put(&child->line, bytes, len)) {
        snprintf(text, sizeof text, "it wrote a line of more than %d bytes", LEND_CHILD_LINE_MAX);
        end_for(child, text);
    } else if (memchr(bytes, '\n', len)) {
        take_lines(child);
    }
}

static void take_err(struct lend_child *child, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !child->quiet; i++) {
        if (bytes[i] != '\n') {
            buf_putc(&child->said, bytes[i]); /* beyond SAID_MAX it is cut */
            continue;
        }
        child->events.said(child->events.arg, child->said.data, child->said.len);
        buf_clear(&child->said);
    }
}

/* False at its end. */
static bool read_some(struct lend_child *child, int fd,
                      void (*take)(struct lend_child *child, const char *bytes, size_t len))
{
    char bytes[READ_BYTES];
    ssize_t got = read(fd, bytes, sizeof bytes);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    take(child, bytes, (size_t)got);
    return got > 0;
}

static void on_out(uv_poll_t *poll, int status, int events)
{
    struct lend_child *child = poll->data;

    (void)status;
    (void)events;
    if (!read_some(child, child->out_fd, take_out))
        let_go(&child->out, &child->out_fd);
}

static void on_err(uv_poll_t *poll, int status, int events)
{
    struct lend_child *child = poll->data;

    (void)status;
    (void)events;
    if (!read_some(child, child->err_fd, take_err))
        let_go(&child->err, &child->err_fd);
}

void lend_child_listen(struct lend_child *child, bool listen)
{
    if (child->out_fd < 0)
        return;
    if (listen)
        uv_poll_start(&child->out, UV_READABLE, on_out);
    else
        uv_poll_stop(&child->out);
}

/* --- what is said to it --- */

static void on_in(uv_poll_t *poll, int status, int events);

static void flush(struct lend_child *child)
{
    size_t done = 0;
    ssize_t wrote = 0;

    while (done < child->waiting.len &&
           (wrote = write(child->in_fd, child->waiting.data + done, child->waiting.len - done)) > 0)
        done += (size_t)wrote;
    if (wrote < 0 && errno != EAGAIN && errno != EINTR) {
        buf_free(&child->waiting);
        let_go(&child->in, &child->in_fd);
        return;
    }
    buf_drop(&child->waiting, done);
    if (child->waiting.len > 0) {
        uv_poll_start(&child->in, UV_WRITABLE, on_in);
        return;
    }
    uv_poll_stop(&child->in);
    if (child->waiting.cap > KEPT_BYTES)
        buf_free(&child->waiting);
}

static void on_in(uv_poll_t *poll, int status, int events)
{
    struct lend_child *child = poll->data;

    (void)events;
    if (status < 0) {
        buf_free(&child->waiting);
        let_go(&child->in, &child->in_fd);
    } else {
        flush(child);
    }
}

bool lend_child_write(struct lend_child *child, const char *text, size_t len)
{
    bool waits = child->waiting.len > 0;

    if (child->in_fd < 0)
        return true; /* it does not listen: its end is on the way, or its time-outs are */
    if (child->waiting.max - child->waiting.len < len + 1 || !buf_put(&child->waiting, text, len) ||
        !buf_putc(&child->waiting, '\n'))
        return false;
    if (!waits)
        flush(child);
    return true;
}

/* --- its death --- */

static void drain(struct lend_child *child, int fd,
                  void (*take)(struct lend_child *child, const char *bytes, size_t len))
{
    char bytes[READ_BYTES];
    size_t left = DRAIN_BYTES;
    ssize_t got;

    while (fd >= 0 && !child->quiet && left > 0 && (got = read(fd, bytes, sizeof bytes)) > 0) {
        take(child, bytes, (size_t)got);
        left -= (size_t)got < left ? (size_t)got : left;
    }
}

static void on_process(uv_poll_t *poll, int status, int events)
{
    struct lend_child *child = poll->data;
    siginfo_t info = {0};
    char how[96];
    int ended = 0;

    (void)poll;
    (void)status;
    (void)events;
    if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return;
    kill(-child->pid, SIGKILL); /* the rest of its group, while its pid is still taken */
    drain(child, child->out_fd, take_out);
    drain(child, child->err_fd, take_err);
    waitpid(child->pid, &ended, 0);
    child->dead = true;
    uv_timer_stop(&child->deadline);
    let_go(&child->in, &child->in_fd);
    let_go(&child->out, &child->out_fd);
    let_go(&child->err, &child->err_fd);
    let_go(&child->process, &child->pid_fd);
    if (WIFSIGNALED(ended))
        snprintf(how, sizeof how, "it ended by signal %d (%s)", WTERMSIG(ended), strsignal(WTERMSIG(ended)));
    else
        snprintf(how, sizeof how, "it ended with exit code %d", WEXITSTATUS(ended));
    tell_end(child, how);
    finish(child);
}

static bool has_ended(const struct lend_child *child)
{
    struct pollfd end = {.fd = child->pid_fd, .events = POLLIN};

    return poll(&end, 1, LEND_CHILD_NOW_MS) != 0;
}

void lend_child_end_now(struct lend_child **slot)
{
    struct lend_child *child = *slot;

    if (!child)
        return;
    child->quiet = true;
    let_go(&child->in, &child->in_fd);
    if (!child->dead && !has_ended(child)) {
        kill_group(child, SIGTERM);
        has_ended(child);
    }
    kill_group(child, SIGKILL);
    if (!child->dead) {
        has_ended(child);
        on_process(&child->process, 0, 0);
    }
    lend_child_end(slot);
}

/* --- start --- */

/* In the child. What goes wrong is written to report, which exec closes. */
static void become(char *const argv[], const int streams[3], int report, pid_t parent)
{
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    for (int i = 0; i < 3; i++)
        dup2(streams[i], i);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    int why = errno;
    if (write(report, &why, sizeof why) < 0)
        _exit(126);
    _exit(127);
}

/* Both above the standard streams, so that dup2 never meets one of them. */
static bool make_pipe(int pair[2])
{
    if (pipe2(pair, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        int low = pair[i];

        if (low > 2)
            continue;
        pair[i] = fcntl(low, F_DUPFD_CLOEXEC, 3);
        close(low);
    }
    return pair[0] >= 0 && pair[1] >= 0;
}

static void close_all(const int (*pipes)[2], int count)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < 2; k++)
            if (pipes[i][k] >= 0)
                close(pipes[i][k]);
}

/* pipes: stdin, stdout, stderr, and the report. 0, or an errno. */
static int launch(char *const argv[], int pipes[4][2], pid_t *pid)
{
    int why = 0;
    pid_t parent = getpid();

    for (int i = 0; i < 4; i++)
        if (!make_pipe(pipes[i]))
            return errno;
    *pid = fork();
    if (*pid < 0)
        return errno;
    if (*pid == 0)
        become(argv, (const int[]){pipes[0][0], pipes[1][1], pipes[2][1]}, pipes[3][1], parent);
    setpgid(*pid, *pid);
    close(pipes[3][1]);
    pipes[3][1] = -1;
    if (read(pipes[3][0], &why, sizeof why) == sizeof why) {
        waitpid(*pid, NULL, 0);
        return why;
    }
    return 0;
}

static int keep(int *end)
{
    int fd = *end;

    *end = -1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void watch(struct lend_child *child, uv_loop_t *loop)
{
    uv_poll_init(loop, &child->in, child->in_fd);
    uv_poll_init(loop, &child->out, child->out_fd);
    uv_poll_init(loop, &child->err, child->err_fd);
    uv_poll_init(loop, &child->process, child->pid_fd);
    uv_timer_init(loop, &child->deadline);
    child->in.data = child->out.data = child->err.data = child->process.data = child->deadline.data = child;
    child->open_handles = HANDLES;
    uv_poll_start(&child->out, UV_READABLE, on_out);
    uv_poll_start(&child->err, UV_READABLE, on_err);
    uv_poll_start(&child->process, UV_READABLE, on_process);
}

struct lend_child *lend_child_start(uv_loop_t *loop, char *const argv[],
                                    const struct lend_child_events *events, char error[256])
{
    int pipes[4][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    pid_t pid = -1;
    int why = launch(argv, pipes, &pid), pid_fd = -1;

    if (why == 0 && (pid_fd = (int)syscall(SYS_pidfd_open, pid, 0)) < 0) {
        why = errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    if (why != 0) {
        close_all(pipes, 4);
        snprintf(error, 256, "can't run %.100s: %s", argv[0], strerror(why));
        return NULL;
    }
    struct lend_child *child = xcalloc(1, sizeof *child);
    child->pid = pid;
    child->pid_fd = pid_fd;
    fcntl(pid_fd, F_SETFD, FD_CLOEXEC);
    child->in_fd = keep(&pipes[0][1]);
    child->out_fd = keep(&pipes[1][0]);
    child->err_fd = keep(&pipes[2][0]);
    close_all(pipes, 4);
    child->events = *events;
    buf_init(&child->line, (size_t)LEND_CHILD_LINE_MAX + READ_BYTES);
    buf_init(&child->said, SAID_MAX);
    buf_init(&child->waiting, LEND_CHILD_WAITING_MAX);
    watch(child, loop);
    return child;
}
