/* The trap: between a fact and its event the state still shows the step before. So each call remembers what
 * was said of it (enum said), and the state decides only where nothing is on its way. */
#include "daemon/agent/turn_calls.h"
#include "daemon/agent/edit.h"
#include "daemon/agent/permission.h"
#include "daemon/agent/result.h"
#include "daemon/agent/tools.h"
#include "daemon/agent/turn_facts.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_CALLS_PROGRESS_MS = 250, /* between two reports of one call's progress; others are dropped */
    TURN_CALLS_OVERHEAD = 704,    /* bytes that a call takes beside its result: names, rule, file */
    TURN_CALLS_ADDED = 256,       /* bytes that the daemon may add to a question, as JSON */
    TURN_CALLS_NOTED = 2048       /* bytes of room from which on a result says whose arguments it had */
};

enum said { SAID_NOTHING, SAID_ASKED, SAID_STARTED, SAID_RUNS, SAID_ENDED };

struct call {
    struct turn_calls *calls;
    int block;
    enum said said;
    unsigned definition;   /* of its server, when it was decided */
    char question[ID_MAX]; /* SAID_ASKED */
    size_t question_bytes;
    size_t result_bytes; /* SAID_ENDED */
    struct servers_call *run;
    int64_t began, progressed; /* steady ms */
};

struct turn_calls {
    struct turn_calls_options options;
    struct turn_calls_order order;
    char *author;
    char message[ID_MAX]; /* of the calls; "" for none */
    struct call *list;    /* one for each block */
    size_t count;
};

struct turn_calls *turn_calls_new(const struct turn_calls_options *options)
{
    struct turn_calls *calls = xcalloc(1, sizeof *calls);

    calls->options = *options;
    return calls;
}

void turn_calls_begin(struct turn_calls *calls, const struct turn_calls_order *order)
{
    turn_calls_drop(calls);
    free(calls->author);
    calls->order = *order;
    calls->order.author = calls->author = xstrdup(order->author);
}

void turn_calls_drop(struct turn_calls *calls)
{
    for (size_t i = 0; i < calls->count; i++)
        servers_cancel(&calls->list[i].run);
    free(calls->list);
    calls->list = NULL;
    calls->count = 0;
    calls->message[0] = '\0';
}

void turn_calls_free(struct turn_calls **slot)
{
    struct turn_calls *calls = *slot;

    *slot = NULL;
    if (!calls)
        return;
    turn_calls_drop(calls);
    free(calls->author);
    free(calls);
}

/* The message whose calls these are; NULL if none is open. A message that is not known yet is made known. */
static struct message *open_message(struct turn_calls *calls)
{
    struct message *message = state_open_calls(*calls->options.state);

    if (message && strcmp(message->id, calls->message) != 0) {
        turn_calls_drop(calls);
        strcpy(calls->message, message->id);
        calls->count = message->block_count;
        calls->list = xcalloc(calls->count + 1, sizeof *calls->list);
        for (size_t i = 0; i < calls->count; i++)
            calls->list[i] = (struct call){.calls = calls, .block = (int)i};
    }
    return message;
}

static enum call_state state_of(const struct block *block)
{
    return block->call ? block->call->state : CALL_NONE;
}

/* Whether there is a call in that block which has not ended, nor is about to. */
static bool is_open(const struct call *call, const struct block *block)
{
    return block->kind == BLOCK_TOOL_CALL && call->said != SAID_ENDED && !call_ended(state_of(block));
}

/* --- the end of a call --- */

/* How much of a result may be told: what is left of the message, shared by the calls that have none yet. */
static size_t room_for(const struct turn_calls *calls, const struct message *message)
{
    size_t used = message->bytes, open = 0;

    for (size_t i = 0; i < calls->count; i++) {
        const struct call *call = &calls->list[i];
        bool told = call_ended(state_of(&message->blocks[i]));
        open += is_open(call, &message->blocks[i]);
        used += call->said == SAID_ENDED && !told ? call->result_bytes + TURN_CALLS_OVERHEAD : 0;
    }
    used += open * TURN_CALLS_OVERHEAD;
    size_t room = used < STATE_MESSAGE_BYTES && open > 0 ? (STATE_MESSAGE_BYTES - used) / open : 0;
    if (room > calls->order.result_max)
        room = calls->order.result_max;
    if (room > STATE_TEXT_MAX)
        room = STATE_TEXT_MAX;
    return room < STATE_NOTE_MAX ? STATE_NOTE_MAX : room;
}

