#include "tui/plain/plain.h"
#include "shared/clock.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/plain/overdue.h"
#include "tui/plain/plain_private.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AGAIN_MS = 3000 }; /* a second ^C within that time quits */

void plain_quit(struct plain *plain, int exit_code)
{
    plain->quit = true;
    plain->exit_code = exit_code;
}

/* --- requests --- */

void plain_request(struct plain *plain, enum method method, json_t *params, int timeout_ms,
                   client_reply_cb *reply, void *arg)
{
    plain->waiting++;
    client_request(plain->client, method, request_row(method)->session ? plain->session : NULL, params,
                   timeout_ms, reply, arg);
}

void plain_replied(struct plain *plain)
{
    plain->waiting--;
}

/* --- sending --- */

static void take_out(struct plain_sent **link)
{
    struct plain_sent *sent = *link;

    *link = sent->next;
    free(sent->text);
    free(sent);
}

static void forget_sent(struct plain_sent *sent)
{
    struct plain_sent **link = &sent->plain->sent;

    while (*link != sent)
        link = &(*link)->next;
    take_out(link);
}

static void on_sent(void *arg, enum err code, const char *text, json_t *ok)
{
    struct plain_sent *sent = arg;

    (void)ok;
    plain_replied(sent->plain);
    sent->acknowledged = true;
    if (code != ERR_OK)
        plain_say(sent->plain, "! not sent: %s; it was:\n%s", text, sent->text);
    if (code != ERR_OK || sent->arrived)
        forget_sent(sent);
}

bool plain_is_ours(struct plain *plain, const struct message *message)
{
    struct plain_sent *sent = plain->sent;
    char *text = message_text(message);

    while (sent &&
           (sent->arrived || strcmp(sent->session, plain->session) != 0 || strcmp(sent->text, text) != 0))
        sent = sent->next;
    free(text);
    if (!sent)
        return false;
    sent->arrived = true;
    if (sent->acknowledged)
        forget_sent(sent);
    return true;
}

void plain_send(struct plain *plain, const char *text)
{
    struct plain_sent *sent = xcalloc(1, sizeof *sent), **link = &plain->sent;
    json_t *params = json_object();

    while (*link)
        link = &(*link)->next;
    *link = sent;
    sent->plain = plain;
    memcpy(sent->session, plain->session, sizeof sent->session);
    sent->text = xstrdup(text);
    jsonx_set_str(params, "text", text);
    /* Waits for ever: it is repeated until the daemon has answered. */
    plain_request(plain, METHOD_MESSAGE_SEND, params, 0, on_sent, sent);
}

static void on_interrupted(void *arg, enum err code, const char *text, json_t *ok)
{
    plain_replied(arg);
    if (code != ERR_OK)
        plain_say(arg, "! not interrupted: %s", text);
    else if (!jsonx_bool(ok, "interrupted", false))
        plain_say(arg, "* nothing was running");
}

void plain_interrupt(struct plain *plain)
{
    plain_request(plain, METHOD_SESSION_INTERRUPT, NULL, PLAIN_ANSWER_MS, on_interrupted, plain);
}

void plain_switch(struct plain *plain, const char *session)
{
    char id[ID_MAX];

    snprintf(id, sizeof id, "%s", session);
    client_unfollow(plain->client, plain->session); /* also if it is the same, to be shown anew */
    printer_end(&plain->printer);
    printer_init(&plain->printer, plain->out);
    plain_drop_form(plain);
    memcpy(plain->session, id, sizeof plain->session);
    plain->begun = false;
    plain->run = RUN_IDLE;
    *plain->last = '\0';
    client_follow(plain->client, plain->session, PLAIN_MESSAGES);
}

/* --- what is typed --- */

