/* Snapshots: a state as JSON and back. The same form goes to clients, to agents and into the store. */
#include "proto/state.h"

#include "proto/reduce.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <string.h>

json_t *participant_to_json(const struct participant *participant)
{
    json_t *json = json_object();
    jsonx_set_str(json, "id", participant->id);
    jsonx_set_str(json, "user", participant->user);
    jsonx_set_str(json, "kind", participant->kind);
    jsonx_set_str(json, "terminal", participant->terminal);
    jsonx_set_int(json, "since", participant->since);
    if (participant->typing)
        json_object_set_new(json, "typing", json_true());
    return json;
}

bool participant_from_json(const json_t *json, struct participant *out)
{
    const char *id = jsonx_str(json, "id", ""), *user = jsonx_str(json, "user", NULL);
    const char *kind = jsonx_str(json, "kind", ""), *terminal = jsonx_str(json, "terminal", "");
    if (!id_valid(id, "c_") || !user || strlen(user) > 256 || strlen(kind) > 64 || strlen(terminal) > 256)
        return false;
    *out = (struct participant){.user = xstrdup(user),
                                .kind = xstrdup(kind),
                                .terminal = xstrdup(terminal),
                                .since = jsonx_int(json, "since", 0),
                                .typing = jsonx_bool(json, "typing", false)};
    strcpy(out->id, id);
    return true;
}

/* --- writing --- */

static void set_or_null(json_t *json, const char *key, json_t *value)
{
    json_object_set_new(json, key, value ? value : json_null());
}

static json_t *error_json(const struct state *state)
{
    if (!state->error_kind)
        return NULL;
    json_t *json = json_object();
    jsonx_set_str(json, "kind", state->error_kind);
    jsonx_set_str(json, "text", state->error_text);
    jsonx_set_int(json, "ts", state->error_ts);
    return json;
}

static json_t *retry_json(const struct state *state)
{
    if (!state->retry_why)
        return NULL;
    json_t *json = json_object();
    jsonx_set_int(json, "attempt", state->retry_attempt);
    jsonx_set_int(json, "limit", state->retry_limit);
    jsonx_set_int(json, "delay_ms", state->retry_delay_ms);
    jsonx_set_str(json, "why", state->retry_why);
    return json;
}

static json_t *compacted_json(const struct state *state)
{
    if (!state->summary)
        return NULL;
    json_t *json = json_object();
    jsonx_set_str(json, "summary", state->summary);
    jsonx_set_str(json, "upto", state->compacted_upto);
    return json;
}

json_t *origin_to_json(const struct state *state)
{
    if (!state->from_session[0])
        return NULL;
    json_t *json = json_object();
    jsonx_set_str(json, "session", state->from_session);
    jsonx_set_str(json, "message", state->from_message[0] ? state->from_message : NULL);
    jsonx_set_int(json, "messages", (int64_t)state->from_messages);
    return json;
}

static json_t *newest_messages(const struct state *state, size_t limit, size_t max_bytes)
{
    size_t first = state->message_count, bytes = 0;
    while (first > 0 && state->message_count - first < limit) {
        bytes += state->messages[first - 1]->bytes;
        if (bytes > max_bytes && first < state->message_count)
            break;
        first--;
    }
    json_t *array = json_array();
    for (size_t i = first; i < state->message_count; i++)
        json_array_append_new(array, message_to_json(state->messages[i]));
    return array;
}

static void put_lists(const struct state *state, json_t *json)
{
    json_t *queue = json_array(), *participants = json_array();
    for (size_t i = 0; i < state->queue_count; i++)
        json_array_append_new(queue, message_to_json(state->queue[i]));
    for (size_t i = 0; i < state->participant_count; i++)
        json_array_append_new(participants, participant_to_json(&state->participants[i]));
    json_object_set_new(json, "queue", queue);
    json_object_set_new(json, "participants", participants);
}

