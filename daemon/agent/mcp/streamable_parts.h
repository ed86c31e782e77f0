/* What the files of streamable share. A struct of these is freed in the close callback of its timer, never
 * earlier: whoever is on the stack (libcurl, the event parser, a handler that closes the transport) can
 * return through it. */
#ifndef STOA_AGENT_MCP_STREAMABLE_PARTS_H
#define STOA_AGENT_MCP_STREAMABLE_PARTS_H

#include "daemon/agent/mcp/message.h"
#include "daemon/agent/mcp/streamable.h"
#include "daemon/agent/sse.h"
#include "shared/buf.h"

enum { STREAMABLE_TEXT_MAX = 512, STREAMABLE_VERSION_MAX = 31 };

/* The one long GET: of Streamable HTTP the server's own stream, of HTTP+SSE all that the server says. */
struct streamable_stream {
    struct http_transfer *transfer;
    uv_timer_t timer; /* until it is opened again */
    struct sse sse;
    bool wanted;   /* mcp_transport_listen was called */
    bool begun;    /* this connection has brought bytes */
    bool was_open; /* some connection has */
    bool ended;    /* by what came, within libcurl's callback */
    int failures;  /* since something new came, or a connection lasted */
    int64_t opened_at;
};

struct streamable {
    struct mcp_transport base; /* the first member */
    uv_loop_t *loop;
    struct http *http;
    struct mcp_transport_handler handler;
    char *url;
    char *endpoint; /* where messages go; NULL until HTTP+SSE has told */
    char **headers;
    json_t *secret_headers; /* filled in for each request; NULL if none */
    int64_t connect_ms, resume_ms;
    char *session, *bearer; /* NULL if none */
    char version[STREAMABLE_VERSION_MAX + 1];
    bool modern, old; /* old: HTTP+SSE */
    bool over;        /* lost or closed: no handler is called any more */
    struct streamable_post *first, *last;
    struct streamable_post *barrier; /* nothing starts before this one has ended; NULL if nothing is held */
    size_t waiting, waiting_bytes, requests, others;
    struct streamable_stream stream;
    uv_timer_t leaving;
    uv_timer_t hold; /* while it is active no request starts: the server's own stream is being opened */
    struct http_transfer *leave;
    size_t handles; /* not yet closed */
    void (*closed)(void *arg);
    void *closed_arg;
};

enum streamable_answer { ANSWER_NONE, ANSWER_JSON, ANSWER_EVENTS, ANSWER_IGNORED };

/* One message on its way, until its answer is whole. */
struct streamable_post {
    struct streamable *owner;
    struct streamable_post *next, *previous;
    uint64_t request; /* 0 for a notification or response */
    json_t *id;       /* of a request */
    char *body;       /* until it is sent */
    size_t body_len;
    char *method, *name; /* NULL if none */
    char **headers;      /* of this message alone */
    char *meta_version;  /* what it says itself; NULL if nothing */
    char *session;       /* with which it was sent; NULL if none */
    bool initialize, modern, sent, done;
    bool resuming; /* the transfer is a GET that goes on where the stream broke */
    struct http_transfer *transfer;
    uv_timer_t timer; /* until it is resumed */
    enum streamable_answer answer;
    struct buf json;
    struct sse sse;
    struct buf resumed_at; /* the Last-Event-ID of the last attempt */
    int64_t resume_until;  /* clock_steady_ms; 0: nothing broke yet */
    int failures;          /* attempts in a row that brought no stream */
};

/* --- streamable.c --- */

/* Starts what may start. */
void streamable_pump(struct streamable *owner);
/* Its answer has begun, or there will be none: what waited for it may start. */
void streamable_stream_is_open(struct streamable *owner);
/* Takes the post off the lists, for its end. */
void streamable_unlink(struct streamable_post *post);
/* The end of the whole transport, but for streamable's closing. */
void streamable_lose(struct streamable *owner, const struct mcp_failure *failure);
/* A handle has closed; the last one frees the owner. */
void streamable_handle_closed(struct streamable *owner);

/* --- streamable_post.c --- */

struct streamable_post *streamable_post_new(struct streamable *owner, const struct mcp_outgoing *outgoing);
void streamable_post_start(struct streamable_post *post);
/* Ends it without a word. */
void streamable_post_end(struct streamable_post *post);

/* --- streamable_stream.c --- */

void streamable_stream_init(struct streamable *owner);
/* Opens it, unless it is open. */
void streamable_stream_open(struct streamable *owner);
/* Ends it, and forgets where it was. */
void streamable_stream_stop(struct streamable *owner);
/* How long to wait before a stream is opened again, in ms. */
int64_t streamable_wait(const struct sse *sse, int failures, int64_t longest);

/* --- streamable_headers.c --- */

enum streamable_method { STREAMABLE_POST, STREAMABLE_GET, STREAMABLE_DELETE };
struct streamable_headers {
    enum streamable_method method;
    const char *session;                /* NULL: none */
    const char *last_id;                /* "" or NULL: none */
    const struct streamable_post *post; /* NULL: none */
};
/* All headers of a request, ended by NULL. */
char **streamable_headers(const struct streamable *owner, const struct streamable_headers *which);
/* Wipes them. Accepts NULL. */
void streamable_headers_free(char **headers);
char **streamable_headers_copy(char *const *headers);

/* --- streamable_failure.c --- */

/* What to say of a transfer that brought no answer. session: the one it was made with, NULL if none. The text
 * is written to text; the body is the caller's to json_decref. */
struct mcp_failure streamable_failure(const struct http_result *result, const char *session,
                                      char text[STREAMABLE_TEXT_MAX]);
bool streamable_is_events(const struct http_response *response);

#endif
