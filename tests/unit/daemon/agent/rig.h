/* The two ends of a link in one process: the agent's on a loop, the daemon's as a plain socket whose frames
 * are kept, and folded as the daemon folds them. */
#ifndef STOA_TEST_RIG_H
#define STOA_TEST_RIG_H

#include "tests/unit/daemon/agent/session.h"

#include "daemon/agent/agent_link.h"
#include "daemon/agent/http.h"
#include "shared/jsonx.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

struct rig {
    uv_loop_t loop;
    int daemon;
    struct agent_link *link;
    struct http *http;
    struct state *state; /* what the daemon has folded; NULL: frames are not folded */
    struct buf in;
    struct buf order;          /* what came: "message.added streaming chunk*12 ..." */
    json_t *last[EVENT_COUNT]; /* the newest data of each type of fact */
    unsigned chunk_frames, chunks;
    char *lost; /* what the link was lost with; "" for the end of file */
    /* What was folded, to the agent: the durable events, and of calls that were started that they may run. */
    void (*event)(void *arg, const struct event *event);
    void *arg;
};

static void rig_frame(void *arg, enum link_kind kind, const char *payload, size_t len)
{
    struct rig *rig = arg;

    buf_printf(&rig->order, "[got %d %.*s]", (int)kind, (int)len, payload);
}

static void rig_lost(void *arg, const char *why)
{
    struct rig *rig = arg;

    free(rig->lost);
    rig->lost = strdup(why ? why : "");
}

static inline void rig_open(struct rig *rig, struct state *state)
{
    int ends[2];
    struct agent_link_handler handler = {rig, rig_frame, rig_lost};

    memset(rig, 0, sizeof *rig);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    rig->daemon = ends[0];
    rig->state = state;
    buf_init(&rig->in, 64 << 20);
    buf_init(&rig->order, 1 << 20);
    uv_loop_init(&rig->loop);
    rig->link = agent_link_open(&rig->loop, ends[1], &handler);
    assert_non_null(rig->link);
    rig->http = http_open(&rig->loop);
}

static inline void rig_chunk(struct rig *rig, const char *payload, size_t len)
{
    char id[ID_MAX];
    struct chunk chunk;

    assert_true(link_get_chunk(payload, len, id, &chunk));
    if (rig->state)
        assert_int_equal(state_fold_chunk(rig->state, rig->state->seq, &chunk), FOLD_OK);
    if (rig->order.len < 5 || strcmp(rig->order.data + rig->order.len - 5, "chunk") != 0)
        buf_printf(&rig->order, "%schunk", rig->order.len ? " " : "");
    rig->chunk_frames++;
    rig->chunks += chunk.count;
}

/* Folds an event of the daemon's or the agent's, and passes it on. */
static inline void rig_event(struct rig *rig, enum event_type type, json_t *data)
{
    char error[256] = "";
    struct event event;
    bool durable = event_row(type)->durable;
    json_t *json = json_pack("{s:s,s:s,s:s,s:I,s:i,s:O}", "type", event_row(type)->name, "session",
                             SESSION_ID, "epoch", SESSION_EPOCH, durable ? "seq" : "at",
                             (json_int_t)rig->state->seq + durable, "ts", 1, "data", data);
    bool parsed = event_parse(json, &event, error);

    assert_string_equal(error, "");
    assert_true(parsed);
    enum fold fold = state_fold(rig->state, &event);
    if (fold != FOLD_OK) {
        char *text = jsonx_dump(data, &(size_t){0});
        print_message("not possible: %s %s after %s\n", event_row(type)->name, text, rig->order.data);
        free(text);
    }
    assert_int_equal(fold, FOLD_OK);
    if (durable && rig->event)
        rig->event(rig->arg, &event);
    event_clear(&event);
    json_decref(json);
}

/* What the agent could not know to be over, the daemon drops: a person or the end of a call was faster. */
static inline bool rig_is_late(const struct rig *rig, enum event_type type, const json_t *data)
{
    const char *message = jsonx_str(data, "message", "");

    if (type == EVENT_QUESTION_ANSWERED)
        return !state_question(rig->state, jsonx_str(data, "question", ""));
    return type == EVENT_TOOL_ENDED &&
           call_ended(state_call(rig->state, message, (int)jsonx_int(data, "block", -1)));
}

static inline void rig_fact(struct rig *rig, const char *payload, size_t len)
{
    json_t *fact = jsonx_parse(payload, len, NULL);
    enum event_type type = event_type_parse(jsonx_str(fact, "type", ""));
    json_t *data = jsonx_obj(fact, "data");

    assert_int_not_equal(type, EVENT_COUNT);
    assert_true(event_row(type)->agent_may);
    buf_printf(&rig->order, "%s%s", rig->order.len ? " " : "",
               type == EVENT_STATE_CHANGED ? jsonx_str(data, "new", "?") : event_row(type)->name);
    json_decref(rig->last[type]);
    rig->last[type] = json_incref(data);
    if (rig->state && !rig_is_late(rig, type, data))
        rig_event(rig, type, data);
    json_decref(fact);
}

/* Takes what has come. False once the agent's end is closed. */
static inline bool rig_read(struct rig *rig)
{
    char bytes[65536];
    enum link_kind kind;
    const char *payload;
    size_t len, at = 0;
    ssize_t count;

    while ((count = read(rig->daemon, bytes, sizeof bytes)) > 0)
        buf_put(&rig->in, bytes, (size_t)count);
    while (link_next(&rig->in, &at, &kind, &payload, &len) == 1) {
        if (kind == LINK_CHUNK)
            rig_chunk(rig, payload, len);
        else if (kind == LINK_FACT)
            rig_fact(rig, payload, len);
    }
    buf_drop(&rig->in, at);
    return count != 0;
}

static inline void rig_close(struct rig *rig)
{
    http_close(&rig->http);
    agent_link_close(&rig->link);
    while (uv_run(&rig->loop, UV_RUN_NOWAIT))
        rig_read(rig);
    rig_read(rig);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    close(rig->daemon);
    buf_free(&rig->in);
    buf_free(&rig->order);
    for (int i = 0; i < EVENT_COUNT; i++)
        json_decref(rig->last[i]);
    free(rig->lost);
    state_free(&rig->state);
}

#endif
