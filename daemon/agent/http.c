/* One uv_timer for libcurl, one uv_poll a socket, and one uv_timer a transfer for its silence. A handle is
 * freed in its close callback, never earlier, so nothing that is on the stack can vanish. */
#include "daemon/agent/http.h"
#include "daemon/agent/http_easy.h"
#include "daemon/agent/http_response.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HTTP_BUFFER = 16 << 10,    /* bytes that libcurl reads at once */
    HTTP_CONNECTIONS_KEPT = 2, /* idle ones, beside those in use */
    HTTP_RELEASE_MS = 500
};

struct http {
    uv_loop_t *loop;
    CURLM *multi; /* NULL until the first transfer, and once closed */
    uv_timer_t timer;
    struct http_transfer *first;
    size_t running; /* transfers that libcurl has */
    bool inside;    /* within curl_multi_socket_action */
    bool ringing;   /* within the timer */
};

struct http_socket {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t fd;
};

struct http_transfer {
    struct http *http;
    struct http_transfer *next, **link; /* in http->first */
    CURL *easy;
    struct curl_slist *headers;
    uv_timer_t quiet;
    int64_t first_byte_ms, idle_ms;
    char *refused; /* a sentence part: why this request is not sent; NULL if it is */
    bool added;    /* libcurl has it: not yet where it was started from a callback of libcurl's */
    bool progress; /* the first byte has come */
    bool ended;    /* cancelled or released: the handler is not called again */
    bool cancelled;
    struct http_handler handler;
    struct http_response response;
    size_t head;     /* bytes of header lines so far */
    struct buf body; /* of an answer that is not 2xx */
    struct buf once; /* what is sent; only where http_request.once */
    size_t once_at;
    char error[CURL_ERROR_SIZE];
};

/* --- ends --- */

static void transfer_closed(uv_handle_t *handle)
{
    struct http_transfer *transfer = handle->data;

    buf_free(&transfer->body);
    buf_free(&transfer->once);
    free(transfer->refused);
    free(transfer);
}

/* Takes the transfer off libcurl and the list; it is freed when the loop has closed its timer. */
static void transfer_drop(struct http_transfer *transfer)
{
    if (transfer->added) {
        curl_multi_remove_handle(transfer->http->multi, transfer->easy);
        transfer->http->running--;
    }
    curl_easy_cleanup(transfer->easy);
    http_easy_forget(transfer->headers);
    transfer->ended = true;
    *transfer->link = transfer->next;
    if (transfer->next)
        transfer->next->link = transfer->link;
    uv_close((uv_handle_t *)&transfer->quiet, transfer_closed);
}

static void transfer_end(struct http_transfer *transfer, enum http_end end, const char *why)
{
    struct http_handler handler = transfer->handler;
    bool silent = transfer->ended;
    long sent = 0;
    struct http_result result = {.end = end,
                                 .response = &transfer->response,
                                 .why = why,
                                 .body = transfer->body.data,
                                 .body_len = transfer->body.len};

    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    result.sent = sent > 0;
    transfer_drop(transfer);
    if (!silent)
        handler.done(handler.arg, &result);
}

static void transfer_quiet(uv_timer_t *timer)
{
    struct http_transfer *transfer = timer->data;
    char why[HTTP_WHY_MAX];

    if (transfer->refused) {
        transfer_end(transfer, HTTP_IMPOSSIBLE, transfer->refused);
        return;
    }
    if (transfer->progress)
        snprintf(why, sizeof why, "nothing came for %.3g s", (double)transfer->idle_ms / 1000);
    else
        snprintf(why, sizeof why, "no answer within %.3g s", (double)transfer->first_byte_ms / 1000);
    transfer_end(transfer, HTTP_TIMEOUT, why);
}

static enum http_end end_of(CURLcode code, const struct http_response *response)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_WHOLE;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMEOUT;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        return HTTP_IMPOSSIBLE;
    default:
        return response->status ? HTTP_CUT : HTTP_UNREACHABLE;
    }
}

