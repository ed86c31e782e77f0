/* Everything printed here is from outside; paper's out sanitises it. */
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/cli/remark.h"
#include "tui/plain/plain_private.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { REMARK_MAX = 1 << 20, ARGUMENTS_SHOWN = 200, SECOND = 1000 };

void plain_say(struct plain *plain, const char *format, ...)
{
    struct buf text;
    va_list args;

    buf_init(&text, REMARK_MAX);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    printer_end(&plain->printer);
    paper_end_line(plain->paper);
    out_text(plain->out, text.data, text.len);
    out_text(plain->out, "\n", 1);
    out_flush(plain->out);
    buf_free(&text);
}

/* --- messages --- */

static void put_heading(struct plain *plain, const struct message *message, const char *more)
{
    char when[CLOCK_TEXT];

    clock_local(message->ts, CLOCK_MINUTE, when);
    plain_say(plain, "[%s] %s%s", when, message->author, more);
}

static void put_ending(struct plain *plain, const struct message *message)
{
    if (message->status != MESSAGE_COMPLETE && message->status != MESSAGE_STREAMING)
        plain_say(plain, "(%s%s%s)", message_status_name(message->status), message->error ? ": " : "",
                  message->error ? message->error : "");
}

/* ", 12 ms", ", 3.4 s"; nothing if it is not known. */
static void took(int64_t ms, char text[32])
{
    *text = '\0';
    if (ms >= SECOND)
        snprintf(text, 32, ", %.1f s", (double)ms / SECOND);
    else if (ms >= 0)
        snprintf(text, 32, ", %lld ms", (long long)ms);
}

static void put_call(struct plain *plain, const struct block *block)
{
    const struct tool_call *call = block->call;
    char time[32] = "";

    if (call)
        took(call->ms, time);
    if (call && *call->tool)
        plain_say(plain, "* call of %s%s%s: %s%s", call->server, *call->server ? "/" : "", call->tool,
                  call_state_name(call->state), time);
    else
        plain_say(plain, "* call of %s", block->name ? block->name : "a tool");
}

static void put_blocks(struct plain *plain, const struct message *message)
{
    for (size_t i = 0; i < message->block_count; i++) {
        const struct block *block = &message->blocks[i];

        if (block->kind == BLOCK_TEXT) {
            out_text(plain->out, block->text.data, block->text.len);
            paper_end_line(plain->paper);
        } else if (block->kind == BLOCK_TOOL_CALL) {
            put_call(plain, block);
        } else if (block->kind == BLOCK_ATTACHMENT) {
            plain_say(plain, "(with the file %s, %zu bytes)", block->name ? block->name : "",
                      block->text.len);
        }
    }
}

static void show_message(struct plain *plain, const struct message *message)
{
    snprintf(plain->last, sizeof plain->last, "%s", message->id);
    put_heading(plain, message, ":");
    if (message->status == MESSAGE_STREAMING) {
        printer_show(&plain->printer, message);
        return;
    }
    put_blocks(plain, message);
    put_ending(plain, message);
    plain_say(plain, "%s", "");
}

static void show_new(struct plain *plain, const struct message *message)
{
    if (message->role != MESSAGE_ROLE_USER || !plain_is_ours(plain, message)) {
        show_message(plain, message);
        return;
    }
    snprintf(plain->last, sizeof plain->last, "%s", message->id);
    put_heading(plain, message, ": sent");
}

static void show_added(struct plain *plain, const json_t *data, const struct state *state)
{
    const struct message *message = state_message(state, jsonx_str(jsonx_obj(data, "message"), "id", ""));

    if (message)
        show_new(plain, message);
}

static void show_text(struct plain *plain, const json_t *data, const struct state *state, bool ended)
{
    const struct message *message = state_message(state, jsonx_str(data, "message", ""));

    if (!message)
        return;
    printer_show(&plain->printer, message);
    if (!ended)
        return;
    printer_end(&plain->printer);
    put_ending(plain, message);
    plain_say(plain, "%s", "");
}

