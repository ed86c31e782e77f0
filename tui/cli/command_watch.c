/* stoa watch: everything that happens in a session, as JSON lines or as text. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "tui/cli/command.h"
#include "tui/cli/printer.h"
#include "tui/cli/remark.h"
#include "tui/cli/transcript.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPSHOT_MESSAGES = 50, REMARK_MAX = 1 << 20 };

struct watch {
    struct cli *cli;
    char session[ID_MAX];
    struct printer printer;
    bool begun; /* the first snapshot was shown */
    bool done;
    int exit_code;
};

/* --- as JSON --- */

static void put_snapshot_line(struct out *out, const json_t *snapshot)
{
    json_t *line = json_object();

    json_object_set(line, "snapshot", (json_t *)snapshot);
    out_json(out, line);
    json_decref(line);
}

/* --- as text --- */

static void begin_answer(struct watch *watch, const struct message *message)
{
    char when[CLOCK_TEXT];

    printer_end(&watch->printer);
    clock_local(message->ts, CLOCK_MINUTE, when);
    out_printf(&watch->cli->out, "[%s] %s:\n", when, message->author);
    printer_show(&watch->printer, message);
    out_flush(&watch->cli->out);
}

static void end_answer(struct watch *watch, const struct message *message)
{
    printer_show(&watch->printer, message);
    printer_end(&watch->printer);
    if (message->status == MESSAGE_COMPLETE && message->error)
        out_printf(&watch->cli->out, "(%s)\n", message->error);
    else if (message->status != MESSAGE_COMPLETE)
        out_printf(&watch->cli->out, "(%s%s%s)\n", message_status_name(message->status),
                   message->error ? ": " : "", message->error ? message->error : "");
    out_printf(&watch->cli->out, "\n");
    out_flush(&watch->cli->out);
}

