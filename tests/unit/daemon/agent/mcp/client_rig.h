/* A client over a transport that is the test: what the client sends is read with rig_next, what the server
 * says is said with rig_say. */
#ifndef STOA_TESTS_CLIENT_RIG_H
#define STOA_TESTS_CLIENT_RIG_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include "daemon/agent/mcp/client.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIG_PATIENCE_MS = 5000, RIG_EVENTS = 256, RIG_SENT = 256 };

struct rig_transport {
    struct mcp_transport base;
    struct mcp_transport_handler handler;
    struct rig *rig;
    void (*closed)(void *arg);
    void *closed_arg;
    uv_timer_t timer;
};

struct rig {
    uv_loop_t loop;
    struct mcp_client *client;
    struct mcp_server server;
    struct rig_transport *transport; /* the newest */
    int opened, fell_back, forgot, cancelled;
    bool is_http, full, in_call;
    char version[32];
    json_t *sent[RIG_SENT];
    char *headers[RIG_SENT], *names[RIG_SENT];
    int sent_count, sent_read;
    char *events[RIG_EVENTS];
    int event_count, event_read;
    struct mcp_ask *ask;
    struct mcp_request *during;
    json_t *ask_params;
    bool is_closed;
    uv_timer_t tick;
};

/* --- the transport --- */

static bool rig_send(struct mcp_transport *transport, const struct mcp_outgoing *outgoing)
{
    struct rig *rig = ((struct rig_transport *)transport)->rig;

    if (rig->full || rig->sent_count == RIG_SENT)
        return false;
    rig->headers[rig->sent_count] = xstrdup(outgoing->headers ? outgoing->headers[0] : "");
    rig->names[rig->sent_count] = xstrdup(outgoing->name ? outgoing->name : "");
    rig->sent[rig->sent_count++] = json_deep_copy(outgoing->message);
    return true;
}

static void rig_cancel(struct mcp_transport *transport, uint64_t request)
{
    (void)request;
    ((struct rig_transport *)transport)->rig->cancelled++;
}

static void rig_agreed(struct mcp_transport *transport, const char *version, bool modern)
{
    struct rig *rig = ((struct rig_transport *)transport)->rig;

    snprintf(rig->version, sizeof rig->version, "%s%s", version, modern ? " modern" : "");
}

static void rig_timer_closed(uv_handle_t *handle)
{
    struct rig_transport *transport = handle->data;

    if (transport->closed)
        transport->closed(transport->closed_arg);
    free(transport);
}

static void rig_close(struct mcp_transport *base, void (*closed)(void *arg), void *arg)
{
    struct rig_transport *transport = (struct rig_transport *)base;

    if (transport->rig->transport == transport)
        transport->rig->transport = NULL;
    transport->closed = closed;
    transport->closed_arg = arg;
    uv_close((uv_handle_t *)&transport->timer, rig_timer_closed);
}

static const struct mcp_transport_ops rig_ops = {
    .send = rig_send, .cancel = rig_cancel, .agreed = rig_agreed, .close = rig_close};

static struct mcp_transport *rig_connect(void *arg, const struct mcp_transport_handler *handler,
                                         char error[256])
{
    struct rig *rig = arg;
    struct rig_transport *transport;

    if (rig->opened++ < 0) {
        snprintf(error, 256, "can't be started");
        return NULL;
    }
    transport = xcalloc(1, sizeof *transport);
    transport->base = (struct mcp_transport){&rig_ops, rig->is_http};
    transport->handler = *handler;
    transport->rig = rig;
    uv_timer_init(&rig->loop, &transport->timer);
    transport->timer.data = transport;
    rig->transport = transport;
    return &transport->base;
}

static void rig_fall_back(struct mcp_transport *transport)
{
    ((struct rig_transport *)transport)->rig->fell_back++;
}

static void rig_forget(struct mcp_transport *transport)
{
    ((struct rig_transport *)transport)->rig->forgot++;
}

/* --- what the owner is told --- */

