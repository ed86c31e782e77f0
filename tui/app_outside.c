/* Giving the terminal away and taking it back: ^Z, and $EDITOR on the draft. */
#include "shared/buf.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void go_outside(struct app *app)
{
    app->outside = true;
    app_deafen(app);
    screen_leave(app->screen);
}

static void come_back(struct app *app)
{
    screen_enter(app->screen);
    app->outside = false;
    app_listen(app);
    app_changed(app);
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
    if (app->outside) { /* the editor runs, and was stopped too */
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
    come_back(app);
}

/* --- $EDITOR --- */

static bool write_draft(struct app *app)
{
    const char *folder = getenv("TMPDIR");
    size_t len;
    const char *text = editor_text(app->ui.editor, &len);

    if (!folder || strlen(folder) > sizeof app->editor_path - 24)
        folder = "/tmp";
    snprintf(app->editor_path, sizeof app->editor_path, "%s/stoa-draft-XXXXXX", folder);
    int fd = mkostemp(app->editor_path, O_CLOEXEC);
    if (fd < 0)
        return false;
    bool written = write(fd, text, len) == (ssize_t)len;
    if (close(fd) != 0 || !written) {
        unlink(app->editor_path);
        return false;
    }
    return true;
}

static void read_draft(struct app *app)
{
    struct buf text;
    char piece[4096];
    ssize_t got;
    int fd = open(app->editor_path, O_RDONLY | O_CLOEXEC);
    bool fits = true;

    buf_init(&text, (size_t)EDITOR_TEXT_MAX * 4);
    while (fd >= 0 && fits && (got = read(fd, piece, sizeof piece)) > 0)
        fits = buf_put(&text, piece, (size_t)got);
    if (fd >= 0)
        close(fd);
    char *clean = sanitise_text(text.data, text.len, SANITISE_STRIP, (size_t)EDITOR_TEXT_MAX * 4);
    size_t len = strlen(clean);
    while (len > 0 && clean[len - 1] == '\n')
        len--;
    if (fd < 0 || !fits || !editor_set(app->ui.editor, clean, len))
        app_say(app, true,
                "the edited text does not fit into a message; the draft is as it was, the text is in %s",
                app->editor_path);
    else
        unlink(app->editor_path);
    free(clean);
    buf_free(&text);
}

static void on_editor_closed(uv_handle_t *handle)
{
    (void)handle;
}

static void editor_over(struct app *app, bool started)
{
    signal(SIGINT, SIG_DFL);
    if (app->editor_tty >= 0)
        close(app->editor_tty);
    if (started)
        read_draft(app);
    else
        unlink(app->editor_path);
    come_back(app);
}

static void on_editor_exit(uv_process_t *process, int64_t status, int signal_number)
{
    struct app *app = process->data;

    uv_close((uv_handle_t *)process, on_editor_closed);
    if (status != 0 || signal_number != 0) {
        editor_over(app, false);
        app_say(app, true, "the editor failed; the draft is as it was");
        return;
    }
    editor_over(app, true);
}

/* Run by the loop, so that the client goes on answering the daemon meanwhile. */
void app_edit_outside(struct app *app)
{
    static char shell[] = "sh", option[] = "-c", script[] = "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"";
    char *args[] = {shell, option, script, shell, app->editor_path, NULL};
    uv_stdio_container_t stdio[3];

    if (!write_draft(app)) {
        app_say(app, true, "no file for the editor: %s", strerror(errno));
        return;
    }
    app->editor_tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    for (int i = 0; i < 3; i++)
        stdio[i] = (uv_stdio_container_t){.flags = UV_INHERIT_FD,
                                          .data.fd = app->editor_tty >= 0 ? app->editor_tty : i};
    uv_process_options_t options = {
        .exit_cb = on_editor_exit, .file = "/bin/sh", .args = args, .stdio_count = 3, .stdio = stdio};
    app_tell_typing(app, false);
    go_outside(app);
    signal(SIGINT, SIG_IGN); /* a ^C is for the editor */
    app->editor.data = app;
    int failed = uv_spawn(&app->loop, &app->editor, &options);
    if (failed) {
        uv_close((uv_handle_t *)&app->editor, on_editor_closed);
        editor_over(app, false);
        app_say(app, true, "the editor could not be started: %s", uv_strerror(failed));
    }
}
