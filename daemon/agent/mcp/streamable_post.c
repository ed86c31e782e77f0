/* One message: its POST, its answer as JSON or as a stream, and the stream's resumption by GET. A post that
 * has its answer is ended first and delivered then, so the handler finds nothing of it left. */
#include "daemon/agent/mcp/streamable_parts.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { POST_BACKOFF_MS = 8000 /* longest wait between attempts, unless the server wants more */ };

/* --- making and ending --- */

static void on_closed(uv_handle_t *handle)
{
    struct streamable_post *post = handle->data;
    struct streamable *owner = post->owner;

    sse_free(&post->sse);
    buf_free(&post->json);
    buf_free(&post->resumed_at);
    json_decref(post->id);
    streamable_headers_free(post->headers);
    free(post->body);
    free(post->method);
    free(post->name);
    free(post->meta_version);
    free(post->session);
    free(post);
    streamable_handle_closed(owner);
}

void streamable_post_end(struct streamable_post *post)
{
    if (post->done)
        return;
    post->done = true;
    http_cancel(&post->transfer);
    streamable_unlink(post);
    uv_close((uv_handle_t *)&post->timer, on_closed);
}

/* Ends it, takes failure->body. */
static void fail(struct streamable_post *post, const struct mcp_failure *failure)
{
    struct streamable *owner = post->owner;

    streamable_post_end(post);
    streamable_pump(owner);
    if (!owner->over)
        owner->handler.failed(owner->handler.arg, post->request, failure);
    json_decref(failure->body);
}

static void fail_as(struct streamable_post *post, enum mcp_why why, const char *text)
{
    struct mcp_failure failure = {.why = why, .text = text};

    fail(post, &failure);
}

/* --- what comes --- */

/* Gives it to the client, if it is for this request. False once the post has ended. */
static bool deliver(struct streamable_post *post, json_t *message)
{
    struct streamable *owner = post->owner;
    bool is_answer = false;

    if (json_is_array(message)) {
        for (size_t i = 0; i < json_array_size(message); i++)
            is_answer |= mcp_message_answers(json_array_get(message, i), post->id, true);
    } else {
        is_answer = mcp_message_answers(message, post->id, true);
        /* a replay brings what is answered already, and what belongs to others */
        if (!is_answer && (mcp_message_is_response(message) || json_object_size(message) == 0))
            return true;
    }
    if (is_answer) {
        http_release(&post->transfer);
        streamable_post_end(post);
        streamable_pump(owner);
    }
    if (!owner->over)
        owner->handler.message(owner->handler.arg, message, post->request);
    return !post->done;
}

/* Takes one message's text. False once the post has ended. */
static bool take_message(struct streamable_post *post, const char *text, size_t len)
{
    char error[160], why[STREAMABLE_TEXT_MAX];
    json_t *message = mcp_message_parse(text, len, error);

    if (!message || (post->modern && !json_is_object(message))) {
        snprintf(why, sizeof why, "a message is no valid JSON-RPC: %s", message ? "a batch" : error);
        json_decref(message);
        fail_as(post, MCP_WHY_NONSENSE, why);
        return false;
    }
    bool more = deliver(post, message);
    json_decref(message);
    return more;
}

static bool on_event(void *arg, const char *name, const char *data, size_t len)
{
    struct streamable_post *post = arg;

    if (post->done)
        return false;
    if (*name && strcmp(name, "message") != 0)
        return true;
    return take_message(post, data, len);
}

/* The session's id is known before the answer is, since the answer's handler will send. False once the post
 * has ended. */
static bool take_session(struct streamable_post *post, const struct http_response *response)
{
    struct streamable *owner = post->owner;

    if (!post->initialize || owner->old || post->resuming || post->answer != ANSWER_NONE)
        return true;
    if (response->session_bad) {
        fail_as(post, MCP_WHY_NONSENSE, "its session id is too long, or not of visible ASCII");
        return false;
    }
    free(owner->session);
    owner->session = response->session[0] ? xstrdup(response->session) : NULL;
    free(post->session);
    post->session = xstrdup_null(owner->session);
    return true;
}

