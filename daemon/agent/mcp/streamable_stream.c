/* The long GET. In Streamable HTTP it is a convenience that a server may refuse; in HTTP+SSE it is the
 * connection itself: its first event says where to send, and its end is the end. */
#include "daemon/agent/mcp/streamable_parts.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAM_BACKOFF_MS = 60000,
    STREAM_GOOD_MS = 10000, /* a connection that lasted so long was none that failed */
    /* Bytes a second, so that one without end costs little: of what a server says by itself, and where
     * answers come this way too. */
    STREAM_SPEED = 1 << 20,
    STREAM_SPEED_OLD = 16 << 20
};

static void reopen(uv_timer_t *timer);

int64_t streamable_wait(const struct sse *sse, int failures, int64_t longest)
{
    int64_t wait = sse->retry_ms >= 0 ? sse->retry_ms : STREAMABLE_RETRY_MS;

    if (wait < STREAMABLE_RETRY_MIN_MS)
        wait = STREAMABLE_RETRY_MIN_MS;
    for (; failures > 0 && wait < longest; failures--)
        wait = wait * 2 < longest ? wait * 2 : longest;
    return wait < STREAMABLE_RETRY_MAX_MS ? wait : STREAMABLE_RETRY_MAX_MS;
}

/* The end of this connection, from within its data. */
static void end_connection(struct streamable *owner)
{
    owner->stream.ended = true;
    http_cancel(&owner->stream.transfer);
}

static void open_later(struct streamable *owner)
{
    struct streamable_stream *stream = &owner->stream;
    int64_t wait;

    if (clock_steady_ms() - stream->opened_at >= STREAM_GOOD_MS)
        stream->failures = 0;
    wait = streamable_wait(&stream->sse, stream->failures, STREAM_BACKOFF_MS);
    stream->failures++;
    uv_timer_start(&stream->timer, reopen, (uint64_t)wait, 0);
}

static void lose_as(struct streamable *owner, enum mcp_why why, const char *text)
{
    struct mcp_failure failure = {.why = why, .text = text};

    end_connection(owner);
    streamable_lose(owner, &failure);
}

/* --- what comes --- */

/* HTTP+SSE says where messages go. Elsewhere than to the server itself they do not: they hold its secrets. */
static void take_endpoint(struct streamable *owner, const char *data)
{
    char text[STREAMABLE_TEXT_MAX];
    char *endpoint = http_url_join(owner->url, data);

    if (owner->endpoint) {
        free(endpoint);
        return;
    }
    if (!endpoint || !http_url_same_origin(owner->url, endpoint)) {
        char *shown = endpoint ? http_url_show(endpoint) : xstrdup("no valid address");

        snprintf(text, sizeof text, "it wants its messages sent to another server: %.300s", shown);
        free(shown);
        free(endpoint);
        lose_as(owner, MCP_WHY_NONSENSE, text);
        return;
    }
    owner->endpoint = endpoint;
    streamable_pump(owner);
}

/* The request that message answers, if it is still under way: then that is its end. */
static uint64_t answered(struct streamable *owner, const json_t *message)
{
    for (struct streamable_post *post = owner->first; post; post = post->next)
        if (post->sent && post->request > 0 && mcp_message_answers(message, post->id, false)) {
            uint64_t request = post->request;

            streamable_post_end(post);
            streamable_pump(owner);
            return request;
        }
    return 0;
}

static void deliver(struct streamable *owner, json_t *message)
{
    bool is_response = mcp_message_is_response(message);
    uint64_t request = is_response ? answered(owner, message) : 0;

    /* a replay brings what is answered already; in HTTP+SSE the post may have ended before its answer */
    if (is_response && request == 0 && !owner->old)
        return;
    if (json_is_object(message) && json_object_size(message) == 0)
        return;
    owner->handler.message(owner->handler.arg, message, request);
}

static bool on_event(void *arg, const char *name, const char *data, size_t len)
{
    struct streamable *owner = arg;
    char error[160], why[STREAMABLE_TEXT_MAX];

    if (owner->stream.ended)
        return false;
    owner->stream.failures = 0;
    if (owner->old && strcmp(name, "endpoint") == 0) {
        take_endpoint(owner, data);
    } else if (!*name || strcmp(name, "message") == 0) {
        json_t *message = mcp_message_parse(data, len, error);

        if (message) {
            deliver(owner, message);
        } else if (owner->old) {
            snprintf(why, sizeof why, "a message is no valid JSON-RPC: %s", error);
            lose_as(owner, MCP_WHY_NONSENSE, why);
        }
        json_decref(message);
    }
    return !owner->stream.ended;
}

