/* What each event does to a state. Every function here is a row of the table in event.c. */
#include "proto/reduce.h"

#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <string.h>

/* What the model was asked beside the turns' own steps. */
static void add_usage(struct state *state, const json_t *data)
{
    struct usage usage = usage_from_json(jsonx_obj(data, "usage"));
    usage_add(&state->usage, &usage);
}

/* --- the session --- */

bool reduce_started(struct state *state, const struct event *event)
{
    if (state->seq != 0 || !origin_from_json(state, jsonx_obj(event->data, "from")))
        return false;
    state->messages_total = state->from_messages; /* those of a fork are in its history, not in its events */
    set_text(&state->owner, jsonx_str(event->data, "owner", ""));
    set_text(&state->title, jsonx_str(event->data, "title", ""));
    set_text(&state->model, jsonx_str(event->data, "model", ""));
    set_text(&state->system, jsonx_str(event->data, "system", NULL));
    state->created = jsonx_int(event->data, "created", event->ts);
    return true;
}

bool reduce_updated(struct state *state, const struct event *event)
{
    const json_t *data = event->data;
    const json_t *variables = jsonx_obj(data, "variables"), *variants = jsonx_obj(data, "variants");
    if ((variables && !strings_merge(state->variables, variables, STATE_VARIABLES_MAX, STATE_VARIABLE_MAX)) ||
        (variants && !strings_merge(state->variants, variants, STATE_SERVERS_MAX, STATE_SERVER_NAME_MAX)))
        return false;
    if (json_object_get(data, "title"))
        set_text(&state->title, jsonx_str(data, "title", ""));
    if (json_object_get(data, "model"))
        set_text(&state->model, jsonx_str(data, "model", ""));
    if (json_object_get(data, "system"))
        set_text(&state->system, jsonx_str(data, "system", NULL));
    if (json_object_get(data, "temperature"))
        state->temperature = jsonx_real(data, "temperature", -1);
    if (json_object_get(data, "max_tokens"))
        state->max_tokens = jsonx_int(data, "max_tokens", -1);
    state->archived = jsonx_bool(data, "archived", state->archived);
    add_usage(state, data);
    return true;
}

bool reduce_ended(struct state *state, const struct event *event)
{
    (void)event;
    state->ended = true;
    return true;
}

bool reduce_error(struct state *state, const struct event *event)
{
    set_text(&state->error_kind, jsonx_str(event->data, "kind", ""));
    set_text(&state->error_text, jsonx_str(event->data, "text", ""));
    state->error_ts = event->ts;
    set_text(&state->retry_why, NULL);
    return true;
}

/* --- the turn --- */

static void forget_error(struct state *state)
{
    set_text(&state->error_kind, NULL);
    set_text(&state->error_text, NULL);
    state->error_ts = 0;
}

bool reduce_state(struct state *state, const struct event *event)
{
    enum run_state to = run_state_parse(jsonx_str(event->data, "new", ""));
    const char *old = jsonx_str(event->data, "old", run_state_name(state->run));
    if (to == RUN_COUNT || !run_state_allows(state->run, to) || run_state_parse(old) != state->run ||
        (to == RUN_IDLE && state_streaming(state)))
        return false;
    if (state->run == RUN_IDLE) {
        state->turn_started = event->ts;
        forget_error(state);
    }
    if (to == RUN_IDLE) {
        state->turn_started = 0;
        state->turns++;
    }
    set_text(&state->retry_why, NULL);
    state->run = to;
    return true;
}

bool reduce_retrying(struct state *state, const struct event *event)
{
    const char *why = jsonx_str(event->data, "why", "");
    set_text(&state->retry_why, why[0] ? why : NULL);
    state->retry_attempt = jsonx_int(event->data, "attempt", 0);
    state->retry_limit = jsonx_int(event->data, "limit", 0);
    state->retry_delay_ms = jsonx_int(event->data, "delay_ms", 0);
    return true;
}

/* --- messages --- */

static size_t queue_find(const struct state *state, const char *id)
{
    size_t i = 0;
    while (i < state->queue_count && strcmp(state->queue[i]->id, id) != 0)
        i++;
    return i;
}