static void fail_type(struct streamable_post *post, const struct http_response *response)
{
    char why[STREAMABLE_TEXT_MAX];
    const char *type = response->content_type;

    if (post->resuming)
        snprintf(why, sizeof why, "its stream could not be resumed: that was answered with %.60s", type);
    else if (type[0])
        snprintf(why, sizeof why, "it answered with %.60s, not with JSON or an event stream", type);
    else
        snprintf(why, sizeof why, "it answered %d without a message", response->status);
    fail_as(post, post->resuming ? MCP_WHY_BROKEN : MCP_WHY_NONSENSE, why);
}

static void finish(struct streamable_post *post)
{
    struct streamable *owner = post->owner;

    streamable_post_end(post);
    streamable_pump(owner);
}

/* Decides by the headers what the answer is. False if there is none to be read. */
static bool begin_answer(struct streamable_post *post, const struct http_response *response)
{
    static const char json[] = "application/json";

    if (!take_session(post, response))
        return false;
    if (post->request == 0 || (post->owner->old && !post->resuming))
        post->answer = ANSWER_IGNORED;
    else if (streamable_is_events(response))
        post->answer = ANSWER_EVENTS;
    else if (strncasecmp(response->content_type, json, sizeof json - 1) == 0 && !post->resuming)
        post->answer = ANSWER_JSON;
    else
        return false;
    return true;
}

static bool on_data(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    struct streamable_post *post = arg;
    char why[STREAMABLE_TEXT_MAX];

    if (post->answer == ANSWER_NONE && !begin_answer(post, response)) {
        if (!post->done)
            fail_type(post, response);
        return false;
    }
    if (post->answer == ANSWER_IGNORED) {
        http_release(&post->transfer);
        finish(post);
        return true;
    }
    if (post->answer == ANSWER_EVENTS) {
        if (sse_feed(&post->sse, bytes, len) != SSE_TOO_LARGE)
            return true;
    } else if (buf_put(&post->json, bytes, len)) {
        return true;
    }
    snprintf(why, sizeof why, "a message is larger than %d MiB", MCP_MESSAGE_MAX >> 20);
    fail_as(post, MCP_WHY_FLOOD, why);
    return false;
}

/* --- resumption --- */

static void resume(uv_timer_t *timer);

/* Something new came since the last attempt began. */
static bool has_progress(const struct streamable_post *post)
{
    return post->resumed_at.len != post->sse.last_id.len ||
           memcmp(post->resumed_at.data, post->sse.last_id.data, post->resumed_at.len) != 0;
}

/* Waits, then goes on where the stream broke. False if that can't be. */
static bool resume_later(struct streamable_post *post, const struct http_result *result)
{
    int status = result->response->status;
    bool again = status == 0 || status / 100 == 2 || status == 408 || status == 429 || status >= 500;
    int64_t now = clock_steady_ms(), wait;

    if (post->modern || post->request == 0 || post->sse.last_id.len == 0 || !again)
        return false;
    post->failures = post->answer == ANSWER_EVENTS ? 0 : post->failures + 1;
    wait = streamable_wait(&post->sse, post->failures, POST_BACKOFF_MS);
    if (post->resume_until == 0 || (post->answer == ANSWER_EVENTS && has_progress(post)))
        post->resume_until = now + wait + post->owner->resume_ms;
    if (now + wait > post->resume_until)
        return false;
    uv_timer_start(&post->timer, resume, (uint64_t)wait, 0);
    return true;
}

/* --- the end of a transfer --- */

static void answer_json(struct streamable_post *post)
{
    if (take_message(post, post->json.data, post->json.len) && !post->done)
        fail_as(post, MCP_WHY_NONSENSE, "it answered, but not this request");
}

static void break_off(struct streamable_post *post, const struct http_result *result)
{
    char text[STREAMABLE_TEXT_MAX];
    struct mcp_failure failure = streamable_failure(result, post->session, text);

    if (post->resuming && failure.why == MCP_WHY_NOT_STARTED)
        failure.why = MCP_WHY_BROKEN;
    if (post->resuming && failure.why == MCP_WHY_REFUSED && failure.status != 401 && failure.status != 403)
        failure.why = MCP_WHY_BROKEN;
    fail(post, &failure);
}

