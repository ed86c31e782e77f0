/* A child's life on the loop: what it says, what is said to it, and its end in order. Its death is seen by a
 * pidfd, since its daughters may hold its streams open; what it wrote before is read first.
 *
 * Whatever it does, a turn of the loop reads a bounded amount of it, and what waits in memory is capped. */
#include "daemon/agent/mcp/stdio.h"
#include "daemon/agent/mcp/lines.h"
#include "daemon/agent/mcp/message.h"
#include "daemon/agent/mcp/pace.h"
#include "daemon/agent/mcp/talk.h"
#include "shared/jsonx.h"
#include "shared/subreaper.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10, /* of a stream in one turn of the loop */
    WRITE_BYTES = 1 << 20, /* to it, in one turn */
    DRAIN_BYTES = 2 << 20, /* of a stream after its death: more than a pipe holds comes from somebody else */
    KEPT_BYTES = 64 << 10, /* a larger buffer is given back when it is empty */
    HANDLES = 8
};

enum phase {
    RUNNING,
    LEAVING,    /* its stdin is closed, or will be when it has read what waits */
    TERMINATED, /* it was sent SIGTERM */
    KILLED,     /* and SIGKILL */
    SWEEPING,   /* it has ended; what it left is being killed */
    GONE        /* nothing is left */
};

struct stdio {
    struct mcp_transport base;
    struct mcp_transport_handler handler;
    bool quiet; /* it was closed, or lost was told: nothing more is */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
    enum phase phase;
    struct launched child;
    uv_poll_t in, out, err, process;
    uv_timer_t deadline, second, census;
    uv_signal_t orphans;
    int open_handles;
    struct lines lines; /* of its stdout */
    struct pace pace;   /* of these */
    struct talk talk;   /* of its stderr */
    struct buf waiting; /* for its stdin */
    size_t written;     /* of these */
    unsigned noise;
    bool heard;            /* it has said something that was a message */
    const char *withdrawn; /* what it has closed of its own accord; NULL: nothing */
    int64_t processes;     /* its limit; 0: none */
};

/* --- the end of it --- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct stdio *stdio = handle->data;

    if (--stdio->open_handles > 0)
        return;
    void (*closed)(void *arg) = stdio->closed;
    void *arg = stdio->closed_arg;
    launch_clear(&stdio->child);
    lines_free(&stdio->lines);
    talk_free(&stdio->talk);
    buf_free(&stdio->waiting);
    free(stdio);
    if (closed)
        closed(arg);
}

/* The handle first: libuv must not see the number again once another file has it. */
static void let_go(uv_poll_t *poll, int *fd)
{
    if (*fd < 0)
        return;
    uv_close((uv_handle_t *)poll, on_handle_closed);
    close(*fd);
    *fd = -1;
}

static void finish(struct stdio *stdio)
{
    uv_close((uv_handle_t *)&stdio->deadline, on_handle_closed);
    uv_close((uv_handle_t *)&stdio->second, on_handle_closed);
    uv_close((uv_handle_t *)&stdio->census, on_handle_closed);
    uv_close((uv_handle_t *)&stdio->orphans, on_handle_closed);
}

static void sweep(struct stdio *stdio)
{
    if (subreaper_sweep() > 0)
        return;
    uv_signal_stop(&stdio->orphans);
    stdio->phase = GONE;
    if (stdio->closing)
        finish(stdio);
}

static void on_orphans(uv_signal_t *handle, int number)
{
    (void)number;
    sweep(handle->data);
}

static void lose(struct stdio *stdio, enum mcp_why why, const char *text)
{
    struct mcp_failure failure = {.why = why, .text = text};

    if (stdio->quiet)
        return;
    stdio->quiet = true;
    stdio->handler.lost(stdio->handler.arg, &failure);
}

static void kill_for(struct stdio *stdio, enum mcp_why why, const char *text)
{
    stdio->phase = KILLED;
    launch_signal(&stdio->child, SIGKILL);
    lose(stdio, why, text);
}

static void on_deadline(uv_timer_t *timer)
{
    struct stdio *stdio = timer->data;

    if (stdio->phase == RUNNING) {
        lose(stdio, MCP_WHY_CLOSED, stdio->withdrawn);
    } else if (stdio->phase == LEAVING) {
        stdio->phase = TERMINATED;
        let_go(&stdio->in, &stdio->child.in);
        launch_signal(&stdio->child, SIGTERM);
        uv_timer_start(timer, on_deadline, STDIO_TERM_MS, 0);
    } else {
        stdio->phase = KILLED;
        launch_signal(&stdio->child, SIGKILL);
    }
}

