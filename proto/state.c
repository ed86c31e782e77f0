/* A session's state: folding in order, the window of messages kept, and snapshots. */
#include "proto/state.h"

#include "proto/reduce.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <string.h>

enum { COMPACT_MESSAGES_MIN = 2 }; /* that a summary is worth making of */

/* --- run states --- */

static const char *const run_names[RUN_COUNT] = {
    "idle", "thinking", "streaming", "awaiting_permission", "running_tools", "interrupting", "compacting"};
#define TO(state) (1u << (state))
static const unsigned run_steps[RUN_COUNT] = {
    [RUN_IDLE] = TO(RUN_THINKING) | TO(RUN_COMPACTING),
    [RUN_THINKING] = TO(RUN_STREAMING) | TO(RUN_COMPACTING) | TO(RUN_INTERRUPTING) | TO(RUN_IDLE),
    [RUN_STREAMING] = TO(RUN_RUNNING_TOOLS) | TO(RUN_AWAITING_PERMISSION) | TO(RUN_THINKING) |
                      TO(RUN_INTERRUPTING) | TO(RUN_IDLE),
    [RUN_AWAITING_PERMISSION] =
        TO(RUN_RUNNING_TOOLS) | TO(RUN_THINKING) | TO(RUN_INTERRUPTING) | TO(RUN_IDLE),
    [RUN_RUNNING_TOOLS] =
        TO(RUN_THINKING) | TO(RUN_AWAITING_PERMISSION) | TO(RUN_INTERRUPTING) | TO(RUN_IDLE),
    [RUN_INTERRUPTING] = TO(RUN_IDLE),
    [RUN_COMPACTING] = TO(RUN_THINKING) | TO(RUN_IDLE) | TO(RUN_INTERRUPTING),
};

const char *run_state_name(enum run_state state)
{
    return state < RUN_COUNT ? run_names[state] : "unknown";
}

enum run_state run_state_parse(const char *name)
{
    enum run_state state = RUN_IDLE;
    while (state < RUN_COUNT && strcmp(run_names[state], name) != 0)
        state++;
    return state;
}

bool run_state_allows(enum run_state from, enum run_state to)
{
    return from < RUN_COUNT && to < RUN_COUNT && (run_steps[from] & TO(to));
}

/* --- life --- */

struct state *state_new(const char *id, const char *epoch)
{
    struct state *state = xcalloc(1, sizeof *state);
    snprintf(state->id, sizeof state->id, "%s", id);
    snprintf(state->epoch, sizeof state->epoch, "%s", epoch);
    state->owner = xstrdup("");
    state->title = xstrdup("");
    state->model = xstrdup("");
    state->temperature = -1;
    state->max_tokens = -1;
    state->variables = json_object();
    state->variants = json_object();
    return state;
}

void participant_clear(struct participant *participant)
{
    free(participant->user);
    free(participant->kind);
    free(participant->terminal);
}

static void participants_clear(struct state *state)
{
    for (size_t i = 0; i < state->participant_count; i++)
        participant_clear(&state->participants[i]);
    free(state->participants);
    state->participants = NULL;
    state->participant_count = 0;
}

static void messages_free(struct message **messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        message_free(&messages[i]);
    free(messages);
}

void state_free(struct state **slot)
{
    struct state *state = *slot;
    if (!state)
        return;
    messages_free(state->messages, state->message_count);
    messages_free(state->queue, state->queue_count);
    participants_clear(state);
    free(state->owner);
    free(state->title);
    free(state->model);
    free(state->system);
    free(state->error_kind);
    free(state->error_text);
    free(state->retry_why);
    people_clear(state);
    questions_clear(state);
    servers_clear(state);
    json_decref(state->variables);
    json_decref(state->variants);
    free(state->summary);
    free(state);
    *slot = NULL;
}

void state_begin_epoch(struct state *state, const char *epoch)
{
    snprintf(state->epoch, sizeof state->epoch, "%s", epoch);
    participants_clear(state);
    lent_forget(state);
    servers_at_rest(state);
    set_text(&state->retry_why, NULL);
}

/* --- messages --- */

struct message *state_message(const struct state *state, const char *id)
{
    for (size_t i = state->message_count; i-- > 0;)
        if (strcmp(state->messages[i]->id, id) == 0)
            return state->messages[i];
    return NULL;
}

/* The reducers add nothing while a message streams, so every snapshot and window holds it. */
struct message *state_streaming(const struct state *state)
{
    struct message *newest = state->message_count ? state->messages[state->message_count - 1] : NULL;
    return newest && newest->status == MESSAGE_STREAMING ? newest : NULL;
}

static void drop_beyond_window(struct state *state)
{
    size_t drop = 0;
    while (state->message_count - drop > 1 &&
           ((state->window_messages && state->message_count - drop > state->window_messages) ||
            (state->window_bytes && state->bytes > state->window_bytes))) {
        state->bytes -= state->messages[drop]->bytes;
        message_free(&state->messages[drop++]);
    }
    if (drop == 0)
        return;
    state->message_count -= drop;
    memmove(state->messages, state->messages + drop, state->message_count * sizeof state->messages[0]);
}

