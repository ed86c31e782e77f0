/* The loop of `stoa top`. It asks once a second, and not again before it was answered: a daemon that is busy
 * is not asked more. */
#include "tui/top.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/client.h"
#include "tui/terminal/front.h"
#include "tui/terminal/keys.h"
#include "tui/terminal/screen.h"
#include "tui/terminal/tty.h"
#include "tui/top_shown.h"
#include "tui/top_view.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum { ASK_MS = 1000, ANSWER_MS = 10000, SAID_BYTES = 200 };

struct top {
    uv_loop_t loop;
    struct client *client;
    const char *daemon; /* its name, where it is not the local one */
    struct screen *screen;
    struct keys *keys;
    uv_timer_t ask, escape;
    uv_poll_t terminal;
    uv_signal_t resized, stop, resumed, ends[3];
    struct front front; /* for the way back from ^Z */
    bool outside;       /* the terminal is the shell's */
    bool over;
    json_t *now, *before;
    struct top_shown shown;
    bool paused, detail, asking, polling_output;
    enum method doubted;           /* what the next y does; METHOD_COUNT: nothing */
    char doubted_id[TOP_ID_BYTES]; /* to which session, whatever is selected by then */
    char said[SAID_BYTES + 1];
    bool said_bad;
    int exit_code;
    char *last_words;
};

static void on_terminal(uv_poll_t *poll, int status, int events);

/* --- showing --- */

static void poll_terminal(struct top *top, bool output)
{
    top->polling_output = output;
    uv_poll_start(&top->terminal, UV_READABLE | (output ? UV_WRITABLE : 0), on_terminal);
}

static void draw(struct top *top)
{
    struct top_shown *shown = &top->shown;
    enum top_tab tab = shown->table.tab;
    if (top->outside)
        return;
    if (screen_flush(top->screen)) { /* the last frame is not out: this one comes when it is */
        poll_terminal(top, true);
        return;
    }
    top_shown_arrange(shown, top_view_room(top->screen));
    struct top_show show = {.now = top->now,
                            .before = top->before,
                            .table = &shown->table,
                            .sorted_by = shown->sorted_by[tab],
                            .descending = shown->descending[tab],
                            .paused = top->paused,
                            .detail = top->detail,
                            .selected = shown->at,
                            .first = shown->first,
                            .daemon = top->daemon,
                            .said = top->said[0] ? top->said : NULL,
                            .said_bad = top->said_bad};
    top_view_draw(top->screen, &show);
    bool left = screen_flush(top->screen);
    if (left != top->polling_output)
        poll_terminal(top, left);
}

static void say(struct top *top, bool bad, const char *text)
{
    char *clean = sanitise_line(text, strlen(text), SAID_BYTES);
    snprintf(top->said, sizeof top->said, "%s", clean);
    free(clean);
    top->said_bad = bad;
    draw(top);
}

static void end(struct top *top, int exit_code, const char *words)
{
    top->exit_code = exit_code;
    top->over = true;
    if (words && !top->last_words)
        top->last_words = sanitise_line(words, strlen(words), 1000);
    uv_stop(&top->loop);
}

/* --- the daemon --- */

static void on_answer(void *arg, enum err code, const char *text, json_t *ok)
{
    struct top *top = arg;
    top->asking = false;
    if (code == ERR_DENIED) {
        end(top, EXIT_FAILED, text);
        return;
    }
    if (code != ERR_OK) {
        say(top, true, text);
        return;
    }
    if (top->paused)
        return;
    top_shown_clear(&top->shown);
    json_decref(top->before);
    top->before = top->now;
    top->now = json_incref(ok);
    top_shown_make(&top->shown, top->shown.table.tab, top->now, top->before);
    draw(top);
}

static void on_ask(uv_timer_t *timer)
{
    struct top *top = timer->data;
    if (top->asking || top->paused)
        return;
    top->asking = true;
    client_request(top->client, METHOD_ADMIN_TOP, NULL, NULL, ANSWER_MS, on_answer, top);
}

static void on_link(void *arg, enum client_link link, const char *text)
{
    struct top *top = arg;
    if (link == CLIENT_READY)
        say(top, false, "");
    else if (link == CLIENT_AWAY)
        say(top, true, text);
}

static void on_notice(void *arg, const char *notice, enum err code, const char *text)
{
    struct top *top = arg;
    (void)notice;
    if (code == ERR_VERSION)
        end(top, EXIT_PROTOCOL, text);
    else if (top->screen)
        say(top, true, text);
}

/* --- what is done to a session --- */

static void on_done(void *arg, enum err code, const char *text, json_t *ok)
{
    struct top *top = arg;
    bool did = jsonx_bool(ok, "ended", false) || jsonx_bool(ok, "hibernated", false);
    say(top, code != ERR_OK,
        code != ERR_OK ? text
        : did          ? "done"
                       : "there was nothing to do: it has no such agent");
}