static void on_done(void *arg, const struct http_result *result)
{
    struct streamable_post *post = arg;
    bool is_answer = result->response->status / 100 == 2;

    post->transfer = NULL;
    if (is_answer && post->answer == ANSWER_NONE && !begin_answer(post, result->response)) {
        if (!post->done && result->end == HTTP_WHOLE && !post->resuming)
            fail_type(post, result->response);
        else if (!post->done)
            break_off(post, result);
        return;
    }
    if (is_answer && post->answer == ANSWER_IGNORED)
        finish(post);
    else if (post->answer == ANSWER_JSON && result->end == HTTP_WHOLE)
        answer_json(post);
    else if (post->answer == ANSWER_JSON || !resume_later(post, result))
        break_off(post, result);
}

/* --- requests --- */

static void start(struct streamable_post *post, const struct http_request *request)
{
    struct http_handler handler = {.arg = post, .data = on_data, .done = on_done};

    post->answer = ANSWER_NONE;
    post->transfer = http_start(post->owner->http, request, &handler);
}

static void resume(uv_timer_t *timer)
{
    struct streamable_post *post = timer->data;
    struct streamable *owner = post->owner;
    struct streamable_headers which = {
        .method = STREAMABLE_GET, .session = post->session, .last_id = post->sse.last_id.data};
    struct http_request request = {
        .url = owner->url, .headers = streamable_headers(owner, &which), .connect_ms = owner->connect_ms};

    buf_clear(&post->resumed_at);
    buf_put(&post->resumed_at, post->sse.last_id.data, post->sse.last_id.len);
    sse_restart(&post->sse);
    post->resuming = true;
    start(post, &request);
    streamable_headers_free((char **)request.headers);
}

void streamable_post_start(struct streamable_post *post)
{
    struct streamable *owner = post->owner;
    bool has_session = !post->initialize && !owner->old;
    struct streamable_headers which = {.method = STREAMABLE_POST, .post = post};
    struct http_request request = {.url = owner->endpoint,
                                   .body = post->body,
                                   .body_len = post->body_len,
                                   .once = post->method && strcmp(post->method, "tools/call") == 0,
                                   .first_byte_ms = post->request > 0 ? 0 : STREAMABLE_ACCEPT_MS,
                                   .connect_ms = owner->connect_ms};

    post->sent = true;
    post->modern = !post->initialize && !owner->old && (post->meta_version || owner->modern);
    if (has_session && !post->modern)
        post->session = xstrdup_null(owner->session);
    which.session = post->session;
    request.headers = streamable_headers(owner, &which);
    start(post, &request);
    streamable_headers_free((char **)request.headers);
    free(post->body);
    post->body = NULL;
}

struct streamable_post *streamable_post_new(struct streamable *owner, const struct mcp_outgoing *outgoing)
{
    struct streamable_post *post = xcalloc(1, sizeof *post);
    const json_t *message = outgoing->message;
    const json_t *meta = jsonx_obj(jsonx_obj(message, "params"), "_meta");
    const char *version = jsonx_str(meta, "io.modelcontextprotocol/protocolVersion", NULL);

    post->owner = owner;
    post->request = outgoing->request;
    post->id = json_incref(json_object_get(message, "id"));
    post->body = jsonx_dump(message, &post->body_len);
    post->method = xstrdup_null(outgoing->method ? outgoing->method : jsonx_str(message, "method", NULL));
    post->name = xstrdup_null(outgoing->name);
    post->headers = streamable_headers_copy(outgoing->headers);
    post->meta_version = xstrdup_null(version);
    post->initialize = post->method && strcmp(post->method, "initialize") == 0;
    buf_init(&post->json, MCP_MESSAGE_MAX);
    buf_init(&post->resumed_at, SSE_ID_MAX);
    sse_init(&post->sse, MCP_MESSAGE_MAX, on_event, post);
    uv_timer_init(owner->loop, &post->timer);
    post->timer.data = post;
    owner->handles++;
    return post;
}
