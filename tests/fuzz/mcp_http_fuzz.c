/* Answers of an MCP server over HTTP: header lines and bodies, as JSON and as event streams, whole and cut,
 * resumed, and in the older HTTP+SSE. However the bodies are cut into pieces, the client is told the same.
 *
 * Input: a byte of switches, then answers that end with 0x1E: header lines, an empty line, a body. An answer
 * whose last byte is '!' breaks there. No network: the functions of http.c are played here, and no timer
 * waits. */
#include "daemon/agent/http_response.h"
#include "daemon/agent/mcp/streamable.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum {
    SWITCH_MODERN = 1,
    SWITCH_OLD = 2,
    SWITCH_LISTEN = 4,
    SWITCH_SESSION = 8,
    ANSWER_END = 0x1E,
    TRANSFERS_MAX = 64
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct http_transfer {
    struct http_handler handler;
    bool dead;
};

struct http {
    struct http_transfer each[TRANSFERS_MAX];
    size_t started, played;
    const char *at, *end; /* answers left */
    size_t step;
};

static struct http played;

int uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
    static int (*real)(uv_timer_t *, uv_timer_cb, uint64_t, uint64_t);

    (void)timeout;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "uv_timer_start");
    return real(timer, cb, 0, repeat);
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 const struct http_handler *handler)
{
    static struct http_transfer none = {.dead = true};

    for (char *const *header = request->headers; header && *header; header++)
        if (strpbrk(*header, "\r\n"))
            abort();
    if (http->started == TRANSFERS_MAX)
        return &none;
    http->each[http->started] = (struct http_transfer){.handler = *handler};
    return &http->each[http->started++];
}

void http_cancel(struct http_transfer **transfer)
{
    if (*transfer)
        (*transfer)->dead = true;
    *transfer = NULL;
}

void http_release(struct http_transfer **transfer)
{
    http_cancel(transfer);
}

/* Feeds header lines; returns where the body begins. */
static const char *play_head(struct http_response *response, const char *at, const char *end)
{
    while (at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((line ? line + 1 : end) - at);
        char *exact = xmalloc(len);

        memcpy(exact, at, len);
        http_response_line(response, exact, len);
        free(exact);
        at += len;
        if (response->complete)
            break;
    }
    return at;
}

static void play_body(struct http_transfer *transfer, const struct http_response *response, const char *at,
                      const char *end, size_t step)
{
    while (at < end && !transfer->dead) {
        size_t len = step < (size_t)(end - at) ? step : (size_t)(end - at);
        char *exact = xmalloc(len);

        memcpy(exact, at, len);
        transfer->handler.data(transfer->handler.arg, response, exact, len);
        free(exact);
        at += len;
    }
}

static void play_answer(struct http *http, struct http_transfer *transfer)
{
    static struct http_response response;
    struct http_result result = {
        .end = HTTP_UNREACHABLE, .response = &response, .why = "no more", .body = ""};

    http_response_reset(&response);
    if (http->at < http->end) {
        const char *stop = memchr(http->at, ANSWER_END, (size_t)(http->end - http->at));
        const char *end = stop ? stop : http->end;
        const char *body = play_head(&response, http->at, end);
        bool cut = end > http->at && end[-1] == '!';

        http->at = stop ? stop + 1 : http->end;
        result.sent = true;
        result.end = cut ? (response.status ? HTTP_CUT : HTTP_UNREACHABLE) : HTTP_WHOLE;
        if (response.status / 100 == 2) {
            play_body(transfer, &response, body, end, http->step);
        } else {
            result.body = body;
            result.body_len = (size_t)(end - body);
        }
    }
    if (!transfer->dead) {
        transfer->dead = true;
        transfer->handler.done(transfer->handler.arg, &result);
    }
}

/* --- the client --- */

static void on_message(void *arg, json_t *message, uint64_t request)
{
    struct buf *told = arg;

    buf_printf(told, "message %d ", (int)request);
    jsonx_dump_buf(message, told);
}

static void on_failed(void *arg, uint64_t request, const struct mcp_failure *failure)
{
    buf_printf(arg, "failed %d %d %d %s %s\n", (int)request, (int)failure->why, failure->status,
               failure->text, failure->challenge ? failure->challenge : "");
}

static void on_lost(void *arg, const struct mcp_failure *failure)
{
    buf_printf(arg, "lost %d %s\n", (int)failure->why, failure->text);
}

static void send_request(struct mcp_transport *transport, int id, const char *method)
{
    json_t *message = json_pack("{s:s,s:i,s:s}", "jsonrpc", "2.0", "id", id, "method", method);
    struct mcp_outgoing outgoing = {.message = message, .request = (uint64_t)id, .method = method};

    mcp_transport_send(transport, &outgoing);
    json_decref(message);
}

static void play(const uint8_t *data, size_t size, size_t step, struct buf *told)
{
    struct mcp_transport_handler handler = {
        .arg = told, .message = on_message, .failed = on_failed, .lost = on_lost};
    struct streamable_options options = {.url = "http://h.test/mcp"};
    uv_loop_t loop;

    buf_init(told, 64 << 20);
    uv_loop_init(&loop);
    played = (struct http){.at = (const char *)data + 1, .end = (const char *)data + size, .step = step};
    struct mcp_transport *transport = streamable_open(&loop, &played, &options, &handler);
    if (data[0] & SWITCH_SESSION)
        send_request(transport, 1, "initialize");
    else
        mcp_transport_agreed(transport, data[0] & SWITCH_MODERN ? "2026-07-28" : "2025-11-25",
                             data[0] & SWITCH_MODERN);
    if (data[0] & SWITCH_OLD)
        streamable_fall_back(transport);
    send_request(transport, 2, "tools/call");
    if (data[0] & SWITCH_LISTEN)
        mcp_transport_listen(transport);
    while (played.at < played.end) {
        size_t before = played.played;

        for (; played.played < played.started; played.played++)
            if (!played.each[played.played].dead)
                play_answer(&played, &played.each[played.played]);
        uv_run(&loop, UV_RUN_NOWAIT);
        if (played.played == before && played.started == before)
            break;
    }
    mcp_transport_close(&transport, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut;

    if (size < 2)
        return 0;
    play(data, size, size, &whole);
    play(data, size, (data[0] >> 4) + 1u, &cut);
    if (whole.len != cut.len || memcmp(whole.data, cut.data, whole.len) != 0)
        abort();
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