static void doubt(struct top *top, enum method method)
{
    char text[SAID_BYTES];
    struct top_shown *shown = &top->shown;
    if (shown->table.tab != TOP_SESSIONS || shown->table.count == 0)
        return;
    top->doubted = method;
    top_shown_move(shown, 0); /* nothing may be selected yet */
    memcpy(top->doubted_id, shown->selected, sizeof top->doubted_id);
    snprintf(text, sizeof text, "%s %s? y: yes, any other key: no",
             method == METHOD_ADMIN_END ? "end, at once, the agent of" : "put to sleep the agent of",
             top->doubted_id);
    say(top, method == METHOD_ADMIN_END, text);
}

static void decide(struct top *top, bool yes)
{
    enum method method = top->doubted;
    json_t *params = json_object();
    top->doubted = METHOD_COUNT;
    say(top, false, yes ? "asked" : "");
    jsonx_set_str(params, "session", top->doubted_id);
    if (yes)
        client_request(top->client, method, NULL, params, ANSWER_MS, on_done, top);
    else
        json_decref(params);
}

/* --- keys --- */

static void move(struct top *top, long by)
{
    top_shown_move(&top->shown, by);
    draw(top);
}

static void show_tab(struct top *top, enum top_tab tab)
{
    top->detail = false;
    top_shown_switch(&top->shown, tab, top->now, top->before);
    draw(top);
}

static void sort_by(struct top *top, int step)
{
    top_shown_sort(&top->shown, step);
    draw(top);
}

static void reverse(struct top *top)
{
    top_shown_reverse(&top->shown);
    draw(top);
}

static void toggle(struct top *top, bool *what)
{
    *what = !*what;
    draw(top);
}

static void on_character(struct top *top, uint32_t code)
{
    switch (code) {
    case 'q':
        end(top, EXIT_OK, NULL);
        break;
    case '1':
    case '2':
    case '3':
    case '4':
        show_tab(top, (enum top_tab)(code - '1'));
        break;
    case '<':
    case ',':
        sort_by(top, -1);
        break;
    case '>':
    case '.':
        sort_by(top, 1);
        break;
    case 'r':
        reverse(top);
        break;
    case ' ':
        toggle(top, &top->paused);
        break;
    case 'h':
        doubt(top, METHOD_ADMIN_HIBERNATE);
        break;
    case 'K':
        doubt(top, METHOD_ADMIN_END);
        break;
    case 'j':
        move(top, 1);
        break;
    case 'k':
        move(top, -1);
        break;
    default:
        break;
    }
}

static void on_key(struct top *top, const struct key_event *event)
{
    long room = (long)top_view_room(top->screen);
    if (top->doubted != METHOD_COUNT && event->code < KEY_FOCUS_IN) {
        decide(top, event->code == 'y' && event->mods == 0);
        return;
    }
    if (event->mods & MOD_CTRL) {
        if (event->code == 'c' || event->code == 'd')
            end(top, EXIT_OK, NULL);
        else if (event->code == 'l')
            screen_redraw(top->screen), draw(top);
        else if (event->code == 'z')
            raise(SIGTSTP);
        return;
    }
    switch (event->code) {
    case KEY_UP:
    case KEY_WHEEL_UP:
        move(top, -1);
        break;
    case KEY_DOWN:
    case KEY_WHEEL_DOWN:
        move(top, 1);
        break;
    case KEY_PAGE_UP:
        move(top, -room);
        break;
    case KEY_PAGE_DOWN:
        move(top, room);
        break;
    case KEY_HOME:
        move(top, -(long)top->shown.table.count);
        break;
    case KEY_END:
        move(top, (long)top->shown.table.count);
        break;
    case KEY_LEFT:
        sort_by(top, -1);
        break;
    case KEY_RIGHT:
        sort_by(top, 1);
        break;
    case KEY_TAB:
        show_tab(top, (enum top_tab)((top->shown.table.tab + 1) % TOP_TABS));
        break;
    case KEY_ENTER:
        toggle(top, &top->detail);
        break;
    case KEY_ESCAPE:
        top->detail = false;
        draw(top);
        break;
    default:
        on_character(top, event->code);
    }
}

static void on_escape(uv_timer_t *timer);

static void take_keys(struct top *top, bool waited)
{
    struct key_event event;
    while (keys_next(top->keys, &event, waited))
        on_key(top, &event);
    int wait = keys_wait_ms(top->keys);
    if (wait > 0)
        uv_timer_start(&top->escape, on_escape, (uint64_t)wait, 0);
}

static void on_escape(uv_timer_t *timer)
{
    take_keys(timer->data, true);
}

