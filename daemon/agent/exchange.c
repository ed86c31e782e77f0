/* An exchange waits (for its first attempt, or a retry) or has a transfer; once a 2xx answer has begun there
 * is no way back to waiting. It is freed in the close callback of its timer, so that no caller on the stack
 * loses it. */
#include "daemon/agent/exchange.h"
#include "daemon/agent/failure.h"
#include "daemon/agent/http.h"
#include "daemon/agent/retry.h"
#include "daemon/agent/sse.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { EXCHANGE_EVENT_MAX = 4 << 20 /* bytes of one event */ };

struct exchange {
    const struct dialect *dialect;
    struct sink sink;
    struct http *http;
    struct http_transfer *transfer; /* NULL while it waits and once it has ended */
    struct dialect_request request;
    struct failure_server server;
    int64_t connect_ms, first_byte_ms, idle_ms;
    int retries, attempt;
    uv_timer_t wait;
    bool begun; /* bytes of a 2xx answer have come */
    struct sse sse;
    void *decoder;
    enum decoded decoded;
    char error[DIALECT_ERROR_MAX];
    struct buf other; /* an answer that is no event stream */
};

static void request_free(struct dialect_request *request)
{
    free(request->url);
    free(request->body);
    for (char **header = request->headers; *header; header++) {
        explicit_bzero(*header, strlen(*header)); /* one may be the key */
        free(*header);
    }
    *request = (struct dialect_request){0};
}

static void freed(uv_handle_t *handle)
{
    struct exchange *exchange = handle->data;

    exchange->dialect->close(exchange->decoder);
    sse_free(&exchange->sse);
    buf_free(&exchange->other);
    request_free(&exchange->request);
    failure_server_clear(&exchange->server);
    free(exchange);
}

void exchange_cancel(void *run)
{
    struct exchange *exchange = run;

    http_cancel(&exchange->transfer);
    uv_close((uv_handle_t *)&exchange->wait, freed);
}

/* Ends well, and leaves the connection for the next turn. */
static void succeed(struct exchange *exchange)
{
    struct sink sink = exchange->sink;

    http_release(&exchange->transfer);
    exchange_cancel(exchange);
    sink.done(sink.arg);
}

static void fail(struct exchange *exchange, enum ask_failure failure, char *sentence)
{
    struct sink sink = exchange->sink;

    exchange_cancel(exchange);
    sink.failed(sink.arg, failure, sentence);
    free(sentence);
}

static bool on_event(void *arg, const char *name, const char *data, size_t len)
{
    struct exchange *exchange = arg;

    exchange->decoded = exchange->dialect->event(exchange->decoder, name, data, len, exchange->error);
    return exchange->decoded == DECODED_MORE;
}

/* Some servers ignore the wish for a stream, and a wrong address may well answer with a page for people. */
static bool is_other(const struct http_response *response)
{
    return strncasecmp(response->content_type, "text/html", 9) == 0 ||
           strncasecmp(response->content_type, "application/json", 16) == 0;
}

static bool on_data(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    struct exchange *exchange = arg;
    uint64_t lines = exchange->sse.lines;

    if (!exchange->begun) {
        exchange->begun = true;
        request_free(&exchange->request);
    }
    if (is_other(response)) {
        buf_put(&exchange->other, bytes, len);
        return true;
    }
    switch (sse_feed(&exchange->sse, bytes, len)) {
    case SSE_OK:
        return exchange->sse.lines != lines;
    case SSE_TOO_LARGE:
        fail(exchange, ASK_FAILED, failure_stream(&exchange->server, "it sent an event larger than 4 MiB"));
        break;
    case SSE_STOPPED:
        if (exchange->decoded == DECODED_DONE)
            succeed(exchange);
        else
            fail(exchange, failure_too_long(exchange->error) ? ASK_TOO_LONG : ASK_FAILED,
                 failure_stream(&exchange->server, exchange->error));
        break;
    }
    return false;
}

static void attempt(uv_timer_t *timer);

static void retry(struct exchange *exchange, const struct http_result *result)
{
    const struct dialect *dialect = exchange->dialect;
    uint32_t random = 0;

    uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
    int64_t delay = retry_delay_ms(result->response, dialect->retry_after_min_ms, dialect->retry_after_max_ms,
                                   exchange->attempt, random / (UINT32_MAX + 1.0));
    char *why = failure_answer(&exchange->server, result);

    exchange->attempt++;
    uv_update_time(exchange->wait.loop); /* never sooner than the server asked */
    uv_timer_start(&exchange->wait, attempt, (uint64_t)delay, 0);
    exchange->sink.retrying(exchange->sink.arg, exchange->attempt, exchange->retries, delay, why);
    free(why);
}

static void on_done(void *arg, const struct http_result *result)
{
    struct exchange *exchange = arg;

    exchange->transfer = NULL;
    if (result->response->status / 100 != 2) {
        if (exchange->attempt < exchange->retries && retry_wanted(result) && !failure_answer_too_long(result))
            retry(exchange, result);
        else
            fail(exchange, failure_answer_too_long(result) ? ASK_TOO_LONG : ASK_FAILED,
                 failure_answer(&exchange->server, result));
    } else if (is_other(result->response)) {
        fail(exchange, ASK_FAILED,
             failure_type(&exchange->server, result->response->content_type, exchange->other.data,
                          exchange->other.len));
    } else if (exchange->dialect->whole(exchange->decoder)) {
        succeed(exchange);
    } else {
        fail(exchange, ASK_FAILED, failure_cut(&exchange->server, result));
    }
}

static void attempt(uv_timer_t *timer)
{
    struct exchange *exchange = timer->data;
    struct http_handler handler = {.arg = exchange, .data = on_data, .done = on_done};
    struct http_request request = {.url = exchange->request.url,
                                   .headers = exchange->request.headers,
                                   .body = exchange->request.body,
                                   .body_len = exchange->request.body_len,
                                   .connect_ms = exchange->connect_ms,
                                   .first_byte_ms = exchange->first_byte_ms,
                                   .idle_ms = exchange->idle_ms};

    if (!failure_key_usable(exchange->server.key))
        fail(exchange, ASK_FAILED, failure_key(&exchange->server));
    else
        exchange->transfer = http_start(exchange->http, &request, &handler);
}

void *exchange_start(const struct dialect *dialect, const struct ask *ask, const struct sink *sink)
{
    struct exchange *exchange = xcalloc(1, sizeof *exchange);

    exchange->dialect = dialect;
    exchange->sink = *sink;
    exchange->http = ask->http;
    exchange->connect_ms = ask->connect_ms;
    exchange->first_byte_ms = ask->first_byte_ms;
    exchange->idle_ms = ask->idle_ms;
    exchange->retries = ask->retries;
    dialect->request(ask, &exchange->request);
    failure_server_init(&exchange->server, ask->provider, exchange->request.url, ask->key);
    exchange->server.tools = prompt_has_tools(ask->prompt);
    exchange->decoder = dialect->open(&exchange->sink);
    sse_init(&exchange->sse, EXCHANGE_EVENT_MAX, on_event, exchange);
    buf_init(&exchange->other, HTTP_ERROR_BODY_MAX);

    uv_timer_init(ask->loop, &exchange->wait);
    exchange->wait.data = exchange;
    uv_timer_start(&exchange->wait, attempt, 0, 0);
    return exchange;
}