struct ending {
    const struct servers_tool *tool; /* NULL: not known, or the state has it */
    enum call_state state;
    const char *text;
    const json_t *mcp; /* instead of text, and of the state */
};

static void end(struct call *call, const struct ending *ending)
{
    struct turn_calls *calls = call->calls;
    const struct message *message = state_message(*calls->options.state, calls->message);
    char name[ID_MAX + 16];
    struct result result;

    if (!message)
        return;
    size_t room = room_for(calls, message);
    size_t shown = room / 4 < STATE_CHANGED_MAX ? room / 4 : STATE_CHANGED_MAX;
    char *note = room < TURN_CALLS_NOTED ? NULL : call_note(message->blocks[call->block].call, shown);
    snprintf(name, sizeof name, "%s-%d", calls->message, call->block);
    struct result_place place = {.folder =
                                     calls->options.servers ? servers_folder(calls->options.servers) : NULL,
                                 .name = name,
                                 .max = room - (note ? strlen(note) : 0),
                                 .left = &calls->order.files_left};
    if (ending->mcp)
        result_read(ending->mcp, &place, &result);
    else
        result_read_text(ending->text, ending->state, &place, &result);
    char *text = xasprintf("%s%s", note ? note : "", result.text);
    struct tool_end fact = {.message = calls->message,
                            .block = call->block,
                            .server = ending->tool ? ending->tool->server : NULL,
                            .tool = ending->tool ? ending->tool->tool : NULL,
                            .state = result.state,
                            .result = text,
                            .file = result.file,
                            .ms = call->said == SAID_RUNS ? clock_steady_ms() - call->began : -1};
    fact_tool_ended(calls->options.link, &fact);
    call->said = SAID_ENDED;
    call->result_bytes = strlen(text);
    result_clear(&result);
    free(text);
    free(note);
}

static void end_with(struct call *call, const struct servers_tool *tool, enum call_state state, char *text)
{
    struct ending ending = {.tool = tool, .state = state, .text = text};

    end(call, &ending);
    free(text);
}

/* --- a server that was defined otherwise meanwhile --- */

static void know_server(struct call *call, const char *server)
{
    if (call->calls->options.servers)
        call->definition = servers_definition(call->calls->options.servers, server);
}

static bool is_other_server(const struct call *call, const char *server)
{
    return call->calls->options.servers && *server &&
           call->definition != servers_definition(call->calls->options.servers, server);
}

static void end_other_server(struct call *call, const char *server)
{
    end_with(
        call, NULL, CALL_CANCELLED,
        xasprintf("Not run: MCP server '%s' was defined otherwise after this call was decided on.", server));
}

/* --- a call that runs --- */

static void on_progress(void *arg, double progress, double total, const char *text)
{
    struct call *call = arg;
    int64_t now = clock_steady_ms();

    if (!(progress >= 0 && progress <= 1e15) ||
        (call->progressed && now - call->progressed < TURN_CALLS_PROGRESS_MS))
        return;
    call->progressed = now;
    fact_tool_progress(call->calls->options.link, call->calls->message, call->block, progress,
                       total <= 1e15 ? total : -1, text);
}

static void on_done(void *arg, const struct servers_result *result)
{
    struct call *call = arg;
    struct ending ending = {.mcp = result->result};

    call->run = NULL;
    if (result->code == ERR_OK)
        end(call, &ending);
    else
        end_with(call, NULL, CALL_FAILED,
                 xasprintf("The call failed: %s%s", result->text ? result->text : err_text(result->code),
                           result->sent ? " (it may have had its effect)" : ""));
}

/* The arguments of a call, the person's or the model's: an object (new reference), or NULL with a sentence.
 * No text at all is an empty one. */
static json_t *arguments_of(const struct block *block, char error[256])
{
    char why[160] = "";
    const char *changed = block->call ? block->call->arguments : NULL;
    const char *text = changed ? changed : block->text.data;
    size_t len = changed ? strlen(changed) : block->text.len;
    json_t *json = len > 0 ? jsonx_parse(text, len, why) : json_object();

    if (!json_is_object(json)) {
        snprintf(error, 256, "Not run: the input is %s%s. It must be one JSON object.",
                 json ? "no JSON object" : "not JSON: ", why);
        json_decref(json);
        json = NULL;
    }
    return json;
}