/* A line that is no message, such as "* ann has joined". */
static void put_remark(struct watch *watch, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put_remark(struct watch *watch, const char *format, ...)
{
    struct buf text;
    va_list args;

    buf_init(&text, REMARK_MAX);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    printer_end(&watch->printer);
    out_text(&watch->cli->out, text.data, text.len);
    out_flush(&watch->cli->out);
    buf_free(&text);
}

static void show_remark(struct watch *watch, const struct event *event)
{
    char *line = remark_on(event);

    if (line)
        put_remark(watch, "%s\n", line);
    free(line);
}

static void show_added(struct watch *watch, const json_t *data, const struct state *state)
{
    const json_t *added = jsonx_obj(data, "message");
    const struct message *message = state_message(state, jsonx_str(added, "id", ""));

    if (message && message->status == MESSAGE_STREAMING) {
        begin_answer(watch, message);
    } else {
        printer_end(&watch->printer);
        transcript_text(&watch->cli->out, added);
        out_flush(&watch->cli->out);
    }
}

static void show_message(struct watch *watch, const json_t *data, const struct state *state, bool ended)
{
    const struct message *message = state_message(state, jsonx_str(data, "message", ""));

    if (message && ended)
        end_answer(watch, message);
    else if (message)
        printer_show(&watch->printer, message);
}

/* Who or what answered, for people. */
static const char *answerer(const json_t *data)
{
    return jsonx_str(data, "by", jsonx_str(data, "cause", ""));
}

static void show_tool_event(struct watch *watch, const struct event *event)
{
    const json_t *data = event->data, *question = jsonx_obj(data, "question");
    const char *server = jsonx_str(data, "server", ""), *tool = jsonx_str(data, "tool", "");

    switch (event->type) {
    case EVENT_TOOL_STARTED:
        put_remark(watch, "* %s%s%s begins\n", server, *server ? "/" : "", tool);
        break;
    case EVENT_TOOL_ENDED:
        put_remark(watch, "* %s%s%s: %s\n", server, *server ? "/" : "", tool, jsonx_str(data, "state", ""));
        break;
    case EVENT_QUESTION_ASKED:
        server = jsonx_str(question, "server", "");
        put_remark(watch, "? %s: %s%s%s waits for an answer (stoa questions)\n",
                   jsonx_str(question, "id", ""), server, *server ? "/" : "",
                   jsonx_str(question, "tool", ""));
        break;
    case EVENT_QUESTION_ANSWERED:
        put_remark(watch, "* %s: %s (%s)\n", jsonx_str(data, "question", ""), jsonx_str(data, "decision", ""),
                   answerer(data));
        break;
    default:
        show_remark(watch, event);
    }
}

static void show_event(struct watch *watch, const struct event *event, const struct state *state)
{
    const json_t *data = event->data, *who = jsonx_obj(data, "participant");

    switch (event->type) {
    case EVENT_MESSAGE_ADDED:
        show_added(watch, data, state);
        break;
    case EVENT_STREAM_CHUNK:
        show_message(watch, data, state, false);
        break;
    case EVENT_STREAM_COMPLETED:
        show_message(watch, data, state, true);
        break;
    case EVENT_PARTICIPANT_JOINED:
        put_remark(watch, "* %s has joined (%s)\n", jsonx_str(who, "user", ""), jsonx_str(who, "kind", ""));
        break;
    default:
        show_tool_event(watch, event);
        break;
    }
}

static void show_all(struct watch *watch, const struct state *state)
{
    for (size_t i = 0; i < state->message_count; i++) {
        const struct message *message = state->messages[i];
        json_t *json;

        if (message->status == MESSAGE_STREAMING) {
            begin_answer(watch, message);
            continue;
        }
        json = message_to_json(message);
        transcript_text(&watch->cli->out, json);
        json_decref(json);
    }
    out_flush(&watch->cli->out);
}

/* After a gap: what of the message that was being printed has come, and the messages after it. */
static void show_missed(struct watch *watch, const struct state *state)
{
    const struct message *known = state_message(state, watch->printer.message);

    if (known && watch->printer.text) {
        printer_show(&watch->printer, known);
        if (known->status != MESSAGE_STREAMING)
            end_answer(watch, known);
    }
    put_remark(watch, "* caught up after a gap; stoa show has all of it\n");
}

/* --- what arrives --- */

static void on_event(void *arg, const struct event *event, const char *raw, size_t len, enum fold fold)
{
    struct watch *watch = arg;
    const struct state *state = client_state(watch->cli->client, watch->session);

    if (fold != FOLD_OK || !state)
        return;
    if (watch->cli->json)
        out_json_text(&watch->cli->out, raw, len);
    else
        show_event(watch, event, state);
}

static void on_snapshot(void *arg, const struct state *state, const json_t *snapshot)
{
    struct watch *watch = arg;

    if (watch->cli->json)
        put_snapshot_line(&watch->cli->out, snapshot);
    else if (watch->begun)
        show_missed(watch, state);
    else
        show_all(watch, state);
    watch->begun = true;
}

static void on_lost(void *arg, const char *session, enum err code, const char *text)
{
    struct watch *watch = arg;

    (void)session;
    printer_end(&watch->printer);
    cli_say("%s", text);
    watch->exit_code = cli_exit_code(code);
    watch->done = true;
}

static void on_link(void *arg, enum client_link link, const char *text)
{
    struct watch *watch = arg;

    if (link == CLIENT_AWAY || watch->begun)
        cli_say("%s", text);
}

int command_watch(struct cli *cli)
{
    struct watch watch = {.cli = cli, .exit_code = EXIT_FAILED};
    enum err code = cli_session(cli, cli->args->words[0], watch.session);

    if (code == ERR_OK)
        code = cli_ready(cli);
    if (code != ERR_OK)
        return cli_exit_code(code);
    printer_init(&watch.printer, &cli->out);
    cli->callbacks = (struct client_callbacks){
        .link = on_link, .event = on_event, .snapshot = on_snapshot, .lost = on_lost};
    cli->arg = &watch;
    client_follow(cli->client, watch.session, SNAPSHOT_MESSAGES);
    if (!cli_run(cli, &watch.done))
        watch.exit_code = cli_exit_code(cli->fatal);
    cli_close(cli);
    cli->arg = NULL;
    return watch.exit_code;
}
