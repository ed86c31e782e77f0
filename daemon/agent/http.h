/* HTTP on the loop: libcurl's multi interface. Nothing else of the agent knows libcurl.
 *
 * The rule that a newcomer would break: libcurl must not be entered from its own callbacks. A transfer that
 * is cancelled from within its data callback therefore ends when that callback returns. */
#ifndef STOA_AGENT_HTTP_H
#define STOA_AGENT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum {
    HTTP_ERROR_BODY_MAX = 64 << 10, /* bytes kept of the body of an answer that is not 2xx */
    HTTP_WHY_MAX = 256
};

struct http;
struct http_transfer;

/* libcurl itself is set up by the first transfer: an agent that waits needs none of its memory. */
struct http *http_open(uv_loop_t *loop);
/* Cancels all transfers. Frees once the loop has closed the handles. Sets *http to NULL; accepts NULL. */
void http_close(struct http **http);

struct http_request { /* borrowed for http_start */
    const char *url;
    char *const *headers; /* "Name: value", ended by a NULL */
    const char *body;     /* NULL makes it a GET */
    size_t body_len;
    /* Milliseconds; 0: no limit. first_byte: to the first data callback that says true; idle: between
     * those. */
    int64_t connect_ms, first_byte_ms, idle_ms;
};

struct http_response {
    int status; /* 0 until there is one */
    char content_type[64];
    char location[256];
    int64_t retry_after_ms; /* from retry-after-ms or retry-after, which may be a date; HTTP_NO_RETRY_AFTER if
                               neither */
    int should_retry;       /* x-should-retry: 1 true, 0 false, -1 not said */
};
#define HTTP_NO_RETRY_AFTER INT64_MIN

enum http_end {
    HTTP_WHOLE,       /* the answer came to its end */
    HTTP_UNREACHABLE, /* no connection, or it broke before an answer */
    HTTP_TIMEOUT,
    HTTP_CUT,       /* it broke within the answer */
    HTTP_IMPOSSIBLE /* a bad URL or certificate: no use to try again */
};

struct http_result {
    enum http_end end;
    const struct http_response *response; /* never NULL */
    const char *why;  /* a part of a sentence, such as "connection refused"; "" for HTTP_WHOLE */
    const char *body; /* of an answer that is not 2xx */
    size_t body_len;
};

struct http_handler {
    void *arg;
    /* Bytes of a 2xx body. Returns whether they were progress (see idle_ms). */
    bool (*data)(void *arg, const struct http_response *response, const char *bytes, size_t len);
    /* The end, exactly once unless cancelled; all in result lives for the call only. */
    void (*done)(void *arg, const struct http_result *result);
};

/* Never calls the handler from within. */
struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 const struct http_handler *handler);
/* Ends it with no further call. Sets *transfer to NULL; accepts NULL. */
void http_cancel(struct http_transfer **transfer);
/* As http_cancel, but lets the last bytes of the answer come for a moment, so that the connection can be used
 * again. */
void http_release(struct http_transfer **transfer);

#endif
