/* One state, folded event by event from JSON text; what is refused must have changed nothing. */
#ifndef STOA_TEST_FOLD_H
#define STOA_TEST_FOLD_H

#include "proto/reduce.h"
#include "proto/state.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLD_ULID    "01j8zq4k3n0000000000000000"
#define FOLD_SESSION "s_" FOLD_ULID
#define FOLD_EPOCH   "e_" FOLD_ULID
#define FOLD_MESSAGE "m_" FOLD_ULID

static inline char *fold_dump(const struct state *state)
{
    json_t *json = state_snapshot(state, SIZE_MAX, SIZE_MAX);
    char *text = jsonx_dump(json, NULL);

    json_decref(json);
    return text;
}

/* An id with that number. */
static inline const char *fold_id(const char *prefix, int number, char id[ID_MAX])
{
    snprintf(id, ID_MAX, "%s01j8zq4k3n%016d", prefix, number);
    return id;
}

/* Takes data. */
static inline enum fold fold_json(struct state *state, enum event_type type, json_t *data)
{
    struct event event = {.type = type,
                          .session = state->id,
                          .epoch = state->epoch,
                          .seq = state->seq + event_row(type)->durable,
                          .ts = 1763650000000 + (int64_t)state->seq,
                          .data = data};
    char *before = fold_dump(state);

    assert_non_null(data);
    enum fold fold = state_fold(state, &event);
    char *after = fold_dump(state);
    if (fold != FOLD_OK)
        assert_string_equal(before, after);
    free(before);
    free(after);
    json_decref(data);
    return fold;
}

static inline enum fold fold_text(struct state *state, enum event_type type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline enum fold fold_text(struct state *state, enum event_type type, const char *format, ...)
{
    char text[4096], error[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *data = jsonx_parse(text, strlen(text), error);
    if (!data)
        fail_msg("%s: %s", error, text);
    return fold_json(state, type, data);
}

/* A session whose newest message has a text (block 0) and so many calls (from block 1). */
static inline struct state *fold_calls(int count)
{
    struct state *state = state_new(FOLD_SESSION, FOLD_EPOCH);
    json_t *content = json_pack("[{s:s,s:s}]", "type", "text", "text", "hm");

    for (int i = 0; i < count; i++)
        json_array_append_new(content, json_pack("{s:s,s:s,s:s,s:s}", "type", "tool_call", "id", "c", "name",
                                                 "files__read", "input", "{}"));
    assert_int_equal(fold_text(state, EVENT_SESSION_STARTED,
                               "{\"owner\":\"ann\",\"title\":\"\",\"model\":\"m\",\"created\":1}"),
                     FOLD_OK);
    assert_int_equal(
        fold_json(state, EVENT_MESSAGE_ADDED,
                  json_pack("{s:{s:s,s:s,s:s,s:i,s:s,s:o}}", "message", "id", FOLD_MESSAGE, "role",
                            "assistant", "author", "m", "ts", 1, "status", "complete", "content", content)),
        FOLD_OK);
    return state;
}

/* By way of a snapshot, which must be the same again. */
static inline struct state *fold_reload(const struct state *state)
{
    char error[256], *before = fold_dump(state);
    json_t *json = jsonx_parse(before, strlen(before), NULL);
    struct state *copy = state_from_snapshot(json, error);

    if (!copy)
        fail_msg("%s", error);
    char *after = fold_dump(copy);
    assert_string_equal(before, after);
    free(before);
    free(after);
    json_decref(json);
    return copy;
}

#endif