/* It has closed a stream. Mostly that is the first that is seen of its death, which will tell more. */
static void suspect(struct stdio *stdio, const char *withdrawn)
{
    if (stdio->withdrawn || stdio->phase != RUNNING)
        return;
    stdio->withdrawn = withdrawn;
    uv_timer_start(&stdio->deadline, on_deadline, STDIO_LINGER_MS, 0);
}

/* --- what it says for people --- */

static void said(void *arg, const char *line, size_t len)
{
    struct stdio *stdio = arg;

    if (!stdio->quiet)
        stdio->handler.said(stdio->handler.arg, line, len);
}

static void on_err(uv_poll_t *poll, int status, int events);
static void on_out(uv_poll_t *poll, int status, int events);

static void on_second(uv_timer_t *timer)
{
    struct stdio *stdio = timer->data;
    bool talks = talk_next_second(&stdio->talk), owes = pace_next_second(&stdio->pace);

    if (talks || owes)
        uv_timer_start(timer, on_second, TALK_SECOND_MS, 0);
    if (stdio->child.err >= 0)
        uv_poll_start(&stdio->err, UV_READABLE, on_err);
    if (stdio->child.out >= 0 && !pace_is_full(&stdio->pace))
        uv_poll_start(&stdio->out, UV_READABLE, on_out);
}

static void begin_second(struct stdio *stdio)
{
    if (!uv_is_active((uv_handle_t *)&stdio->second))
        uv_timer_start(&stdio->second, on_second, TALK_SECOND_MS, 0);
}

static void take_err(struct stdio *stdio, char *bytes, size_t len)
{
    talk_take(&stdio->talk, bytes, len);
}

static void on_err(uv_poll_t *poll, int status, int events)
{
    struct stdio *stdio = poll->data;
    char bytes[READ_BYTES];
    ssize_t got = read(stdio->child.err, bytes, sizeof bytes);

    (void)status;
    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0) {
        begin_second(stdio);
        take_err(stdio, bytes, (size_t)got);
        if (talk_is_full(&stdio->talk))
            uv_poll_stop(poll);
    } else {
        let_go(&stdio->err, &stdio->child.err);
        talk_end(&stdio->talk);
    }
}

/* --- what it says for us --- */

/* A host that gave namespaces to others may have none left. */
static void tell_open(struct stdio *stdio)
{
    static const char said[] =
        "stoa: this server got no namespaces of its own, so it sees the files of this account";
    char error[256];

    if (launch_report(&stdio->child, error) && launch_sees_all(&stdio->child))
        stdio->handler.said(stdio->handler.arg, said, sizeof said - 1);
}

static void take_line(struct stdio *stdio, char *line, size_t len)
{
    char error[160];

    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    if (len == 0)
        return;
    json_t *message = mcp_message_parse(line, len, error);
    if (message) {
        stdio->noise = 0;
        if (!stdio->heard)
            tell_open(stdio);
        stdio->heard = true;
        stdio->handler.message(stdio->handler.arg, message, 0);
        json_decref(message);
    } else {
        begin_second(stdio);
        talk_line(&stdio->talk, line, len);
        if (++stdio->noise == STDIO_NOISE_MAX)
            kill_for(stdio, MCP_WHY_NONSENSE, "what it writes to its standard output is no JSON");
    }
}

static void take_out(struct stdio *stdio, char *bytes, size_t len)
{
    enum lines_found found = LINES_LINE;
    char *line, text[96];
    size_t line_len;

    pace_take(&stdio->pace, 0, len);
    while (!stdio->quiet &&
           (found = lines_next(&stdio->lines, &bytes, &len, &line, &line_len)) == LINES_LINE) {
        pace_take(&stdio->pace, 1, 0);
        take_line(stdio, line, line_len);
    }
    if (found != LINES_LONG)
        return;
    snprintf(text, sizeof text, "a line of more than %d bytes", (int)MCP_MESSAGE_MAX);
    kill_for(stdio, MCP_WHY_FLOOD, text);
}

