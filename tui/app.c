/* The loop of the full-screen client: what the client and the terminal say changes ui, and ui is drawn.
 * Nothing runs while nothing happens: the only repeating timer ticks while a turn runs. */
#include "tui/app.h"
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/err.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include "tui/local.h"
#include "tui/settings.h"
#include "tui/view.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FRAME_MS = 16, /* at most a frame in that time while much changes; keys are not made to wait */
    CALM_MS = 8,   /* what changes so long after the last frame is shown at once */
    TICK_MS = 250, /* spinner and elapsed time */
    FIRST_MESSAGES = 50
};

/* --- what is shown --- */

static void set_trouble(struct app *app, char *key, const char *author, const char *text)
{
    free(app->trouble_key);
    app->trouble_key = key;
    message_free(&app->ui.trouble);
    if (key)
        app->ui.trouble = local_message(author, text);
}

/* The last message says by itself why it failed: once is enough. */
static bool is_said(const struct state *state)
{
    const struct message *last = state->message_count ? state->messages[state->message_count - 1] : NULL;

    return last && last->error && strcmp(last->error, state->error_text) == 0;
}

/* The session's error or retry as a message at the end of the list, made anew only when it is another one. */
static void sync_trouble(struct app *app)
{
    const struct state *state = app->ui.state;
    char author[128], *key = NULL;
    const char *text = NULL;

    if (state && state->retry_why) {
        if (state->retry_limit > 0)
            snprintf(author, sizeof author, "~ attempt %lld of %lld follows in %.1f s",
                     (long long)state->retry_attempt, (long long)state->retry_limit,
                     (double)state->retry_delay_ms / 1000);
        else
            snprintf(author, sizeof author, "~ in line");
        text = state->retry_why;
    } else if (state && state->error_text && !is_said(state)) {
        snprintf(author, sizeof author, "! error: %.80s", state->error_kind);
        text = state->error_text;
    }
    if (text)
        key = xasprintf("%s %s", author, text);
    if (key ? app->trouble_key && strcmp(key, app->trouble_key) == 0 : !app->trouble_key)
        free(key);
    else
        set_trouble(app, key, author, text);
}

static void sync_extras(struct ui *ui)
{
    size_t count = 0;

    if (ui->trouble)
        ui->extras[count++] = (struct list_extra){ui->trouble, LIST_NOTICE};
    for (size_t i = 0; ui->state && i < ui->state->queue_count && count < UI_EXTRAS_MAX; i++)
        ui->extras[count++] = (struct list_extra){ui->state->queue[i], LIST_QUEUED};
    count += outbox_extras(ui->outbox, ui->session, ui->extras + count, UI_EXTRAS_MAX - count);
    ui->extra_count = count;
}

void app_sync(struct app *app)
{
    struct ui *ui = &app->ui;

    ui->state = client_state(app->client, ui->session);
    ui->hello = client_hello(app->client);
    if (ui->state)
        sessions_look(ui->sessions, ui->state);
    app_sync_panel(app);
    app_sync_title(app);
    sync_trouble(app);
    sync_extras(ui);
    app_sync_picker(app);
    view_arrange(ui, screen_rows(app->screen), screen_cols(app->screen));
    app_sync_browse(app);
    app_sync_confirm(app);
}

void app_say(struct app *app, bool bad, const char *format, ...)
{
    va_list args;
    struct buf text;

    buf_init(&text, 4096);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    free(app->ui.notice);
    app->ui.notice = sanitise_line(text.data, text.len, APP_NOTICE_BYTES);
    app->ui.notice_bad = bad;
    app->notice_stopping = false;
    app->notice_at = clock_steady_ms();
    buf_free(&text);
    app_changed(app);
}

/* --- frames --- */

static void on_tick(uv_timer_t *timer)
{
    app_changed(timer->data);
}

/* Ticks only while there is something that time alone changes. */
static void set_tick(struct app *app)
{
    const struct state *state = app->ui.state;
    bool wanted = state && state->run != RUN_IDLE && app->ui.link == CLIENT_READY && !app->outside;

    if (wanted && !uv_is_active((uv_handle_t *)&app->tick))
        uv_timer_start(&app->tick, on_tick, TICK_MS, TICK_MS);
    else if (!wanted)
        uv_timer_stop(&app->tick);
}

static void on_terminal(uv_poll_t *poll, int status, int events);

static void poll_terminal(struct app *app, bool output)
{
    app->polling_output = output;
    uv_poll_start(&app->terminal, UV_READABLE | (output ? UV_WRITABLE : 0), on_terminal);
}