static void take_line(struct plain *plain, const char *line, bool cut)
{
    if (cut) {
        plain_say(plain,
                  "! not taken: a terminal cuts lines at %d bytes, so this one may not be whole; use several "
                  "lines, or stoa send",
                  TYPED_LINE_MAX);
        return;
    }
    if (plain->form) {
        plain_fill(plain, line);
        return;
    }
    switch (typed_take(plain->typed, line)) {
    case TYPED_MESSAGE:
        plain_send(plain, typed_text(plain->typed));
        break;
    case TYPED_COMMAND:
        plain_command(plain, typed_text(plain->typed));
        break;
    case TYPED_TOO_LONG:
        plain_say(plain, "! not sent: a message takes %d KiB", TYPED_MAX >> 10);
        break;
    default:
        break;
    }
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    struct plain *plain = poll->data;
    char bytes[8192];
    const char *line;
    bool cut;
    ssize_t got = status < 0 ? 0 : read(plain->terminal, bytes, sizeof bytes);

    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) { /* ^D on an empty line, or the terminal is gone */
        plain_quit(plain, EXIT_OK);
        return;
    }
    typed_feed(plain->typed, bytes, (size_t)got);
    while (!plain->quit && (line = typed_line(plain->typed, &cut))) {
        paper_entered(plain->paper);
        plain->last_interrupt = 0;
        take_line(plain, line, cut);
    }
}

/* ^C drops what is being typed, as the terminal has done with the line; else it interrupts the turn. */
static void on_interrupt(uv_signal_t *signal, int number)
{
    struct plain *plain = signal->data;
    const struct state *state = client_state(plain->client, plain->session);
    int64_t now = clock_steady_ms();
    bool again = plain->last_interrupt && now - plain->last_interrupt < AGAIN_MS;

    (void)number;
    plain->last_interrupt = now;
    if (again)
        plain_quit(plain, EXIT_OK);
    else if (plain->form)
        plain_say(plain, "* the form is put away; the question still waits");
    else if (typed_began(plain->typed))
        plain_say(plain, "* dropped");
    else if (state && state->run != RUN_IDLE)
        plain_interrupt(plain);
    else
        plain_say(plain, "* ^C once more quits");
    plain_drop_form(plain);
    typed_drop(plain->typed);
}

static void on_resumed(uv_signal_t *signal, int number)
{
    struct plain *plain = signal->data;

    (void)number;
    paper_entered(plain->paper); /* the shell has written below the prompt */
}

static void on_end(uv_signal_t *signal, int number)
{
    struct plain *plain = signal->data;

    plain->ended_by = number;
    plain_quit(plain, EXIT_OK);
}

/* --- the client --- */

static void on_link(void *arg, enum client_link link, const char *text)
{
    struct plain *plain = arg;

    if (link == CLIENT_AWAY || plain->begun)
        plain_say(plain, "* %s", text);
}

static void on_event(void *arg, const struct event *event, const char *raw, size_t len, enum fold fold)
{
    struct plain *plain = arg;
    const struct state *state = client_state(plain->client, plain->session);

    (void)raw;
    (void)len;
    if (fold == FOLD_OK && state && plain->begun && strcmp(event->session, plain->session) == 0)
        plain_show_event(plain, event, state);
}

static void on_snapshot(void *arg, const struct state *state, const json_t *snapshot)
{
    struct plain *plain = arg;

    (void)snapshot;
    if (strcmp(state->id, plain->session) == 0)
        plain_show_snapshot(plain, state);
}

static void on_lost(void *arg, const char *session, enum err code, const char *text)
{
    struct plain *plain = arg;

    (void)code;
    if (strcmp(session, plain->session) == 0)
        plain_say(plain, "! the session is gone: %s; /switch lists the others", text);
}

static void on_notice(void *arg, const char *notice, enum err code, const char *text)
{
    struct plain *plain = arg;

    plain_say(plain, "! %s", text);
    if (code == ERR_VERSION)
        plain_quit(plain, EXIT_PROTOCOL);
    else if (strcmp(notice, "bye") == 0 && code != ERR_SHUTTING_DOWN)
        plain_quit(plain, code == ERR_UNAVAILABLE ? EXIT_NO_DAEMON : EXIT_FAILED);
}

static void on_failing(void *arg, const char *why)
{
    struct plain *plain = arg;

    if (why)
        plain_say(plain, "! the store can't commit: %s; what comes now may be lost with the daemon", why);
    else
        plain_say(plain, "the store can commit again");
}

/* --- beginning and end --- */

