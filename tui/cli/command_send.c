/* stoa send: the message goes out, the session is followed, and the answer is printed until the turn that the
 * message began has ended. Events may come before the reply that names the message, so what is known is
 * judged anew after each. */
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include "tui/cli/printer.h"
#include "tui/mention.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SNAPSHOT_MESSAGES = 50,
    INTERRUPT_MS = 3000, /* until an interrupted turn has ended */
    AWAY_MS = 10000      /* until a daemon that is gone is given up */
};

struct send {
    struct cli *cli;
    char session[ID_MAX];
    char message[ID_MAX]; /* the prompt's, once it is known */
    uint64_t ack_seq;
    char idle_after[ID_MAX]; /* the newest message when a turn ended last; "" if none has */
    json_t *params;          /* of the request, until it is made */
    struct printer printer;
    uv_signal_t interrupt;
    uv_timer_t patience;
    int interrupts;
    bool away;
    bool done;
    int exit_code;
};

static void finish(struct send *send, int exit_code)
{
    if (send->done)
        return;
    send->done = true;
    send->exit_code = send->interrupts ? CLI_EXIT_INTERRUPT : exit_code;
}

/* --- what the state says --- */

/* Its position among the messages, or -1. */
static ssize_t position(const struct state *state, const char *id)
{
    for (size_t i = state->message_count; *id && i-- > 0;)
        if (strcmp(state->messages[i]->id, id) == 0)
            return (ssize_t)i;
    return -1;
}

static bool is_queued(const struct state *state, const char *id)
{
    for (size_t i = 0; i < state->queue_count; i++)
        if (strcmp(state->queue[i]->id, id) == 0)
            return true;
    return false;
}

/* The answers to the prompt end where the next prompt begins. */
static bool is_answer(const struct state *state, size_t i)
{
    return i < state->message_count && state->messages[i]->role == MESSAGE_ROLE_ASSISTANT;
}

static void print_answers(struct send *send, const struct state *state, size_t first)
{
    size_t i = first;

    /* What was printed wholly before is not begun again. */
    for (size_t at = first; is_answer(state, at); at++)
        if (strcmp(state->messages[at]->id, send->printer.message) == 0)
            i = at;
    for (; is_answer(state, i); i++)
        printer_show(&send->printer, state->messages[i]);
}

static void put_result(struct send *send, const struct state *state, const struct message *answer)
{
    json_t *result = json_pack("{s:s, s:s}", "session", send->session, "message", send->message), *line;

    if (answer) {
        char *text = message_text(answer);

        jsonx_set_str(result, "answer", answer->id);
        jsonx_set_str(result, "status", message_status_name(answer->status));
        jsonx_set_str(result, "stop_reason", answer->stop_reason);
        jsonx_set_str(result, "error", answer->error);
        jsonx_set_str(result, "text", text);
        free(text);
    } else {
        jsonx_set_str(result, "status",
                      message_status_name(state->error_text ? MESSAGE_FAILED : MESSAGE_INTERRUPTED));
        jsonx_set_str(result, "error", state->error_text);
    }
    line = json_pack("{s:o}", "result", result);
    out_json(&send->cli->out, line);
    json_decref(line);
}

static void conclude(struct send *send, const struct state *state, size_t prompt)
{
    const struct message *answer = NULL;

    for (size_t i = prompt + 1; is_answer(state, i); i++)
        answer = state->messages[i];
    if (send->cli->json)
        put_result(send, state, answer);
    else
        printer_end(&send->printer);
    if (answer && answer->status == MESSAGE_COMPLETE) {
        if (answer->error)
            cli_say("%s", answer->error);
        finish(send, EXIT_OK);
        return;
    }
    if (answer && answer->status == MESSAGE_INTERRUPTED)
        cli_say("the turn was interrupted%s%s", answer->error ? ": " : "",
                answer->error ? answer->error : "");
    else if (answer && answer->error)
        cli_say("the turn failed: %s", answer->error);
    else if (state->error_text)
        cli_say("the turn failed: %s", state->error_text);
    else
        cli_say("the turn was interrupted before there was an answer");
    finish(send, EXIT_FAILED);
}

static void judge(struct send *send)
{
    const struct state *state = client_state(send->cli->client, send->session);
    ssize_t prompt;

    if (send->done || !state || !*send->message || state->seq < send->ack_seq)
        return;
    prompt = position(state, send->message);
    if (prompt < 0) {
        if (state->run == RUN_IDLE && !is_queued(state, send->message)) {
            cli_say("the message was taken out of the queue");
            finish(send, EXIT_FAILED);
        }
        return;
    }
    if (!send->cli->json)
        print_answers(send, state, (size_t)prompt + 1);
    if (position(state, send->idle_after) >= prompt)
        conclude(send, state, (size_t)prompt);
}