void app_draw(struct app *app)
{
    if (app->outside)
        return;
    if (screen_flush(app->screen)) { /* the last frame is not out: this one comes when it is */
        app->dirty = true;
        if (!app->polling_output)
            poll_terminal(app, true);
        return;
    }
    app_sync(app);
    view_draw(&app->ui, app->screen);
    app->dirty = false;
    app->last_frame = clock_steady_ms();
    uv_timer_stop(&app->frame);
    if (screen_flush(app->screen) != app->polling_output)
        poll_terminal(app, !app->polling_output);
    set_tick(app);
    app_keep_look(app);
    app_load_older(app);
}

static void on_frame(uv_timer_t *timer)
{
    struct app *app = timer->data;

    if (app->dirty)
        app_draw(app);
}

/* The first change is shown when the loop comes round, so that a burst of events is one frame; those after it
 * wait for their time. */
void app_changed(struct app *app)
{
    int64_t since = clock_steady_ms() - app->last_frame;

    app->dirty = true;
    if (app->outside || uv_is_active((uv_handle_t *)&app->frame))
        return;
    uv_update_time(&app->loop);
    uv_timer_start(&app->frame, on_frame, since >= CALM_MS ? 0 : (uint64_t)(FRAME_MS - since), 0);
}

/* --- the terminal --- */

static void read_terminal(struct app *app)
{
    char bytes[65536];
    ssize_t got = read(screen_fd(app->screen), bytes, sizeof bytes);

    if (got > 0) {
        keys_feed(app->keys, bytes, (size_t)got);
        app_keys(app, false);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        app_quit(app, EXIT_OK, NULL); /* the terminal is gone */
    }
}

static void on_terminal(uv_poll_t *poll, int status, int events)
{
    struct app *app = poll->data;

    if (status < 0) {
        app_quit(app, EXIT_OK, NULL);
        return;
    }
    if ((events & UV_WRITABLE) && !screen_flush(app->screen)) {
        poll_terminal(app, false);
        if (app->dirty)
            app_draw(app);
    }
    if (events & UV_READABLE)
        read_terminal(app);
}

void app_listen(struct app *app)
{
    poll_terminal(app, false);
}

void app_deafen(struct app *app)
{
    uv_poll_stop(&app->terminal);
    uv_timer_stop(&app->escape);
    uv_timer_stop(&app->frame);
    uv_timer_stop(&app->tick);
}

static void on_resized(uv_signal_t *handle, int number)
{
    struct app *app = handle->data;

    (void)number;
    if (app->outside)
        return; /* asked anew on the way back */
    screen_resize(app->screen);
    app_changed(app);
}

static void on_stop(uv_signal_t *handle, int number)
{
    (void)number;
    app_suspend(handle->data);
}

/* Somebody else stopped and continued the process: the shell has changed the terminal meanwhile. */
static void on_resumed(uv_signal_t *handle, int number)
{
    struct app *app = handle->data;

    (void)number;
    if (!app->outside)
        app_resumed(app);
}

/* --- beginning and end --- */

void app_quit(struct app *app, int exit_code, const char *words)
{
    app->quit = true;
    app->exit_code = exit_code;
    if (words && !app->last_words)
        app->last_words = sanitise_text(words, strlen(words), SANITISE_STRIP, 4096);
    uv_stop(&app->loop);
}

static void open_handles(struct app *app)
{
    struct {
        uv_timer_t *timer;
    } timers[] = {{&app->frame}, {&app->tick}, {&app->escape}, {&app->typing}};

    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        uv_timer_init(&app->loop, timers[i].timer);
        timers[i].timer->data = app;
    }
    uv_poll_init(&app->loop, &app->terminal, screen_fd(app->screen));
    uv_signal_init(&app->loop, &app->resized);
    uv_signal_init(&app->loop, &app->stop);
    uv_signal_init(&app->loop, &app->resumed);
    app->terminal.data = app->resized.data = app->stop.data = app->resumed.data = app;
    uv_signal_start(&app->resized, on_resized, SIGWINCH);
    uv_signal_start(&app->stop, on_stop, SIGTSTP);
    uv_signal_start(&app->resumed, on_resumed, SIGCONT);
    app_listen(app);
    app_outside_open(app);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_handles(struct app *app)
{
    app_lend_close(app);
    if (app->client)
        client_close(&app->client);
    app_browse_close(app);
    app_export_close(app);
    app_command_close(app);
    uv_walk(&app->loop, close_handle, NULL);
    uv_run(&app->loop, UV_RUN_DEFAULT);
    uv_loop_close(&app->loop);
}