static void queue_remove(struct state *state, size_t at)
{
    if (at >= state->queue_count)
        return;
    message_free(&state->queue[at]);
    memmove(&state->queue[at], &state->queue[at + 1], (state->queue_count - at - 1) * sizeof state->queue[0]);
    state->queue_count--;
}

bool reduce_message_added(struct state *state, const struct event *event)
{
    struct message *message = message_from_json(jsonx_obj(event->data, "message"));
    if (message)
        message->steer = false;
    if (!message || state_message(state, message->id) || state_streaming(state)) {
        message_free(&message);
        return false;
    }
    queue_remove(state, queue_find(state, message->id));
    state_add_message(state, message);
    return true;
}

bool reduce_chunk(struct state *state, const struct event *event)
{
    struct chunk chunk;
    return event_chunk(event, &chunk) && state_fold_chunk(state, event->seq, &chunk) == FOLD_OK;
}

static enum message_status status_of(const char *name)
{
    enum message_status status = MESSAGE_COMPLETE;
    while (status < MESSAGE_FAILED && strcmp(message_status_name(status), name) != 0)
        status++;
    return status;
}

bool reduce_completed(struct state *state, const struct event *event)
{
    const json_t *data = event->data;
    struct message *message = state_message(state, jsonx_str(data, "message", ""));
    if (!message || message->status != MESSAGE_STREAMING)
        return false;
    size_t before = message->bytes;
    if (!message_set_content(message, jsonx_arr(data, "content")))
        return false;
    state->bytes += message->bytes - before;
    message->status = status_of(jsonx_str(data, "status", "complete"));
    set_text(&message->stop_reason, jsonx_str(data, "stop_reason", NULL));
    set_text(&message->error, jsonx_str(data, "error", NULL));
    message->usage = usage_from_json(jsonx_obj(data, "usage"));
    const json_t *timings = jsonx_obj(data, "timings");
    message->first_ms = jsonx_int(timings, "first_ms", -1);
    message->total_ms = jsonx_int(timings, "total_ms", -1);
    message->next_index = 0;
    message->version++;
    usage_add(&state->usage, &message->usage);
    if (message->usage.input > 0)
        state->context_tokens = message->usage.input + message->usage.output;
    return true;
}

/* How many of the messages in the window stay; SIZE_MAX if what the event counts does not fit. Where the
 * window lacks the last one kept, none of it stays, and a new window is for the caller to bring. */
static size_t kept_by(const struct state *state, const char *last, uint64_t removed)
{
    size_t kept = state->message_count;
    while (last && kept > 0 && strcmp(state->messages[kept - 1]->id, last) != 0)
        kept--;
    if (!last)
        return removed == state->messages_total ? 0 : SIZE_MAX;
    if (kept > 0)
        return removed == state->message_count - kept ? kept : SIZE_MAX;
    return removed >= state->message_count && removed < state->messages_total ? 0 : SIZE_MAX;
}

/* Whether the message that a summary reaches to is in the window from that place on. */
static bool drops_summary(const struct state *state, size_t kept)
{
    for (size_t i = kept; i < state->message_count; i++)
        if (strcmp(state->messages[i]->id, state->compacted_upto) == 0)
            return true;
    return false;
}

static void forget_summary(struct state *state)
{
    set_text(&state->summary, NULL);
    state->compacted_upto[0] = '\0';
}

bool reduce_rewound(struct state *state, const struct event *event)
{
    const char *last = jsonx_str(event->data, "message", NULL);
    uint64_t removed = (uint64_t)jsonx_int(event->data, "removed", 0);
    bool uncompacted = jsonx_bool(event->data, "uncompacted", false);
    size_t kept = kept_by(state, last, removed);
    if (state->run != RUN_IDLE || state->question_count > 0 || removed == 0 || kept == SIZE_MAX ||
        (!uncompacted && (drops_summary(state, kept) || (!last && state->summary))))
        return false;
    state_keep_messages(state, kept);
    state->messages_total -= removed;
    state->context_tokens = 0;
    forget_error(state);
    if (uncompacted)
        forget_summary(state);
    return true;
}

bool reduce_compacted(struct state *state, const struct event *event)
{
    const char *upto = jsonx_str(event->data, "upto", "");
    if (!id_valid(upto, "m_"))
        return false;
    set_text(&state->summary, jsonx_str(event->data, "summary", ""));
    strcpy(state->compacted_upto, upto);
    state->context_tokens = 0;
    add_usage(state, event->data);
    return true;
}

