/* A session's state from what is stored of it: the snapshot, the events after it, and what a checkpoint kept
 * of a reply. Where the snapshot is no good, all events and the newest messages stand in for it. */
#include "daemon/session_load.h"

#include "daemon/server.h"
#include "daemon/store/store_size.h"
#include "proto/event.h"
#include "shared/jsonx.h"
#include "shared/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct folding {
    struct state *state;
    uint64_t counted; /* the last event that the row's sum has */
    int64_t newer;    /* bytes of those after it */
};

static bool fold_stored(void *arg, uint64_t seq, int64_t ts, enum event_type type, const char *json,
                        size_t len)
{
    struct folding *folding = arg;
    struct state *state = folding->state;
    if (type == EVENT_COUNT) {
        log_error("registry", "an event of an unknown type in the store session=%s", log_id(state->id));
        return false;
    }
    json_t *data = jsonx_parse(json, len, NULL);
    struct event event = {
        .type = type, .session = state->id, .epoch = state->epoch, .seq = seq, .ts = ts, .data = data};
    bool good = data && state_fold(state, &event) == FOLD_OK;
    if (!good)
        log_error("registry", "stored event %s can't be folded session=%s seq=%llu", event_row(type)->name,
                  log_id(state->id), (unsigned long long)seq);
    if (good && seq > folding->counted)
        folding->newer += store_event_bytes(type, len, data);
    json_decref(data);
    return good;
}

static struct state *read_snapshot(struct server *server, const char *sid, const struct store_record *record)
{
    if (!record->snapshot)
        return state_new(sid, server->epoch);
    char error[256];
    json_t *json = jsonx_parse(record->snapshot, record->snapshot_len, NULL);
    struct state *state = state_from_snapshot(json, error);
    json_decref(json);
    if (!state)
        log_error("registry", "the stored snapshot is unusable, all events are read instead: %s session=%s",
                  error, log_id(sid));
    else
        state_begin_epoch(state, server->epoch);
    return state;
}

/* The messages of a fork are in no event, and events may leave a window short that a rewind has moved: where
 * the snapshot is no good, what is missing comes from the history. */
static void restore_window(struct server *server, uint32_t key, struct state *state)
{
    char error[256];
    uint64_t first = state->messages_total - state->message_count;
    size_t room = STATE_WINDOW_MESSAGES - state->message_count;
    if (first == 0 || room == 0)
        return;
    json_t *messages = store_messages(server->store, key, first, room, STATE_WINDOW_BYTES, error);
    if (!messages || !state_prepend(state, messages))
        log_error("registry", "the newest messages can't be read session=%s", log_id(state->id));
    json_decref(messages);
    state_set_window(state, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES);
}

/* Snapshot, events after it; from all events where the snapshot is no good. */
static struct state *read_state(struct server *server, const char *sid, const struct store_record *record,
                                int64_t *newer, char error[256])
{
    struct state *state = read_snapshot(server, sid, record);
    if (!state)
        state = state_new(sid, server->epoch);
    bool from_events = state->seq == 0;
    state_set_window(state, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES);
    struct folding folding = {state, record->seq, 0};
    enum err code = store_load_events(server->store, record->key, state->seq, fold_stored, &folding, error);
    *newer = folding.newer;
    if (code == ERR_OK && state->seq >= record->seq && state->seq > 0) {
        if (from_events || state->message_count == 0)
            restore_window(server, record->key, state);
        return state;
    }
    if (code == ERR_OK)
        snprintf(error, 256, "session %s is damaged in the store: only %llu of %llu events can be read", sid,
                 (unsigned long long)state->seq, (unsigned long long)record->seq);
    state_free(&state);
    return NULL;
}

/* Puts back what a checkpoint kept of a reply that was streaming when the daemon ended. */
static void restore_partial(struct state *state, const struct store_record *record)
{
    struct message *streaming = state_streaming(state);
    if (!record->partial || !streaming || strcmp(streaming->id, record->partial_message) != 0)
        return;
    json_t *json = jsonx_parse(record->partial, record->partial_len, NULL), *block;
    size_t i;
    json_array_foreach(jsonx_arr(json, "content"), i, block)
    {
        static const enum chunk_kind kinds[] = {CHUNK_TEXT, CHUNK_REASONING, CHUNK_KIND_COUNT,
                                                CHUNK_TOOL_CALL, CHUNK_KIND_COUNT};
        enum block_kind kind = block_kind_parse(jsonx_str(block, "type", ""));
        if (kind == BLOCK_KIND_COUNT || kinds[kind] == CHUNK_KIND_COUNT)
            continue;
        char *call = kind == BLOCK_TOOL_CALL ? json_dumps(block, JSON_COMPACT) : NULL;
        const char *text = call ? call : jsonx_str(block, "text", "");
        struct chunk chunk = {.message = streaming->id,
                              .index = streaming->next_index,
                              .count = 1,
                              .block = (uint32_t)streaming->block_count,
                              .kind = kinds[kind],
                              .delta = text,
                              .delta_len = strlen(text)};
        state_fold_chunk(state, state->seq, &chunk);
        const char *input = call ? jsonx_str(block, "input", "") : "";
        if (input[0]) {
            chunk.kind = CHUNK_TOOL_INPUT;
            chunk.block = (uint32_t)streaming->block_count - 1;
            chunk.index = streaming->next_index;
            chunk.delta = input;
            chunk.delta_len = strlen(input);
            state_fold_chunk(state, state->seq, &chunk);
        }
        free(call);
    }
    json_decref(json);
}

struct state *session_load(struct server *server, const char *sid, const struct store_record *record,
                           int64_t *newer, char error[256])
{
    struct state *state = read_state(server, sid, record, newer, error);
    if (state)
        restore_partial(state, record);
    return state;
}