static void ui_open(struct ui *ui, const char *session)
{
    snprintf(ui->session, sizeof ui->session, "%s", session);
    ui->sessions = sessions_new();
    ui->list = list_new();
    ui->editor = editor_new();
    ui->outbox = outbox_new();
    ui->panel = panel_new();
    ui->mentions = mentions_new();
    ui->completion = completion_new();
    ui->browse = browse_new();
    ui->picker = picker_new();
    ui->mouse = ui->focused = true;
}

static void ui_close(struct ui *ui)
{
    sessions_free(&ui->sessions);
    list_free(&ui->list);
    editor_free(&ui->editor);
    outbox_free(&ui->outbox);
    panel_free(&ui->panel);
    mentions_free(&ui->mentions);
    completion_free(&ui->completion);
    browse_free(&ui->browse);
    picker_free(&ui->picker);
    free(ui->page);
    message_free(&ui->trouble);
    free(ui->link_text);
    free(ui->notice);
    free(ui->failing);
}

/* ^C and ^\ come here only while the terminal is a program's, which they are for. */
static void on_end(uv_signal_t *handle, int number)
{
    struct app *app = handle->data;

    if (app->outside && (number == SIGINT || number == SIGQUIT))
        return;
    app->ended_by = number;
    app_quit(app, EXIT_OK, NULL);
}

/* Before the terminal is taken, which would see to these signals otherwise: what was typed is to be kept. One
 * that is ignored (nohup) stays so. */
static void open_loop(struct app *app)
{
    static const int ends[APP_END_SIGNALS] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    struct sigaction before;

    uv_loop_init(&app->loop);
    for (size_t i = 0; i < APP_END_SIGNALS; i++) {
        uv_signal_init(&app->loop, &app->ends[i]);
        app->ends[i].data = app;
        if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            uv_signal_start(&app->ends[i], on_end, ends[i]);
    }
}

/* All but the loop and the screen, which are there. */
static void open_parts(struct app *app, const struct app_options *options)
{
    ui_open(&app->ui, options->session);
    app->address = options->address;
    app->ui.daemon = client_address_is_remote(app->address) ? app->address->name : NULL;
    app->ui.mouse = settings_number(options->settings, SETTING_MOUSE);
    keymap_use(settings_keymap(options->settings));
    app_notify_open(app, options->settings);
    app->keys = keys_new();
    open_handles(app);
    app_lists_open(app);
    app_complete_open(app);
    app_keep_open(app);
    app->client = client_open(&app->loop, app->address, "tui", ttyname(STDIN_FILENO), &app_callbacks, app);
    client_follow(app->client, app->ui.session, FIRST_MESSAGES);
    client_follow_listing(app->client);
}

/* The screen is closed before. */
static void close_parts(struct app *app)
{
    close_handles(app);
    app_complete_close(app);
    app_lists_close(app);
    app_keep_close(app);
    app_notify_close(app);
    keymap_use(NULL);
    keys_free(&app->keys);
    ui_close(&app->ui);
    free(app->trouble_key);
    free(app->last_words);
    free(app);
}

/* The screen could not be opened, or there was no need to. */
static int fail(struct app *app, const char *error)
{
    int ended_by = app->ended_by;

    if (!app->quit)
        fprintf(stderr, "stoa: %s\n", error);
    close_handles(app);
    free(app);
    if (ended_by)
        raise(ended_by);
    return EXIT_FAILED;
}

int app_run(const struct app_options *options)
{
    const struct settings *settings = options->settings;
    struct screen_options screen = {.path = "/dev/tty",
                                    .mouse = settings_number(settings, SETTING_MOUSE),
                                    .no_alternate = options->no_alternate,
                                    .title = settings_number(settings, SETTING_TITLE),
                                    .theme = (enum theme)settings_number(settings, SETTING_THEME)};
    struct app *app = xcalloc(1, sizeof *app);
    char error[256];

    utf8_locale();
    open_loop(app);
    front_begin(&app->loop, STDIN_FILENO, &app->quit);
    app->screen = app->quit ? NULL : screen_open(&screen, error);
    if (!app->screen)
        return fail(app, error);
    open_parts(app, options);
    app_draw(app);
    if (!app->quit)
        uv_run(&app->loop, UV_RUN_DEFAULT);
    signal(SIGTTOU, SIG_IGN); /* what is said at the end stops nobody */
    int cols = screen_cols(app->screen);
    screen_close(&app->screen);
    app_keep_leave(app, "");
    app_say_goodbye(app, cols, options->no_alternate);
    int exit_code = app->exit_code, ended_by = app->ended_by;
    close_parts(app);
    if (ended_by) /* nobody catches it any more */
        raise(ended_by);
    return exit_code;
}
