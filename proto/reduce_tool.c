/* What tool.* and mcp.* events do to a state: the calls of a message, and the servers' status. */
#include "proto/reduce.h"

#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { TOOL_NAME_MAX = 256, BY_MAX = 256, WHY_MAX = 4096 };

static const char *const call_names[CALL_STATE_COUNT] = {"none",   "asked",  "allowed",   "running", "done",
                                                         "failed", "denied", "cancelled", "unknown"};

const char *call_state_name(enum call_state state)
{
    return state < CALL_STATE_COUNT ? call_names[state] : "none";
}

enum call_state call_state_parse(const char *name)
{
    enum call_state state = CALL_NONE;
    while (state < CALL_STATE_COUNT && strcmp(call_names[state], name) != 0)
        state++;
    return state;
}

bool call_ended(enum call_state state)
{
    return state >= CALL_DONE && state < CALL_STATE_COUNT;
}

char *call_note(const struct tool_call *call, size_t max)
{
    if (!call || !call->arguments)
        return NULL;
    size_t len = strlen(call->arguments), kept = utf8_cut(call->arguments, len, max);
    return xasprintf("[%s changed the arguments of this call to %.*s%s]\n\n",
                     call->by ? call->by : "A person", (int)kept, call->arguments,
                     kept < len ? " (and more)" : "");
}

/* --- a call --- */

static struct tool_call *call_new(void)
{
    struct tool_call *call = xcalloc(1, sizeof *call);
    call->server = xstrdup("");
    call->tool = xstrdup("");
    call->ms = -1;
    call->progress = call->total = -1;
    return call;
}

void call_free(struct tool_call **slot)
{
    struct tool_call *call = *slot;
    if (!call)
        return;
    free(call->server);
    free(call->tool);
    free(call->result);
    free(call->file);
    free(call->by);
    free(call->first);
    free(call->why);
    free(call->arguments);
    free(call->text);
    free(call);
    *slot = NULL;
}

static size_t len_of(const char *text)
{
    return text ? strlen(text) : 0;
}

size_t call_bytes(const struct tool_call *call)
{
    return call ? len_of(call->server) + len_of(call->tool) + len_of(call->result) + len_of(call->file) +
                      len_of(call->by) + len_of(call->first) + len_of(call->why) + len_of(call->arguments)
                : 0;
}

json_t *call_to_json(const struct tool_call *call)
{
    json_t *json = json_object();
    jsonx_set_str(json, "state", call_state_name(call->state));
    jsonx_set_str(json, "server", call->server);
    jsonx_set_str(json, "tool", call->tool);
    jsonx_set_str(json, "result", call->result);
    jsonx_set_str(json, "file", call->file);
    jsonx_set_str(json, "by", call->by);
    jsonx_set_str(json, "first", call->first);
    jsonx_set_str(json, "why", call->why);
    jsonx_set_str(json, "arguments", call->arguments);
    if (call->started)
        jsonx_set_int(json, "started", call->started);
    if (call->ms >= 0)
        jsonx_set_int(json, "ms", call->ms);
    return json;
}

bool call_from_json(const json_t *json, struct tool_call **out)
{
    *out = NULL;
    if (!json)
        return true;
    enum call_state state = call_state_parse(jsonx_str(json, "state", ""));
    const char *server = jsonx_str(json, "server", ""), *tool = jsonx_str(json, "tool", "");
    const char *result = jsonx_str(json, "result", NULL), *file = jsonx_str(json, "file", NULL);
    const char *by = jsonx_str(json, "by", NULL), *why = jsonx_str(json, "why", NULL);
    const char *arguments = jsonx_str(json, "arguments", NULL), *first = jsonx_str(json, "first", NULL);
    if (!json_is_object(json) || state == CALL_NONE || state == CALL_STATE_COUNT ||
        call_ended(state) != (result != NULL) || strlen(server) > STATE_SERVER_NAME_MAX ||
        strlen(tool) > TOOL_NAME_MAX || len_of(result) > STATE_TEXT_MAX || len_of(file) > TOOL_NAME_MAX ||
        len_of(by) > BY_MAX || len_of(first) > BY_MAX || len_of(why) > WHY_MAX ||
        len_of(arguments) > STATE_ARGUMENTS_MAX)
        return false;
    struct tool_call *call = call_new();
    call->state = state;
    set_text(&call->server, server);
    set_text(&call->tool, tool);
    set_text(&call->result, result);
    set_text(&call->file, file);
    set_text(&call->by, by);
    set_text(&call->first, first);
    set_text(&call->why, why);
    set_text(&call->arguments, arguments);
    call->started = jsonx_int(json, "started", 0);
    call->ms = jsonx_int(json, "ms", -1);
    *out = call;
    return true;
}