static void show_queue(struct plain *plain, const json_t *data)
{
    const json_t *added = jsonx_obj(data, "added");
    struct message *message = added ? message_from_json(added) : NULL;

    if (message && plain_is_ours(plain, message))
        put_heading(plain, message, ": waits for the end of the turn");
    else if (message)
        show_message(plain, message);
    else if (jsonx_arr(data, "removed"))
        plain_say(plain, "* %s took %zu waiting messages back", jsonx_str(data, "by", "somebody"),
                  json_array_size(jsonx_arr(data, "removed")));
    message_free(&message);
}

/* --- people --- */

static void note_participant(struct plain *plain, const json_t *who)
{
    const char *user = jsonx_str(who, "user", ""), *kind = jsonx_str(who, "kind", "");
    json_t *name = json_sprintf("%s (%s)", user, kind);

    json_object_set_new(plain->names, jsonx_str(who, "id", ""), name ? name : json_string("somebody"));
}

static void show_joined(struct plain *plain, const json_t *who)
{
    const struct client_hello *hello = client_hello(plain->client);
    const char *id = jsonx_str(who, "id", "");

    note_participant(plain, who);
    if (!hello || strcmp(hello->participant, id) != 0)
        plain_say(plain, "* %s is here", jsonx_str(plain->names, id, ""));
}

static void show_left(struct plain *plain, const json_t *data)
{
    const char *id = jsonx_str(data, "participant", ""), *name = jsonx_str(plain->names, id, NULL);

    if (name)
        plain_say(plain, "* %s has left", name);
    json_object_del(plain->names, id);
}

static void show_participants(struct plain *plain, const struct state *state)
{
    const struct client_hello *hello = client_hello(plain->client);

    json_object_clear(plain->names);
    for (size_t i = 0; i < state->participant_count; i++) {
        const struct participant *one = &state->participants[i];
        json_t *who = json_pack("{s:s, s:s, s:s}", "id", one->id, "user", one->user, "kind", one->kind);

        note_participant(plain, who);
        if (!plain->begun && (!hello || strcmp(hello->participant, one->id) != 0))
            plain_say(plain, "* %s is here", jsonx_str(plain->names, one->id, ""));
        json_decref(who);
    }
}

/* --- the session --- */

static void show_run(struct plain *plain, const struct state *state)
{
    static const char *const words[RUN_COUNT] = {[RUN_THINKING] = "the model is thinking",
                                                 [RUN_INTERRUPTING] = "the turn is being interrupted",
                                                 [RUN_COMPACTING] = "what was said is being summed up",
                                                 [RUN_AWAITING_PERMISSION] = "an answer of yours is needed"};
    enum run_state before = plain->run;

    plain->run = state->run;
    if (state->run == before)
        return;
    if (state->run == RUN_IDLE)
        plain_say(plain, "* idle");
    else if (words[state->run] && (before == RUN_IDLE || state->run != RUN_THINKING))
        plain_say(plain, "* %s", words[state->run]);
}

/* "files/read_file"; the end of a call that is in a message does not repeat its name. */
static void put_tool(struct plain *plain, const struct event *event, const struct state *state,
                     const char *what)
{
    const json_t *data = event->data;
    const struct message *message = state_message(state, jsonx_str(data, "message", ""));
    int64_t at = jsonx_int(data, "block", -1);
    const char *server = jsonx_str(data, "server", ""), *tool = jsonx_str(data, "tool", "");

    if (!*tool && message && at >= 0 && (size_t)at < message->block_count) {
        const struct block *block = &message->blocks[at];

        server = block->call ? block->call->server : "";
        tool = block->call && *block->call->tool ? block->call->tool : block->name ? block->name : "";
    }
    plain_say(plain, "* %s%s%s %s", server, *server ? "/" : "", tool, what);
}

