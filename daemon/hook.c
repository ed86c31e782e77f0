/* The hook's processes. Each has a session of its own, so that its whole group can be killed. */
#include "daemon/hook.h"

#include "daemon/socket/files.h"
#include "shared/buf.h"
#include "shared/environment.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/sanitise.h"
#include "shared/subreaper.h"
#include "shared/xalloc.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PIPES = 3, READ_BYTES = 4096 };

struct hook {
    struct hooks *hooks; /* NULL when these are gone */
    uv_process_t process;
    uv_pipe_t pipes[PIPES]; /* its standard input, output and error */
    uv_timer_t timer;
    uv_write_t write;
    int handles; /* open */
    bool runs;
    char *input;
    struct buf output;
    char piece[READ_BYTES];
    struct hook *next;
};

struct hooks {
    uv_loop_t *loop;
    struct hook *running;
    size_t count;
};

/* --- words --- */

int hook_split(const char *at, char *out, char *words[HOOK_WORDS_MAX + 1])
{
    int count = 0;
    for (;;) {
        at += strspn(at, " \t");
        if (!*at)
            break;
        if (count == HOOK_WORDS_MAX)
            return -1;
        words[count++] = out;
        char quote = '\0';
        for (; *at && (quote || (*at != ' ' && *at != '\t')); at++) {
            if (quote ? *at == quote : *at == '\'' || *at == '"') {
                quote = quote ? '\0' : *at;
                continue;
            }
            if (*at == '\\' && quote != '\'' && at[1])
                at++;
            *out++ = *at;
        }
        if (quote)
            return -1;
        *out++ = '\0';
    }
    words[count] = NULL;
    return count;
}

/* --- one run --- */