/* --- calls in a state --- */

static struct block *call_block(struct message *message, int block)
{
    bool there = message && message->status != MESSAGE_STREAMING && block >= 0 &&
                 (size_t)block < message->block_count && message->blocks[block].kind == BLOCK_TOOL_CALL;
    return there ? &message->blocks[block] : NULL;
}

enum call_state state_call(const struct state *state, const char *message, int block)
{
    const struct block *found = call_block(state_message(state, message), block);
    return !found ? CALL_STATE_COUNT : found->call ? found->call->state : CALL_NONE;
}

struct message *state_open_calls(const struct state *state)
{
    struct message *newest = state->message_count ? state->messages[state->message_count - 1] : NULL;
    if (!newest || newest->role != MESSAGE_ROLE_ASSISTANT || newest->status != MESSAGE_COMPLETE)
        return NULL;
    for (size_t i = 0; i < newest->block_count; i++) {
        const struct block *block = &newest->blocks[i];
        if (block->kind == BLOCK_TOOL_CALL && !call_ended(block->call ? block->call->state : CALL_NONE))
            return newest;
    }
    return NULL;
}

/* The call that an event is about. It may be about none (a person's own call), or of a message that this
 * state's window does not hold: then there is nothing to change, and *absent says so. */
static struct block *named_call(struct state *state, const struct event *event, struct message **message,
                                bool *absent)
{
    const char *id = jsonx_str(event->data, "message", NULL);
    *message = id ? state_message(state, id) : NULL;
    *absent = *message == NULL;
    return call_block(*message, (int)jsonx_int(event->data, "block", -1));
}

static void set_if_given(char **slot, const struct event *event, const char *name)
{
    const char *text = jsonx_str(event->data, name, NULL);
    if (text)
        set_text(slot, text);
}

static void call_changed(struct state *state, struct message *message, struct block *block, size_t before)
{
    size_t now = call_bytes(block->call);
    message->bytes += now - before;
    state->bytes += now - before;
    message->version++;
}

/* Results fill a message up to its bound; a short one always fits, so that every call can end. */
static bool has_room(const struct message *message, const char *text)
{
    size_t len = len_of(text);
    return len <= STATE_NOTE_MAX || message->bytes + len <= STATE_MESSAGE_BYTES;
}

/* Whether a person is still asked about it. */
static bool is_asked(const struct state *state, const struct message *message, const struct block *block)
{
    for (size_t i = 0; i < state->question_count; i++) {
        const struct question *question = state->questions[i];
        if (question->kind == QUESTION_PERMISSION && strcmp(question->message, message->id) == 0 &&
            question->block == block - message->blocks)
            return true;
    }
    return false;
}

bool reduce_tool_started(struct state *state, const struct event *event)
{
    struct message *message;
    bool absent;
    struct block *block = named_call(state, event, &message, &absent);
    if (absent)
        return true;
    if (!block || (block->call && block->call->state != CALL_ALLOWED))
        return false;
    size_t before = call_bytes(block->call);
    if (!block->call)
        block->call = call_new();
    block->call->state = CALL_RUNNING;
    block->call->started = event->ts;
    set_if_given(&block->call->server, event, "server");
    set_if_given(&block->call->tool, event, "tool");
    set_if_given(&block->call->by, event, "by");
    if (has_room(message, jsonx_str(event->data, "why", NULL)))
        set_if_given(&block->call->why, event, "why");
    call_changed(state, message, block, before);
    return true;
}