json_t *state_snapshot(const struct state *state, size_t limit, size_t bytes)
{
    json_t *json = json_object();
    jsonx_set_str(json, "session", state->id);
    jsonx_set_str(json, "epoch", state->epoch);
    jsonx_set_int(json, "seq", (int64_t)state->seq);
    jsonx_set_str(json, "state", run_state_name(state->run));
    jsonx_set_str(json, "title", state->title);
    jsonx_set_str(json, "owner", state->owner);
    jsonx_set_str(json, "model", state->model);
    set_or_null(json, "system", state->system ? json_string(state->system) : NULL);
    set_or_null(json, "temperature", state->temperature >= 0 ? json_real(state->temperature) : NULL);
    set_or_null(json, "max_tokens", state->max_tokens >= 0 ? json_integer(state->max_tokens) : NULL);
    jsonx_set_int(json, "created", state->created);
    jsonx_set_int(json, "activity", state->activity);
    json_object_set_new(json, "archived", json_boolean(state->archived));
    json_object_set_new(json, "ended", json_boolean(state->ended));
    set_or_null(json, "error", error_json(state));
    set_or_null(json, "retry", retry_json(state));
    json_object_set_new(json, "usage", usage_to_json(&state->usage));
    jsonx_set_int(json, "turns", state->turns);
    jsonx_set_int(json, "turn_started", state->turn_started);
    jsonx_set_int(json, "messages_total", (int64_t)state->messages_total);
    json_object_set_new(json, "messages", newest_messages(state, limit, bytes));
    put_lists(state, json);
    people_to_json(state, json);
    questions_to_json(state, json);
    json_object_set_new(json, "servers", servers_to_json(state));
    json_object_set_new(json, "variables", json_deep_copy(state->variables));
    json_object_set_new(json, "variants", json_deep_copy(state->variants));
    set_or_null(json, "compacted", compacted_json(state));
    set_or_null(json, "from", origin_to_json(state));
    jsonx_set_int(json, "context_tokens", state->context_tokens);
    return json;
}

/* --- reading --- */

bool origin_from_json(struct state *state, const json_t *from)
{
    const char *session = jsonx_str(from, "session", ""), *message = jsonx_str(from, "message", "");
    int64_t messages = jsonx_int(from, "messages", -1);
    if (!from)
        return true;
    if (!id_valid(session, "s_") || messages < 0 || messages > UINT32_MAX ||
        (message[0] != '\0') != (messages > 0) || (message[0] && !id_valid(message, "m_")))
        return false;
    strcpy(state->from_session, session);
    strcpy(state->from_message, message);
    state->from_messages = (uint64_t)messages;
    return true;
}

static void read_scalars(struct state *state, const json_t *json)
{
    state->seq = (uint64_t)jsonx_int(json, "seq", 0);
    set_text(&state->owner, jsonx_str(json, "owner", ""));
    set_text(&state->title, jsonx_str(json, "title", ""));
    set_text(&state->model, jsonx_str(json, "model", ""));
    set_text(&state->system, jsonx_str(json, "system", NULL));
    state->temperature = jsonx_real(json, "temperature", -1);
    state->max_tokens = jsonx_int(json, "max_tokens", -1);
    state->created = jsonx_int(json, "created", 0);
    state->activity = jsonx_int(json, "activity", 0);
    state->archived = jsonx_bool(json, "archived", false);
    state->ended = jsonx_bool(json, "ended", false);
    const json_t *error = jsonx_obj(json, "error"), *retry = jsonx_obj(json, "retry");
    if (error) {
        set_text(&state->error_kind, jsonx_str(error, "kind", ""));
        set_text(&state->error_text, jsonx_str(error, "text", ""));
        state->error_ts = jsonx_int(error, "ts", 0);
    }
    if (retry) {
        set_text(&state->retry_why, jsonx_str(retry, "why", ""));
        state->retry_attempt = jsonx_int(retry, "attempt", 0);
        state->retry_limit = jsonx_int(retry, "limit", 0);
        state->retry_delay_ms = jsonx_int(retry, "delay_ms", 0);
    }
    state->usage = usage_from_json(jsonx_obj(json, "usage"));
    state->turns = jsonx_int(json, "turns", 0);
    state->turn_started = jsonx_int(json, "turn_started", 0);
    state->messages_total = (uint64_t)jsonx_int(json, "messages_total", 0);
    state->context_tokens = jsonx_int(json, "context_tokens", 0);
}