static void end_out(struct stdio *stdio)
{
    char *line;
    size_t len;

    if (!stdio->quiet && lines_last(&stdio->lines, &line, &len))
        take_line(stdio, line, len);
}

static void on_out(uv_poll_t *poll, int status, int events)
{
    struct stdio *stdio = poll->data;
    char bytes[READ_BYTES];
    ssize_t got = read(stdio->child.out, bytes, sizeof bytes);

    (void)status;
    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0) {
        begin_second(stdio);
        take_out(stdio, bytes, (size_t)got);
        if (pace_is_full(&stdio->pace))
            uv_poll_stop(poll);
        return;
    }
    let_go(&stdio->out, &stdio->child.out);
    end_out(stdio);
    suspect(stdio, "it closed its standard output");
}

/* --- how many it is --- */

static void on_census(uv_timer_t *timer)
{
    struct stdio *stdio = timer->data;
    char text[256];

    launch_report(&stdio->child, text);
    if (stdio->child.counted) {
        uv_timer_stop(timer);
    } else if (launch_crowded(&stdio->child, stdio->processes)) {
        snprintf(text, sizeof text, "more than %lld processes and threads", (long long)stdio->processes);
        kill_for(stdio, MCP_WHY_FLOOD, text);
    }
}

/* --- its death --- */

static void drain(struct stdio *stdio, int fd, void (*take)(struct stdio *stdio, char *bytes, size_t len))
{
    char bytes[READ_BYTES];
    size_t left = DRAIN_BYTES;
    ssize_t got;

    while (fd >= 0 && !stdio->quiet && left > 0 && (got = read(fd, bytes, sizeof bytes)) > 0) {
        take(stdio, bytes, (size_t)got);
        left -= (size_t)got < left ? (size_t)got : left;
    }
}

static void tell_end(struct stdio *stdio, int status)
{
    char text[256];

    if (!launch_report(&stdio->child, text)) {
        lose(stdio, MCP_WHY_NOT_STARTED, text);
        return;
    }
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, sizeof text, "exit code %d", WEXITSTATUS(status));
    lose(stdio, status == 0 ? MCP_WHY_CLOSED : MCP_WHY_CRASHED, text);
}