static void why_of(CURLcode code, struct http_transfer *transfer, char why[HTTP_WHY_MAX])
{
    long number = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
    why[0] = '\0';
    if (code == CURLE_COULDNT_CONNECT && number != 0)
        snprintf(why, HTTP_WHY_MAX, "%s", strerror((int)number));
    else if (transfer->head > HTTP_HEAD_MAX)
        snprintf(why, HTTP_WHY_MAX, "its headers are larger than %d KiB", HTTP_HEAD_MAX >> 10);
    else if (code == CURLE_GOT_NOTHING || code == CURLE_SEND_FAIL_REWIND)
        snprintf(why, HTTP_WHY_MAX, "the server closed the connection without an answer");
    else if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
        snprintf(why, HTTP_WHY_MAX, "the connection was cut");
    else if (code != CURLE_OK)
        snprintf(why, HTTP_WHY_MAX, "%s", transfer->error[0] ? transfer->error : curl_easy_strerror(code));
}

/* --- libcurl on the loop --- */

static void take_ended(struct http *http)
{
    CURLMsg *message;
    int left;

    while (http->multi && (message = curl_multi_info_read(http->multi, &left))) {
        struct http_transfer *transfer;
        char why[HTTP_WHY_MAX];
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        why_of(code, transfer, why);
        transfer_end(transfer, end_of(code, &transfer->response), why);
    }
}

/* Gives it to libcurl. What libcurl keeps is counted with those in use, so the bound moves with them. */
static void transfer_add(struct http_transfer *transfer)
{
    struct http *http = transfer->http;

    transfer->added = true;
    http->running++;
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)(http->running + HTTP_CONNECTIONS_KEPT));
    curl_multi_add_handle(http->multi, transfer->easy);
}

static void enter(struct http *http, curl_socket_t fd, int events)
{
    int running;

    http->inside = true;
    curl_multi_socket_action(http->multi, fd, events, &running);
    http->inside = false;
    take_ended(http);

    struct http_transfer *next;
    for (struct http_transfer *transfer = http->first; transfer; transfer = next) {
        next = transfer->next;
        if (transfer->cancelled)
            transfer_drop(transfer);
        else if (!transfer->added && !transfer->refused)
            transfer_add(transfer);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct http_socket *socket = poll->data;
    int mask = status < 0 ? CURL_CSELECT_ERR : 0;

    if (events & UV_READABLE)
        mask |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        mask |= CURL_CSELECT_OUT;
    enter(socket->http, socket->fd, mask);
}

static void on_timer(uv_timer_t *timer)
{
    struct http *http = timer->data;

    http->ringing = true;
    enter(http, CURL_SOCKET_TIMEOUT, 0);
    http->ringing = false;
}

/* A timer of 0 ms that is set anew as it rings may ring again before the loop does anything else (libuv up to
 * 1.44); libcurl does so as long as a socket has more to read, which a server can make for ever. */
static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct http *http = arg;

    (void)multi;
    if (ms == 0 && http->ringing)
        ms = 1;
    if (ms < 0)
        uv_timer_stop(&http->timer);
    else
        uv_timer_start(&http->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void socket_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct http *http = arg;
    struct http_socket *socket = known;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket) {
            uv_poll_stop(&socket->poll);
            uv_close((uv_handle_t *)&socket->poll, socket_closed);
            curl_multi_assign(http->multi, fd, NULL);
        }
        return 0;
    }
    if (!socket) {
        socket = xcalloc(1, sizeof *socket);
        socket->http = http;
        socket->fd = fd;
        if (uv_poll_init_socket(http->loop, &socket->poll, fd) != 0) {
            free(socket);
            return -1;
        }
        socket->poll.data = socket;
        curl_multi_assign(http->multi, fd, socket);
    }
    uv_poll_start(&socket->poll,
                  (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
                  on_poll);
    return 0;
}

struct http *http_open(uv_loop_t *loop)
{
    struct http *http = xcalloc(1, sizeof *http);

    http->loop = loop;
    uv_timer_init(loop, &http->timer);
    http->timer.data = http;
    return http;
}

static void multi_begin(struct http *http)
{
    if (http->multi)
        return;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    http->multi = curl_multi_init();
    if (!http->multi)
        abort();
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
}

static void http_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void http_close(struct http **http)
{
    struct http *closing = *http;

    *http = NULL;
    if (!closing)
        return;
    while (closing->first)
        transfer_drop(closing->first);
    if (closing->multi) {
        CURLM *multi = closing->multi;

        curl_multi_cleanup(multi);
        closing->multi = NULL;
        curl_global_cleanup();
    }
    uv_close((uv_handle_t *)&closing->timer, http_closed);
}

