/* libmicrohttpd with its epoll in a uv_poll: whenever that is readable, or its own time-out comes, MHD_run
 * does what there is to do. Its symbols are found when the endpoint is opened: linked, it would cost every
 * daemon the memory of its TLS. */
#include "daemon/metrics_http.h"

#include "daemon/metrics.h"
#include "daemon/server.h"
#include "daemon/socket/files.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/listen.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTION_MEMORY = 16 << 10, /* of a request's head, too */
    TEXT_MAX = 256 << 10,
    LISTEN_BACKLOG = 256,
    LEAVING_MAX = 64 /* connections that were ended, and are closed soon */
};

struct library { /* of libmicrohttpd, what is used here */
    void *handle;
    __typeof__(&MHD_start_daemon) start;
    __typeof__(&MHD_stop_daemon) stop;
    __typeof__(&MHD_run) run;
    __typeof__(&MHD_get_timeout) timeout;
    __typeof__(&MHD_get_daemon_info) info;
    __typeof__(&MHD_get_connection_info) connection_info;
    __typeof__(&MHD_create_response_from_buffer) response;
    __typeof__(&MHD_add_response_header) header;
    __typeof__(&MHD_queue_response) queue;
    __typeof__(&MHD_destroy_response) destroy;
};

struct visitor { /* a connection */
    int fd;
    int64_t since; /* steady ms of its beginning, or of its last answer */
    bool leaving;
    struct visitor *next;
};

struct metrics_http {
    struct server *server;
    struct library library;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    struct visitor *visitors; /* who was answered or began last comes first */
    int fd;                   /* that it listens on */
    int handles;
};

/* --- the library --- */

static bool load(struct library *library, char error[256])
{
    const struct {
        const char *name;
        void **slot;
    } symbols[] = {{"MHD_start_daemon", (void **)&library->start},
                   {"MHD_stop_daemon", (void **)&library->stop},
                   {"MHD_run", (void **)&library->run},
                   {"MHD_get_timeout", (void **)&library->timeout},
                   {"MHD_get_daemon_info", (void **)&library->info},
                   {"MHD_get_connection_info", (void **)&library->connection_info},
                   {"MHD_create_response_from_buffer", (void **)&library->response},
                   {"MHD_add_response_header", (void **)&library->header},
                   {"MHD_queue_response", (void **)&library->queue},
                   {"MHD_destroy_response", (void **)&library->destroy}};
    library->handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    bool good = library->handle != NULL;
    for (size_t i = 0; good && i < sizeof symbols / sizeof symbols[0]; i++)
        good = (*symbols[i].slot = dlsym(library->handle, symbols[i].name)) != NULL;
    if (!good)
        snprintf(error, 256, "metrics.listen needs libmicrohttpd, which can't be loaded: %.160s", dlerror());
    return good;
}

/* --- connections --- */

/* The library counts how long nothing comes, and waits on for who sends a byte now and then. */
static void cut(struct visitor *visitor)
{
    visitor->leaving = true;
    shutdown(visitor->fd, SHUT_RDWR);
}

/* Those that have had their time, and those that were there before METRICS_CONNECTIONS_MAX others. */
static void cut_late(struct metrics_http *metrics)
{
    int64_t now = clock_steady_ms();
    int count = 0;
    for (struct visitor *visitor = metrics->visitors; visitor; visitor = visitor->next)
        if (!visitor->leaving &&
            (++count > METRICS_CONNECTIONS_MAX || now - visitor->since > METRICS_IDLE_S * INT64_C(1000)))
            cut(visitor);
}

static void take_out(struct metrics_http *metrics, const struct visitor *visitor)
{
    struct visitor **at = &metrics->visitors;
    while (*at != visitor)
        at = &(*at)->next;
    *at = visitor->next;
}

static void put_first(struct metrics_http *metrics, struct visitor *visitor)
{
    visitor->since = clock_steady_ms();
    visitor->next = metrics->visitors;
    metrics->visitors = visitor;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct metrics_http *metrics = arg;
    struct visitor *visitor = *context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        take_out(metrics, visitor);
        free(visitor);
        return;
    }
    const union MHD_ConnectionInfo *info =
        metrics->library.connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = visitor = xcalloc(1, sizeof *visitor);
    visitor->fd = info->connect_fd;
    put_first(metrics, visitor);
    cut_late(metrics);
}

static void note_answer(struct metrics_http *metrics, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        metrics->library.connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct visitor *visitor = info->socket_context;
    take_out(metrics, visitor);
    put_first(metrics, visitor);
}

/* --- the loop --- */

static void on_timer(uv_timer_t *timer);