static void note_idle(struct send *send, const struct state *state)
{
    if (state->run == RUN_IDLE && state->message_count > 0)
        snprintf(send->idle_after, sizeof send->idle_after, "%s",
                 state->messages[state->message_count - 1]->id);
}

/* --- what arrives --- */

/* Whoever waits at this terminal should know what for. */
static void say_question(const struct event *event)
{
    const json_t *question = jsonx_obj(event->data, "question");
    const char *id = jsonx_str(question, "id", ""), *server = jsonx_str(question, "server", "");

    cli_say("%s%s%s waits for permission; see: stoa questions; answer: stoa allow %s", server,
            *server ? "/" : "", jsonx_str(question, "tool", jsonx_str(question, "kind", "")), id);
}

/* What holds the answer up. Nothing for the end of a wait in line. */
static void say_waits(const struct event *event)
{
    const char *why = jsonx_str(event->data, "why", "");

    if (*why)
        cli_say("%s%s", why, jsonx_int(event->data, "limit", 0) > 0 ? "; trying again" : "");
}

static void on_event(void *arg, const struct event *event, const char *raw, size_t len, enum fold fold)
{
    struct send *send = arg;
    const struct state *state = client_state(send->cli->client, send->session);

    if (send->done || fold != FOLD_OK || !state)
        return;
    if (send->cli->json)
        out_json_text(&send->cli->out, raw, len);
    if (event->type == EVENT_STATE_CHANGED)
        note_idle(send, state);
    if (event->type == EVENT_QUESTION_ASKED)
        say_question(event);
    if (event->type == EVENT_TURN_RETRYING)
        say_waits(event);
    if (event->type == EVENT_BUDGET_REACHED)
        cli_say("%s", jsonx_str(event->data, "text", ""));
    judge(send);
}

static void on_sent(void *arg, enum err code, const char *text, json_t *ok)
{
    struct send *send = arg;
    json_t *line;

    if (code != ERR_OK) {
        cli_say("%s", text);
        finish(send, cli_exit_code(code));
        return;
    }
    snprintf(send->message, sizeof send->message, "%s", jsonx_str(ok, "message", ""));
    send->ack_seq = (uint64_t)jsonx_int(ok, "seq", 0);
    if (send->cli->json) {
        line = json_pack("{s:O}", "sent", ok);
        out_json(&send->cli->out, line);
        json_decref(line);
    }
    judge(send);
}

/* A session that is idle in a snapshot has ended what it had begun, be it by the daemon's restart. */
static void on_snapshot(void *arg, const struct state *state, const json_t *snapshot)
{
    struct send *send = arg;

    (void)snapshot;
    note_idle(send, state);
    if (send->params) { /* what follows from the prompt is all seen now */
        json_t *params = send->params;

        send->params = NULL;
        client_request(send->cli->client, METHOD_MESSAGE_SEND, send->session, params, CLI_ANSWER_MS, on_sent,
                       send);
    }
    judge(send);
}

static void on_lost(void *arg, const char *session, enum err code, const char *text)
{
    struct send *send = arg;

    (void)session;
    if (!send->done)
        cli_say("%s", text);
    finish(send, cli_exit_code(code));
}

static void on_patience_end(uv_timer_t *timer)
{
    struct send *send = timer->data;

    if (send->away)
        cli_say("the daemon has not come back; the session is kept");
    finish(send, send->away ? EXIT_NO_DAEMON : EXIT_FAILED);
}

static void on_link(void *arg, enum client_link link, const char *text)
{
    struct send *send = arg;

    if (link == CLIENT_AWAY && !send->done) {
        send->away = true;
        cli_say("%s", text);
        uv_timer_start(&send->patience, on_patience_end, AWAY_MS, 0);
    } else if (link == CLIENT_READY && send->away) {
        send->away = false;
        if (send->interrupts == 0)
            uv_timer_stop(&send->patience);
    }
}

/* --- ^C --- */

static void on_unqueued(void *arg, enum err code, const char *text, json_t *ok)
{
    (void)code;
    (void)text;
    (void)ok;
    finish(arg, CLI_EXIT_INTERRUPT);
}