static void on_terminal(uv_poll_t *poll, int status, int events)
{
    struct top *top = poll->data;
    char bytes[4096];
    if (status < 0) {
        end(top, EXIT_OK, NULL);
        return;
    }
    if ((events & UV_WRITABLE) && !screen_flush(top->screen)) {
        poll_terminal(top, false);
        draw(top);
    }
    if (!(events & UV_READABLE))
        return;
    ssize_t got = read(screen_fd(top->screen), bytes, sizeof bytes);
    if (got > 0) {
        keys_feed(top->keys, bytes, (size_t)got);
        take_keys(top, false);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        end(top, EXIT_OK, NULL); /* the terminal is gone */
    }
}

/* --- signals --- */

static void on_resized(uv_signal_t *handle, int number)
{
    struct top *top = handle->data;
    (void)number;
    if (top->outside)
        return; /* asked anew on the way back */
    screen_resize(top->screen);
    draw(top);
}

static void come_back(void *arg)
{
    struct top *top = arg;
    top->outside = false;
    screen_enter(top->screen);
    poll_terminal(top, false);
    draw(top);
}

static void go_back(struct top *top)
{
    top->outside = true;
    uv_poll_stop(&top->terminal);
    front_await(&top->front, screen_fd(top->screen));
}

/* Stops as it would have been stopped without us, with the terminal as it was. */
static void on_stop(uv_signal_t *handle, int number)
{
    struct top *top = handle->data;
    (void)number;
    if (getsid(0) == getpgrp()) {
        say(top, true, "cannot be suspended: no shell has started this");
        return;
    }
    if (!top->outside)
        screen_leave(top->screen);
    uv_signal_stop(&top->stop);
    kill(0, SIGTSTP);
    uv_signal_start(&top->stop, on_stop, SIGTSTP);
    go_back(top);
}

static void on_resumed(uv_signal_t *handle, int number)
{
    struct top *top = handle->data;
    (void)number;
    if (!top->outside && tty_in_front(screen_fd(top->screen)))
        come_back(top);
    else if (!top->outside)
        go_back(top);
}

static void on_end(uv_signal_t *handle, int number)
{
    (void)number;
    end(handle->data, EXIT_OK, NULL);
}

/* --- beginning and end --- */

static void watch_signal(struct top *top, uv_signal_t *handle, uv_signal_cb cb, int number)
{
    uv_signal_init(&top->loop, handle);
    handle->data = top;
    uv_signal_start(handle, cb, number);
}

static void open_handles(struct top *top)
{
    uv_timer_init(&top->loop, &top->ask);
    uv_timer_init(&top->loop, &top->escape);
    uv_poll_init(&top->loop, &top->terminal, screen_fd(top->screen));
    top->ask.data = top->escape.data = top->terminal.data = top;
    watch_signal(top, &top->resized, on_resized, SIGWINCH);
    watch_signal(top, &top->stop, on_stop, SIGTSTP);
    watch_signal(top, &top->resumed, on_resumed, SIGCONT);
    watch_signal(top, &top->ends[0], on_end, SIGTERM);
    watch_signal(top, &top->ends[1], on_end, SIGHUP);
    watch_signal(top, &top->ends[2], on_end, SIGINT);
    uv_timer_start(&top->ask, on_ask, 0, ASK_MS);
    poll_terminal(top, false);
    front_open(&top->front, &top->loop, &top->over, come_back, top);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void free_all(struct top *top)
{
    client_close(&top->client);
    uv_walk(&top->loop, close_handle, NULL);
    uv_run(&top->loop, UV_RUN_DEFAULT);
    uv_loop_close(&top->loop);
    screen_close(&top->screen);
    keys_free(&top->keys);
    top_shown_clear(&top->shown);
    json_decref(top->now);
    json_decref(top->before);
    free(top->last_words);
    free(top);
}

int top_run(const struct top_options *options)
{
    static const struct client_callbacks callbacks = {.link = on_link, .notice = on_notice};
    struct screen_options screen = {
        .path = "/dev/tty", .no_alternate = options->no_alternate, .theme = options->theme};
    struct top *top = xcalloc(1, sizeof *top);
    char error[256];
    utf8_locale();
    uv_loop_init(&top->loop);
    top->doubted = METHOD_COUNT;
    top_shown_begin(&top->shown);
    top->screen = screen_open(&screen, error);
    if (!top->screen) {
        fprintf(stderr, "stoa: %s\n", error);
        free_all(top);
        return EXIT_FAILED;
    }
    top->keys = keys_new();
    open_handles(top);
    top->daemon = client_address_is_remote(options->address) ? options->address->name : NULL;
    /* Not "tui": such a one follows sessions, and is not let in beyond limits.max_clients. */
    top->client = client_open(&top->loop, options->address, "cli", NULL, &callbacks, top);
    draw(top);
    uv_run(&top->loop, UV_RUN_DEFAULT);
    int exit_code = top->exit_code;
    signal(SIGTTOU, SIG_IGN); /* what is said at the end stops nobody */
    screen_close(&top->screen);
    if (top->last_words)
        fprintf(stderr, "stoa: %s\n", top->last_words);
    free_all(top);
    return exit_code;
}