static void show_tool_started(struct plain *plain, const struct event *event, const struct state *state)
{
    const char *arguments = jsonx_str(event->data, "arguments", "");
    char *line = sanitise_line(arguments, strlen(arguments), ARGUMENTS_SHOWN);
    char *what =
        xasprintf("begins%s%s%s", *line ? ": " : "", line, strlen(arguments) > ARGUMENTS_SHOWN ? "..." : "");

    put_tool(plain, event, state, what);
    free(what);
    free(line);
}

static void show_tool_ended(struct plain *plain, const struct event *event, const struct state *state)
{
    char time[32], what[128];

    took(jsonx_int(event->data, "ms", -1), time);
    snprintf(what, sizeof what, "has ended: %s%s", jsonx_str(event->data, "state", ""), time);
    put_tool(plain, event, state, what);
}

static void show_remark(struct plain *plain, const struct event *event)
{
    char *line = remark_on(event);

    if (line)
        plain_say(plain, "%s", line);
    free(line);
}

void plain_show_event(struct plain *plain, const struct event *event, const struct state *state)
{
    const json_t *data = event->data;

    switch (event->type) {
    case EVENT_MESSAGE_ADDED:
        show_added(plain, data, state);
        break;
    case EVENT_STREAM_CHUNK:
    case EVENT_STREAM_COMPLETED:
        show_text(plain, data, state, event->type == EVENT_STREAM_COMPLETED);
        break;
    case EVENT_QUEUE_CHANGED:
        show_queue(plain, data);
        break;
    case EVENT_STATE_CHANGED:
        show_run(plain, state);
        break;
    case EVENT_PARTICIPANT_JOINED:
        show_joined(plain, jsonx_obj(data, "participant"));
        break;
    case EVENT_PARTICIPANT_LEFT:
        show_left(plain, data);
        break;
    case EVENT_TOOL_STARTED:
        show_tool_started(plain, event, state);
        break;
    case EVENT_TOOL_ENDED:
        show_tool_ended(plain, event, state);
        break;
    case EVENT_QUESTION_ASKED:
        plain_ask(plain, state, false);
        break;
    case EVENT_QUESTION_ANSWERED:
        plain_answered(plain, data);
        break;
    default:
        show_remark(plain, event);
        break;
    }
}

/* --- snapshots --- */

static void show_all(struct plain *plain, const struct state *state)
{
    size_t first = state->message_count > PLAIN_MESSAGES ? state->message_count - PLAIN_MESSAGES : 0;

    plain_say(plain, "* session \"%s\", %s, %llu messages; /help says what can be typed",
              *state->title ? state->title : state->id, *state->model ? state->model : "no model",
              (unsigned long long)state->messages_total);
    for (size_t i = first; i < state->message_count; i++)
        show_message(plain, state->messages[i]);
    if (state->error_text)
        plain_say(plain, "! %s: %s", state->error_kind, state->error_text);
}

/* What of the last message has come meanwhile, and those after it. */
static void show_missed(struct plain *plain, const struct state *state)
{
    size_t i = state->message_count;

    while (i > 0 && strcmp(state->messages[i - 1]->id, plain->last) != 0)
        i--;
    if (i == 0 && *plain->last) {
        plain_say(plain, "* more was missed than can be shown; the last messages are:");
        show_all(plain, state);
        return;
    }
    if (i > 0 && strcmp(plain->last, plain->printer.message) == 0) {
        printer_show(&plain->printer, state->messages[i - 1]);
        put_ending(plain, state->messages[i - 1]);
    }
    for (; i < state->message_count; i++)
        show_new(plain, state->messages[i]);
}

void plain_show_snapshot(struct plain *plain, const struct state *state)
{
    if (plain->begun)
        show_missed(plain, state);
    else
        show_all(plain, state);
    show_participants(plain, state);
    plain->begun = true;
    show_run(plain, state);
    plain_ask(plain, state, false);
}
