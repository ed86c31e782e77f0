/* Giving the terminal away and taking it back: ^Z, and programs that run in it, such as $EDITOR. */
#include "shared/buf.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include "tui/terminal/tty.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void go_outside(struct app *app)
{
    app->outside = true;
    front_forget(&app->front);
    keys_clear(app->keys); /* typed for what comes now: it would be done when one is back */
    app_deafen(app);
    screen_leave(app->screen);
}

static void come_back(void *arg)
{
    struct app *app = arg;

    screen_enter(app->screen);
    app->outside = false;
    app_panel_wait(app);
    app_listen(app);
    app_changed(app);
}

void app_outside_open(struct app *app)
{
    front_open(&app->front, &app->loop, &app->quit, come_back, app);
}

/* --- ^Z --- */

/* Lets SIGTSTP do what it does by default, which is nothing where no shell could continue the job. */
static void stop_here(struct app *app, pid_t whom)
{
    uv_signal_cb caught = app->stop.signal_cb;

    uv_signal_stop(&app->stop);
    kill(whom, SIGTSTP);
    uv_signal_start(&app->stop, caught, SIGTSTP);
}

void app_suspend(struct app *app)
{
    if (app->outside) { /* a program has it, and was stopped too */
        stop_here(app, getpid());
        return;
    }
    if (getsid(0) == getpgrp()) {
        app_say(app, true, "cannot be suspended: no shell has started this");
        return;
    }
    app_tell_typing(app, false);
    go_outside(app);
    stop_here(app, 0); /* the whole job, as the terminal would */
    front_await(&app->front, screen_fd(app->screen));
}

void app_resumed(struct app *app)
{
    if (tty_in_front(screen_fd(app->screen))) {
        screen_enter(app->screen);
        app_changed(app);
        return;
    }
    app->outside = true;
    app_deafen(app);
    front_await(&app->front, screen_fd(app->screen));
}

/* --- programs --- */

static void on_program_closed(uv_handle_t *handle)
{
    (void)handle;
}

static void take_back(struct app *app)
{
    if (app->program_tty >= 0)
        close(app->program_tty);
    if (tty_in_front(screen_fd(app->screen)))
        come_back(app);
    else
        front_await(&app->front, screen_fd(app->screen));
}

static void on_program_exit(uv_process_t *process, int64_t status, int signal_number)
{
    struct app *app = process->data;

    uv_close((uv_handle_t *)process, on_program_closed);
    take_back(app);
    app->program_over(app, status == 0 && signal_number == 0);
}

/* Run by the loop, so that the client goes on answering the daemon meanwhile. */
bool app_run_outside(struct app *app, const char *script, app_program_cb *over)
{
    static char shell[] = "sh", option[] = "-c";
    char *command = xstrdup(script), *args[] = {shell, option, command, shell, app->program_path, NULL};
    uv_stdio_container_t stdio[3];

    app->program_tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    for (int i = 0; i < 3; i++)
        stdio[i] = (uv_stdio_container_t){.flags = UV_INHERIT_FD,
                                          .data.fd = app->program_tty >= 0 ? app->program_tty : i};
    uv_process_options_t options = {
        .exit_cb = on_program_exit, .file = "/bin/sh", .args = args, .stdio_count = 3, .stdio = stdio};
    app_tell_typing(app, false);
    go_outside(app);
    app->program.data = app;
    app->program_over = over;
    int failed = uv_spawn(&app->loop, &app->program, &options);
    free(command);
    if (failed) {
        uv_close((uv_handle_t *)&app->program, on_program_closed);
        take_back(app);
        app_say(app, true, "/bin/sh could not be started: %s", uv_strerror(failed));
    }
    return !failed;
}

/* --- $EDITOR --- */

/* What the editor left behind; free() it. NULL if it can't be read, or is too much for a message. */
static char *written(const struct app *app, size_t *len)
{
    struct buf text;
    char piece[4096], *clean = NULL;
    ssize_t got = -1;
    int fd = open(app->program_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    buf_init(&text, (size_t)EDITOR_TEXT_MAX * 4);
    while (fd >= 0 && (got = read(fd, piece, sizeof piece)) > 0 && buf_put(&text, piece, (size_t)got))
        ;
    if (fd >= 0)
        close(fd);
    if (got == 0)
        clean = sanitise_text(text.data, text.len, SANITISE_STRIP, (size_t)EDITOR_TEXT_MAX * 4);
    buf_free(&text);
    *len = clean ? strlen(clean) : 0;
    while (*len > 0 && clean[*len - 1] == '\n')
        clean[--*len] = '\0';
    return clean;
}

static bool write_draft(struct app *app)
{
    size_t len;
    const char *text = editor_text(app->ui.editor, &len);
    int fd = tempfile_open("draft", app->program_path);

    if (fd < 0)
        return false;
    bool written = tempfile_write(fd, text, len);
    if (close(fd) != 0 || !written) {
        unlink(app->program_path);
        return false;
    }
    return true;
}

static bool is_draft(const struct app *app, const char *text, size_t len)
{
    size_t draft_len;
    const char *draft = editor_text(app->ui.editor, &draft_len);

    while (draft_len > 0 && draft[draft_len - 1] == '\n')
        draft_len--;
    return len == draft_len && memcmp(text, draft, len) == 0;
}

/* The session may be another one by now, if the one before was deleted. */
static void editor_over(struct app *app, bool well)
{
    bool here = strcmp(app->edited_session, app->ui.session) == 0;
    size_t len;
    char *text = written(app, &len);
    const char *why = !well   ? "the editor failed"
                      : !here ? "this is another session now"
                      : !text || !editor_set(app->ui.editor, text, len)
                          ? "the edited text does not fit into a message"
                          : NULL;
    bool lost = why && !(text && (len == 0 || is_draft(app, text, len)));

    if (why)
        app_say(app, true, "%s; the draft is as it was%s%s", why, lost ? ", the text is in " : "",
                lost ? app->program_path : "");
    if (!lost)
        unlink(app->program_path);
    free(text);
}

void app_edit_outside(struct app *app)
{
    memcpy(app->edited_session, app->ui.session, sizeof app->edited_session);
    if (!write_draft(app))
        app_say(app, true, "no file for the editor: %s", strerror(errno));
    else if (!app_run_outside(app, "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"", editor_over))
        unlink(app->program_path);
}