/* The turn that runs may be another one, while the prompt still waits. */
static void on_interrupt(uv_signal_t *signal, int number)
{
    struct send *send = signal->data;
    const struct state *state = client_state(send->cli->client, send->session);

    (void)number;
    if (send->interrupts++ > 0 || !*send->message || !state) {
        finish(send, CLI_EXIT_INTERRUPT);
        return;
    }
    if (is_queued(state, send->message))
        client_request(send->cli->client, METHOD_MESSAGE_EDIT_QUEUE, send->session,
                       json_pack("{s:[s]}", "remove", send->message), INTERRUPT_MS, on_unqueued, send);
    else
        client_request(send->cli->client, METHOD_SESSION_INTERRUPT, send->session, NULL, 0, NULL, NULL);
    uv_timer_start(&send->patience, on_patience_end, INTERRUPT_MS, 0);
}

/* --- the whole --- */

static enum err find_session(struct cli *cli, char id[ID_MAX])
{
    const char *name = args_value(cli->args, "session");

    if (name)
        return cli_session(cli, name, id);
    if (args_has(cli->args, "new")) {
        json_t *params = json_object();

        jsonx_set_str(params, "model", args_value(cli->args, "model"));
        return cli_new_session(cli, params, id);
    }
    return cli_last_session(cli, id);
}

static int follow_turn(struct send *send)
{
    struct cli *cli = send->cli;

    uv_signal_init(&cli->loop, &send->interrupt);
    uv_timer_init(&cli->loop, &send->patience);
    send->interrupt.data = send->patience.data = send;
    uv_signal_start(&send->interrupt, on_interrupt, SIGINT);
    cli->callbacks = (struct client_callbacks){
        .link = on_link, .event = on_event, .snapshot = on_snapshot, .lost = on_lost};
    cli->arg = send;
    client_follow(cli->client, send->session, SNAPSHOT_MESSAGES);
    if (!cli_run(cli, &send->done))
        send->exit_code = cli_exit_code(cli->fatal);
    printer_end(&send->printer);
    uv_close((uv_handle_t *)&send->interrupt, NULL);
    uv_close((uv_handle_t *)&send->patience, NULL);
    cli_close(cli);
    cli->arg = NULL;
    return send->exit_code;
}

/* What --attach names, as [{name, text}]; NULL with a sentence in error. */
static json_t *read_files(const struct args *args, size_t text_len, char error[512])
{
    struct mentions *files = mentions_new();
    json_t *attachments = NULL;
    bool good = true;

    for (size_t i = 0; i < args->given_count && good; i++)
        if (strcmp(args->given[i].row->name, "attach") == 0)
            good = mentions_add(files, args->given[i].value, error);
    if (good)
        attachments = mentions_read(files, text_len, error);
    mentions_free(&files);
    return attachments;
}

int command_send(struct cli *cli)
{
    struct send send = {.cli = cli, .exit_code = EXIT_FAILED};
    const char *mode = args_value(cli->args, "mode");
    char *prompt, error[512];
    json_t *attachments;
    enum err code;
    int exit_code;

    if (mode && strcmp(mode, "queue") != 0 && strcmp(mode, "steer") != 0)
        return cli_usage("option --mode is '%.40s'; it must be queue or steer", mode);
    if (args_has(cli->args, "new") && args_value(cli->args, "session"))
        return cli_usage("--new and --session exclude each other");
    if (args_has(cli->args, "model") && !args_has(cli->args, "new"))
        return cli_usage("--model is for a new session: give --new too");
    prompt = cli_prompt(cli, 0, &exit_code);
    if (!prompt)
        return exit_code != EXIT_OK
                   ? exit_code
                   : cli_usage("a prompt is needed, as words or on stdin; see: stoa help send");
    attachments = read_files(cli->args, strlen(prompt), error);
    if (!attachments) {
        free(prompt);
        return cli_usage("%s", error);
    }
    code = find_session(cli, send.session);
    if (code == ERR_OK)
        code = cli_ready(cli);
    if (code != ERR_OK) {
        free(prompt);
        json_decref(attachments);
        return cli_exit_code(code);
    }
    send.params = json_object();
    jsonx_set_str(send.params, "text", prompt);
    jsonx_set_str(send.params, "mode", mode);
    if (json_array_size(attachments) > 0)
        json_object_set(send.params, "attachments", attachments);
    json_decref(attachments);
    free(prompt);
    printer_init(&send.printer, &cli->out);
    exit_code = follow_turn(&send);
    json_decref(send.params);
    return exit_code;
}
