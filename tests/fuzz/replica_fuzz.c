/* A client that follows a session over a daemon and a connection which the input plays. Each line is a step:
 *     +EVENT  happens, and is delivered      -EVENT  happens, and is lost     =EVENT  is delivered twice
 *     s, t    what is needed is answered: with all messages, with the newest two
 *     q, p    a snapshot is made; it is delivered, however late
 *     d       the connection is lost         r  a notice that events were lost
 *     h       a ping's answer says where the daemon is       n  the request is refused
 *     !EVENT, SSNAPSHOT  are delivered by a daemon that is mad
 * In an event "@" stands for the seq that fits.
 *
 * Whatever happens on the way, in the end the client has what the daemon has, without being told of a loss.
 * A mad daemon's client survives it. */
#include "proto/reduce.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "tests/fuzz/lines.h"
#include "tui/replica.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define EPOCH   "e_01j8zq4k3nw8x5t7v9r2m6p0qd"

enum { ROUNDS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    struct state *daemon;
    struct replica *replica;
    json_t *late;    /* a snapshot that was made */
    bool subscribed; /* what happens reaches the client */
    bool mad;
    bool lost;      /* of what has no number, so that nothing tells */
    bool late_lost; /* the same, since the snapshot was made */
} play;

static void check_state(const struct state *state)
{
    if (state)
        for (size_t i = 0; i + 1 < state->message_count; i++)
            assert(state->messages[i]->status != MESSAGE_STREAMING);
}

static void drain(void)
{
    struct replica_event next;

    while (replica_next(play.replica, &next))
        assert(next.event && next.raw);
}

static void deliver(const struct event *event, const char *raw, size_t len)
{
    enum fold fold = FOLD_BAD;

    if (replica_event(play.replica, event, raw, len, &fold) == REPLICA_FOLDED)
        assert(fold != FOLD_GAP || !replica_live(play.replica));
    drain();
}

/* --- what the daemon says --- */

static void happen(json_t *json, bool arrives, bool twice)
{
    char error[256], *raw;
    struct event event;
    size_t len;
    enum event_type type = event_type_parse(jsonx_str(json, "type", ""));
    bool durable = type < EVENT_COUNT && event_row(type)->durable;

    if (strcmp(jsonx_str(json, "seq", ""), "@") == 0)
        jsonx_set_int(json, durable ? "seq" : "at", (int64_t)play.daemon->seq + durable);
    jsonx_set_str(json, "session", play.daemon->id);
    jsonx_set_str(json, "epoch", play.daemon->epoch);
    if (!event_parse(json, &event, error))
        return;
    if (event.type < EVENT_COUNT && state_fold(play.daemon, &event) == FOLD_OK) {
        raw = jsonx_dump(json, &len);
        arrives = arrives && play.subscribed;
        if (!arrives && !durable)
            play.lost = play.late_lost = true;
        for (int i = 0; arrives && i < 1 + twice; i++)
            deliver(&event, raw, len);
        free(raw);
    }
    event_clear(&event);
}

static void invent(json_t *json, const char *raw, size_t len)
{
    char error[256];
    struct event event;

    play.mad = true;
    if (!event_parse(json, &event, error))
        return;
    deliver(&event, raw, len);
    event_clear(&event);
}

static void give(const json_t *snapshot)
{
    char error[256] = "";

    assert(replica_snapshot(play.replica, snapshot, error) || (play.mad && utf8_valid(error, strlen(error))));
    drain();
}

static void answer(size_t limit)
{
    enum replica_need need = replica_need(play.replica);

    if (need == REPLICA_NEED_NOTHING)
        return;
    replica_asked(play.replica);
    if (need == REPLICA_NEED_SUBSCRIBE) {
        play.subscribed = true;
        replica_subscribed(play.replica);
        return;
    }
    json_t *snapshot = state_snapshot(play.daemon, limit, SIZE_MAX);
    play.lost = false;
    give(snapshot);
    json_decref(snapshot);
}

/* Only while it is awaited: else it is an answer to nothing. */
static void give_late(void)
{
    if (play.late && replica_need(play.replica) == REPLICA_NEED_SNAPSHOT) {
        replica_asked(play.replica);
        play.lost = play.late_lost;
        give(play.late);
    }
    json_decref(play.late);
    play.late = NULL;
}

static void make_late(void)
{
    json_decref(play.late);
    play.late = state_snapshot(play.daemon, SIZE_MAX, SIZE_MAX);
    play.late_lost = !play.subscribed;
}

static void disconnect(void)
{
    replica_disconnected(play.replica);
    play.subscribed = false;
    json_decref(play.late); /* its answer cannot come any more */
    play.late = NULL;
}

static void step(const char *line, size_t len)
{
    json_t *json = jsonx_parse(line + 1, len - 1, NULL);

    if (json_is_object(json) && strchr("+-=", line[0]))
        happen(json, line[0] != '-', line[0] == '=');
    else if (json_is_object(json) && line[0] == '!')
        invent(json, line + 1, len - 1);
    else if (json && line[0] == 'S') {
        play.mad = true;
        replica_subscribed(play.replica);
        give(json);
    } else if (line[0] == 's' || line[0] == 't')
        answer(line[0] == 's' ? SIZE_MAX : 2);
    else if (line[0] == 'q')
        make_late();
    else if (line[0] == 'p')
        give_late();
    else if (line[0] == 'd')
        disconnect();
    else if (line[0] == 'r')
        replica_resync(play.replica);
    else if (line[0] == 'h')
        replica_head(play.replica, play.daemon->seq);
    else if (line[0] == 'n')
        replica_refused(play.replica);
    json_decref(json);
    check_state(replica_state(play.replica));
}

/* --- the end --- */

static char *dump(const struct state *state, size_t messages)
{
    json_t *json = state_snapshot(state, messages, SIZE_MAX);
    char *text = jsonx_dump(json, NULL);

    json_decref(json);
    return text;
}

/* Two pings find what is missing. */
static void check_end(void)
{
    for (int i = 0; i < ROUNDS && (i < 3 || replica_need(play.replica) != REPLICA_NEED_NOTHING); i++) {
        replica_refused(play.replica);
        answer(SIZE_MAX);
        replica_head(play.replica, play.daemon->seq);
    }
    assert(replica_live(play.replica));
    if (play.lost)
        return;
    const struct state *state = replica_state(play.replica);
    char *mine = dump(state, state->message_count), *its = dump(play.daemon, state->message_count);
    assert(strcmp(mine, its) == 0);
    free(mine);
    free(its);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;

    memset(&play, 0, sizeof play);
    play.daemon = state_new(SESSION, EPOCH);
    play.replica = replica_new(SESSION);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        if (len > 0)
            step(at, len);
        at += len + 1;
    }
    if (!play.mad)
        check_end();
    json_decref(play.late);
    replica_free(&play.replica);
    state_free(&play.daemon);
    return 0;
}
