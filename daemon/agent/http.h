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
    HTTP_HEAD_MAX = 128 << 10,      /* bytes of all header lines of an answer; more end it */
    HTTP_SESSION_MAX = 2048,        /* bytes of a session's id */
    HTTP_CHALLENGE_MAX = 4096,      /* bytes kept of all challenges together */
    HTTP_WHY_MAX = 256
};

struct http;
struct http_transfer;

/* libcurl itself is set up by the first transfer: an agent that waits needs none of its memory. */
struct http *http_open(uv_loop_t *loop);
/* Cancels all transfers. Frees once the loop has closed the handles. Sets *http to NULL; accepts NULL. */
void http_close(struct http **http);

struct http_request {     /* borrowed for http_start */
    const char *method;   /* NULL: POST with a body, else GET */
    const char *url;      /* http or https */
    char *const *headers; /* "Name: value", ended by a NULL; one with a control character ends the transfer */
    const char *body;     /* copied; may be NULL */
    size_t body_len;
    bool once; /* never sent again by itself, not even where a kept connection turns out to be closed */
    /* Milliseconds; 0: no limit. first_byte: to the first data callback that says true; idle: between
     * those. */
    int64_t connect_ms, first_byte_ms, idle_ms;
    int64_t speed_max; /* bytes of the answer that are taken in a second; 0: any number */
};

struct http_response {
    int status;      /* 0 until there is one */
    char reason[48]; /* of the status line: printable ASCII; "" if there is none */
    char content_type[64];
    char location[256];
    char session[HTTP_SESSION_MAX + 1]; /* Mcp-Session-Id; "" if none */
    bool session_bad;                   /* it was too long, or not of visible ASCII */
    char challenge[HTTP_CHALLENGE_MAX]; /* WWW-Authenticate, several joined by ", "; whole ones only */
    int64_t retry_after_ms; /* from retry-after-ms or retry-after, which may be a date; HTTP_NO_RETRY_AFTER if
                               neither */
    int should_retry;       /* x-should-retry: 1 true, 0 false, -1 not said */
    bool complete;          /* all header lines have come; later ones are trailers, which are ignored */
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
    bool sent; /* whether the server may have got any of the request */
};

struct http_handler {
    void *arg;
    /* Bytes of a 2xx body. Returns whether they were progress (see idle_ms). */
    bool (*data)(void *arg, const struct http_response *response, const char *bytes, size_t len);
    /* The answer's header lines have all come; may be NULL. Not for one that is not final. */
    void (*head)(void *arg, const struct http_response *response);
    /* The end, exactly once unless cancelled; all in result lives for the call only. */
    void (*done)(void *arg, const struct http_result *result);
};

/* Never calls the handler from within; may itself be called from one. */
struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 const struct http_handler *handler);
/* Ends it with no further call. Sets *transfer to NULL; accepts NULL. */
void http_cancel(struct http_transfer **transfer);
/* As http_cancel, but lets the last bytes of the answer come for a moment, so that the connection can be used
 * again. */
void http_release(struct http_transfer **transfer);

/* The URL that a reference (relative or whole) means when read at base, with the credentials of base and
 * without a fragment; free()d by the caller. NULL if it is none of http or https. */
char *http_url_join(const char *base, const char *reference);
/* Same scheme, host and port. False if one of them is no URL. */
bool http_url_same_origin(const char *a, const char *b);
/* The URL without credentials, query and fragment, so that it can be shown; free()d by the caller. */
char *http_url_show(const char *url);

#endif
