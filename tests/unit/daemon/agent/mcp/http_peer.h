/* An HTTP server on loopback, on the test's own loop: it keeps what is asked, and answers only what the test
 * writes, byte by byte if it likes. */
#ifndef STOA_TEST_HTTP_PEER_H
#define STOA_TEST_HTTP_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

enum { PEER_REQUESTS_MAX = 512, PEER_DEADLINE_MS = 20000 };

struct peer_connection {
    uv_tcp_t tcp;
    struct peer *peer;
    struct peer_connection *next;
    struct buf in;
    bool closed; /* by either side */
};

struct peer_request {
    struct peer_connection *connection;
    char *head, *body;
};

struct peer {
    uv_loop_t *loop;
    uv_tcp_t listener;
    uv_timer_t tick; /* so that a wait looks at its condition */
    int port;
    char url[64];
    struct peer_connection *connections;
    size_t connected; /* connections so far */
    struct peer_request requests[PEER_REQUESTS_MAX];
    size_t count;
};

static inline void peer_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* Runs the loop until the condition holds. */
#define peer_until(peer, condition)                                                                          \
    do {                                                                                                     \
        int64_t until = clock_steady_ms() + PEER_DEADLINE_MS;                                                \
        while (!(condition)) {                                                                               \
            if (clock_steady_ms() > until)                                                                   \
                fail_msg("waited in vain for: %s", #condition);                                              \
            uv_run((peer)->loop, UV_RUN_ONCE);                                                               \
        }                                                                                                    \
    } while (0)

static inline void peer_connection_closed(uv_handle_t *handle)
{
    struct peer_connection *connection = handle->data;

    connection->closed = true;
}

static inline void peer_hang_up(struct peer_connection *connection)
{
    if (!uv_is_closing((uv_handle_t *)&connection->tcp))
        uv_close((uv_handle_t *)&connection->tcp, peer_connection_closed);
    connection->closed = true;
}

/* The value of a header, free()d by the caller; NULL if there is none. */
static inline char *peer_header(const struct peer_request *request, const char *name)
{
    const char *line = strstr(request->head, "\r\n");

    while (line && line[2]) {
        line += 2;
        if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
            const char *value = line + strlen(name) + 1;
            value += strspn(value, " ");
            return xstrndup(value, strcspn(value, "\r"));
        }
        line = strstr(line, "\r\n");
    }
    return NULL;
}

static inline void peer_take(struct peer_connection *connection)
{
    struct peer *peer = connection->peer;
    const char *end;

    while ((end = strstr(connection->in.data, "\r\n\r\n"))) {
        size_t head = (size_t)(end - connection->in.data) + 4, body;
        struct peer_request request = {.connection = connection};

        request.head = xstrndup(connection->in.data, head - 2);
        char *length = peer_header(&request, "Content-Length");
        body = length ? (size_t)strtoul(length, NULL, 10) : 0;
        free(length);
        if (connection->in.len < head + body) {
            free(request.head);
            return;
        }
        request.body = xstrndup(connection->in.data + head, body);
        buf_drop(&connection->in, head + body);
        assert_true(peer->count < PEER_REQUESTS_MAX);
        peer->requests[peer->count++] = request;
    }
}

static inline void peer_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(malloc(size), (unsigned)size);
}

static inline void peer_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct peer_connection *connection = stream->data;

    if (count > 0) {
        buf_put(&connection->in, buf->base, (size_t)count);
        peer_take(connection);
    } else if (count < 0) {
        peer_hang_up(connection);
    }
    free(buf->base);
}

static inline void peer_accept(uv_stream_t *listener, int status)
{
    struct peer *peer = listener->data;
    struct peer_connection *connection = xcalloc(1, sizeof *connection);

    assert_int_equal(status, 0);
    connection->peer = peer;
    connection->next = peer->connections;
    peer->connections = connection;
    peer->connected++;
    buf_init(&connection->in, 64 << 20);
    uv_tcp_init(peer->loop, &connection->tcp);
    connection->tcp.data = connection;
    uv_accept(listener, (uv_stream_t *)&connection->tcp);
    uv_tcp_nodelay(&connection->tcp, 1);
    uv_read_start((uv_stream_t *)&connection->tcp, peer_alloc, peer_read);
}