bool reduce_tool_progress(struct state *state, const struct event *event)
{
    struct message *message;
    bool absent;
    struct block *block = named_call(state, event, &message, &absent);
    if (absent)
        return true;
    if (!block || !block->call || block->call->state != CALL_RUNNING)
        return false;
    block->call->progress = jsonx_real(event->data, "progress", -1);
    block->call->total = jsonx_real(event->data, "total", -1);
    set_text(&block->call->text, jsonx_str(event->data, "text", NULL));
    message->version++;
    return true;
}

bool reduce_tool_ended(struct state *state, const struct event *event)
{
    struct message *message;
    bool absent;
    struct block *block = named_call(state, event, &message, &absent);
    if (absent)
        return true;
    if (!block || (block->call && call_ended(block->call->state)))
        return false;
    size_t before = call_bytes(block->call);
    const char *result = jsonx_str(event->data, "result", "");
    if (!has_room(message, result) || is_asked(state, message, block))
        return false;
    if (!block->call)
        block->call = call_new();
    struct tool_call *call = block->call;
    call->state = call_state_parse(jsonx_str(event->data, "state", ""));
    set_text(&call->result, result);
    set_text(&call->file, jsonx_str(event->data, "file", NULL));
    set_if_given(&call->server, event, "server");
    set_if_given(&call->tool, event, "tool");
    set_if_given(&call->by, event, "by");
    call->ms = jsonx_int(event->data, "ms", -1);
    call->progress = call->total = -1;
    set_text(&call->text, NULL);
    call_changed(state, message, block, before);
    return true;
}

/* --- servers --- */

static void status_clear(struct server_status *server)
{
    free(server->name);
    free(server->variant);
    free(server->title);
    free(server->version);
    free(server->protocol);
    free(server->cause);
    free(server->text);
}

void servers_clear(struct state *state)
{
    for (size_t i = 0; i < state->server_count; i++)
        status_clear(&state->servers[i]);
    free(state->servers);
    state->servers = NULL;
    state->server_count = 0;
}

/* The place of that name, or where it belongs. */
static size_t server_place(const struct state *state, const char *name, bool *there)
{
    size_t at = 0;
    int order = 1;
    while (at < state->server_count && (order = strcmp(state->servers[at].name, name)) < 0)
        at++;
    *there = at < state->server_count && order == 0;
    return at;
}

const struct server_status *state_server(const struct state *state, const char *name)
{
    bool there;
    size_t at = server_place(state, name, &there);
    return there ? &state->servers[at] : NULL;
}

/* NULL when there are too many. */
static struct server_status *server_put(struct state *state, const char *name)
{
    bool there;
    size_t at = server_place(state, name, &there);
    if (there)
        return &state->servers[at];
    if (state->server_count >= STATE_SERVERS_MAX)
        return NULL;
    state->servers = xreallocarray(state->servers, state->server_count + 1, sizeof state->servers[0]);
    memmove(&state->servers[at + 1], &state->servers[at],
            (state->server_count - at) * sizeof state->servers[0]);
    state->server_count++;
    state->servers[at] = (struct server_status){.name = xstrdup(name),
                                                .variant = xstrdup(""),
                                                .title = xstrdup(""),
                                                .version = xstrdup(""),
                                                .protocol = xstrdup("")};
    return &state->servers[at];
}

bool reduce_connected(struct state *state, const struct event *event)
{
    const json_t *data = event->data;
    struct server_status *server = server_put(state, jsonx_str(data, "server", ""));
    if (!server)
        return false;
    set_text(&server->variant, jsonx_str(data, "variant", ""));
    set_text(&server->title, jsonx_str(data, "title", ""));
    set_text(&server->version, jsonx_str(data, "version", ""));
    set_text(&server->protocol, jsonx_str(data, "protocol", ""));
    set_text(&server->cause, NULL);
    set_text(&server->text, NULL);
    server->tools = jsonx_int(data, "tools", 0);
    server->connected = true;
    server->starting = server->off = false;
    return true;
}

