/* One job at a time: a text, and the ways to try one after the other. A job frees itself when the last of its
 * handles is closed; one that was given up goes on to its end unheard. */
#include "tui/clipboard.h"
#include "shared/xalloc.h"
#include "tui/tempfile.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MAX = 512 }; /* bytes that a program may print */

struct job {
    struct clipboard *clipboard; /* NULL: given up */
    char *text;
    size_t len;
    enum clipboard_way ways[CLIPBOARD_WAYS];
    size_t way;
    uv_process_t process;
    uv_pipe_t in, out;
    uv_timer_t timer;
    uv_write_t write;
    int open; /* handles that are not closed yet */
    bool exited, ended, good;
    char answer[ANSWER_MAX];
    size_t answer_len;
};

struct clipboard {
    uv_loop_t *loop;
    clipboard_send *send;
    clipboard_cb *done;
    void *arg;
    struct job *job; /* NULL: none under way */
};

/* The second command of tmux says whether somebody looks at it, with a terminal that has a clipboard. */
static const char *const tmux_args[] = {
    "tmux", "load-buffer", "-w", "-", ";", "display-message", "-p", "#{client_termfeatures}", NULL};
static const char *const tmux_plain_args[] = {"tmux", "load-buffer", "-", NULL};
static const char *const wayland_args[] = {"wl-copy", NULL};
static const char *const x11_args[] = {"xclip", "-selection", "clipboard", "-in", NULL};

static const struct {
    const char *const *args; /* NULL: no program */
    bool answers;            /* what it prints is read */
    const char *where;
} programs[CLIPBOARD_WAYS] = {
    [CLIPBOARD_TMUX] = {tmux_args, true, "tmux's buffer"},
    [CLIPBOARD_TMUX_PLAIN] = {tmux_plain_args, false, "tmux's buffer"},
    [CLIPBOARD_WAYLAND] = {wayland_args, false, "the clipboard (wl-copy)"},
    [CLIPBOARD_X11] = {x11_args, false, "the clipboard (xclip)"},
    [CLIPBOARD_OSC] = {NULL, false, "the terminal's clipboard (OSC 52)"},
};

/* --- what to try --- */

static bool is_set(const char *value)
{
    return value && *value;
}

static size_t encoded_length(size_t len)
{
    return (len + 2) / 3 * 4;
}

size_t clipboard_ways(const struct clipboard_place *place, size_t len,
                      enum clipboard_way ways[CLIPBOARD_WAYS])
{
    size_t count = 0;

    if (is_set(place->tmux)) {
        ways[count++] = CLIPBOARD_TMUX;
        ways[count++] = CLIPBOARD_TMUX_PLAIN;
    }
    if (is_set(place->wayland))
        ways[count++] = CLIPBOARD_WAYLAND;
    if (is_set(place->x11))
        ways[count++] = CLIPBOARD_X11;
    if (encoded_length(len) <= CLIPBOARD_OSC_MAX)
        ways[count++] = CLIPBOARD_OSC;
    ways[count++] = CLIPBOARD_FILE;
    return count;
}