/* What a snapshot of a version that did not know it lacks: all about tools, and where it was forked. */
static bool read_tools(struct state *state, const json_t *json)
{
    const json_t *compacted = jsonx_obj(json, "compacted"), *variables = jsonx_obj(json, "variables");
    const json_t *variants = jsonx_obj(json, "variants");
    const char *upto = jsonx_str(compacted, "upto", "");
    if (compacted && !id_valid(upto, "m_"))
        return false;
    if (compacted) {
        set_text(&state->summary, jsonx_str(compacted, "summary", ""));
        strcpy(state->compacted_upto, upto);
    }
    return origin_from_json(state, jsonx_obj(json, "from")) && people_from_json(state, json) &&
           questions_from_json(state, json) && servers_from_json(state, json_object_get(json, "servers")) &&
           (!variables ||
            strings_merge(state->variables, variables, STATE_VARIABLES_MAX, STATE_VARIABLE_MAX)) &&
           (!variants || strings_merge(state->variants, variants, STATE_SERVERS_MAX, STATE_SERVER_NAME_MAX));
}

static bool read_messages(const json_t *array, struct message ***out, size_t *count, size_t *bytes)
{
    size_t i;
    json_t *item;
    if (array && !json_is_array(array))
        return false;
    *out = xreallocarray(NULL, json_array_size(array) + 1, sizeof(*out)[0]);
    json_array_foreach(array, i, item)
    {
        struct message *message = message_from_json(item);
        if (!message)
            return false;
        (*out)[(*count)++] = message;
        *bytes += message->bytes;
    }
    return true;
}

static bool read_participants(struct state *state, const json_t *array)
{
    size_t i;
    json_t *item;
    struct participant participant;
    if (array && !json_is_array(array))
        return false;
    json_array_foreach(array, i, item)
    {
        if (!participant_from_json(item, &participant))
            return false;
        participant_put(state, &participant);
    }
    return true;
}

/* Of the messages none but the newest may be streaming, none that waits, and the total counts them all. */
static bool is_consistent(const struct state *state)
{
    for (size_t i = 0; i + 1 < state->message_count; i++)
        if (state->messages[i]->status == MESSAGE_STREAMING)
            return false;
    for (size_t i = 0; i < state->queue_count; i++)
        if (state->queue[i]->status != MESSAGE_COMPLETE)
            return false;
    return state->messages_total >= state->message_count;
}

struct state *state_from_snapshot(const json_t *json, char error[256])
{
    const char *id = jsonx_str(json, "session", ""), *epoch = jsonx_str(json, "epoch", "");
    enum run_state run = run_state_parse(jsonx_str(json, "state", ""));
    if (!id_valid(id, "s_") || !id_valid(epoch, "e_") || run == RUN_COUNT || jsonx_int(json, "seq", -1) < 0 ||
        jsonx_int(json, "messages_total", -1) < 0) {
        snprintf(error, 256,
                 "not a snapshot: session, epoch, seq, state or messages_total is missing or malformed");
        return NULL;
    }
    struct state *state = state_new(id, epoch);
    state->run = run;
    read_scalars(state, json);
    size_t queued_bytes = 0;
    if (!read_messages(json_object_get(json, "messages"), &state->messages, &state->message_count,
                       &state->bytes) ||
        !read_messages(json_object_get(json, "queue"), &state->queue, &state->queue_count, &queued_bytes) ||
        !read_participants(state, json_object_get(json, "participants")) || !read_tools(state, json) ||
        !is_consistent(state)) {
        snprintf(error, 256,
                 "the snapshot has a malformed or misplaced message, participant, question or server");
        state_free(&state);
    }
    return state;
}
