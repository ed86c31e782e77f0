/* The client against a daemon made of a ROUTER in this process, which answers as each test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "shared/zloop.h"
#include "tui/client.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define EPOCH_1 "e_01j8zq4k3nw8x5t7v9r2m6p0q1"
#define EPOCH_2 "e_01j8zq4k3nw8x5t7v9r2m6p0q2"

enum { REQUESTS_MAX = 256, WAIT_MS = 10000 };

struct fake { /* the daemon */
    void *context, *router, *zap;
    struct zloop *loop, *zap_loop;
    const char *role;     /* what hello says that the client is */
    const char *zap_code; /* what is said of every key; NULL: nobody asks */
    struct key_pair key;  /* over tcp */
    char endpoint[128];   /* the one it has there; "": any */
    const char *epoch;
    int64_t seq;
    int64_t head;      /* what pings say; 0: seq */
    bool deaf;         /* answers nothing */
    bool mute_session; /* leaves session requests to the test */
    bool has_session;
    bool ignores_sends;
    bool forgot; /* the client was dropped: it follows nothing until it subscribes again */
    unsigned char peer[64];
    size_t peer_len;
    char *requests[REQUESTS_MAX]; /* "method id" */
    size_t count;
};

struct fixture {
    uv_loop_t loop;
    char dir[64], path[96];
    struct fake fake;
    struct client_address address;
    struct client *client;
    char said[4096];   /* what the callbacks heard, one word after the other */
    enum err code;     /* of the last reply, loss or notice */
    char notice[1024]; /* text of the last one */
    int replies;
};

/* --- the daemon --- */

static void fake_send(struct fixture *f, const char *version, const char *text)
{
    zmq_send(f->fake.router, f->fake.peer, f->fake.peer_len, ZMQ_SNDMORE);
    zmq_send(f->fake.router, version, strlen(version), ZMQ_SNDMORE);
    zmq_send(f->fake.router, text, strlen(text), 0);
}