static void rig_note(struct rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void rig_note(struct rig *rig, const char *format, ...)
{
    va_list args;
    char text[2048];

    assert_false(rig->in_call); /* no callback from within a call */
    assert_true(rig->event_count < RIG_EVENTS);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rig->events[rig->event_count++] = xstrdup(text);
}

static void rig_on_ready(void *arg, const struct mcp_info *info)
{
    rig_note(arg, "ready %s", info->protocol);
}
static void rig_on_lost(void *arg, const struct mcp_failure *failure)
{
    rig_note(arg, "lost %s: %s", mcp_why_name(failure->why), failure->text);
}
static void rig_on_changed(void *arg, enum mcp_changed what)
{
    rig_note(arg, "changed %d", what);
}
static void rig_on_updated(void *arg, const char *uri)
{
    rig_note(arg, "updated %s", uri);
}
static void rig_on_log(void *arg, const char *level, const char *text)
{
    rig_note(arg, "log %s: %s", level, text);
}
static void rig_on_ask(void *arg, struct mcp_ask *ask, enum mcp_ask_kind kind, const json_t *params,
                       struct mcp_request *request)
{
    struct rig *rig = arg;
    char *text = jsonx_dump(params, NULL);

    rig->ask = ask;
    rig->during = request;
    rig_note(rig, "ask %d %s", kind, text);
    free(text);
}
static void rig_on_void(void *arg, struct mcp_ask *ask)
{
    struct rig *rig = arg;

    rig_note(rig, "void");
    if (rig->ask == ask)
        rig->ask = NULL;
}
static void rig_on_authorize(void *arg, const char *url, const char *redirect, bool over)
{
    (void)redirect;
    rig_note(arg, "authorize %s %d", url ? url : "", over);
}
static void rig_on_progress(void *arg, double progress, double total, const char *text)
{
    rig_note(arg, "progress %g/%g %s", progress, total, text ? text : "");
}
static void rig_on_done(void *arg, const struct mcp_reply *reply)
{
    char *text = reply->result ? jsonx_dump(reply->result, NULL) : xstrdup(reply->text);

    rig_note(arg, "done %s%s %s", reply->code ? err_name(reply->code) : "ok", reply->sent ? "" : " unsent",
             text);
    free(text);
}
static void rig_on_closed(void *arg)
{
    ((struct rig *)arg)->is_closed = true;
}

/* --- for tests --- */

static void rig_on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static inline struct rig *rig_new(void)
{
    static char name[] = "files", variant[] = "";
    struct rig *rig = xcalloc(1, sizeof *rig);

    uv_loop_init(&rig->loop);
    uv_timer_init(&rig->loop, &rig->tick);
    uv_timer_start(&rig->tick, rig_on_tick, 5, 5);
    rig->server = (struct mcp_server){.name = name, .variant = variant, .start_ms = 4000, .call_ms = 4000};
    return rig;
}

static inline void rig_open(struct rig *rig, const char *era)
{
    struct mcp_connector connector = {rig, rig_connect, rig_fall_back, rig_forget};
    struct mcp_callbacks callbacks = {rig,        rig_on_ready, rig_on_lost, rig_on_changed,  rig_on_updated,
                                      rig_on_log, rig_on_ask,   rig_on_void, rig_on_authorize};
    struct mcp_client_options options = {.loop = &rig->loop,
                                         .server = &rig->server,
                                         .era = era,
                                         .root = "/home/a b",
                                         .can_ask = true,
                                         .connector = &connector};

    rig->in_call = true;
    rig->client = mcp_client_open(&options, &callbacks);
    rig->in_call = false;
}

static inline void rig_turn(struct rig *rig)
{
    uv_run(&rig->loop, UV_RUN_ONCE);
}

/* The next message of the client's. */
static inline json_t *rig_next(struct rig *rig)
{
    int64_t end = clock_steady_ms() + RIG_PATIENCE_MS;

    while (rig->sent_read == rig->sent_count) {
        if (clock_steady_ms() > end)
            fail_msg("the client sends nothing");
        rig_turn(rig);
    }
    return rig->sent[rig->sent_read++];
}

/* The next one, which must be of that method ("" for a response). */
static inline json_t *rig_expect(struct rig *rig, const char *method)
{
    json_t *message = rig_next(rig);

    assert_string_equal(jsonx_str(message, "method", ""), method);
    return message;
}

static inline const char *rig_event(struct rig *rig)
{
    int64_t end = clock_steady_ms() + RIG_PATIENCE_MS;

    while (rig->event_read == rig->event_count) {
        if (clock_steady_ms() > end)
            fail_msg("nothing is told");
        rig_turn(rig);
    }
    return rig->events[rig->event_read++];
}

static inline void rig_expect_event(struct rig *rig, const char *beginning)
{
    const char *event = rig_event(rig);

    if (strncmp(event, beginning, strlen(beginning)) != 0)
        fail_msg("told \"%s\" in place of \"%s\"", event, beginning);
}

/* Nothing more within that time. */
static inline void rig_expect_peace(struct rig *rig, int64_t ms)
{
    int64_t end = clock_steady_ms() + ms;

    while (clock_steady_ms() < end)
        rig_turn(rig);
    if (rig->event_read < rig->event_count)
        fail_msg("told: %s", rig->events[rig->event_read]);
    if (rig->sent_read < rig->sent_count)
        fail_msg("sent: %s", jsonx_dump(rig->sent[rig->sent_read], NULL));
}

static inline void rig_say_during(struct rig *rig, uint64_t request, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline void rig_say_during(struct rig *rig, uint64_t request, const char *format, ...)
{
    static char text[1 << 20];
    va_list args;
    json_t *message;
    char error[160];

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    message = jsonx_parse(text, strlen(text), error);
    if (!message)
        fail_msg("the test says nonsense: %s in %s", error, text);
    rig->transport->handler.message(rig->transport->handler.arg, message, request);
    json_decref(message);
}
#define rig_say(rig, ...) rig_say_during(rig, 0, __VA_ARGS__)

static inline long long rig_id(const json_t *message)
{
    return (long long)jsonx_int(message, "id", 0);
}
static inline const json_t *rig_params(const json_t *message)
{
    return jsonx_obj(message, "params");
}

#define rig_result(rig, message, result)                                                                     \
    rig_say(rig, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":%s}", rig_id(message), result)
#define rig_error(rig, message, code, data)                                                                  \
    rig_say(                                                                                                 \
        rig,                                                                                                 \
        "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"error\":{\"code\":%d,\"message\":\"so it is\",\"data\":%s}}",    \
        rig_id(message), code, data)

static inline void rig_fail(struct rig *rig, const json_t *message, enum mcp_why why, int status,
                            const char *body)
{
    json_t *json = body ? json_loads(body, 0, NULL) : NULL;
    struct mcp_failure failure = {.why = why, .text = "the reason", .status = status, .body = json};

    rig->transport->handler.failed(rig->transport->handler.arg, (uint64_t)rig_id(message), &failure);
    json_decref(json);
}

static inline void rig_lose(struct rig *rig, enum mcp_why why)
{
    struct mcp_failure failure = {.why = why, .text = "exit code 3"};

    rig->transport->handler.lost(rig->transport->handler.arg, &failure);
}

static inline struct mcp_request *rig_request(struct rig *rig, const char *method, const char *params,
                                              int64_t timeout_ms)
{
    struct mcp_request_handler handler = {rig, rig_on_progress, rig_on_done};
    json_t *json = params ? json_loads(params, 0, NULL) : NULL;
    struct mcp_request *request;

    rig->in_call = true;
    request = mcp_client_request(rig->client, method, json, timeout_ms, &handler);
    rig->in_call = false;
    json_decref(json);
    return request;
}

static inline void rig_answer(struct rig *rig, const char *action, const char *content)
{
    json_t *json = content ? json_loads(content, 0, NULL) : NULL;

    rig->in_call = true;
    mcp_ask_answer(rig->ask, action, json);
    rig->in_call = false;
    rig->ask = NULL;
    json_decref(json);
}

#define RIG_CAPABILITIES                                                                                     \
    "{\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true,\"listChanged\":true},\"prompts\":" \
    "{},"                                                                                                    \
    "\"logging\":{},\"completions\":{},\"tasks\":{\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}}}"

/* Opens a client of a legacy server, and shakes hands. */
static inline void rig_ready_legacy(struct rig *rig, const char *version)
{
    char result[1024];

    rig_open(rig, "2025-11-25");
    snprintf(result, sizeof result,
             "{\"protocolVersion\":\"%s\",\"capabilities\":" RIG_CAPABILITIES
             ",\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}",
             version);
    rig_result(rig, rig_expect(rig, "initialize"), result);
    rig_expect(rig, "notifications/initialized");
    rig_expect_event(rig, "ready");
}

#define RIG_DISCOVERED                                                                                       \
    "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":" RIG_CAPABILITIES \
    ",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"m\",\"version\":\"2\"}}}"

/* The same of a modern one, which listens to changes. */
static inline json_t *rig_ready_modern(struct rig *rig)
{
    rig_open(rig, NULL);
    rig_result(rig, rig_expect(rig, "server/discover"), RIG_DISCOVERED);
    rig_expect_event(rig, "ready 2026-07-28");
    return rig_expect(rig, "subscriptions/listen");
}

static inline void rig_free(struct rig *rig)
{
    int64_t end = clock_steady_ms() + RIG_PATIENCE_MS;
    int told = rig->event_count;

    rig->in_call = true;
    mcp_client_close(&rig->client, rig_on_closed, rig);
    rig->in_call = false;
    while (!rig->is_closed) {
        assert_true(clock_steady_ms() < end);
        rig_turn(rig);
    }
    assert_int_equal(rig->event_count, told); /* no callback but closed */
    uv_close((uv_handle_t *)&rig->tick, NULL);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    for (int i = 0; i < rig->sent_count; i++) {
        json_decref(rig->sent[i]);
        free(rig->headers[i]);
        free(rig->names[i]);
    }
    for (int i = 0; i < rig->event_count; i++)
        free(rig->events[i]);
    free(rig);
}

static inline int rig_setup(void **state)
{
    *state = rig_new();
    return 0;
}
static inline int rig_teardown(void **state)
{
    rig_free(*state);
    return 0;
}
#define rig_test(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

#endif