/* --- transfers --- */

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;

    transfer->head += size * count;
    if (transfer->head > HTTP_HEAD_MAX)
        return 0;
    bool complete = transfer->response.complete;
    http_response_line(&transfer->response, line, size * count);
    if (!complete && transfer->response.complete && transfer->handler.head && !transfer->ended)
        transfer->handler.head(transfer->handler.arg, &transfer->response);
    return size * count;
}

static void quiet_after(struct http_transfer *transfer, int64_t ms)
{
    if (ms > 0)
        uv_timer_start(&transfer->quiet, transfer_quiet, (uint64_t)ms, 0);
    else
        uv_timer_stop(&transfer->quiet);
}

static size_t on_data(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    size_t len = size * count;

    if (transfer->cancelled)
        return 0;
    if (transfer->ended)
        return len;
    if (transfer->response.status / 100 != 2) {
        size_t room = transfer->body.max - transfer->body.len;

        buf_put(&transfer->body, bytes, len < room ? len : room);
        return len;
    }
    if (transfer->handler.data(transfer->handler.arg, &transfer->response, bytes, len) && !transfer->ended) {
        transfer->progress = true;
        quiet_after(transfer, transfer->idle_ms);
    }
    return transfer->cancelled ? 0 : len;
}

/* With no way back for libcurl: it can't send the body a second time. */
static size_t on_once(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    size_t left = transfer->once.len - transfer->once_at, len = size * count < left ? size * count : left;

    memcpy(bytes, transfer->once.data + transfer->once_at, len);
    transfer->once_at += len;
    return len;
}

static void set_body(struct http_transfer *transfer, const struct http_request *request)
{
    CURL *easy = transfer->easy;

    if (request->body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        if (request->once) {
            if (!buf_put(&transfer->once, request->body, request->body_len))
                abort();
            curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_once);
            curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
        } else {
            curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body);
        }
    }
    if (request->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_options(struct http_transfer *transfer, const struct http_request *request)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* One stream a connection: closing it tells the server to stop, and HTTP/2 would only cost memory. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L); /* a stream may be silent for hours */
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)HTTP_BUFFER);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)HTTP_BUFFER);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "stoa-agent/" STOA_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's answer is not the server's */
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    if (request->connect_ms > 0)
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms);
    if (request->speed_max > 0)
        curl_easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)request->speed_max);
    set_body(transfer, request);
    http_easy_certificates(easy);
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 const struct http_handler *handler)
{
    struct http_transfer *transfer = xcalloc(1, sizeof *transfer);

    multi_begin(http);
    transfer->http = http;
    transfer->handler = *handler;
    transfer->first_byte_ms = request->first_byte_ms;
    transfer->idle_ms = request->idle_ms;
    http_response_reset(&transfer->response);
    buf_init(&transfer->body, HTTP_ERROR_BODY_MAX);
    buf_init(&transfer->once, SIZE_MAX);
    transfer->next = http->first;
    transfer->link = &http->first;
    if (transfer->next)
        transfer->next->link = &transfer->next;
    http->first = transfer;
    transfer->headers = http_easy_headers(request->headers, &transfer->refused);

    uv_timer_init(http->loop, &transfer->quiet);
    transfer->quiet.data = transfer;

    transfer->easy = curl_easy_init();
    if (!transfer->easy)
        abort();
    set_options(transfer, request);
    if (transfer->refused)
        uv_timer_start(&transfer->quiet, transfer_quiet, 0, 0);
    else
        quiet_after(transfer, request->first_byte_ms);
    if (!http->inside && !transfer->refused)
        transfer_add(transfer);
    return transfer;
}

void http_cancel(struct http_transfer **transfer)
{
    struct http_transfer *ending = *transfer;

    *transfer = NULL;
    if (!ending)
        return;
    ending->ended = true;
    if (ending->http->inside)
        ending->cancelled = true;
    else
        transfer_drop(ending);
}

void http_release(struct http_transfer **transfer)
{
    struct http_transfer *ending = *transfer;

    *transfer = NULL;
    if (!ending)
        return;
    ending->ended = true;
    quiet_after(ending, HTTP_RELEASE_MS);
}
