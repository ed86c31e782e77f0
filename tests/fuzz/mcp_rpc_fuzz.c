/* A whole MCP client against a server that says anything, in any order: each line is a message of it, or a
 * step of the owner's or the transport's ("!" and a letter, see step). The first byte: '0' stdio, '1' HTTP;
 * the second: '0' the era is not known, '1' legacy. No crash, no leak, each request answered at most once,
 * nothing told after the close. */
#include "daemon/agent/mcp/client.h"
#include "daemon/agent/mcp/message.h"
#include "shared/xalloc.h"
#include "tests/fuzz/lines.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 8, ASKS = 8, LINES = 64 };

struct wire {
    struct mcp_transport base;
    struct mcp_transport_handler handler;
    uv_idle_t idle; /* lets it be closed by the loop */
    void (*closed)(void *arg);
    void *closed_arg;
};

static struct {
    uv_loop_t loop;
    bool loop_open, http, closed;
    struct wire *wire; /* NULL: none, or lost */
    struct mcp_client *client;
    struct mcp_request *requests[REQUESTS];
    struct mcp_ask *asks[ASKS];
    uint64_t last;
} fuzz;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- the transport --- */

static bool wire_send(struct mcp_transport *transport, const struct mcp_outgoing *outgoing)
{
    (void)transport;
    if (outgoing->request)
        fuzz.last = outgoing->request;
    return true;
}

static void wire_gone(uv_handle_t *handle)
{
    struct wire *wire = handle->data;

    if (wire->closed)
        wire->closed(wire->closed_arg);
    free(wire);
}

static void wire_close(struct mcp_transport *transport, void (*closed)(void *arg), void *arg)
{
    struct wire *wire = (struct wire *)transport;

    if (fuzz.wire == wire)
        fuzz.wire = NULL;
    wire->closed = closed;
    wire->closed_arg = arg;
    uv_close((uv_handle_t *)&wire->idle, wire_gone);
}

static const struct mcp_transport_ops ops = {.send = wire_send, .close = wire_close};

static struct mcp_transport *wire_open(void *arg, const struct mcp_transport_handler *handler,
                                       char error[256])
{
    struct wire *wire = xcalloc(1, sizeof *wire);

    (void)arg;
    (void)error;
    wire->base = (struct mcp_transport){&ops, fuzz.http};
    wire->handler = *handler;
    uv_idle_init(&fuzz.loop, &wire->idle);
    wire->idle.data = wire;
    fuzz.wire = wire;
    return &wire->base;
}

static void wire_forget(struct mcp_transport *transport)
{
    (void)transport;
}

/* --- the owner --- */

static void alive(void)
{
    if (!fuzz.client)
        abort();
}
static void on_ready(void *arg, const struct mcp_info *info)
{
    (void)arg;
    (void)info;
    alive();
}
static void on_lost(void *arg, const struct mcp_failure *failure)
{
    (void)arg;
    (void)failure;
    alive();
    for (int i = 0; i < REQUESTS; i++)
        if (fuzz.requests[i])
            abort(); /* all were failed before */
}
static void on_changed(void *arg, enum mcp_changed what)
{
    (void)arg;
    (void)what;
    alive();
}
static void on_updated(void *arg, const char *uri)
{
    (void)arg;
    (void)uri;
    alive();
}
static void on_log(void *arg, const char *level, const char *text)
{
    (void)arg;
    (void)level;
    alive();
    if (strlen(text) > 4096)
        abort();
}
static void on_ask(void *arg, struct mcp_ask *ask, enum mcp_ask_kind kind, const json_t *params,
                   struct mcp_request *request)
{
    (void)arg;
    (void)kind;
    (void)params;
    alive();
    if (request)
        mcp_request_arg(request);
    for (int i = 0; i < ASKS; i++)
        if (!fuzz.asks[i]) {
            fuzz.asks[i] = ask;
            return;
        }
    mcp_ask_answer(ask, "decline", NULL);
}
static void on_void(void *arg, struct mcp_ask *ask)
{
    (void)arg;
    alive();
    for (int i = 0; i < ASKS; i++)
        if (fuzz.asks[i] == ask)
            fuzz.asks[i] = NULL;
}
static void on_authorize(void *arg, const char *url, const char *redirect, bool over)
{
    (void)arg;
    (void)url;
    (void)redirect;
    (void)over;
}
static void on_progress(void *arg, double progress, double total, const char *text)
{
    (void)progress;
    (void)total;
    (void)text;
    alive();
    if (!*(struct mcp_request **)arg)
        abort();
}
static void on_done(void *arg, const struct mcp_reply *reply)
{
    struct mcp_request **slot = arg;

    alive();
    if (!*slot || (reply->code == ERR_OK) != (reply->result != NULL) || (reply->code && !reply->text))
        abort();
    *slot = NULL;
}
static void on_closed(void *arg)
{
    (void)arg;
    fuzz.closed = true;
}