/* An own descriptor: making descriptor 0 non-blocking would leak into the shell. */
static int open_terminal(void)
{
    const char *name = ttyname(STDIN_FILENO);

    return open(name ? name : "/dev/tty", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static void open_handles(struct plain *plain)
{
    static const int ends[PLAIN_END_SIGNALS] = {SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction before;

    uv_loop_init(&plain->loop);
    uv_poll_init(&plain->loop, &plain->input, plain->terminal);
    uv_signal_init(&plain->loop, &plain->interrupt);
    uv_signal_init(&plain->loop, &plain->resumed);
    plain->input.data = plain->interrupt.data = plain->resumed.data = plain;
    uv_poll_start(&plain->input, UV_READABLE, on_input);
    uv_signal_start(&plain->interrupt, on_interrupt, SIGINT);
    uv_signal_start(&plain->resumed, on_resumed, SIGCONT);
    for (size_t i = 0; i < PLAIN_END_SIGNALS; i++) {
        uv_signal_init(&plain->loop, &plain->ends[i]);
        plain->ends[i].data = plain;
        if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            uv_signal_start(&plain->ends[i], on_end, ends[i]);
            overdue_watch(ends[i]);
        }
    }
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* A prompt stands where somebody is waited for; while a turn runs one may type all the same. */
static void show_prompt(struct plain *plain)
{
    if (plain->begun && plain->waiting == 0 &&
        (plain->run == RUN_IDLE || plain->run == RUN_AWAITING_PERMISSION || plain->form ||
         typed_began(plain->typed)))
        paper_prompt(plain->paper, plain_prompt_text(plain));
}

static void run(struct plain *plain)
{
    while (!plain->quit && !plain->out->broken) {
        show_prompt(plain);
        uv_run(&plain->loop, UV_RUN_ONCE);
    }
}

static void say_goodbye(struct plain *plain)
{
    for (const struct plain_sent *sent = plain->sent; sent; sent = sent->next)
        if (!sent->arrived && !sent->acknowledged)
            plain_say(plain, "! not acknowledged by the daemon:\n%s", sent->text);
    if (plain->daemon)
        plain_say(plain, "stoa -d %s attach --plain %s", plain->daemon, plain->session);
    else
        plain_say(plain, "stoa attach --plain %s", plain->session);
}

static void release(struct plain *plain)
{
    client_close(&plain->client);
    uv_walk(&plain->loop, close_handle, NULL);
    uv_run(&plain->loop, UV_RUN_DEFAULT);
    uv_loop_close(&plain->loop);
    close(plain->terminal);
    while (plain->sent)
        take_out(&plain->sent);
    plain_drop_form(plain);
    json_decref(plain->names);
    free(plain->wanted);
    typed_free(&plain->typed);
    paper_free(&plain->paper);
}

int plain_run(const struct plain_options *options)
{
    static const struct client_callbacks callbacks = {.link = on_link,
                                                      .event = on_event,
                                                      .snapshot = on_snapshot,
                                                      .lost = on_lost,
                                                      .notice = on_notice,
                                                      .failing = on_failing};
    struct plain plain = {.terminal = open_terminal(), .names = json_object(), .typed = typed_new()};

    if (plain.terminal < 0) {
        fprintf(stderr, "stoa: the terminal cannot be read: %s\n", strerror(errno));
        json_decref(plain.names);
        typed_free(&plain.typed);
        return EXIT_FAILED;
    }
    snprintf(plain.session, sizeof plain.session, "%s", options->session);
    plain.daemon = client_address_is_remote(options->address) ? options->address->name : NULL;
    plain.paper = paper_new(stdout);
    plain.out = paper_out(plain.paper);
    printer_init(&plain.printer, plain.out);
    open_handles(&plain);
    plain.client =
        client_open(&plain.loop, options->address, "tui", ttyname(STDIN_FILENO), &callbacks, &plain);
    client_follow(plain.client, plain.session, PLAIN_MESSAGES);
    run(&plain);
    say_goodbye(&plain);
    release(&plain);
    if (plain.ended_by) /* nobody catches it any more */
        raise(plain.ended_by);
    return plain.exit_code;
}