static void on_process(uv_poll_t *poll, int status, int events)
{
    struct stdio *stdio = poll->data;
    siginfo_t info = {0};

    (void)status;
    (void)events;
    if (waitid(P_PID, (id_t)stdio->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return;
    launch_signal(&stdio->child, SIGKILL); /* the rest of its group, while its pid is still taken */
    drain(stdio, stdio->child.out, take_out);
    end_out(stdio);
    drain(stdio, stdio->child.err, take_err);
    talk_end(&stdio->talk);
    int ended = launch_reap(&stdio->child);
    stdio->phase = SWEEPING;
    uv_timer_stop(&stdio->deadline);
    uv_timer_stop(&stdio->second);
    uv_timer_stop(&stdio->census);
    let_go(&stdio->in, &stdio->child.in);
    let_go(&stdio->out, &stdio->child.out);
    let_go(&stdio->err, &stdio->child.err);
    let_go(&stdio->process, &stdio->child.pidfd);
    tell_end(stdio, ended);
    uv_signal_start(&stdio->orphans, on_orphans, SIGCHLD);
    sweep(stdio);
}

/* --- what is said to it --- */

static void on_in(uv_poll_t *poll, int status, int events);

static void deafen(struct stdio *stdio)
{
    buf_free(&stdio->waiting);
    stdio->written = 0;
    let_go(&stdio->in, &stdio->child.in);
    suspect(stdio, "it closed its standard input");
}

static void flush(struct stdio *stdio)
{
    size_t most = stdio->waiting.len - stdio->written;

    for (most = most < WRITE_BYTES ? most : WRITE_BYTES; most > 0;) {
        ssize_t wrote = write(stdio->child.in, stdio->waiting.data + stdio->written, most);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && errno != EAGAIN) {
            deafen(stdio);
            return;
        }
        if (wrote <= 0)
            break;
        stdio->written += (size_t)wrote;
        most -= (size_t)wrote;
    }
    if (stdio->written < stdio->waiting.len) {
        uv_poll_start(&stdio->in, UV_WRITABLE, on_in);
        return;
    }
    uv_poll_stop(&stdio->in);
    stdio->written = 0;
    if (stdio->waiting.cap > KEPT_BYTES)
        buf_free(&stdio->waiting);
    else
        buf_clear(&stdio->waiting);
    if (stdio->closing)
        let_go(&stdio->in, &stdio->child.in);
}

static void on_in(uv_poll_t *poll, int status, int events)
{
    struct stdio *stdio = poll->data;

    (void)events;
    if (status < 0) /* nobody reads the pipe any more */
        deafen(stdio);
    else
        flush(stdio);
}

static bool put_line(struct stdio *stdio, const json_t *message)
{
    size_t before = stdio->waiting.len;

    if (jsonx_dump_buf(message, &stdio->waiting) && buf_putc(&stdio->waiting, '\n'))
        return true;
    buf_truncate(&stdio->waiting, before);
    return false;
}

static bool stdio_send(struct mcp_transport *transport, const struct mcp_outgoing *outgoing)
{
    struct stdio *stdio = (struct stdio *)transport;

    if (stdio->quiet || stdio->child.in < 0)
        return false;
    /* moved seldom: each time as much as is left at most */
    if (stdio->written > 0 && stdio->written >= stdio->waiting.len / 2) {
        buf_drop(&stdio->waiting, stdio->written);
        stdio->written = 0;
    }
    bool waits = stdio->waiting.len > 0;
    if (!put_line(stdio, outgoing->message))
        return false;
    if (!waits)
        flush(stdio);
    return true;
}

static void stdio_close(struct mcp_transport *transport, void (*closed)(void *arg), void *arg)
{
    struct stdio *stdio = (struct stdio *)transport;

    stdio->quiet = stdio->closing = true;
    stdio->closed = closed;
    stdio->closed_arg = arg;
    if (stdio->phase == GONE) {
        finish(stdio);
    } else if (stdio->phase == RUNNING) {
        stdio->phase = LEAVING;
        if (stdio->waiting.len == 0)
            let_go(&stdio->in, &stdio->child.in);
        uv_timer_start(&stdio->deadline, on_deadline, STDIO_EOF_MS, 0);
    }
}

/* --- start --- */

static void watch(struct stdio *stdio, uv_loop_t *loop)
{
    uv_poll_init(loop, &stdio->in, stdio->child.in);
    uv_poll_init(loop, &stdio->out, stdio->child.out);
    uv_poll_init(loop, &stdio->err, stdio->child.err);
    uv_poll_init(loop, &stdio->process, stdio->child.pidfd);
    uv_timer_init(loop, &stdio->deadline);
    uv_timer_init(loop, &stdio->second);
    uv_timer_init(loop, &stdio->census);
    uv_signal_init(loop, &stdio->orphans);
    stdio->open_handles = HANDLES;
    stdio->in.data = stdio->out.data = stdio->err.data = stdio->process.data = stdio;
    stdio->deadline.data = stdio->second.data = stdio->census.data = stdio->orphans.data = stdio;
    uv_poll_start(&stdio->out, UV_READABLE, on_out);
    uv_poll_start(&stdio->err, UV_READABLE, on_err);
    uv_poll_start(&stdio->process, UV_READABLE, on_process);
    if (stdio->processes > 0)
        uv_timer_start(&stdio->census, on_census, STDIO_CENSUS_MS, STDIO_CENSUS_MS);
}

struct mcp_transport *stdio_open(uv_loop_t *loop, const struct launch *launch,
                                 const struct mcp_transport_handler *handler, char error[256])
{
    static const struct mcp_transport_ops ops = {.send = stdio_send, .close = stdio_close};
    struct launched child;

    if (!launch_start(launch, &child, error))
        return NULL;
    struct stdio *stdio = xcalloc(1, sizeof *stdio);
    stdio->base.ops = &ops;
    stdio->handler = *handler;
    stdio->child = child;
    stdio->processes = launch->processes;
    lines_init(&stdio->lines, MCP_MESSAGE_MAX, false);
    talk_init(&stdio->talk, said, stdio);
    buf_init(&stdio->waiting, MCP_MESSAGE_MAX * 2);
    watch(stdio, loop);
    return &stdio->base;
}

pid_t stdio_pid(const struct mcp_transport *transport)
{
    const struct stdio *stdio = (const struct stdio *)transport;

    return stdio->phase < SWEEPING ? stdio->child.pid : 0;
}