static void forget(struct hook *hook)
{
    if (!hook->hooks)
        return;
    struct hook **at = &hook->hooks->running;
    while (*at != hook)
        at = &(*at)->next;
    *at = hook->next;
    hook->hooks->count--;
    hook->hooks = NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct hook *hook = handle->data;
    if (--hook->handles > 0)
        return;
    forget(hook);
    buf_free(&hook->output);
    free(hook->input);
    free(hook);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void close_all(struct hook *hook)
{
    for (int i = 0; i < PIPES; i++)
        close_handle((uv_handle_t *)&hook->pipes[i]);
    close_handle((uv_handle_t *)&hook->timer);
    close_handle((uv_handle_t *)&hook->process);
}

static void kill_group(const struct hook *hook)
{
    if (hook->runs)
        kill(-hook->process.pid, SIGKILL);
}

static void log_end(const struct hook *hook, int64_t status, int number)
{
    char *words = sanitise_line(hook->output.data, hook->output.len, HOOK_LOG_MAX);
    if (status || number)
        log_warn("hook", "permission.hook ended with %s %d", number ? "signal" : "exit code",
                 number ? number : (int)status);
    if (*words)
        log_debug("hook", "permission.hook said: %s", words);
    free(words);
}

static void on_exit_(uv_process_t *process, int64_t status, int number)
{
    struct hook *hook = process->data;
    hook->runs = false;
    subreaper_forget(process->pid);
    log_end(hook, status, number);
    close_all(hook);
}

static void on_deadline(uv_timer_t *timer)
{
    struct hook *hook = timer->data;
    log_warn("hook", "permission.hook took longer than %d s and was killed", HOOK_MS / 1000);
    kill_group(hook);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status; /* one that does not read is as good */
    close_handle((uv_handle_t *)write->handle);
}

static void give_piece(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct hook *hook = handle->data;
    *buf = uv_buf_init(hook->piece, sizeof hook->piece);
}

static void on_output(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct hook *hook = stream->data;
    if (count < 0) {
        close_handle((uv_handle_t *)stream);
        return;
    }
    size_t room = hook->output.max - hook->output.len;
    buf_put(&hook->output, buf->base, (size_t)count < room ? (size_t)count : room);
}

/* What a program that notifies needs, and no key. */
static char **clean_environment(void)
{
    static const char *const kept[] = {"PATH",
                                       "HOME",
                                       "USER",
                                       "LANG",
                                       "LC_ALL",
                                       "TZ",
                                       "TMPDIR",
                                       "DISPLAY",
                                       "WAYLAND_DISPLAY",
                                       "XAUTHORITY",
                                       "XDG_RUNTIME_DIR",
                                       "DBUS_SESSION_BUS_ADDRESS",
                                       "STOA_RUNTIME_DIR",
                                       "STOA_STATE_DIR",
                                       NULL};
    return environment_only(kept);
}

static int spawn(struct hook *hook, uv_loop_t *loop, char **words)
{
    uv_stdio_container_t stdio[PIPES];
    char **environment = clean_environment();
    for (int i = 0; i < PIPES; i++) {
        stdio[i].flags = UV_CREATE_PIPE | (i == 0 ? UV_READABLE_PIPE : UV_WRITABLE_PIPE);
        stdio[i].data.stream = (uv_stream_t *)&hook->pipes[i];
    }
    uv_process_options_t options = {.exit_cb = on_exit_,
                                    .file = words[0],
                                    .args = words,
                                    .env = environment,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = PIPES,
                                    .stdio = stdio};
    int code = uv_spawn(loop, &hook->process, &options);
    environment_free(&environment);
    return code;
}

static void init_handles(struct hook *hook, uv_loop_t *loop)
{
    for (int i = 0; i < PIPES; i++) {
        uv_pipe_init(loop, &hook->pipes[i], 0);
        hook->pipes[i].data = hook;
    }
    uv_timer_init(loop, &hook->timer);
    hook->timer.data = hook->process.data = hook;
    hook->handles = PIPES + 2;
}

static bool has_descriptors(const struct hook *hook)
{
    for (int i = 0; i < PIPES; i++) {
        uv_os_fd_t fd;
        if (uv_fileno((const uv_handle_t *)&hook->pipes[i], &fd) != 0 || !files_may_keep(fd))
            return false;
    }
    return true;
}

static void start(struct hooks *hooks, char **words, const json_t *json)
{
    struct hook *hook = xcalloc(1, sizeof *hook);
    size_t len;
    hook->hooks = hooks;
    hook->next = hooks->running;
    hooks->running = hook;
    hooks->count++;
    hook->input = jsonx_dump(json, &len);
    buf_init(&hook->output, HOOK_LOG_MAX);
    init_handles(hook, hooks->loop);
    int code = spawn(hook, hooks->loop, words);
    if (code != 0) {
        log_error("hook", "permission.hook: can't start %s: %s", words[0], uv_strerror(code));
        close_all(hook);
        return;
    }
    hook->runs = true;
    subreaper_know(hook->process.pid);
    uv_timer_start(&hook->timer, on_deadline, HOOK_MS, 0);
    if (!has_descriptors(hook)) {
        log_error("hook", "permission.hook: no descriptor is left for it (ulimit -n)");
        kill_group(hook);
        return;
    }
    uv_buf_t input = uv_buf_init(hook->input, (unsigned)len);
    if (uv_write(&hook->write, (uv_stream_t *)&hook->pipes[0], &input, 1, on_written) != 0)
        close_handle((uv_handle_t *)&hook->pipes[0]);
    for (int i = 1; i < PIPES; i++)
        uv_read_start((uv_stream_t *)&hook->pipes[i], give_piece, on_output);
}

void hooks_run(struct hooks *hooks, const char *command, const json_t *json)
{
    char *out = xmalloc(strlen(command) + 1), *words[HOOK_WORDS_MAX + 1];
    int count = hook_split(command, out, words);
    if (count < 0)
        log_error("hook", "permission.hook is malformed: a quote is not closed, or it has more than %d words",
                  HOOK_WORDS_MAX);
    else if (count > 0 && hooks->count >= HOOK_MAX)
        log_warn("hook", "permission.hook was left out once: %d run already", HOOK_MAX);
    else if (count > 0)
        start(hooks, words, json);
    free(out);
}

struct hooks *hooks_open(uv_loop_t *loop)
{
    struct hooks *hooks = xcalloc(1, sizeof *hooks);
    hooks->loop = loop;
    return hooks;
}

void hooks_close(struct hooks **slot)
{
    struct hooks *hooks = *slot;
    if (!hooks)
        return;
    while (hooks->running) {
        struct hook *hook = hooks->running;
        kill_group(hook);
        if (hook->runs)
            subreaper_forget(hook->process.pid);
        close_all(hook);
        forget(hook);
    }
    free(hooks);
    *slot = NULL;
}