void state_set_window(struct state *state, size_t messages, size_t bytes)
{
    state->window_messages = messages;
    state->window_bytes = bytes;
    drop_beyond_window(state);
}

void state_add_message(struct state *state, struct message *message)
{
    state->messages = xreallocarray(state->messages, state->message_count + 1, sizeof state->messages[0]);
    state->messages[state->message_count++] = message;
    state->messages_total++;
    state->bytes += message->bytes;
    drop_beyond_window(state);
}

void state_keep_messages(struct state *state, size_t count)
{
    while (state->message_count > count) {
        struct message **last = &state->messages[--state->message_count];
        state->bytes -= (*last)->bytes;
        message_free(last);
    }
}

static bool is_among(struct message *const *messages, size_t count, const char *id)
{
    while (count > 0 && strcmp(messages[count - 1]->id, id) != 0)
        count--;
    return count > 0;
}

bool state_prepend(struct state *state, const json_t *page)
{
    size_t count = json_array_size(page), bytes = 0;
    if (!json_is_array(page))
        return false;
    struct message **all = xreallocarray(NULL, count + state->message_count + 1, sizeof all[0]);
    for (size_t i = 0; i < count; i++) {
        all[i] = message_from_json(json_array_get(page, i));
        if (!all[i] || all[i]->status == MESSAGE_STREAMING || state_message(state, all[i]->id) ||
            is_among(all, i, all[i]->id)) {
            messages_free(all, i + (all[i] != NULL));
            return false;
        }
        bytes += all[i]->bytes;
    }
    if (state->message_count)
        memcpy(all + count, state->messages, state->message_count * sizeof all[0]);
    free(state->messages);
    state->messages = all;
    state->message_count += count;
    state->bytes += bytes;
    return true;
}

/* --- compaction --- */

size_t state_compact_begin(const struct state *state)
{
    for (size_t i = state->message_count; *state->compacted_upto && i > 0; i--)
        if (strcmp(state->messages[i - 1]->id, state->compacted_upto) == 0)
            return i;
    return 0;
}

size_t state_compact_end(const struct state *state)
{
    size_t begin = state_compact_begin(state), count = state->message_count, asked = count;
    while (asked > begin && state->messages[asked - 1]->role != MESSAGE_ROLE_USER)
        asked--;
    while (asked > begin && state->messages[asked - 1]->role == MESSAGE_ROLE_USER)
        asked--;
    if (asked >= begin + COMPACT_MESSAGES_MIN)
        return asked;
    bool steps =
        count > begin + COMPACT_MESSAGES_MIN && state->messages[count - 1]->role != MESSAGE_ROLE_USER;
    return steps ? count - 1 : 0;
}

/* --- folding --- */

static bool reduce(struct state *state, const struct event *event)
{
    return event->type == EVENT_COUNT || event_row(event->type)->reduce(state, event);
}

static enum fold fold_durable(struct state *state, const struct event *event)
{
    if (event->seq <= state->seq)
        return FOLD_OLD;
    if (event->seq != state->seq + 1)
        return FOLD_GAP;
    if (!reduce(state, event))
        return FOLD_BAD;
    state->seq = event->seq;
    if (event_is_activity(event))
        state->activity = event->ts;
    return FOLD_OK;
}

/* A transient event older than the state is void; one that follows events not seen yet shows a gap. */
static enum fold order_of(const struct state *state, uint64_t at)
{
    return at < state->seq ? FOLD_OLD : at > state->seq ? FOLD_GAP : FOLD_OK;
}

enum fold state_fold(struct state *state, const struct event *event)
{
    char why[256];
    bool unknown = event->type == EVENT_COUNT;
    if ((unsigned)event->type > EVENT_COUNT || strcmp(event->session, state->id) != 0)
        return FOLD_BAD;
    if (!unknown && !event->json && !schema_check(event_row(event->type)->fields, event->data, false, why))
        return FOLD_BAD;
    if (strcmp(event->epoch, state->epoch) != 0)
        return FOLD_GAP;
    if (unknown && event->seq == 0)
        return FOLD_OLD;
    if (unknown || event_row(event->type)->durable)
        return fold_durable(state, event);
    if (event->type == EVENT_STREAM_CHUNK) {
        struct chunk chunk;
        return event_chunk(event, &chunk) ? state_fold_chunk(state, event->seq, &chunk) : FOLD_BAD;
    }
    enum fold order = order_of(state, event->seq);
    if (order != FOLD_OK)
        return order;
    return event_row(event->type)->reduce(state, event) ? FOLD_OK : FOLD_BAD;
}

enum fold state_fold_chunk(struct state *state, uint64_t at, const struct chunk *chunk)
{
    if (at > state->seq)
        return FOLD_GAP;
    struct message *message = state_message(state, chunk->message);
    if (!message || message->status != MESSAGE_STREAMING)
        return at < state->seq ? FOLD_OLD : FOLD_BAD;
    size_t before = message->bytes;
    enum fold fold = reduce_chunk_into(message, chunk);
    if (fold == FOLD_OK)
        state->bytes += message->bytes - before;
    return fold;
}
