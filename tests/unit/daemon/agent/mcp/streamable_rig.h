/* A transport over HTTP, its server, and what its client is told. */
#ifndef STOA_TEST_STREAMABLE_RIG_H
#define STOA_TEST_STREAMABLE_RIG_H

#include "tests/unit/daemon/agent/mcp/http_peer.h"

#include "daemon/agent/mcp/streamable.h"
#include "shared/jsonx.h"

struct rig {
    uv_loop_t loop;
    struct http *http;
    struct peer peer;
    struct mcp_transport *transport;
    struct buf told; /* a line each: "message 1 {...}", "failed 2 refused 503 text", "lost closed text" */
    char *challenge; /* of the last failure */
    bool had_body;
    size_t lines;
    size_t close_after; /* the handler closes the transport at this line; 0: never */
    bool closed;
};

static inline void rig_closed(void *arg)
{
    ((struct rig *)arg)->closed = true;
}

static inline void rig_line(struct rig *rig)
{
    if (++rig->lines == rig->close_after)
        mcp_transport_close(&rig->transport, rig_closed, rig);
}

static inline void rig_message(void *arg, json_t *message, uint64_t request)
{
    struct rig *rig = arg;
    char *text = jsonx_dump(message, NULL);

    assert_non_null(rig->transport);
    if (strlen(text) > 1000)
        strcpy(text + 40, "...");
    buf_printf(&rig->told, "message %d %s\n", (int)request, text);
    free(text);
    rig_line(rig);
}

static inline void rig_failure(struct rig *rig, const struct mcp_failure *failure)
{
    buf_printf(&rig->told, "%s", mcp_why_name(failure->why));
    if (failure->status)
        buf_printf(&rig->told, " (%d)", failure->status);
    buf_printf(&rig->told, " %s\n", failure->text);
    free(rig->challenge);
    rig->challenge = xstrdup_null(failure->challenge);
    rig->had_body = failure->body != NULL;
    rig_line(rig);
}

static inline void rig_failed(void *arg, uint64_t request, const struct mcp_failure *failure)
{
    struct rig *rig = arg;

    assert_non_null(rig->transport);
    buf_printf(&rig->told, "failed %d ", (int)request);
    rig_failure(rig, failure);
}

static inline void rig_lost(void *arg, const struct mcp_failure *failure)
{
    struct rig *rig = arg;

    assert_non_null(rig->transport);
    buf_printf(&rig->told, "lost ");
    rig_failure(rig, failure);
}

static inline void rig_open_with(struct rig *rig, const char *url, char *const *headers, int64_t resume_ms)
{
    struct mcp_transport_handler handler = {
        .arg = rig, .message = rig_message, .failed = rig_failed, .lost = rig_lost};

    memset(rig, 0, sizeof *rig);
    buf_init(&rig->told, 1 << 20);
    uv_loop_init(&rig->loop);
    rig->http = http_open(&rig->loop);
    peer_open(&rig->peer, &rig->loop);
    struct streamable_options options = {
        .url = url ? url : rig->peer.url, .headers = headers, .connect_ms = 5000, .resume_ms = resume_ms};
    rig->transport = streamable_open(&rig->loop, rig->http, &options, &handler);
}

static inline void rig_open(struct rig *rig)
{
    rig_open_with(rig, NULL, NULL, 0);
}

/* Closes the transport; the server is there until it has closed, and answers a DELETE with status. */
static inline void rig_close_with(struct rig *rig, const char *status)
{
    size_t known = rig->peer.count;

    if (rig->transport)
        mcp_transport_close(&rig->transport, rig_closed, rig);
    assert_null(rig->transport);
    while (!rig->closed) {
        peer_until(&rig->peer, rig->closed || rig->peer.count > known);
        if (rig->peer.count > known && status)
            peer_answer(&rig->peer.requests[known++], status, "", "");
        else
            known = rig->peer.count;
    }
    http_close(&rig->http);
    peer_close(&rig->peer);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    buf_free(&rig->told);
    free(rig->challenge);
}

static inline void rig_close(struct rig *rig)
{
    rig_close_with(rig, "200 OK");
}

/* A message as the client would send it. text is JSON; request 0: no request. */
static inline bool rig_send(struct rig *rig, uint64_t request, const char *text)
{
    json_t *message = jsonx_parse(text, strlen(text), NULL);
    struct mcp_outgoing outgoing = {
        .message = message, .request = request, .method = jsonx_str(message, "method", NULL)};
    const json_t *params = jsonx_obj(message, "params");
    bool sent;

    assert_non_null(message);
    outgoing.name = jsonx_str(params, "name", jsonx_str(params, "uri", NULL));
    sent = mcp_transport_send(rig->transport, &outgoing);
    json_decref(message);
    return sent;
}

/* A request of that method, whose JSON-RPC id is its number. */
static inline void rig_ask(struct rig *rig, uint64_t request, const char *method)
{
    char *text = xasprintf("{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\"}", (int)request, method);

    assert_true(rig_send(rig, request, text));
    free(text);
}

#define RESULT(id)      "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{}}"
#define INITIALIZE      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}"
#define INITIALIZED     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"
#define SESSION         "Content-Type: application/json\r\nMcp-Session-Id: s-1\r\n"
#define NOTE            "{\"jsonrpc\":\"2.0\",\"method\":\"note\"}"
#define EVENT(id, data) "id: " id "\ndata: " data "\n\n"

/* Waits until the client was told that many lines in all, and compares them. */
static inline void rig_told(struct rig *rig, size_t lines, const char *expected)
{
    peer_until(&rig->peer, rig->lines >= lines);
    assert_string_equal(rig->told.data, expected);
    assert_int_equal(rig->lines, lines);
    buf_clear(&rig->told);
    rig->lines = 0;
}

/* A legacy session that is set up. Two requests of the server's are used up: initialize and initialized. */
static inline void rig_session(struct rig *rig, const char *version)
{
    assert_true(rig_send(rig, 1, INITIALIZE));
    peer_answer(peer_request(&rig->peer, 0), "200 OK", SESSION, RESULT("1"));
    rig_told(rig, 1, "message 1 " RESULT("1") "\n");
    mcp_transport_agreed(rig->transport, version, false);
    assert_true(rig_send(rig, 0, INITIALIZED));
    peer_answer(peer_request(&rig->peer, 1), "202 Accepted", "", "");
}

#endif
