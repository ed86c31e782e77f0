/* A model server that costs little: speaks OpenAI's Chat Completions as a stream, and says of each chunk when
 * it was written.
 *
 *     bench-model      prints its port; answers what args.h says of orders, with stamps (timing.h) as text */
#include "tests/bench/args.h"
#include "tests/bench/timing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 8 << 20, OUT_BYTES = 16 << 10, EVENT_MAX = 512 };

/* As long as what large vendors send for a chunk. */
static const char before[] = "data: {\"id\":\"chatcmpl-C0n6ImCd0Jw0W8yrmt7cPaR1cHx5z\",\"object\":"
                             "\"chat.completion.chunk\",\"created\":1763650000,\"model\":\"any\",\"choices\":"
                             "[{\"index\":0,\"delta\":{\"content\":\"";
static const char after[] = "\"},\"finish_reason\":null}]}\n\n";
static const char last[] = "data: {\"id\":\"chatcmpl-C0n6ImCd0Jw0W8yrmt7cPaR1cHx5z\",\"object\":"
                           "\"chat.completion.chunk\",\"created\":1763650000,\"model\":\"any\",\"choices\":"
                           "[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);
        if (wrote <= 0)
            return false;
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

/* One chunk of the transfer encoding. */
static bool write_piece(int fd, const char *bytes, size_t len)
{
    char piece[OUT_BYTES + EVENT_MAX + 32];
    int head = snprintf(piece, 32, "%zx\r\n", len);

    memcpy(piece + head, bytes, len);
    memcpy(piece + head + len, "\r\n", 2);
    return write_all(fd, piece, (size_t)head + len + 2);
}

static size_t put_event(char *to)
{
    size_t len = sizeof before - 1;

    memcpy(to, before, len);
    stamp_put(to + len, timing_now());
    memcpy(to + len + STAMP_BYTES, after, sizeof after - 1);
    return len + STAMP_BYTES + sizeof after - 1;
}

static bool answer(int fd, const struct order *order)
{
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    char out[OUT_BYTES + EVENT_MAX];
    size_t len = 0;
    int64_t begun = timing_now();
    bool good = write_all(fd, head, sizeof head - 1);

    for (int64_t i = 0; i < order->count && good; i++) {
        if (order->rate > 0)
            timing_sleep_until(begun + (i + 1) * 1000000000 / order->rate);
        len += put_event(out + len);
        if (order->rate > 0 || len >= OUT_BYTES - EVENT_MAX || i + 1 == order->count) {
            good = write_piece(fd, out, len);
            len = 0;
        }
    }
    return good && write_piece(fd, last, sizeof last - 1) && write_all(fd, "0\r\n\r\n", 5);
}

/* Reads one request whole; its length, or 0 at the end. */
static size_t read_request(int fd, char *request)
{
    size_t len = 0, whole = SIZE_MAX;

    while (len < whole) {
        ssize_t got = len < REQUEST_MAX ? read(fd, request + len, REQUEST_MAX - len) : 0;
        if (got <= 0)
            return 0;
        len += (size_t)got;
        request[len] = '\0';
        const char *end = strstr(request, "\r\n\r\n"), *size = strcasestr(request, "\r\nContent-Length:");
        if (end && size)
            whole = (size_t)(end + 4 - request) + strtoul(size + 17, NULL, 10);
    }
    return len;
}

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg, on = 1;
    char *request = malloc(REQUEST_MAX + 1);
    size_t len;

    timing_sharp();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (request && (len = read_request(fd, request)) > 0) {
        struct order order = {.count = 1};
        order_find(request, len, &order);
        if (!answer(fd, &order))
            break;
    }
    free(request);
    close(fd);
    return NULL;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

    signal(SIGPIPE, SIG_IGN);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        die("can't listen");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
            die("no thread");
        pthread_detach(thread);
    }
    return 0;
}
