/* A line is an event, or a snapshot to go on from. What is folded comes back by encoding; the state and the
 * one that its snapshot gives stay equal; what is refused changes nothing. In an event "@" stands for the seq
 * that fits. */
#include "proto/reduce.h"
#include "proto/state.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "tests/fuzz/lines.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define EPOCH   "e_01j8zq4k3nw8x5t7v9r2m6p0qd"

static void check(int good)
{
    if (!good)
        abort();
}

static char *dump(const struct state *state)
{
    json_t *json = state_snapshot(state, SIZE_MAX, SIZE_MAX);
    char *text = jsonx_dump(json, NULL);

    json_decref(json);
    return text;
}

static struct state *reload(const struct state *state)
{
    char error[256], *text = dump(state);
    json_t *json = jsonx_parse(text, strlen(text), error);
    struct state *copy = state_from_snapshot(json, error);

    check(copy != NULL);
    json_decref(json);
    free(text);
    return copy;
}

/* What is said of a call whose arguments a person has changed. */
static void check_note(const struct tool_call *call)
{
    char *note = call_note(call, 16);

    check((note != NULL) == (call && call->arguments) && (!note || utf8_valid(note, strlen(note))));
    free(note);
}

static void check_calls(const struct state *state)
{
    const struct message *open = state_open_calls(state);
    bool ended = true;

    for (size_t i = 0; state->message_count && i < state->messages[state->message_count - 1]->block_count;
         i++) {
        const struct block *block = &state->messages[state->message_count - 1]->blocks[i];
        check_note(block->call);
        ended &= block->kind != BLOCK_TOOL_CALL || (block->call && call_ended(block->call->state));
    }
    check(!open || (open == state->messages[state->message_count - 1] && !ended));
    for (size_t i = 0; i < state->server_count; i++)
        check(state_server(state, state->servers[i].name) == &state->servers[i]);
}

static void check_state(const struct state *state)
{
    size_t bytes = 0;

    check_calls(state);

    for (size_t i = 0; i < state->message_count; i++) {
        bytes += state->messages[i]->bytes;
        check(i + 1 == state->message_count || state->messages[i]->status != MESSAGE_STREAMING);
    }
    check(bytes == state->bytes && state->messages_total >= state->message_count);
    check(state->queue_count <= STATE_QUEUE_MAX && state->run < RUN_COUNT);
}

/* The event as this end would send it: says the same, and folds to the same. */
static void fold_encoded(struct state *copy, const struct event *event)
{
    char error[256];
    struct event again;
    struct buf text;

    buf_init(&text, SIZE_MAX);
    check(event_encode(event, &text));
    json_t *json = jsonx_parse(text.data, text.len, error);
    check(json && event_parse(json, &again, error));
    check(again.type == event->type && again.seq == event->seq && again.ts == event->ts);
    check(json_equal(again.data, event->data));
    check(state_fold(copy, &again) == FOLD_OK);
    event_clear(&again);
    json_decref(json);
    buf_free(&text);
}

static void check_same(const struct state *state, const struct state *copy)
{
    char *left = dump(state), *right = dump(copy);

    check(strcmp(left, right) == 0);
    free(left);
    free(right);
}

/* The copy sees only what was taken, so what was refused must have changed nothing. */
static void fold(struct state *state, struct state **copy, const struct event *event)
{
    if (event->seq % 4 == 0) { /* as if a client attached here */
        check_same(state, *copy);
        state_free(copy);
        *copy = reload(state);
    }
    if (state_fold(state, event) == FOLD_OK)
        fold_encoded(*copy, event);
    check_state(state);
}

static void load(struct state **state, struct state **copy, const json_t *json)
{
    char error[256];
    struct state *loaded = state_from_snapshot(json, error);

    check(loaded || utf8_valid(error, strlen(error)));
    if (!loaded)
        return;
    check_state(loaded);
    state_free(state);
    state_free(copy);
    *state = loaded;
    *copy = reload(loaded);
}

static void take(struct state **state, struct state **copy, json_t *json)
{
    char error[256];
    struct event event;
    const char *name = jsonx_str(json, "type", NULL);

    if (!name) {
        load(state, copy, json);
        return;
    }
    bool durable = event_type_parse(name) < EVENT_COUNT && event_row(event_type_parse(name))->durable;
    if (strcmp(jsonx_str(json, "seq", ""), "@") == 0)
        jsonx_set_int(json, durable ? "seq" : "at", (int64_t)(*state)->seq + durable);
    if (!json_object_get(json, "session"))
        jsonx_set_str(json, "session", (*state)->id);
    if (!json_object_get(json, "epoch"))
        jsonx_set_str(json, "epoch", (*state)->epoch);
    if (!event_parse(json, &event, error)) {
        check(utf8_valid(error, strlen(error)));
        return;
    }
    if (event.type < EVENT_COUNT)
        fold(*state, copy, &event);
    event_clear(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state *state = state_new(SESSION, EPOCH), *copy = reload(state);
    const char *at = (const char *)data, *end = at + size;

    while (at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((line ? line : end) - at);
        json_t *json = jsonx_parse(at, len, NULL);
        if (json_is_object(json))
            take(&state, &copy, json);
        json_decref(json);
        at += len + 1;
    }
    check_same(state, copy);
    state_free(&state);
    state_free(&copy);
    return 0;
}