static bool on_data(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    struct streamable *owner = arg;
    struct streamable_stream *stream = &owner->stream;
    char text[STREAMABLE_TEXT_MAX];

    if (!stream->begun && !streamable_is_events(response)) {
        snprintf(text, sizeof text, "it answered with %.60s, not with an event stream",
                 response->content_type[0] ? response->content_type : "something unnamed");
        if (owner->old)
            lose_as(owner, MCP_WHY_NONSENSE, text);
        else
            end_connection(owner);
        return false;
    }
    stream->begun = stream->was_open = true;
    if (sse_feed(&stream->sse, bytes, len) == SSE_TOO_LARGE) {
        snprintf(text, sizeof text, "a message is larger than %d MiB", MCP_MESSAGE_MAX >> 20);
        if (owner->old) {
            lose_as(owner, MCP_WHY_FLOOD, text);
        } else {
            end_connection(owner);
            open_later(owner);
        }
    }
    return true;
}

/* --- the end of a connection --- */

/* Something that the client must act on, and would learn only with its next request. */
static void tell(struct streamable *owner, const struct http_result *result)
{
    char text[STREAMABLE_TEXT_MAX];
    struct mcp_failure failure = streamable_failure(result, owner->session, text);

    if (owner->stream.was_open &&
        (failure.why == MCP_WHY_EXPIRED || failure.status == 401 || failure.status == 403))
        owner->handler.failed(owner->handler.arg, 0, &failure);
    json_decref(failure.body);
}

static void lose(struct streamable *owner, const struct http_result *result)
{
    char text[STREAMABLE_TEXT_MAX];
    struct mcp_failure failure = streamable_failure(result, NULL, text);

    if (owner->endpoint && result->end == HTTP_WHOLE && result->response->status / 100 == 2) {
        failure.why = MCP_WHY_CLOSED;
        failure.text = "it ended its event stream";
    }
    streamable_lose(owner, &failure);
    json_decref(failure.body);
}

static void on_done(void *arg, const struct http_result *result)
{
    struct streamable *owner = arg;
    int status = result->response->status;

    owner->stream.transfer = NULL;
    streamable_stream_is_open(owner);
    owner->stream.was_open |= status / 100 == 2 && streamable_is_events(result->response);
    if (owner->old)
        lose(owner, result);
    else if (status / 100 == 2 ? streamable_is_events(result->response)
                               : result->end != HTTP_IMPOSSIBLE &&
                                     (status == 0 || status == 408 || status == 429 || status >= 500))
        open_later(owner);
    else
        tell(owner, result);
}

static void on_head(void *arg, const struct http_response *response)
{
    (void)response;
    streamable_stream_is_open(arg);
}

/* --- requests --- */

static void reopen(uv_timer_t *timer)
{
    struct streamable *owner = timer->data;
    struct streamable_stream *stream = &owner->stream;
    struct streamable_headers which = {.method = STREAMABLE_GET,
                                       .session = owner->old ? NULL : owner->session,
                                       .last_id = owner->old ? NULL : stream->sse.last_id.data};
    char **headers = streamable_headers(owner, &which);
    struct http_request request = {.url = owner->url,
                                   .headers = headers,
                                   .connect_ms = owner->connect_ms,
                                   .speed_max = owner->old ? STREAM_SPEED_OLD : STREAM_SPEED};
    struct http_handler handler = {.arg = owner, .data = on_data, .head = on_head, .done = on_done};

    sse_restart(&stream->sse);
    stream->begun = stream->ended = false;
    stream->opened_at = clock_steady_ms();
    stream->transfer = http_start(owner->http, &request, &handler);
    streamable_headers_free(headers);
}

/* By the timer: we may be within an event of the connection before. */
void streamable_stream_open(struct streamable *owner)
{
    if (!owner->stream.transfer)
        uv_timer_start(&owner->stream.timer, reopen, 0, 0);
}

void streamable_stream_stop(struct streamable *owner)
{
    struct streamable_stream *stream = &owner->stream;

    end_connection(owner);
    uv_timer_stop(&stream->timer);
    stream->wanted = stream->was_open = false;
    stream->failures = 0;
    buf_clear(&stream->sse.last_id);
    stream->sse.retry_ms = -1;
}

void streamable_stream_init(struct streamable *owner)
{
    sse_init(&owner->stream.sse, MCP_MESSAGE_MAX, on_event, owner);
    uv_timer_init(owner->loop, &owner->stream.timer);
    owner->stream.timer.data = owner;
}