static void fake_say(struct fixture *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fake_say(struct fixture *f, const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fake_send(f, ENVELOPE_VERSION, text);
}

static void fake_title(struct fixture *f, int64_t seq, const char *title)
{
    fake_say(f,
             "{\"session\":\"" SESSION "\",\"epoch\":\"%s\",\"seq\":%d,\"ts\":1,\"type\":\"session.updated\","
             "\"data\":{\"title\":\"%s\"}}",
             f->fake.epoch, (int)seq, title);
}

static void fake_snapshot(struct fixture *f, const char *id)
{
    fake_say(f,
             "{\"id\":\"%s\",\"ok\":{\"session\":\"" SESSION
             "\",\"epoch\":\"%s\",\"seq\":%d,\"state\":\"idle\","
             "\"title\":\"at "
             "%d\",\"owner\":\"ann\",\"model\":\"\",\"messages_total\":0,\"messages\":[],\"queue\":[],"
             "\"participants\":[]}}",
             id, f->fake.epoch, (int)f->fake.seq, (int)f->fake.seq);
}

static void fake_answer(struct fixture *f, enum method method, const char *id)
{
    struct fake *fake = &f->fake;

    fake->forgot &= method != METHOD_SESSION_SUBSCRIBE;
    if (method == METHOD_SERVER_HELLO)
        fake_say(
            f,
            "{\"id\":\"%s\",\"ok\":{\"version\":\"0\",\"epoch\":\"%s\",\"user\":\"ann\",\"client\":\"c\","
            "\"default_model\":\"m\",\"why\":\"\",\"role\":\"%s\"}}",
            id, fake->epoch, fake->role);
    else if (method == METHOD_TOKEN_LOGIN && strcmp(fake->role, "none") != 0)
        fake_say(f, "{\"id\":\"%s\",\"error\":{\"code\":\"denied\",\"text\":\"it is too old\"}}", id);
    else if (method == METHOD_TOKEN_LOGIN)
        fake_say(f, "{\"id\":\"%s\",\"ok\":{\"user\":\"bo\",\"role\":\"writer\"}}", id);
    else if (method == METHOD_SERVER_PING && fake->forgot)
        fake_say(f, "{\"id\":\"%s\",\"ok\":{\"epoch\":\"%s\",\"heads\":{}}}", id, fake->epoch);
    else if (method == METHOD_SERVER_PING)
        fake_say(f, "{\"id\":\"%s\",\"ok\":{\"epoch\":\"%s\",\"heads\":{\"" SESSION "\":%d}}}", id,
                 fake->epoch, (int)(fake->head ? fake->head : fake->seq));
    else if (method == METHOD_SESSION_SNAPSHOT && !fake->has_session)
        fake_say(f, "{\"id\":\"%s\",\"error\":{\"code\":\"not_found\",\"text\":\"no such session\"}}", id);
    else if (method == METHOD_SESSION_SNAPSHOT && !fake->mute_session)
        fake_snapshot(f, id);
    else if (method == METHOD_MESSAGE_SEND && fake->ignores_sends)
        return;
    else if (method != METHOD_SESSION_SNAPSHOT)
        fake_say(f, "{\"id\":\"%s\",\"ok\":{}}", id);
}

static bool fake_read(void *arg)
{
    struct fixture *f = arg;
    struct fake *fake = &f->fake;
    char text[8192], version[16], error[256];
    struct request request;
    int peer_len = zmq_recv(fake->router, fake->peer, sizeof fake->peer, ZMQ_DONTWAIT), len;

    if (peer_len < 0)
        return false;
    fake->peer_len = (size_t)peer_len;
    assert_int_equal(zmq_recv(fake->router, version, sizeof version, 0), strlen(ENVELOPE_VERSION));
    len = zmq_recv(fake->router, text, sizeof text, 0);
    assert_in_range(len, 1, sizeof text);
    if (envelope_request(text, (size_t)len, &request, error) != ERR_OK)
        fail_msg("%s: %.*s", error, len, text);
    assert_true(fake->count < REQUESTS_MAX);
    fake->requests[fake->count++] = xasprintf("%s %s", request_row(request.method)->name, request.id);
    if (!fake->deaf)
        fake_answer(f, request.method, request.id);
    request_clear(&request);
    return true;
}

static bool fake_zap(void *arg)
{
    struct fake *fake = &((struct fixture *)arg)->fake;
    char id[64];
    int more, len = -1;
    size_t size = sizeof more;

    for (int i = 0;; i++) {
        char frame[256];
        int got = zmq_recv(fake->zap, frame, sizeof frame, i ? 0 : ZMQ_DONTWAIT);

        if (got < 0)
            return false;
        if (i == 1)
            memcpy(id, frame, (size_t)(len = got));
        zmq_getsockopt(fake->zap, ZMQ_RCVMORE, &more, &size);
        if (!more)
            break;
    }
    zmq_send(fake->zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(fake->zap, id, (size_t)len, ZMQ_SNDMORE);
    zmq_send(fake->zap, fake->zap_code, 3, ZMQ_SNDMORE);
    zmq_send(fake->zap, "", 0, ZMQ_SNDMORE);
    zmq_send(fake->zap, "", 0, ZMQ_SNDMORE);
    zmq_send(fake->zap, "", 0, 0);
    return true;
}

/* Over tcp, with the fake's key. */
static void fake_start_remote(struct fixture *f, const char *epoch)
{
    struct fake *fake = &f->fake;
    int linger = 0, server = 1;
    size_t size = sizeof fake->endpoint;

    fake->epoch = epoch;
    fake->context = zmq_ctx_new();
    if (fake->zap_code) {
        fake->zap = zmq_socket(fake->context, ZMQ_REP);
        zmq_setsockopt(fake->zap, ZMQ_LINGER, &linger, sizeof linger);
        assert_int_equal(zmq_bind(fake->zap, "inproc://zeromq.zap.01"), 0);
        fake->zap_loop = zloop_open(&f->loop, fake->zap, fake_zap, f);
    }
    fake->router = zmq_socket(fake->context, ZMQ_ROUTER);
    zmq_setsockopt(fake->router, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(fake->router, ZMQ_CURVE_SERVER, &server, sizeof server);
    zmq_setsockopt(fake->router, ZMQ_CURVE_SECRETKEY, fake->key.secret, KEY_BYTES);
    if (fake->zap_code)
        zmq_setsockopt(fake->router, ZMQ_ZAP_DOMAIN, "stoa", 4);
    assert_int_equal(zmq_bind(fake->router, *fake->endpoint ? fake->endpoint : "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(fake->router, ZMQ_LAST_ENDPOINT, fake->endpoint, &size);
    fake->loop = zloop_open(&f->loop, fake->router, fake_read, f);
}

static void fake_start(struct fixture *f, const char *epoch)
{
    char *address = xasprintf("ipc://%s", f->path);
    int linger = 0;

    f->fake.epoch = epoch;
    f->fake.context = zmq_ctx_new();
    f->fake.router = zmq_socket(f->fake.context, ZMQ_ROUTER);
    zmq_setsockopt(f->fake.router, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_bind(f->fake.router, address), 0);
    f->fake.loop = zloop_open(&f->loop, f->fake.router, fake_read, f);
    free(address);
}

static void fake_stop(struct fixture *f)
{
    if (!f->fake.router)
        return;
    zloop_close(&f->fake.loop);
    zloop_close(&f->fake.zap_loop);
    zmq_close(f->fake.router);
    if (f->fake.zap)
        zmq_close(f->fake.zap);
    zmq_ctx_term(f->fake.context);
    f->fake.router = f->fake.zap = NULL;
}

/* How many requests of that method came, from the from-th on. */
static int asked(const struct fixture *f, const char *method, size_t from)
{
    int count = 0;

    for (size_t i = from; i < f->fake.count; i++)
        count += strncmp(f->fake.requests[i], method, strlen(method)) == 0;
    return count;
}

/* --- the callbacks --- */

static void heard(struct fixture *f, const char *word)
{
    size_t len = strlen(f->said);

    snprintf(f->said + len, sizeof f->said - len, "%s ", word);
}

static void on_link(void *arg, enum client_link link, const char *text)
{
    static const char *const names[] = {"connecting", "ready", "away"};

    assert_true(strlen(text) > 0);
    heard(arg, names[link]);
}

static void on_event(void *arg, const struct event *event, const char *raw, size_t len, enum fold fold)
{
    static const char *const names[] = {"ok", "old", "gap", "bad"};
    char word[64];

    assert_true(len > 0 && raw[0] == '{');
    snprintf(word, sizeof word, "%d=%s", (int)event->seq, names[fold]);
    heard(arg, word);
}

static void on_snapshot(void *arg, const struct state *state, const json_t *snapshot)
{
    char word[64];

    assert_int_equal(jsonx_int(snapshot, "seq", -1), (int64_t)state->seq);
    snprintf(word, sizeof word, "snapshot=%d", (int)state->seq);
    heard(arg, word);
}

static void on_lost(void *arg, const char *session, enum err code, const char *text)
{
    struct fixture *f = arg;

    (void)text;
    assert_string_equal(session, SESSION);
    f->code = code;
    heard(f, "lost");
}

static void on_notice(void *arg, const char *notice, enum err code, const char *text)
{
    struct fixture *f = arg;

    snprintf(f->notice, sizeof f->notice, "%s", text);
    f->code = code;
    heard(f, notice);
}

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct fixture *f = arg;

    assert_non_null(text);
    assert_true((code == ERR_OK) == (ok != NULL));
    f->code = code;
    f->replies++;
}

static void on_other(void *arg, const char *notice, const json_t *json)
{
    assert_string_equal(jsonx_str(json, "notice", ""), notice);
    heard(arg, notice);
}

static const struct client_callbacks callbacks = {.link = on_link,
                                                  .event = on_event,
                                                  .snapshot = on_snapshot,
                                                  .lost = on_lost,
                                                  .notice = on_notice,
                                                  .other = on_other};

/* --- the fixture --- */

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* Runs the loop until the condition holds; fails after WAIT_MS. */
#define WAIT_FOR(f, condition)                                                                               \
    do {                                                                                                     \
        uv_timer_t tick;                                                                                     \
        int64_t end = clock_steady_ms() + WAIT_MS;                                                           \
        uv_timer_init(&(f)->loop, &tick);                                                                    \
        uv_timer_start(&tick, on_tick, 100, 100);                                                            \
        while (!(condition) && clock_steady_ms() < end)                                                      \
            uv_run(&(f)->loop, UV_RUN_ONCE);                                                                 \
        uv_close((uv_handle_t *)&tick, NULL);                                                                \
        uv_run(&(f)->loop, UV_RUN_NOWAIT);                                                                   \
        if (!(condition))                                                                                    \
            fail_msg("waited in vain for %s; heard: %s", #condition, (f)->said);                             \
    } while (0)

static bool has_heard(const struct fixture *f, const char *words)
{
    return strstr(f->said, words) != NULL;
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    strcpy(f->dir, "/tmp/stoa-client-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/d", f->dir);
    uv_loop_init(&f->loop);
    f->fake.has_session = true;
    f->fake.seq = 5;
    f->fake.role = "owner";
    fake_start(f, EPOCH_1);
    f->address.path = f->path;
    f->client = client_open(&f->loop, &f->address, "cli", "pts/1", &callbacks, f);
    assert_non_null(f->client);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    client_close(&f->client);
    fake_stop(f);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    for (size_t i = 0; i < f->fake.count; i++)
        free(f->fake.requests[i]);
    unlink(f->path);
    rmdir(f->dir);
    free(f);
    return 0;
}

/* --- link and requests --- */

static void test_hello_comes_first_and_requests_follow_in_order(void **state)
{
    struct fixture *f = *state;

    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    client_request(f->client, METHOD_SESSION_LIST, NULL, NULL, 0, on_reply, f);
    client_request(f->client, METHOD_ADMIN_STATS, NULL, NULL, 0, on_reply, f);
    assert_null(client_hello(f->client));
    WAIT_FOR(f, f->replies == 3);
    assert_int_equal(asked(f, "server.hello", 0), 1);
    assert_int_equal(strncmp(f->fake.requests[0], "server.hello", 12), 0);
    assert_int_equal(strncmp(f->fake.requests[1], "model.list", 10), 0);
    assert_int_equal(strncmp(f->fake.requests[2], "session.list", 12), 0);
    assert_int_equal(strncmp(f->fake.requests[3], "admin.stats", 11), 0);
    assert_string_equal(client_hello(f->client)->epoch, EPOCH_1);
    assert_int_equal(client_link(f->client), CLIENT_READY);
    assert_int_equal(asked(f, "server.ping", 0), 0); /* nothing to doubt so far */
}

static void test_it_is_closed_at_any_moment_of_its_connection(void **state)
{
    struct fixture *f = *state;

    for (int us = 0; us < 1000; us += 25) { /* it is made within this; sanitizers look for what leaks */
        client_close(&f->client);
        f->client = client_open(&f->loop, &f->address, "cli", "pts/1", &callbacks, f);
        for (int64_t end = clock_steady_us() + us; clock_steady_us() < end;)
            uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    WAIT_FOR(f, f->replies == 1);
}

static void test_an_unanswered_request_times_out(void **state)
{
    struct fixture *f = *state;

    f->fake.ignores_sends = true;
    client_request(f->client, METHOD_MESSAGE_SEND, SESSION, json_pack("{s:s}", "text", "x"), 300, on_reply,
                   f);
    WAIT_FOR(f, f->replies == 1);
    assert_int_equal(f->code, ERR_TIMEOUT);
}

static void test_too_large_a_request_is_refused_here(void **state)
{
    struct fixture *f = *state;
    char *text = xmalloc(ENVELOPE_REQUEST_MAX + 1);

    memset(text, 'x', ENVELOPE_REQUEST_MAX);
    text[ENVELOPE_REQUEST_MAX] = '\0';
    client_request(f->client, METHOD_MESSAGE_SEND, SESSION, json_pack("{s:s}", "text", text), 0, on_reply, f);
    free(text);
    WAIT_FOR(f, f->replies == 1);
    assert_int_equal(f->code, ERR_TOO_LARGE);
}

static void test_after_a_restart_the_request_is_repeated_with_its_id(void **state)
{
    struct fixture *f = *state;
    size_t restart;
    char *first = NULL;

    /* given: a request that the daemon takes to its grave */
    f->fake.ignores_sends = true;
    client_request(f->client, METHOD_MESSAGE_SEND, SESSION, json_pack("{s:s}", "text", "x"), 0, on_reply, f);
    WAIT_FOR(f, asked(f, "message.send", 0) == 1);
    first = f->fake.requests[f->fake.count - 1];
    /* when: it dies and another one comes */
    fake_stop(f);
    WAIT_FOR(f, has_heard(f, "away"));
    restart = f->fake.count;
    f->fake.ignores_sends = false;
    fake_start(f, EPOCH_2);
    /* then: hello, and the same request */
    WAIT_FOR(f, f->replies == 1);
    assert_int_equal(strncmp(f->fake.requests[restart], "server.hello", 12), 0);
    assert_string_equal(f->fake.requests[restart + 1], first);
    assert_int_equal(f->code, ERR_OK);
    assert_string_equal(client_hello(f->client)->epoch, EPOCH_2);
    assert_true(has_heard(f, "ready away ready"));
}

static void test_a_daemon_that_hangs_is_noticed_and_its_return_too(void **state)
{
    struct fixture *f = *state;
    int64_t since;
    size_t asked_before;

    WAIT_FOR(f, has_heard(f, "ready"));
    f->fake.deaf = true;
    asked_before = f->fake.count;
    since = clock_steady_ms();
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    WAIT_FOR(f, has_heard(f, "away"));
    assert_true(clock_steady_ms() - since < 3000);
    /* then: one ping waits, not a heap of them */
    assert_int_equal(asked(f, "server.ping", asked_before), 1);
    f->fake.deaf = false;
    fake_say(f, "{\"id\":\"%s\",\"ok\":{}}", strchr(f->fake.requests[asked_before], ' ') + 1);
    WAIT_FOR(f, has_heard(f, "away ready"));
    assert_int_equal(f->replies, 1);
}

static void test_another_version_is_told_and_ends_it(void **state)
{
    struct fixture *f = *state;

    f->fake.deaf = true;
    WAIT_FOR(f, f->fake.count == 1);
    fake_send(f, "stoa/9", "{}");
    WAIT_FOR(f, has_heard(f, "bye"));
    assert_int_equal(f->code, ERR_VERSION);
}

static void test_a_dropped_client_says_hello_again(void **state)
{
    struct fixture *f = *state;

    client_follow(f->client, SESSION, 50);
    WAIT_FOR(f, has_heard(f, "snapshot=5"));
    f->fake.seq = 8;
    fake_say(f, "{\"notice\":\"bye\",\"why\":\"silent\"}");
    WAIT_FOR(f, has_heard(f, "snapshot=8"));
    assert_int_equal(asked(f, "server.hello", 0), 2);
    assert_int_equal(asked(f, "session.subscribe", 0), 2);
}

/* --- following --- */

static void test_events_between_subscribe_and_snapshot_come_after_it(void **state)
{
    struct fixture *f = *state;

    f->fake.mute_session = true;
    client_follow(f->client, SESSION, 50);
    WAIT_FOR(f, asked(f, "session.snapshot", 0) == 1);
    fake_title(f, 5, "five");
    fake_title(f, 6, "six");
    fake_snapshot(f, strchr(f->fake.requests[f->fake.count - 1], ' ') + 1);
    fake_title(f, 7, "seven");
    WAIT_FOR(f, has_heard(f, "7=ok"));
    assert_true(has_heard(f, "ready snapshot=5 5=old 6=ok 7=ok"));
    assert_string_equal(client_state(f->client, SESSION)->title, "seven");
    assert_int_equal(asked(f, "session.subscribe", 0), 1);
}

static void test_a_gap_brings_a_new_snapshot_without_subscribing(void **state)
{
    struct fixture *f = *state;

    client_follow(f->client, SESSION, 50);
    WAIT_FOR(f, has_heard(f, "snapshot=5"));
    f->fake.seq = 9;
    fake_title(f, 9, "nine");
    WAIT_FOR(f, has_heard(f, "9=gap snapshot=9"));
    fake_say(f, "{\"notice\":\"resync\",\"session\":\"" SESSION "\",\"why\":\"behind\"}");
    WAIT_FOR(f, has_heard(f, "snapshot=9 snapshot=9"));
    assert_int_equal(asked(f, "session.subscribe", 0), 1);
}

static void test_a_refused_reload_is_said(void **state)
{
    struct fixture *f = *state;

    WAIT_FOR(f, has_heard(f, "ready"));
    fake_say(f, "{\"notice\":\"config\",\"text\":\"config.yaml:7: wrong\"}");
    WAIT_FOR(f, has_heard(f, "config"));
    assert_int_equal(f->code, ERR_CONFIG);
    assert_string_equal(f->notice, "the daemon keeps its old configuration: config.yaml:7: wrong");
}

static void test_a_loss_at_the_tail_shows_in_the_pings(void **state)
{
    struct fixture *f = *state;

    client_follow(f->client, SESSION, 50);
    WAIT_FOR(f, has_heard(f, "snapshot=5"));
    f->fake.seq = 6; /* and nobody is told */
    /* a request that waits makes the client ping */
    f->fake.ignores_sends = true;
    client_request(f->client, METHOD_MESSAGE_SEND, SESSION, json_pack("{s:s}", "text", "x"), 0, on_reply, f);
    WAIT_FOR(f, has_heard(f, "snapshot=6"));
}

static void test_a_session_missing_from_the_heads_is_subscribed_again(void **state)
{
    struct fixture *f = *state;

    client_follow(f->client, SESSION, 50);
    WAIT_FOR(f, has_heard(f, "snapshot=5"));
    f->fake.forgot = true; /* and no bye reached the client */
    f->fake.seq = 7;
    f->fake.ignores_sends = true; /* a request that waits makes the client ping */
    client_request(f->client, METHOD_MESSAGE_SEND, SESSION, json_pack("{s:s}", "text", "x"), 0, on_reply, f);
    WAIT_FOR(f, has_heard(f, "snapshot=7"));
    assert_int_equal(asked(f, "session.subscribe", 0), 2);
}

static void test_after_a_restart_the_session_is_followed_again(void **state)
{
    struct fixture *f = *state;
    size_t restart;

    client_follow_listing(f->client);
    client_follow(f->client, SESSION, 50);
    WAIT_FOR(f, has_heard(f, "snapshot=5"));
    restart = f->fake.count;
    fake_stop(f);
    f->fake.seq = 3; /* what was not acknowledged is gone */
    fake_start(f, EPOCH_2);
    WAIT_FOR(f, has_heard(f, "snapshot=3"));
    assert_string_equal(client_state(f->client, SESSION)->epoch, EPOCH_2);
    assert_int_equal(asked(f, "session.subscribe", restart), 2);
}

static void test_an_unknown_session_is_lost(void **state)
{
    struct fixture *f = *state;

    f->fake.has_session = false;
    client_follow(f->client, SESSION, 50);
    WAIT_FOR(f, has_heard(f, "lost"));
    assert_int_equal(f->code, ERR_NOT_FOUND);
    assert_null(client_state(f->client, SESSION));
}

static void test_a_deleted_session_is_lost(void **state)
{
    struct fixture *f = *state;

    client_follow(f->client, SESSION, 50);
    WAIT_FOR(f, has_heard(f, "snapshot=5"));
    fake_say(f, "{\"session\":\"" SESSION "\",\"epoch\":\"" EPOCH_1
                "\",\"seq\":6,\"ts\":1,\"type\":\"session.ended\",\"data\":{\"reason\":\"deleted\"}}");
    WAIT_FOR(f, has_heard(f, "6=ok lost"));
}

static void test_garbage_does_no_harm(void **state)
{
    struct fixture *f = *state;

    WAIT_FOR(f, has_heard(f, "ready"));
    fake_say(f, "not json");
    fake_say(f, "[]");
    fake_say(f, "{\"id\":5,\"ok\":{}}");
    fake_say(f, "{\"notice\":\"moonrise\"}");
    fake_say(f, "{\"type\":\"session.updated\"}");
    fake_say(f, "{\"id\":\"nobody\",\"error\":{}}");
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    WAIT_FOR(f, f->replies == 1);
    assert_int_equal(f->code, ERR_OK);
}

/* --- closing within a callback --- */

static void close_on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct fixture *f = arg;

    (void)code;
    (void)text;
    (void)ok;
    f->replies++;
    client_close(&f->client);
}

static void test_a_callback_may_close_the_client(void **state)
{
    struct fixture *f = *state;

    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, close_on_reply, f);
    client_request(f->client, METHOD_SESSION_LIST, NULL, NULL, 0, on_reply, f);
    WAIT_FOR(f, f->replies == 1);
    assert_null(f->client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- who is let in --- */

/* The client anew, with what the test has set in its address. */
static void open_again(struct fixture *f)
{
    client_close(&f->client);
    f->client = client_open(&f->loop, &f->address, "cli", "pts/1", &callbacks, f);
    assert_non_null(f->client);
}

/* The same with a daemon over tcp. */
static void open_remote(struct fixture *f)
{
    char error[256];

    fake_stop(f);
    key_make(&f->fake.key);
    fake_start_remote(f, EPOCH_1);
    memset(&f->address, 0, sizeof f->address);
    assert_true(join_address_parse(f->fake.endpoint, &f->address.remote, error));
    strcpy(f->address.name, "lab");
    memcpy(f->address.server_key, f->fake.key.open, KEY_BYTES);
    key_make(&f->address.pair);
    open_again(f);
}

static void test_a_remote_daemon_is_spoken_with_and_found_again(void **state)
{
    struct fixture *f = *state;

    open_remote(f);
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    WAIT_FOR(f, f->replies == 1);
    assert_int_equal(f->code, ERR_OK);
    fake_stop(f);
    WAIT_FOR(f, has_heard(f, "away"));
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    fake_start_remote(f, EPOCH_2);
    WAIT_FOR(f, f->replies == 2);
    assert_int_equal(f->code, ERR_OK);
    assert_false(has_heard(f, "bye"));
}

static void test_another_key_than_the_known_one_ends_it(void **state)
{
    struct fixture *f = *state;
    struct key_pair other;

    open_remote(f);
    key_make(&other);
    memcpy(f->address.server_key, other.open, KEY_BYTES);
    size_t before = f->fake.count;
    open_again(f);
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    WAIT_FOR(f, has_heard(f, "bye"));
    assert_int_equal(f->code, ERR_DENIED);
    assert_non_null(strstr(f->notice, "DOES NOT PROVE"));
    assert_int_equal(f->fake.count, before);
    assert_int_equal(f->replies, 0);
    assert_false(has_heard(f, "ready"));
}

static void test_a_key_that_is_turned_away_ends_it(void **state)
{
    struct fixture *f = *state;
    char words[KEY_WORDS_MAX];

    f->fake.zap_code = "400";
    open_remote(f);
    WAIT_FOR(f, has_heard(f, "bye"));
    key_words(f->address.pair.open, words);
    assert_int_equal(f->code, ERR_DENIED);
    assert_non_null(strstr(f->notice, words));
    assert_non_null(strstr(f->notice, "lab (tcp://127.0.0.1:"));
}

static void test_a_daemon_that_takes_no_more_strangers_is_left_alone(void **state)
{
    struct fixture *f = *state;

    f->fake.zap_code = "500";
    open_remote(f);
    WAIT_FOR(f, has_heard(f, "bye"));
    assert_int_equal(f->code, ERR_UNAVAILABLE);
    assert_non_null(strstr(f->notice, "try again later"));
}

static void test_a_daemon_that_comes_back_with_another_key_is_not_spoken_with(void **state)
{
    struct fixture *f = *state;
    struct key_pair old;
    size_t before;

    open_remote(f);
    WAIT_FOR(f, has_heard(f, "ready"));
    old = f->fake.key;
    fake_stop(f);
    key_make(&f->fake.key);
    before = f->fake.count;
    fake_start_remote(f, EPOCH_2);
    WAIT_FOR(f, has_heard(f, "refused"));
    assert_non_null(strstr(f->notice, "DOES NOT PROVE"));
    assert_int_equal(f->fake.count, before);
    fake_stop(f); /* it was somebody else; the right one is back */
    f->fake.key = old;
    fake_start_remote(f, EPOCH_2);
    WAIT_FOR(f, client_link(f->client) == CLIENT_READY);
}

static void test_a_stranger_is_told_what_to_do(void **state)
{
    struct fixture *f = *state;

    f->fake.role = "none";
    open_remote(f);
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    WAIT_FOR(f, has_heard(f, "bye"));
    assert_int_equal(f->code, ERR_DENIED);
    assert_non_null(strstr(f->notice, "stoa -d lab pair CODE"));
    assert_int_equal(asked(f, "model.list", 0), 0);
    /* one that has a ticket is let through */
    f->address.stranger = true;
    open_again(f);
    client_request(f->client, METHOD_TICKET_REDEEM, NULL, json_pack("{s:s}", "secret", "x"), 0, on_reply, f);
    WAIT_FOR(f, f->replies == 1);
    assert_int_equal(client_hello(f->client)->role, ROLE_NONE);
}

static void test_a_token_goes_before_all_else_after_each_hello(void **state)
{
    struct fixture *f = *state;
    static char token[] = "secret";
    size_t from;

    WAIT_FOR(f, has_heard(f, "ready"));
    f->fake.role = "none";
    f->address.token = token;
    from = f->fake.count;
    open_again(f);
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 0, on_reply, f);
    WAIT_FOR(f, f->replies == 1);
    assert_int_equal(strncmp(f->fake.requests[from], "server.hello", 12), 0);
    assert_int_equal(strncmp(f->fake.requests[from + 1], "token.login", 11), 0);
    assert_int_equal(strncmp(f->fake.requests[from + 2], "model.list", 10), 0);
    assert_string_equal(client_hello(f->client)->user, "bo");
    assert_int_equal(client_hello(f->client)->role, ROLE_WRITER);
    fake_stop(f);
    WAIT_FOR(f, has_heard(f, "away"));
    from = f->fake.count;
    f->fake.role = "owner"; /* what makes the fake refuse the token */
    fake_start(f, EPOCH_2);
    WAIT_FOR(f, has_heard(f, "bye"));
    assert_int_equal(asked(f, "token.login", from), 1);
    assert_int_equal(f->code, ERR_DENIED);
    assert_non_null(strstr(f->notice, "it is too old"));
    assert_null(strstr(f->notice, token));
}

static void test_who_is_let_in_no_more_stays_away(void **state)
{
    struct fixture *f = *state;
    size_t before;

    WAIT_FOR(f, has_heard(f, "ready"));
    fake_say(f, "{\"notice\":\"bye\",\"why\":\"denied\"}");
    WAIT_FOR(f, has_heard(f, "bye"));
    assert_int_equal(f->code, ERR_DENIED);
    before = f->fake.count;
    fake_stop(f);
    fake_start(f, EPOCH_2);
    client_request(f->client, METHOD_MODEL_LIST, NULL, NULL, 300, on_reply, f);
    WAIT_FOR(f, f->replies == 1);
    assert_int_equal(f->code, ERR_TIMEOUT);
    assert_int_equal(f->fake.count, before);
}

static void test_other_notices_are_passed_on(void **state)
{
    struct fixture *f = *state;

    WAIT_FOR(f, has_heard(f, "ready"));
    fake_say(f, "{\"notice\":\"paired\",\"user\":\"bo\",\"label\":\"desk\",\"words\":\"a-b\"}");
    WAIT_FOR(f, has_heard(f, "paired"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hello_comes_first_and_requests_follow_in_order),
        TEST(test_a_remote_daemon_is_spoken_with_and_found_again),
        TEST(test_another_key_than_the_known_one_ends_it),
        TEST(test_a_key_that_is_turned_away_ends_it),
        TEST(test_a_daemon_that_takes_no_more_strangers_is_left_alone),
        TEST(test_a_daemon_that_comes_back_with_another_key_is_not_spoken_with),
        TEST(test_a_stranger_is_told_what_to_do),
        TEST(test_a_token_goes_before_all_else_after_each_hello),
        TEST(test_who_is_let_in_no_more_stays_away),
        TEST(test_other_notices_are_passed_on),
        TEST(test_it_is_closed_at_any_moment_of_its_connection),
        TEST(test_an_unanswered_request_times_out),
        TEST(test_too_large_a_request_is_refused_here),
        TEST(test_after_a_restart_the_request_is_repeated_with_its_id),
        TEST(test_a_daemon_that_hangs_is_noticed_and_its_return_too),
        TEST(test_a_refused_reload_is_said),
        TEST(test_another_version_is_told_and_ends_it),
        TEST(test_a_dropped_client_says_hello_again),
        TEST(test_events_between_subscribe_and_snapshot_come_after_it),
        TEST(test_a_gap_brings_a_new_snapshot_without_subscribing),
        TEST(test_a_loss_at_the_tail_shows_in_the_pings),
        TEST(test_a_session_missing_from_the_heads_is_subscribed_again),
        TEST(test_after_a_restart_the_session_is_followed_again),
        TEST(test_an_unknown_session_is_lost),
        TEST(test_a_deleted_session_is_lost),
        TEST(test_garbage_does_no_harm),
        TEST(test_a_callback_may_close_the_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
