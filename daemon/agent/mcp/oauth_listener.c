/* libmicrohttpd with its epoll in a uv_poll: whenever that is readable, or its own time-out comes, MHD_run
 * does what there is to do. It must not be stopped from within one of its callbacks, so it is stopped by a
 * timer. */
#include "daemon/agent/mcp/oauth_listener.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTION_MEMORY = 24 << 10, /* bytes: the longest request that can be read */
    LISTEN_BACKLOG = 64,
    LEAVING_MAX = 16 /* connections that were ended, and are closed soon */
};

struct visitor { /* a connection */
    int fd;
    int64_t since; /* steady ms */
    bool leaving;
    struct visitor *next;
};

struct oauth_listener {
    struct MHD_Daemon *daemon; /* NULL once stopped */
    uv_poll_t poll;
    uv_timer_t timer; /* the daemon's time-outs, then the lingering */
    char uri[64];
    enum oauth_page (*redirected)(void *arg, const char *query);
    void *arg;
    struct visitor *visitors; /* the newest first */
    int active;               /* requests that were begun and not ended */
    int handles;
    bool closing;
};

static const struct {
    unsigned status;
    const char *text;
} pages[] = {
    [OAUTH_PAGE_DONE] = {200, "Thank you. stoa has got its answer; you can close this page."},
    [OAUTH_PAGE_FAILED] = {200, "stoa was not given access. You can close this page; stoa says why."},
    [OAUTH_PAGE_STRANGE] = {400, "stoa did not wait for this. Nothing was done."},
};

/* --- its end --- */

static void handle_closed(uv_handle_t *handle)
{
    struct oauth_listener *listener = handle->data;

    if (--listener->handles == 0)
        free(listener);
}

static void stop(struct oauth_listener *listener)
{
    if (!listener->daemon)
        return;
    uv_poll_stop(&listener->poll);
    MHD_stop_daemon(listener->daemon);
    listener->daemon = NULL;
    uv_close((uv_handle_t *)&listener->poll, handle_closed);
    uv_close((uv_handle_t *)&listener->timer, handle_closed);
}

static void on_linger(uv_timer_t *timer)
{
    stop(timer->data);
}

/* --- connections --- */

/* Those that have had their time, and those that were there before OAUTH_LISTENER_CONNECTIONS others: the
 * library counts how long nothing comes, and waits on for who sends a byte now and then. */
static void cut_late(struct oauth_listener *listener)
{
    int64_t now = clock_steady_ms();
    int count = 0;

    for (struct visitor *visitor = listener->visitors; visitor; visitor = visitor->next)
        if (!visitor->leaving && (++count > OAUTH_LISTENER_CONNECTIONS ||
                                  now - visitor->since > OAUTH_LISTENER_IDLE_S * INT64_C(1000))) {
            visitor->leaving = true;
            shutdown(visitor->fd, SHUT_RDWR);
        }
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct oauth_listener *listener = arg;
    struct visitor *visitor = *context;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct visitor **at = &listener->visitors;

        while (*at != visitor)
            at = &(*at)->next;
        *at = visitor->next;
        free(visitor);
        return;
    }
    *context = visitor = xcalloc(1, sizeof *visitor);
    visitor->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    visitor->since = clock_steady_ms();
    visitor->next = listener->visitors;
    listener->visitors = visitor;
    cut_late(listener);
}

/* --- on the loop --- */

static void on_timer(uv_timer_t *timer);