bool reduce_nothing(struct state *state, const struct event *event)
{
    (void)state;
    (void)event;
    return true;
}

static bool queue_add(struct state *state, const json_t *added, bool front)
{
    struct message *message = message_from_json(added);
    if (!message || message->status != MESSAGE_COMPLETE || state->queue_count >= STATE_QUEUE_MAX ||
        queue_find(state, message->id) < state->queue_count) {
        message_free(&message);
        return false;
    }
    state->queue = xreallocarray(state->queue, state->queue_count + 1, sizeof state->queue[0]);
    message->steer = front;
    size_t at = state->queue_count;
    while (front && at > 0 && !state->queue[at - 1]->steer)
        at--;
    memmove(&state->queue[at + 1], &state->queue[at], (state->queue_count - at) * sizeof state->queue[0]);
    state->queue[at] = message;
    state->queue_count++;
    return true;
}

/* In its place: it neither gains nor loses its turn by being edited. */
static bool queue_replace(struct state *state, const json_t *replaced)
{
    struct message *message = message_from_json(replaced);
    size_t at = message ? queue_find(state, message->id) : state->queue_count;
    if (at == state->queue_count || message->status != MESSAGE_COMPLETE) {
        message_free(&message);
        return false;
    }
    message->steer = state->queue[at]->steer;
    message_free(&state->queue[at]);
    state->queue[at] = message;
    return true;
}

bool reduce_queue(struct state *state, const struct event *event)
{
    const json_t *added = jsonx_obj(event->data, "added"), *removed = jsonx_arr(event->data, "removed");
    const json_t *replaced = jsonx_obj(event->data, "replaced");
    if ((added != NULL) + (removed != NULL) + (replaced != NULL) != 1)
        return false;
    if (added)
        return queue_add(state, added, jsonx_bool(event->data, "front", false));
    if (replaced)
        return queue_replace(state, replaced);
    size_t i;
    json_t *id;
    json_array_foreach(removed, i, id)
    {
        queue_remove(state, queue_find(state, json_string_value(id)));
    }
    return true;
}

/* --- presence --- */

static size_t participant_find(const struct state *state, const char *id)
{
    size_t i = 0;
    while (i < state->participant_count && strcmp(state->participants[i].id, id) != 0)
        i++;
    return i;
}

/* In order of their ids, not of their coming: presence has no number, so a client that attaches may fold some
 * of it twice, and must still come to what the others have. */
void participant_put(struct state *state, const struct participant *participant)
{
    size_t at = state->participant_count;
    while (at > 0 && strcmp(state->participants[at - 1].id, participant->id) >= 0)
        at--;
    bool known = at < state->participant_count && strcmp(state->participants[at].id, participant->id) == 0;
    if (known) {
        participant_clear(&state->participants[at]);
    } else {
        state->participants =
            xreallocarray(state->participants, state->participant_count + 1, sizeof *participant);
        memmove(&state->participants[at + 1], &state->participants[at],
                (state->participant_count - at) * sizeof *participant);
        state->participant_count++;
    }
    state->participants[at] = *participant;
}

bool reduce_joined(struct state *state, const struct event *event)
{
    struct participant joined;
    if (!participant_from_json(jsonx_obj(event->data, "participant"), &joined))
        return false;
    if (state->participant_count >= STATE_PARTICIPANTS_MAX &&
        participant_find(state, joined.id) == state->participant_count) {
        participant_clear(&joined);
        return false;
    }
    participant_put(state, &joined);
    return true;
}

bool reduce_left(struct state *state, const struct event *event)
{
    size_t at = participant_find(state, jsonx_str(event->data, "participant", ""));
    if (at == state->participant_count)
        return true;
    participant_clear(&state->participants[at]);
    memmove(&state->participants[at], &state->participants[at + 1],
            (state->participant_count - at - 1) * sizeof state->participants[0]);
    state->participant_count--;
    return true;
}

bool reduce_typing(struct state *state, const struct event *event)
{
    size_t at = participant_find(state, jsonx_str(event->data, "participant", ""));
    if (at < state->participant_count)
        state->participants[at].typing = jsonx_bool(event->data, "typing", false);
    return true;
}
