/* A session's life, made up from a seed: every event is possible where it stands, went over the wire as text,
 * and was folded. Equal seeds give equal stories. */
#ifndef STOA_TEST_STORY_H
#define STOA_TEST_STORY_H

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

enum { STORY_MAX = 1000, STORY_PEOPLE = 6 };

struct story {
    uint64_t random;
    struct state *state; /* the fold of all events */
    struct event events[STORY_MAX];
    size_t count;
    char *end; /* what story_dump says of the state when all has happened */
    int64_t ts;
    char session[ID_MAX], epoch[ID_MAX];
    char people[STORY_PEOPLE][ID_MAX];
    bool replaces; /* stream.completed may say something else than the chunks did */
};

static inline uint32_t story_random(struct story *story, uint32_t below)
{
    uint64_t z = story->random += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static inline void story_id(struct story *story, const char *prefix, char id[ID_MAX])
{
    size_t at = strlen(prefix);

    memcpy(id, prefix, at);
    for (int i = 0; i < ID_ULID_LEN; i++)
        id[at++] = "0123456789abcdefghjkmnpqrstvwxyz"[story_random(story, 32)];
    id[at] = '\0';
}

/* Text that JSON, UTF-8 and C strings could trip over. */
static inline const char *story_text(struct story *story)
{
    static const char *const texts[] = {
        "a",
        " ",
        "",
        "Well, ",
        "the answer is 42.\n",
        "\"quoted\" and \\back\\\\slashed\\",
        "{\"json\":[1,2,{\"x\":null}]}",
        "gr\xc3\xbc\xc3\x9f"
        "e \xe2\x86\x92 \xf0\x9f\x98\x80\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
        "\x01\x02\x1b[31mred\x1b[0m\x7f\b\f\r\t",
        "\xe2\x80\xa8line\xe2\x80\xa9 \xef\xbf\xbd \xf4\x8f\xbf\xbd",
        "null",
        "a long line that goes on and on, and is here so that windows fill: "
        "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
        "9",
    };
    return texts[story_random(story, sizeof texts / sizeof texts[0])];
}

static inline char *story_dump(const struct state *state)
{
    json_t *json = state_snapshot(state, SIZE_MAX, SIZE_MAX);
    char *text = jsonx_dump(json, NULL);

    json_decref(json);
    return text;
}

/* By way of the wire. */
static inline struct state *story_reload(const struct state *state, size_t limit, size_t bytes)
{
    char error[256], why[160];
    size_t len;
    json_t *json = state_snapshot(state, limit, bytes);
    char *text = jsonx_dump(json, &len);

    json_decref(json);
    json = jsonx_parse(text, len, why);
    if (!json)
        fail_msg("a snapshot is not JSON: %s", why);
    struct state *copy = state_from_snapshot(json, error);
    if (!copy)
        fail_msg("%s", error);
    json_decref(json);
    free(text);
    return copy;
}

static inline void story_fold_text(struct story *story, struct buf *text)
{
    char error[256];
    json_t *json = jsonx_parse(text->data, text->len, error);
    struct event *event = &story->events[story->count];

    if (!json || !event_parse(json, event, error))
        fail_msg("%s: %s", error, text->data);
    json_decref(json);
    buf_free(text);
    if (state_fold(story->state, event) != FOLD_OK) {
        char *data = jsonx_dump(event->data, NULL);
        fail_msg("event %zu %s can't be folded: %s", story->count, event_row(event->type)->name, data);
    }
    assert_true(++story->count < STORY_MAX);
}

/* Takes data. */
static inline void story_emit(struct story *story, enum event_type type, json_t *data)
{
    struct state *state = story->state;
    struct buf text;
    struct event event = {.type = type,
                          .session = story->session,
                          .epoch = story->epoch,
                          .seq = state->seq + event_row(type)->durable,
                          .ts = story->ts += 1 + story_random(story, 50),
                          .data = data};

    assert_non_null(data);
    buf_init(&text, 1 << 24);
    assert_true(event_encode(&event, &text));
    json_decref(data);
    story_fold_text(story, &text);
}

static inline void story_step(struct story *story, enum run_state to)
{
    story_emit(story, EVENT_STATE_CHANGED,
               json_pack("{s:s,s:s,s:s}", "old", run_state_name(story->state->run), "new", run_state_name(to),
                         "reason", story_text(story)));
}

static inline json_t *story_message(struct story *story, const char *role, const char *status)
{
    char id[ID_MAX];
    json_t *content = json_array();

    story_id(story, "m_", id);
    if (strcmp(role, "user") == 0)
        json_array_append_new(content, json_pack("{s:s,s:s}", "type", "text", "text", story_text(story)));
    return json_pack("{s:s,s:s,s:s,s:I,s:s,s:o}", "id", id, "role", role, "author", "ann\xc3\xa9", "ts",
                     (json_int_t)story->ts, "status", status, "content", content);
}

static inline void story_error(struct story *story)
{
    story_emit(story, EVENT_ERROR_OCCURRED,
               json_pack("{s:s,s:s}", "kind", "provider", "text", story_text(story)));
}

#include "story_tools.h"

#include "story_people.h"

/* Things that happen at any time. */
static inline void story_aside(struct story *story)
{
    struct state *state = story->state;
    const char *person = story->people[story_random(story, STORY_PEOPLE)];

    switch (story_random(story, 22)) {
    case 0:
    case 1:
        story_emit(story, EVENT_PARTICIPANT_JOINED,
                   json_pack("{s:{s:s,s:s,s:s,s:s,s:I}}", "participant", "id", person, "user",
                             story_text(story), "kind", "tui", "terminal", "pts/\xc3\xbc", "since",
                             (json_int_t)story->ts));
        break;
    case 2:
        story_emit(story, EVENT_PARTICIPANT_LEFT, json_pack("{s:s}", "participant", person));
        break;
    case 3:
    case 4:
        story_emit(story, EVENT_PARTICIPANT_TYPING,
                   json_pack("{s:s,s:b}", "participant", person, "typing", (int)story_random(story, 3) > 0));
        break;
    case 5:
    case 6:
        if (state->queue_count < 8)
            story_emit(story, EVENT_QUEUE_CHANGED,
                       json_pack("{s:o,s:b,s:s}", "added", story_message(story, "user", "complete"), "front",
                                 (int)story_random(story, 2), "by", "ann"));
        break;
    case 7:
        if (state->queue_count > 0)
            story_emit(story, EVENT_QUEUE_CHANGED,
                       json_pack("{s:[ss]}", "removed",
                                 state->queue[story_random(story, (uint32_t)state->queue_count)]->id,
                                 "m_not_there"));
        break;
    case 8:
        story_emit(story, EVENT_SESSION_UPDATED,
                   json_pack("{s:s,s:s,s:b,s:s}", "title", story_text(story), "model", "local/any",
                             "archived", (int)story_random(story, 2), "by", "ann"));
        break;
    case 9:
        story_emit(story, EVENT_SESSION_UPDATED,
                   json_pack("{s:s,s:f,s:i}", "system", story_text(story), "temperature",
                             story_random(story, 2000) / 999.9, "max_tokens", 1 + story_random(story, 5000)));
        break;
    case 10:
        story_emit(story, EVENT_SESSION_UPDATED,
                   json_pack("{s:n,s:n,s:n}", "system", "temperature", "max_tokens"));
        break;
    case 11:
        if (story_random(story, 3) > 0)
            story_error(story);
        else
            story_emit(story, EVENT_BUDGET_REACHED,
                       json_pack("{s:s,s:i,s:i,s:i,s:s}", "budget", "cost_day", "percent", 80, "used",
                                 (int)story_random(story, 1000000), "limit", 1000000, "text",
                                 story_text(story)));
        break;
    case 12:
        if (state->queue_count > 0) {
            size_t at = story_random(story, (uint32_t)state->queue_count);
            json_t *changed = message_to_json(state->queue[at]);
            json_object_del(changed, "steer");
            json_object_set_new(changed, "content",
                                json_pack("[{s:s,s:s}]", "type", "text", "text", story_text(story)));
            story_emit(story, EVENT_QUEUE_CHANGED, json_pack("{s:o}", "replaced", changed));
        }
        break;
    case 19:
    case 20:
    case 21:
        story_people_aside(story, person);
        break;
    default:
        story_tools_aside(story);
    }
}

static inline void story_chunk(struct story *story)
{
    static const enum chunk_kind continues[] = {CHUNK_TEXT, CHUNK_REASONING, CHUNK_TEXT, CHUNK_TOOL_INPUT};
    const struct message *message = state_streaming(story->state);
    uint32_t blocks = (uint32_t)message->block_count;
    const char *delta = story_text(story);
    struct buf text;
    struct chunk chunk = {.message = message->id,
                          .index = message->next_index,
                          .count = 1 + (story_random(story, 3) == 0 ? story_random(story, 40) : 0)};

    if (blocks > 0 && story_random(story, 3) > 0) {
        chunk.block = story_random(story, 8) == 0 ? story_random(story, blocks) : blocks - 1;
        chunk.kind = continues[message->blocks[chunk.block].kind];
    } else {
        chunk.block = blocks;
        chunk.kind = (enum chunk_kind)story_random(story, 3);
        if (chunk.kind == CHUNK_TOOL_CALL)
            delta = "{\"id\":\"call_\\u00fc\\\"1\",\"name\":\"read_file\"}";
    }
    chunk.delta = delta;
    chunk.delta_len = strlen(delta);
    buf_init(&text, 1 << 20);
    assert_true(
        event_encode_chunk(story->session, story->epoch, story->state->seq, ++story->ts, &chunk, &text));
    story_fold_text(story, &text);
}

static inline void story_complete(struct story *story, const char *status)
{
    const struct message *message = state_streaming(story->state);
    json_t *content = message_content(message);
    json_t *data = json_pack("{s:s,s:s}", "message", message->id, "status", status);

    for (size_t i = 0; i < json_array_size(content); i++) {
        json_t *block = json_array_get(content, i);
        if (strcmp(jsonx_str(block, "type", ""), "reasoning") == 0 && story_random(story, 2))
            jsonx_set_str(block, "signature", "c2ln/+==");
    }
    if (story_random(story, 3) == 0)
        json_array_append_new(content, json_pack("{s:s,s:s}", "type", "redacted", "data", "b3BhcXVl"));
    if (story->replaces && story_random(story, 4) == 0)
        json_array_clear(content);
    json_object_set_new(data, "content", content);
    if (story_random(story, 4) > 0) {
        jsonx_set_str(data, "stop_reason", "end_turn");
        json_object_set_new(data, "usage",
                            json_pack("{s:i,s:i,s:i,s:i}", "input", story_random(story, 5000), "output",
                                      story_random(story, 5000), "reasoning", 7, "cost",
                                      story_random(story, 2) * 1234));
        json_object_set_new(data, "timings", json_pack("{s:i,s:i}", "first_ms", 12, "total_ms", 1234));
    }
    if (strcmp(status, "complete") != 0)
        jsonx_set_str(data, "error", story_text(story));
    story_emit(story, EVENT_STREAM_COMPLETED, data);
}

/* To any of the messages, or before the first. False if nothing could be dropped. */
static inline bool story_rewind(struct story *story)
{
    const struct state *state = story->state;
    size_t count = state->message_count;

    if (count == 0 || state->question_count > 0)
        return false;
    size_t kept = count - 1 - story_random(story, count < 6 ? (uint32_t)count : 6);
    bool uncompacted = kept == 0 && state->summary;
    for (size_t i = kept; i < count; i++)
        uncompacted |= strcmp(state->messages[i]->id, state->compacted_upto) == 0;
    json_t *data = json_pack("{s:s*,s:I,s:s}", "message", kept ? state->messages[kept - 1]->id : NULL,
                             "removed", (json_int_t)(count - kept), "by", "ann");
    if (kept == 0)
        json_object_set_new(data, "message", json_null());
    if (uncompacted)
        json_object_set_new(data, "uncompacted", json_true());
    story_emit(story, EVENT_SESSION_REWOUND, data);
    return true;
}

static inline void story_begin_turn(struct story *story)
{
    struct state *state = story->state;
    json_t *message = state->queue_count && story_random(story, 2) ? message_to_json(state->queue[0])
                                                                   : story_message(story, "user", "complete");

    story_emit(story, EVENT_MESSAGE_ADDED, json_pack("{s:o}", "message", message));
    story_step(story, RUN_THINKING);
}

static inline void story_end_turn(struct story *story)
{
    story_close_calls(story);
    story_step(story, RUN_IDLE);
}

/* What happens next in the turn. */
static inline void story_turn(struct story *story)
{
    static const enum run_state after_reply[] = {RUN_IDLE, RUN_IDLE, RUN_RUNNING_TOOLS,
                                                 RUN_AWAITING_PERMISSION, RUN_THINKING};
    static const enum run_state after_question[] = {RUN_RUNNING_TOOLS, RUN_THINKING, RUN_INTERRUPTING,
                                                    RUN_IDLE};
    static const enum run_state after_tools[] = {RUN_THINKING, RUN_AWAITING_PERMISSION, RUN_INTERRUPTING,
                                                 RUN_IDLE};
    bool streams = state_streaming(story->state) != NULL;
    uint32_t dice = story_random(story, 100);

    switch (story->state->run) {
    case RUN_IDLE:
        if (dice < 15 && story_rewind(story))
            break;
        if (dice < 90)
            story_begin_turn(story);
        else
            story_step(story, RUN_COMPACTING);
        break;
    case RUN_THINKING:
        if (streams) {
            story_step(story, RUN_STREAMING);
        } else if (dice < 25) {
            story_emit(story, EVENT_TURN_RETRYING,
                       json_pack("{s:i,s:i,s:i,s:s}", "attempt", 1 + dice % 3, "limit", 3, "delay_ms", 250,
                                 "why", story_text(story)));
        } else if (dice < 80) {
            story_emit(story, EVENT_MESSAGE_ADDED,
                       json_pack("{s:o}", "message", story_message(story, "assistant", "streaming")));
        } else if (dice < 90) {
            story_step(story, RUN_INTERRUPTING);
        } else {
            story_error(story);
            story_step(story, RUN_IDLE);
        }
        break;
    case RUN_STREAMING:
        if (!streams && state_open_calls(story->state)) {
            story_decide_calls(story);
            story_step(story, story->state->question_count ? RUN_AWAITING_PERMISSION : RUN_RUNNING_TOOLS);
        } else if (!streams)
            story_step(story, after_reply[dice % 5]);
        else if (dice < 80)
            story_chunk(story);
        else if (dice < 83)
            story_step(story, RUN_INTERRUPTING);
        else
            story_complete(story, dice < 94 ? "complete" : dice < 97 ? "interrupted" : "failed");
        break;
    case RUN_AWAITING_PERMISSION:
        if (dice < 4)
            story_step(story, RUN_INTERRUPTING);
        else if (!story_work(story))
            story_step(story, after_question[dice % 4]);
        break;
    case RUN_RUNNING_TOOLS:
        if (dice < 4)
            story_step(story, RUN_INTERRUPTING);
        else if (!story_work(story))
            story_step(story, after_tools[dice % 4]);
        break;
    case RUN_INTERRUPTING:
        if (streams && dice < 40)
            story_chunk(story);
        else if (streams)
            story_complete(story, "interrupted");
        else
            story_end_turn(story);
        break;
    case RUN_COMPACTING:
        if (dice < 70)
            story_compact(story);
        story_step(story, dice < 70 ? RUN_IDLE : RUN_INTERRUPTING);
        break;
    case RUN_COUNT:
        break;
    }
}

static inline struct story *story_make(uint64_t seed, size_t events, bool replaces)
{
    struct story *story = calloc(1, sizeof *story);

    assert_non_null(story);
    story->random = seed;
    story->replaces = replaces;
    story->ts = INT64_C(1763650000000);
    story_id(story, "s_", story->session);
    story_id(story, "e_", story->epoch);
    for (int i = 0; i < STORY_PEOPLE; i++)
        story_id(story, "c_", story->people[i]);
    story->state = state_new(story->session, story->epoch);
    story_emit(story, EVENT_SESSION_STARTED,
               json_pack("{s:s,s:s,s:s,s:n,s:I}", "owner", "ann", "title", "", "model", "local/any", "system",
                         "created", (json_int_t)story->ts));
    while (story->count < events) {
        if (story_random(story, 5) == 0)
            story_aside(story);
        else
            story_turn(story);
    }
    if (story_random(story, 3) == 0)
        story_emit(story, EVENT_SESSION_ENDED, json_pack("{s:s}", "reason", "deleted"));
    story->end = story_dump(story->state);
    return story;
}

static inline struct state *story_start(const struct story *story)
{
    return state_new(story->session, story->epoch);
}

static inline void story_free(struct story *story)
{
    for (size_t i = 0; i < story->count; i++)
        event_clear(&story->events[i]);
    state_free(&story->state);
    free(story->end);
    free(story);
}

#endif