void turn_calls_go(struct turn_calls *calls, const char *message, int block)
{
    const struct message *found = state_message(*calls->options.state, calls->message);
    char error[256];

    if (strcmp(calls->message, message) != 0 || !found || block < 0 || (size_t)block >= calls->count)
        return;
    struct call *call = &calls->list[block];
    const struct tool_call *named = found->blocks[block].call;
    if (call->said != SAID_STARTED || !named)
        return;
    if (is_other_server(call, named->server)) {
        end_other_server(call, named->server);
        return;
    }
    json_t *arguments = arguments_of(&found->blocks[block], error);
    call->said = SAID_RUNS;
    call->began = clock_steady_ms();
    log_debug("calls", "%s/%s message=%s block=%d", named->server, named->tool, log_id(message), block);
    struct servers_call_handler handler = {.arg = call, .progress = on_progress, .done = on_done};
    if (calls->options.servers)
        call->run = servers_call(calls->options.servers, named->server, named->tool, arguments, 0,
                                 calls->message, block, &handler);
    else
        end_with(call, NULL, CALL_FAILED, xstrdup("Not run: this session has no tools."));
    json_decref(arguments);
}

/* --- a call that is not decided --- */

static void start(struct call *call, const char *server, const char *tool, const char *why)
{
    fact_tool_started(call->calls->options.link, call->calls->message, call->block, server, tool, why);
    call->said = SAID_STARTED;
}

/* Whether one more question fits beside those that wait and those on their way. */
static bool question_fits(const struct turn_calls *calls, size_t bytes)
{
    const struct state *state = *calls->options.state;
    size_t count = state->question_count + 1;

    for (size_t i = 0; i < state->question_count; i++)
        bytes += state->questions[i]->bytes;
    for (size_t i = 0; i < calls->count; i++) {
        const struct call *call = &calls->list[i];
        if (call->said != SAID_ASKED || state_question(state, call->question) ||
            state_answered(state, call->question))
            continue;
        bytes += call->question_bytes;
        count++;
    }
    return count <= STATE_QUESTIONS_MAX && bytes <= STATE_QUESTIONS_BYTES;
}

/* A question that does not fit waits until others are answered. */
static void ask(struct call *call, const struct servers_tool *tool, const json_t *arguments, const char *why)
{
    struct turn_calls *calls = call->calls;
    struct permission_call about = {.message = calls->message,
                                    .block = call->block,
                                    .author = calls->order.author,
                                    .arguments = arguments,
                                    .ask_ms = calls->order.ask_ms};
    char id[ID_MAX];
    json_t *question = permission_question(tool, &about, why, id);
    size_t bytes;

    free(jsonx_dump(question, &bytes));
    bytes += TURN_CALLS_ADDED;
    if (!question_fits(calls, bytes)) {
        json_decref(question);
        return;
    }
    fact_asked(calls->options.link, question);
    strcpy(call->question, id);
    call->question_bytes = bytes;
    call->said = SAID_ASKED;
}

static void decide(struct call *call, const struct block *block, bool may_start)
{
    struct turn_calls *calls = call->calls;
    struct servers *servers = calls->options.servers;
    struct servers_tool tool;
    struct permission permission;
    char error[256], why[320];

    if (!servers || !servers_find(servers, block->name, &tool)) {
        end_with(call, NULL, CALL_FAILED, tools_unknown(servers, block->name));
        return;
    }
    if (!servers_usable(servers, tool.server, why)) {
        end_with(call, &tool, CALL_FAILED, xasprintf("Not run: %s.", why));
        return;
    }
    know_server(call, tool.server);
    json_t *arguments = arguments_of(block, error);
    if (!arguments) {
        end_with(call, &tool, CALL_FAILED, xstrdup(error));
        return;
    }
    permission_decide(*calls->options.state, servers_rules(servers), &tool, arguments, &permission);
    if (permission.effect == RULE_DENY)
        end_with(call, &tool, CALL_DENIED, xasprintf("Not run: %s denies it.", permission.why));
    else if (permission.effect == RULE_ASK)
        ask(call, &tool, arguments, permission.why);
    else if (may_start)
        start(call, tool.server, tool.tool, permission.why);
    json_decref(arguments);
}