char *clipboard_osc(const char *text, size_t len, size_t *out_len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char begin[] = "\033]52;c;", end[] = "\033\\";
    char *out = xmalloc(sizeof begin + encoded_length(len) + sizeof end), *at = out + sizeof begin - 1;

    memcpy(out, begin, sizeof begin - 1);
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = 0;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < have ? (unsigned char)text[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            *at++ = k <= have ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    memcpy(at, end, sizeof end);
    *out_len = (size_t)(at - out) + sizeof end - 1;
    return out;
}

/* --- a job --- */

static void next_way(struct job *job);

static void job_free(struct job *job)
{
    free(job->text);
    free(job);
}

/* The job is over: says so, unless nobody wants to hear it any more. Handles are closed by then. */
static void finish(struct job *job, bool failed, const char *where)
{
    struct clipboard *clipboard = job->clipboard;

    if (clipboard) {
        struct clipboard_answer answer = {job->ways[job->way], failed, where};
        clipboard->job = NULL;
        clipboard->done(clipboard->arg, &answer);
    }
    job_free(job);
}

static void program_over(struct job *job)
{
    enum clipboard_way way = job->ways[job->way];

    if (!job->clipboard)
        finish(job, true, "");
    else if (job->good && way == CLIPBOARD_TMUX && strstr(job->answer, "clipboard"))
        finish(job, false, "tmux's buffer and the terminal's clipboard");
    else if (job->good)
        finish(job, false, programs[way].where);
    else {
        job->way++;
        next_way(job);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct job *job = handle->data;

    if (--job->open == 0)
        program_over(job);
}

static void close_one(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

/* The process handle is closed when it has exited: it must be reaped. */
static void close_rest(struct job *job)
{
    close_one((uv_handle_t *)&job->in);
    close_one((uv_handle_t *)&job->out);
    close_one((uv_handle_t *)&job->timer);
}

static void maybe_over(struct job *job)
{
    if (!job->exited || !job->ended)
        return;
    close_one((uv_handle_t *)&job->process);
    close_rest(job);
}

static void on_exit_of(uv_process_t *process, int64_t status, int number)
{
    struct job *job = process->data;

    job->exited = true;
    job->good = job->good && status == 0 && number == 0;
    maybe_over(job);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct job *job = handle->data;

    (void)suggested;
    *buf = uv_buf_init(job->answer + job->answer_len, (unsigned)(ANSWER_MAX - 1 - job->answer_len));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct job *job = stream->data;

    (void)buf;
    if (got > 0)
        job->answer_len += (size_t)got;
    if (got >= 0)
        return;
    uv_read_stop(stream); /* the end, or more than is looked at */
    job->ended = true;
    maybe_over(job);
}

static void on_written(uv_write_t *write, int status)
{
    struct job *job = write->data;

    if (status < 0)
        job->good = false;
    close_one((uv_handle_t *)&job->in); /* the end of the text */
}

static void on_late(uv_timer_t *timer)
{
    struct job *job = timer->data;

    job->good = false;
    job->ended = true;
    uv_process_kill(&job->process, SIGKILL);
}

static void open_handles(struct job *job)
{
    uv_loop_t *loop = job->clipboard->loop;

    uv_pipe_init(loop, &job->in, 0);
    uv_pipe_init(loop, &job->out, 0);
    uv_timer_init(loop, &job->timer);
    job->in.data = job->out.data = job->timer.data = job->process.data = job->write.data = job;
    job->open = 4;
    job->exited = job->ended = false;
    job->good = true;
    job->answer_len = 0;
    memset(job->answer, 0, sizeof job->answer);
}

static void run_program(struct job *job)
{
    enum clipboard_way way = job->ways[job->way];
    uv_stdio_container_t stdio[3] = {{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE}};
    uv_process_options_t options = {.exit_cb = on_exit_of,
                                    .file = programs[way].args[0],
                                    .args = (char **)programs[way].args,
                                    .stdio_count = 3,
                                    .stdio = stdio};
    uv_buf_t text = uv_buf_init(job->text, (unsigned)job->len);

    open_handles(job);
    stdio[0].data.stream = (uv_stream_t *)&job->in;
    stdio[1].flags = programs[way].answers ? UV_CREATE_PIPE | UV_WRITABLE_PIPE : UV_IGNORE;
    stdio[1].data.stream = (uv_stream_t *)&job->out;
    stdio[2].flags = UV_IGNORE;
    if (uv_spawn(job->clipboard->loop, &job->process, &options) != 0) {
        job->good = false;
        job->exited = job->ended = true;
        maybe_over(job);
        return;
    }
    job->ended = !programs[way].answers;
    if (programs[way].answers)
        uv_read_start((uv_stream_t *)&job->out, on_alloc, on_read);
    uv_timer_start(&job->timer, on_late, CLIPBOARD_MS, 0);
    uv_write(&job->write, (uv_stream_t *)&job->in, &text, 1, on_written);
}

static void write_file(struct job *job)
{
    char path[TEMPFILE_PATH_MAX];
    int fd = tempfile_open("copy", path);
    bool written = fd >= 0 && tempfile_write(fd, job->text, job->len);

    if (fd >= 0 && (close(fd) != 0 || !written)) {
        unlink(path);
        written = false;
    }
    finish(job, !written, path);
}

/* False if the terminal can't be asked now. */
static bool send_osc(struct job *job)
{
    size_t len;
    char *osc = clipboard_osc(job->text, job->len, &len);
    bool sent = job->clipboard->send(job->clipboard->arg, osc, len);

    free(osc);
    return sent;
}

static void next_way(struct job *job)
{
    if (job->ways[job->way] == CLIPBOARD_OSC) {
        if (send_osc(job)) {
            finish(job, false, programs[CLIPBOARD_OSC].where);
            return;
        }
        job->way++;
    }
    if (programs[job->ways[job->way]].args)
        run_program(job);
    else
        write_file(job);
}

/* --- the clipboard --- */

struct clipboard *clipboard_new(uv_loop_t *loop, clipboard_send *send, clipboard_cb *done, void *arg)
{
    struct clipboard *clipboard = xcalloc(1, sizeof *clipboard);

    clipboard->loop = loop;
    clipboard->send = send;
    clipboard->done = done;
    clipboard->arg = arg;
    return clipboard;
}

/* reap: the loop goes on, so that the program's end is waited for. */
static void give_up(struct clipboard *clipboard, bool reap)
{
    struct job *job = clipboard->job;

    if (!job)
        return;
    clipboard->job = NULL;
    job->clipboard = NULL;
    if (!job->exited)
        uv_process_kill(&job->process, SIGKILL);
    job->exited = job->exited || !reap;
    job->ended = true;
    maybe_over(job);
}

void clipboard_free(struct clipboard **clipboard)
{
    if (!*clipboard)
        return;
    give_up(*clipboard, false);
    free(*clipboard);
    *clipboard = NULL;
}

void clipboard_copy(struct clipboard *clipboard, const char *text, size_t len)
{
    struct clipboard_place place = {getenv("TMUX"), getenv("WAYLAND_DISPLAY"), getenv("DISPLAY")};
    struct job *job = xcalloc(1, sizeof *job);

    give_up(clipboard, true);
    job->clipboard = clipboard;
    job->text = xstrndup(text, len);
    job->len = len;
    clipboard_ways(&place, len, job->ways);
    clipboard->job = job;
    next_way(job);
}