static inline void peer_open(struct peer *peer, uv_loop_t *loop)
{
    struct sockaddr_in address;
    int len = sizeof address;

    memset(peer, 0, sizeof *peer);
    peer->loop = loop;
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &peer->listener);
    peer->listener.data = peer;
    assert_int_equal(uv_tcp_bind(&peer->listener, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&peer->listener, 128, peer_accept), 0);
    uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&address, &len);
    peer->port = ntohs(address.sin_port);
    snprintf(peer->url, sizeof peer->url, "http://127.0.0.1:%d/mcp", peer->port);
    uv_timer_init(loop, &peer->tick);
    uv_timer_start(&peer->tick, peer_tick, 5, 5);
}

static inline void peer_close(struct peer *peer)
{
    for (struct peer_connection *each = peer->connections; each; each = each->next)
        peer_hang_up(each);
    uv_close((uv_handle_t *)&peer->listener, NULL);
    uv_close((uv_handle_t *)&peer->tick, NULL);
    uv_run(peer->loop, UV_RUN_DEFAULT);
    for (struct peer_connection *each = peer->connections, *next; each; each = next) {
        next = each->next;
        buf_free(&each->in);
        free(each);
    }
    for (size_t i = 0; i < peer->count; i++) {
        free(peer->requests[i].head);
        free(peer->requests[i].body);
    }
}

/* The request of that number (from 0), once it has come. */
static inline struct peer_request *peer_request(struct peer *peer, size_t number)
{
    peer_until(peer, peer->count > number);
    return &peer->requests[number];
}

static inline bool peer_is(const struct peer_request *request, const char *method, const char *path)
{
    char *line = xasprintf("%s %s HTTP/1.1\r\n", method, path);
    bool is = strncmp(request->head, line, strlen(line)) == 0;

    free(line);
    return is;
}

/* expected NULL: the header must be missing. */
static inline void peer_expect(const struct peer_request *request, const char *name, const char *expected)
{
    char *value = peer_header(request, name);

    if (expected) {
        assert_non_null(value);
        assert_string_equal(value, expected);
    } else {
        assert_null(value);
    }
    free(value);
}

/* --- answers --- */

struct peer_write {
    uv_write_t write;
    char *bytes;
};

static inline void peer_written(uv_write_t *write, int status)
{
    struct peer_write *mine = write->data;

    (void)status;
    free(mine->bytes);
    free(mine);
}

static inline void peer_bytes(const struct peer_request *request, const char *bytes, size_t len)
{
    struct peer_write *mine = xcalloc(1, sizeof *mine);
    uv_buf_t buf;

    if (request->connection->closed) {
        free(mine);
        return;
    }
    mine->bytes = xmalloc(len ? len : 1);
    memcpy(mine->bytes, bytes, len);
    mine->write.data = mine;
    buf = uv_buf_init(mine->bytes, (unsigned)len);
    assert_int_equal(uv_write(&mine->write, (uv_stream_t *)&request->connection->tcp, &buf, 1, peer_written),
                     0);
}

static inline void peer_say(const struct peer_request *request, const char *text)
{
    peer_bytes(request, text, strlen(text));
}

/* A whole answer. headers: each with its \r\n, or "". */
static inline void peer_answer(const struct peer_request *request, const char *status, const char *headers,
                               const char *body)
{
    char *text =
        xasprintf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers, strlen(body), body);

    peer_say(request, text);
    free(text);
}

static inline void peer_json(const struct peer_request *request, const char *body)
{
    peer_answer(request, "200 OK", "Content-Type: application/json\r\n", body);
}

/* An event stream, in chunks: so its end and its being cut differ. */
static inline void peer_stream(const struct peer_request *request)
{
    peer_say(request, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n");
}

static inline void peer_chunk(const struct peer_request *request, const char *text)
{
    char *chunk = xasprintf("%zx\r\n%s\r\n", strlen(text), text);

    peer_say(request, chunk);
    free(chunk);
}

static inline void peer_end(const struct peer_request *request)
{
    peer_say(request, "0\r\n\r\n");
}

/* Closes after what was written. */
static inline void peer_cut(const struct peer_request *request)
{
    peer_until(request->connection->peer,
               request->connection->closed ||
                   uv_stream_get_write_queue_size((uv_stream_t *)&request->connection->tcp) == 0);
    peer_hang_up(request->connection);
}

#endif
