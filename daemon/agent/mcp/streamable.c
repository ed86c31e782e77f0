/* The transport as a whole: what it is told, and the order in which messages start. Each message is a POST of
 * its own and they overtake each other, but for notifications/initialized: a server may refuse what comes
 * before it, so everything after waits for it. */
#include "daemon/agent/mcp/streamable.h"
#include "daemon/agent/mcp/streamable_parts.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct streamable *of(struct mcp_transport *transport)
{
    return (struct streamable *)transport;
}

/* Wipes it. */
static void forget_text(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

/* --- messages in order --- */

static void list_add(struct streamable *owner, struct streamable_post *post)
{
    post->previous = owner->last;
    if (owner->last)
        owner->last->next = post;
    else
        owner->first = post;
    owner->last = post;
    owner->waiting++;
    owner->waiting_bytes += post->body_len;
}

void streamable_unlink(struct streamable_post *post)
{
    struct streamable *owner = post->owner;

    if (post->previous)
        post->previous->next = post->next;
    else
        owner->first = post->next;
    if (post->next)
        post->next->previous = post->previous;
    else
        owner->last = post->previous;
    if (owner->barrier == post)
        owner->barrier = NULL;
    if (!post->sent) {
        owner->waiting--;
        owner->waiting_bytes -= post->body_len;
    } else if (post->request > 0) {
        owner->requests--;
    } else {
        owner->others--;
    }
}

static bool may_start(const struct streamable *owner, const struct streamable_post *post)
{
    return !post->sent && !(post->request > 0 && uv_is_active((const uv_handle_t *)&owner->hold)) &&
           (post->request > 0 ? owner->requests < STREAMABLE_REQUESTS : owner->others < STREAMABLE_OTHERS);
}

/* What a server asks during a request it may say on its own stream, and loses it where there is none yet: so
 * requests wait for that to be open, or refused, but not for long. */
static void on_hold_over(uv_timer_t *timer)
{
    streamable_pump(timer->data);
}

void streamable_stream_is_open(struct streamable *owner)
{
    if (uv_is_active((uv_handle_t *)&owner->hold))
        uv_timer_start(&owner->hold, on_hold_over, 0, 0); /* we may be within an event of libcurl's */
}

void streamable_pump(struct streamable *owner)
{
    struct streamable_post *next;

    if (owner->over || !owner->endpoint)
        return;
    if (owner->stream.wanted && !owner->barrier) {
        owner->stream.wanted = false;
        uv_timer_start(&owner->hold, on_hold_over, STREAMABLE_HOLD_MS, 0);
        streamable_stream_open(owner);
    }
    for (struct streamable_post *post = owner->first; post && owner->waiting > 0 && !owner->barrier;
         post = next) {
        next = post->next;
        if (!may_start(owner, post))
            continue;
        owner->waiting--;
        owner->waiting_bytes -= post->body_len;
        if (post->request > 0)
            owner->requests++;
        else
            owner->others++;
        if (post->method && strcmp(post->method, "notifications/initialized") == 0)
            owner->barrier = post;
        streamable_post_start(post);
    }
}

static bool send_message(struct mcp_transport *transport, const struct mcp_outgoing *outgoing)
{
    struct streamable *owner = of(transport);

    if (owner->over || owner->waiting >= STREAMABLE_WAITING)
        return false;
    struct streamable_post *post = streamable_post_new(owner, outgoing);
    bool fits = post->body_len <= (size_t)MCP_MESSAGE_MAX * 2 - owner->waiting_bytes;

    list_add(owner, post);
    if (fits)
        streamable_pump(owner);
    else
        streamable_post_end(post);
    return fits;
}

static void cancel(struct mcp_transport *transport, uint64_t request)
{
    struct streamable *owner = of(transport);

    for (struct streamable_post *post = owner->first; post && request > 0; post = post->next)
        if (post->request == request) {
            streamable_post_end(post);
            streamable_pump(owner);
            return;
        }
}

/* --- what it is told --- */

static void agreed(struct mcp_transport *transport, const char *version, bool modern)
{
    struct streamable *owner = of(transport);

    snprintf(owner->version, sizeof owner->version, "%s", version);
    owner->modern = modern;
}

static void listen_to_it(struct mcp_transport *transport)
{
    struct streamable *owner = of(transport);

    if (owner->over || owner->old || owner->modern)
        return;
    owner->stream.wanted = true;
    streamable_pump(owner);
}

static void set_bearer(struct mcp_transport *transport, const char *token)
{
    struct streamable *owner = of(transport);

    forget_text(&owner->bearer);
    owner->bearer = xstrdup_null(token);
}

void streamable_forget(struct mcp_transport *transport)
{
    struct streamable *owner = of(transport);

    forget_text(&owner->session);
    owner->version[0] = '\0';
    owner->modern = false;
    if (!owner->old)
        streamable_stream_stop(owner);
}

void streamable_fall_back(struct mcp_transport *transport)
{
    struct streamable *owner = of(transport);

    if (owner->over || owner->old)
        return;
    streamable_forget(transport);
    owner->old = true;
    free(owner->endpoint);
    owner->endpoint = NULL;
    streamable_stream_open(owner);
}

/* --- the end --- */

static void stop_all(struct streamable *owner)
{
    owner->over = true;
    owner->stream.ended = true;
    http_cancel(&owner->stream.transfer);
    uv_timer_stop(&owner->stream.timer);
    uv_timer_stop(&owner->hold);
    while (owner->first)
        streamable_post_end(owner->first);
}

void streamable_lose(struct streamable *owner, const struct mcp_failure *failure)
{
    if (owner->over)
        return;
    stop_all(owner);
    owner->handler.lost(owner->handler.arg, failure);
}

static void streamable_free(struct streamable *owner)
{
    sse_free(&owner->stream.sse);
    streamable_headers_free(owner->headers);
    json_decref(owner->secret_headers);
    forget_text(&owner->session);
    forget_text(&owner->bearer);
    free(owner->url);
    free(owner->endpoint);
    free(owner);
}

void streamable_handle_closed(struct streamable *owner)
{
    void (*closed)(void *arg) = owner->closed;
    void *arg = owner->closed_arg;

    if (--owner->handles > 0)
        return;
    streamable_free(owner);
    if (closed)
        closed(arg);
}

static void on_closed(uv_handle_t *handle)
{
    streamable_handle_closed(handle->data);
}

static void close_handles(struct streamable *owner)
{
    uv_close((uv_handle_t *)&owner->stream.timer, on_closed);
    uv_close((uv_handle_t *)&owner->leaving, on_closed);
    uv_close((uv_handle_t *)&owner->hold, on_closed);
}

/* The server need not answer, nor like it: the session ends for us in any case. */
static void on_leaving(uv_timer_t *timer)
{
    struct streamable *owner = timer->data;

    http_cancel(&owner->leave);
    close_handles(owner);
}

static bool on_left_data(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    (void)arg, (void)response, (void)bytes, (void)len;
    return true;
}

static void on_left(void *arg, const struct http_result *result)
{
    struct streamable *owner = arg;

    (void)result;
    owner->leave = NULL;
    close_handles(owner);
}

static void leave(struct streamable *owner)
{
    struct streamable_headers which = {.method = STREAMABLE_DELETE, .session = owner->session};
    char **headers = streamable_headers(owner, &which);
    struct http_request request = {.method = "DELETE", .url = owner->endpoint, .headers = headers};
    struct http_handler handler = {.arg = owner, .data = on_left_data, .done = on_left};

    owner->leave = http_start(owner->http, &request, &handler);
    uv_timer_start(&owner->leaving, on_leaving, STREAMABLE_LEAVE_MS, 0);
    streamable_headers_free(headers);
}

static void close_it(struct mcp_transport *transport, void (*closed)(void *arg), void *arg)
{
    struct streamable *owner = of(transport);
    bool has_session = owner->session && owner->endpoint && !owner->old && !owner->modern;

    stop_all(owner);
    owner->closed = closed;
    owner->closed_arg = arg;
    if (has_session)
        leave(owner);
    else
        close_handles(owner);
}

struct mcp_transport *streamable_open(uv_loop_t *loop, struct http *http,
                                      const struct streamable_options *options,
                                      const struct mcp_transport_handler *handler)
{
    static const struct mcp_transport_ops ops = {.send = send_message,
                                                 .cancel = cancel,
                                                 .agreed = agreed,
                                                 .listen = listen_to_it,
                                                 .set_bearer = set_bearer,
                                                 .close = close_it};
    struct streamable *owner = xcalloc(1, sizeof *owner);

    owner->base = (struct mcp_transport){.ops = &ops, .is_http = true};
    owner->loop = loop;
    owner->http = http;
    owner->handler = *handler;
    owner->url = xstrdup(options->url);
    owner->endpoint = xstrdup(options->url);
    owner->headers = streamable_headers_copy(options->headers);
    owner->secret_headers = json_incref(options->secret_headers);
    owner->connect_ms = options->connect_ms;
    owner->resume_ms = options->resume_ms > 0 ? options->resume_ms : STREAMABLE_RESUME_MS;
    streamable_stream_init(owner);
    uv_timer_init(loop, &owner->leaving);
    uv_timer_init(loop, &owner->hold);
    owner->hold.data = owner;
    owner->leaving.data = owner;
    owner->handles += 3;
    return &owner->base;
}