/* What was told of it last stays: it may fail once more, or the daemon may end before it is known. */
bool reduce_starting(struct state *state, const struct event *event)
{
    struct server_status *server = server_put(state, jsonx_str(event->data, "server", ""));
    if (!server)
        return false;
    server->connected = false;
    server->starting = true;
    return true;
}

void servers_at_rest(struct state *state)
{
    for (size_t i = 0; i < state->server_count; i++)
        state->servers[i].starting = false;
}

bool reduce_disconnected(struct state *state, const struct event *event)
{
    const json_t *data = event->data;
    struct server_status *server = server_put(state, jsonx_str(data, "server", ""));
    if (!server)
        return false;
    set_text(&server->cause, jsonx_str(data, "cause", ""));
    set_text(&server->text, jsonx_str(data, "text", ""));
    server->connected = server->starting = false;
    server->off = strcmp(server->cause, "off") == 0;
    server->ended = event->ts;
    return true;
}

json_t *servers_to_json(const struct state *state)
{
    json_t *array = json_array();
    for (size_t i = 0; i < state->server_count; i++) {
        const struct server_status *server = &state->servers[i];
        json_t *json = json_object();
        jsonx_set_str(json, "server", server->name);
        jsonx_set_str(json, "variant", server->variant);
        jsonx_set_str(json, "title", server->title);
        jsonx_set_str(json, "version", server->version);
        jsonx_set_str(json, "protocol", server->protocol);
        jsonx_set_int(json, "tools", server->tools);
        json_object_set_new(json, "connected", json_boolean(server->connected));
        if (server->starting)
            json_object_set_new(json, "starting", json_true());
        jsonx_set_str(json, "cause", server->cause);
        jsonx_set_str(json, "text", server->text);
        if (server->ended > 0)
            jsonx_set_int(json, "ended", server->ended);
        json_array_append_new(array, json);
    }
    return array;
}

bool servers_from_json(struct state *state, const json_t *servers)
{
    size_t i;
    json_t *json;
    if (servers && !json_is_array(servers))
        return false;
    json_array_foreach(servers, i, json)
    {
        const char *name = jsonx_str(json, "server", "");
        struct server_status *server =
            *name && strlen(name) <= STATE_SERVER_NAME_MAX ? server_put(state, name) : NULL;
        if (!server)
            return false;
        set_text(&server->variant, jsonx_str(json, "variant", ""));
        set_text(&server->title, jsonx_str(json, "title", ""));
        set_text(&server->version, jsonx_str(json, "version", ""));
        set_text(&server->protocol, jsonx_str(json, "protocol", ""));
        set_text(&server->cause, jsonx_str(json, "cause", NULL));
        set_text(&server->text, jsonx_str(json, "text", NULL));
        server->tools = jsonx_int(json, "tools", 0);
        server->ended = jsonx_int(json, "ended", 0);
        server->connected = jsonx_bool(json, "connected", false);
        server->starting = jsonx_bool(json, "starting", false);
        server->off = server->cause && strcmp(server->cause, "off") == 0;
    }
    return true;
}

/* --- variables and variants --- */

bool strings_merge(json_t *strings, const json_t *changes, size_t max, size_t value_max)
{
    const char *name;
    json_t *value;
    size_t added = 0;
    json_object_foreach((json_t *)changes, name, value)
    {
        if (!json_is_null(value) && (!json_is_string(value) || json_string_length(value) > value_max))
            return false;
        added += json_is_string(value) && !json_object_get(strings, name);
        if (!*name || strlen(name) > 64)
            return false;
    }
    if (json_object_size(strings) + added > max)
        return false;
    json_object_foreach((json_t *)changes, name, value)
    {
        if (json_is_null(value))
            json_object_del(strings, name);
        else
            json_object_set(strings, name, value);
    }
    return true;
}