static void run(struct oauth_listener *listener)
{
    MHD_UNSIGNED_LONG_LONG ms;

    cut_late(listener);
    MHD_run(listener->daemon);
    if (listener->closing) {
        if (listener->active == 0)
            uv_timer_start(&listener->timer, on_linger, 0, 0);
    } else if (MHD_get_timeout(listener->daemon, &ms) == MHD_YES) {
        uv_timer_start(&listener->timer, on_timer, ms, 0);
    } else {
        uv_timer_stop(&listener->timer);
    }
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

/* The address as it came, before it is taken apart; what it returns is the request's own memory. */
static void *on_address(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct oauth_listener *listener = arg;

    (void)connection;
    listener->active++;
    return xstrdup(uri);
}

static void on_ended(void *arg, struct MHD_Connection *connection, void **own,
                     enum MHD_RequestTerminationCode code)
{
    struct oauth_listener *listener = arg;

    (void)connection;
    (void)code;
    if (*own)
        listener->active--;
    if (*own) /* it may hold the code */
        explicit_bzero(*own, strlen(*own));
    free(*own);
    *own = NULL;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *text)
{
    char *page = xasprintf("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>stoa</title>"
                           "<p>%s</p></html>\n",
                           text);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(page), page, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    MHD_add_response_header(response, "Content-Type", "text/html; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Content-Security-Policy", "default-src 'none'");
    MHD_add_response_header(response, "Connection", "close");
    if (status == 405)
        MHD_add_response_header(response, "Allow", "GET");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **own)
{
    struct oauth_listener *listener = arg;
    const char *query = strchr(*own, '?');
    enum oauth_page page;

    (void)version;
    (void)upload;
    if (*upload_size > 0) { /* of no use here */
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(path, "/callback") != 0)
        return answer(connection, 404, "There is nothing here.");
    if (strcmp(method, "GET") != 0)
        return answer(connection, 405, "There is nothing here.");
    page =
        listener->closing ? OAUTH_PAGE_STRANGE : listener->redirected(listener->arg, query ? query + 1 : "");
    return answer(connection, pages[page].status, pages[page].text);
}

/* --- its begin --- */

static int listen_on(int *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, LISTEN_BACKLOG) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    if (fd >= 0) {
        int why = errno;

        close(fd);
        errno = why;
    }
    return -1;
}

static struct MHD_Daemon *start(struct oauth_listener *listener, int fd)
{
    return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, listener, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_URI_LOG_CALLBACK, on_address, listener, MHD_OPTION_NOTIFY_COMPLETED,
                            on_ended, listener, MHD_OPTION_NOTIFY_CONNECTION, on_connection, listener,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)(OAUTH_LISTENER_CONNECTIONS + LEAVING_MAX),
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)OAUTH_LISTENER_IDLE_S,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
}

struct oauth_listener *oauth_listener_open(uv_loop_t *loop, int port,
                                           enum oauth_page (*redirected)(void *arg, const char *query),
                                           void *arg, char error[256])
{
    struct oauth_listener *listener;
    const union MHD_DaemonInfo *info;
    int fd = listen_on(&port);

    if (fd < 0) {
        snprintf(error, 256, "can't wait for the browser on 127.0.0.1 port %d: %s", port, strerror(errno));
        return NULL;
    }
    listener = xcalloc(1, sizeof *listener);
    listener->redirected = redirected;
    listener->arg = arg;
    listener->daemon = start(listener, fd);
    info = listener->daemon ? MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info || uv_poll_init(loop, &listener->poll, info->epoll_fd) != 0) {
        snprintf(error, 256, "can't wait for the browser on 127.0.0.1 port %d", port);
        if (listener->daemon)
            MHD_stop_daemon(listener->daemon); /* closes fd */
        else
            close(fd);
        free(listener);
        return NULL;
    }
    uv_timer_init(loop, &listener->timer);
    listener->poll.data = listener->timer.data = listener;
    listener->handles = 2;
    snprintf(listener->uri, sizeof listener->uri, "http://127.0.0.1:%d/callback", port);
    uv_poll_start(&listener->poll, UV_READABLE, on_poll);
    return listener;
}

const char *oauth_listener_uri(const struct oauth_listener *listener)
{
    return listener->uri;
}

void oauth_listener_close(struct oauth_listener **listener, bool at_once)
{
    struct oauth_listener *closing = *listener;

    *listener = NULL;
    if (!closing)
        return;
    closing->closing = true;
    if (at_once || closing->active == 0)
        stop(closing);
    else
        uv_timer_start(&closing->timer, on_linger, OAUTH_LISTENER_LINGER_MS, 0);
}
