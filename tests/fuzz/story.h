/* A session's state out of lines, each an event in which "@" stands for the seq that fits, or a snapshot to
 * go on from. What is no event, or not possible, is left out. */
#ifndef STOA_TESTS_FUZZ_STORY_H
#define STOA_TESTS_FUZZ_STORY_H

#include "proto/state.h"
#include "shared/jsonx.h"
#include <string.h>

/* After each event that was folded; with NULL for one when a snapshot has replaced the state. */
typedef void story_event(void *arg, const struct state *state, const struct event *event);

static inline void story_fold(struct state *state, json_t *json, story_event *each, void *arg)
{
    char error[256];
    struct event event;
    enum event_type type = event_type_parse(jsonx_str(json, "type", ""));
    bool durable = type < EVENT_COUNT && event_row(type)->durable;

    if (strcmp(jsonx_str(json, "seq", ""), "@") == 0)
        jsonx_set_int(json, durable ? "seq" : "at", (int64_t)state->seq + durable);
    jsonx_set_str(json, "session", state->id);
    jsonx_set_str(json, "epoch", state->epoch);
    if (!event_parse(json, &event, error))
        return;
    if (state_fold(state, &event) == FOLD_OK && each)
        each(arg, state, &event);
    event_clear(&event);
}

static inline struct state *story_read(const uint8_t *data, size_t size, story_event *each, void *arg)
{
    struct state *state = state_new("s_01j8zq4k3nw8x5t7v9r2m6p0qd", "e_01j8zq4k3nw8x5t7v9r2m6p0qd");
    const char *at = (const char *)data, *end = at + size;
    char error[256];

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        json_t *json = jsonx_parse(at, len, NULL);
        struct state *loaded = json_object_get(json, "messages") ? state_from_snapshot(json, error) : NULL;
        if (loaded) {
            state_free(&state);
            state = loaded;
            if (each)
                each(arg, state, NULL);
        } else if (json_is_object(json)) {
            story_fold(state, json, each, arg);
        }
        json_decref(json);
        at += len + 1;
    }
    return state;
}

#endif