static void start_allowed(struct call *call, const struct block *block)
{
    struct turn_calls *calls = call->calls;
    char *why;
    enum call_state end = edit_check(*calls->options.state, calls->options.servers, block, &why);

    if (end == CALL_ALLOWED)
        start(call, block->call->server, block->call->tool, NULL);
    else
        end_with(call, NULL, end, why);
}

/* --- all of them --- */

static bool is_destructive(const struct turn_calls *calls, const struct block *block)
{
    struct servers_tool tool;

    return calls->options.servers && servers_find(calls->options.servers, block->name, &tool) &&
           tool.destructive;
}

/* The open question about a call; NULL if there is none. */
static const struct question *question_of(const struct call *call)
{
    const struct state *state = *call->calls->options.state;

    for (size_t i = 0; i < state->question_count; i++) {
        const struct question *question = state->questions[i];
        if (question->kind == QUESTION_PERMISSION && question->block == call->block &&
            strcmp(question->message, call->calls->message) == 0)
            return question;
    }
    return NULL;
}

static void pump(struct call *call, const struct block *block, bool may_start)
{
    bool resume = call->calls->order.resume;

    if (block->call && call->said == SAID_NOTHING && !call->definition) /* another agent asked */
        know_server(call, block->call->server);
    switch (state_of(block)) {
    case CALL_NONE:
        if (call->said == SAID_NOTHING)
            decide(call, block, may_start);
        break;
    case CALL_ASKED:
        if (resume && !question_of(call))
            end_with(call, NULL, CALL_DENIED, xstrdup("Not run: nobody allowed it."));
        break;
    case CALL_ALLOWED:
        if (call->said < SAID_STARTED && is_other_server(call, block->call->server))
            end_other_server(call, block->call->server);
        else if (call->said < SAID_STARTED && may_start)
            start_allowed(call, block);
        break;
    case CALL_RUNNING:
        if (call->said == SAID_NOTHING) /* begun by another agent: never twice */
            end_with(call, NULL, CALL_UNKNOWN,
                     xstrdup("It was under way when it was cut off, and may have had its effect."));
        break;
    default:
        break;
    }
}

static bool is_asked(const struct call *call, const struct block *block)
{
    return state_of(block) == CALL_ASKED || (state_of(block) == CALL_NONE && call->said == SAID_ASKED);
}

enum turn_calls_stage turn_calls_pump(struct turn_calls *calls)
{
    const struct message *message = open_message(calls);
    bool before = false, destructive_before = false, asked = false;

    for (size_t i = 0; message && i < calls->count; i++) {
        struct call *call = &calls->list[i];
        const struct block *block = &message->blocks[i];

        if (!is_open(call, block))
            continue;
        bool destructive = is_destructive(calls, block);
        pump(call, block, !destructive_before && !(destructive && before));
        if (!is_open(call, block))
            continue;
        before = true;
        destructive_before |= destructive;
        asked |= is_asked(call, block);
    }
    calls->order.resume = false;
    return !message ? TURN_CALLS_OVER
           : asked  ? TURN_CALLS_ASKING
           : before ? TURN_CALLS_RUNNING
                    : TURN_CALLS_ENDING;
}

/* A question that waits, or is on its way. */
static void withdraw(struct turn_calls *calls, const struct call *call)
{
    const struct question *question = question_of(call);

    if (question)
        fact_withdrawn(calls->options.link, question->id);
    else if (call->said == SAID_ASKED && !state_answered(*calls->options.state, call->question))
        fact_withdrawn(calls->options.link, call->question);
}

void turn_calls_end(struct turn_calls *calls, const char *why)
{
    const struct message *message = open_message(calls);

    for (size_t i = 0; message && i < calls->count; i++) {
        struct call *call = &calls->list[i];

        if (!is_open(call, &message->blocks[i]))
            continue;
        servers_cancel(&call->run);
        withdraw(calls, call);
        if (call->said == SAID_RUNS)
            end_with(call, NULL, CALL_CANCELLED,
                     xasprintf("%s It was under way, and may have had its effect.", why));
        else
            end_with(call, NULL, CALL_CANCELLED, xasprintf("%s It was not run.", why));
    }
    turn_calls_drop(calls);
}