static void request(const char *method, const char *params)
{
    struct mcp_request_handler handler = {.progress = on_progress, .done = on_done};
    json_t *json = json_loads(params, 0, NULL);

    for (int i = 0; i < REQUESTS; i++)
        if (!fuzz.requests[i]) {
            handler.arg = &fuzz.requests[i];
            fuzz.requests[i] = mcp_client_request(fuzz.client, method, json, 1000000, &handler);
            break;
        }
    json_decref(json);
}

static void answer(int at, const char *action)
{
    json_t *content = json_pack("{s:s}", "name", "x");
    struct mcp_ask *ask = fuzz.asks[at];

    fuzz.asks[at] = NULL;
    if (ask && *action == 'r')
        mcp_ask_refuse(ask, -1, "no");
    else if (ask)
        mcp_ask_answer(ask, action, content);
    json_decref(content);
}

static void fail(enum mcp_why why, int status)
{
    struct mcp_failure failure = {.why = why, .text = "why", .status = status};

    if (fuzz.wire)
        fuzz.wire->handler.failed(fuzz.wire->handler.arg, fuzz.last, &failure);
}

static void lose(enum mcp_why why)
{
    struct mcp_failure failure = {.why = why, .text = "why"};

    if (fuzz.wire)
        fuzz.wire->handler.lost(fuzz.wire->handler.arg, &failure);
}

static void step(char letter)
{
    switch (letter) {
    case 't':
        request("tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":1}}");
        break;
    case 'L':
        request("tools/list", "{}");
        break;
    case 's':
        request("resources/subscribe", "{\"uri\":\"a:b\"}");
        break;
    case 'R':
        request("resources/read", "{\"uri\":\"a:b\"}");
        break;
    case 'l':
        request("logging/setLevel", "{\"level\":\"info\"}");
        break;
    case 'c':
        mcp_request_cancel(&fuzz.requests[0], "no");
        break;
    case 'C':
        mcp_request_cancel(&fuzz.requests[1], NULL);
        break;
    case 'a':
        answer(0, "accept");
        break;
    case 'd':
        answer(0, "decline");
        break;
    case 'r':
        answer(1, "refuse");
        break;
    case '4':
        fail(MCP_WHY_REFUSED, 404);
        break;
    case 'b':
        fail(MCP_WHY_BROKEN, 0);
        break;
    case 'e':
        fail(MCP_WHY_EXPIRED, 404);
        break;
    case 'x':
        lose(MCP_WHY_CRASHED);
        break;
    case 'n':
        lose(MCP_WHY_NONSENSE);
        break;
    default:
        break;
    }
}

static void line(const char *text, size_t len)
{
    char error[160];
    json_t *message;

    if (len >= 2 && text[0] == '!') {
        step(text[1]);
    } else if (fuzz.wire && (message = mcp_message_parse(text, len, error))) {
        fuzz.wire->handler.message(fuzz.wire->handler.arg, message, fuzz.http ? fuzz.last : 0);
        json_decref(message);
    }
    uv_run(&fuzz.loop, UV_RUN_NOWAIT);
}

static void begin(bool known)
{
    static char name[] = "x", variant[] = "";
    static struct mcp_server server = {
        .name = name, .variant = variant, .start_ms = 1000000, .call_ms = 1000000};
    struct mcp_connector connector = {.open = wire_open, .fall_back = wire_forget, .forget = wire_forget};
    struct mcp_callbacks callbacks = {.ready = on_ready,
                                      .lost = on_lost,
                                      .changed = on_changed,
                                      .updated = on_updated,
                                      .log = on_log,
                                      .ask = on_ask,
                                      .ask_void = on_void,
                                      .authorize = on_authorize};
    struct mcp_client_options options = {.loop = &fuzz.loop,
                                         .server = &server,
                                         .era = known ? "2025-11-25" : NULL,
                                         .root = "/tmp",
                                         .can_ask = true,
                                         .connector = &connector};

    if (!fuzz.loop_open)
        uv_loop_init(&fuzz.loop);
    fuzz.loop_open = true;
    fuzz.closed = false;
    fuzz.last = 0;
    fuzz.client = mcp_client_open(&options, &callbacks);
    while (!fuzz.wire)
        uv_run(&fuzz.loop, UV_RUN_NOWAIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;

    if (size < 3)
        return 0;
    fuzz.http = at[0] == '1';
    begin(at[1] == '1');
    at += 2;
    for (int lines = 0; at < end && lines < LINES; lines++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        line(at, (size_t)((stop ? stop : end) - at));
        at = stop ? stop + 1 : end;
    }
    mcp_client_close(&fuzz.client, on_closed, NULL);
    uv_run(&fuzz.loop, UV_RUN_DEFAULT);
    if (!fuzz.closed)
        abort();
    memset(fuzz.requests, 0, sizeof fuzz.requests);
    memset(fuzz.asks, 0, sizeof fuzz.asks);
    return 0;
}