static void run(struct metrics_http *metrics)
{
    MHD_UNSIGNED_LONG_LONG ms;
    cut_late(metrics);
    metrics->library.run(metrics->daemon);
    if (metrics->library.timeout(metrics->daemon, &ms) == MHD_YES)
        uv_timer_start(&metrics->timer, on_timer, ms, 0);
    else
        uv_timer_stop(&metrics->timer);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

/* --- requests --- */

static enum MHD_Result answer(struct metrics_http *metrics, struct MHD_Connection *connection,
                              unsigned status, const char *type, char *text, size_t len)
{
    const struct library *library = &metrics->library;
    struct MHD_Response *response = library->response(len, text, MHD_RESPMEM_MUST_FREE);
    library->header(response, "Content-Type", type);
    library->header(response, "Cache-Control", "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        library->header(response, "Allow", "GET, HEAD");
    enum MHD_Result result = library->queue(connection, status, response);
    library->destroy(response);
    note_answer(metrics, connection);
    return result;
}

static enum MHD_Result answer_json(struct metrics_http *metrics, struct MHD_Connection *connection,
                                   unsigned status, json_t *json)
{
    size_t len;
    char *text = jsonx_dump(json, &len);
    json_decref(json);
    return answer(metrics, connection, status, "application/json", text, len);
}

static enum MHD_Result answer_line(struct metrics_http *metrics, struct MHD_Connection *connection,
                                   unsigned status, const char *line)
{
    return answer(metrics, connection, status, "text/plain; charset=utf-8", xstrdup(line), strlen(line));
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **own)
{
    struct metrics_http *metrics = arg;
    struct buf text;
    bool good;
    (void)version;
    (void)upload;
    (void)own;
    if (*upload_size > 0) { /* of no use here */
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_line(metrics, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (strcmp(path, "/metrics") == 0) {
        buf_init(&text, TEXT_MAX);
        metrics_text(metrics->server, &text);
        size_t len = text.len;
        return answer(metrics, connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
                      buf_take(&text), len);
    }
    if (strcmp(path, "/health") == 0) {
        json_t *json = metrics_health(metrics->server, &good);
        return answer_json(metrics, connection, good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, json);
    }
    if (strcmp(path, "/health/sessions") == 0)
        return answer_json(metrics, connection, MHD_HTTP_OK, metrics_sessions(metrics->server));
    return answer_line(metrics, connection, MHD_HTTP_NOT_FOUND,
                       "there is /metrics, /health and /health/sessions\n");
}

/* --- its begin --- */

static int listen_on(const char *host, const char *port, char why[128])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    int code = getaddrinfo(host[0] ? host : "127.0.0.1", port, &hints, &found), fd, yes = 1;
    if (code != 0) {
        snprintf(why, 128, "%s", gai_strerror(code));
        return -1;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        snprintf(why, 128, "%s", strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static bool start(struct metrics_http *metrics, char error[256])
{
    metrics->daemon =
        metrics->library.start(MHD_USE_EPOLL, 0, NULL, NULL, on_request, metrics, MHD_OPTION_LISTEN_SOCKET,
                               metrics->fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, metrics,
                               MHD_OPTION_CONNECTION_LIMIT, (unsigned)(METRICS_CONNECTIONS_MAX + LEAVING_MAX),
                               MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)METRICS_IDLE_S,
                               MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        metrics->daemon ? metrics->library.info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        snprintf(error, 256, "the endpoint for metrics can't be started");
        return false;
    }
    uv_loop_t *loop = metrics->server->loop;
    uv_poll_init(loop, &metrics->poll, info->epoll_fd);
    uv_timer_init(loop, &metrics->timer);
    metrics->handles = 2;
    metrics->poll.data = metrics->timer.data = metrics;
    uv_poll_start(&metrics->poll, UV_READABLE, on_poll);
    return true;
}

/* --- its end --- */

static void discard(struct metrics_http *metrics)
{
    if (metrics->library.handle)
        dlclose(metrics->library.handle);
    free(metrics);
}

static void on_closed(uv_handle_t *handle)
{
    struct metrics_http *metrics = handle->data;
    if (--metrics->handles == 0)
        discard(metrics);
}

bool metrics_http_open(struct server *server, const char *address, struct metrics_http **slot,
                       char error[256])
{
    char host[METRICS_PATH_MAX], port[LISTEN_PORT_TEXT], why[128] = "";
    *slot = NULL;
    if (!address[0])
        return true;
    if (!listen_split(address, host, sizeof host, port)) {
        snprintf(error, 256, "metrics.listen is '%.80s'; it must be HOST:PORT, [IPv6]:PORT or :PORT",
                 address);
        return false;
    }
    struct metrics_http *metrics = xcalloc(1, sizeof *metrics);
    metrics->server = server;
    metrics->fd = -1;
    bool good = load(&metrics->library, error);
    if (good && (metrics->fd = listen_on(host, port, why)) < 0) {
        snprintf(error, 256, "metrics.listen: can't listen on %.80s: %s", address, why);
        good = false;
    }
    if (good)
        files_leave_alone(metrics->fd);
    if (good && start(metrics, error)) {
        log_info("metrics", "served at http://%s/metrics", address);
        *slot = metrics;
        return true;
    }
    if (metrics->fd >= 0 && !metrics->daemon)
        close(metrics->fd);
    if (metrics->daemon)
        metrics->library.stop(metrics->daemon);
    discard(metrics);
    return false;
}

void metrics_http_close(struct metrics_http **slot)
{
    struct metrics_http *metrics = *slot;
    *slot = NULL;
    if (!metrics)
        return;
    uv_poll_stop(&metrics->poll);
    metrics->library.stop(metrics->daemon);
    uv_close((uv_handle_t *)&metrics->poll, on_closed);
    uv_close((uv_handle_t *)&metrics->timer, on_closed);
}
