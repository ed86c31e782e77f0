/* What the daemon is measured against: a ROUTER with the daemon's options that does nothing but send the same
 * frames to the same clients.
 *
 *     bench-raw publish --socket PATH --clients N [--sizes FILE | --count N --rate N] [--pace FILE]
 *     bench-raw spread  --endpoint E [--secret-key KEY] --clients N --streams N --count N --rate N
 *     bench-raw echo    --socket PATH --bytes N
 *
 * publish: waits for a message from each client, then sends each frame to all of them, in three parts as the
 * daemon does, its body shared; and again. spread: so many streams, each with chunks of its own at that rate
 * (0: as fast as it can), to one of the clients each; sealed with CURVE if there is a key. echo: answers each
 * request with so many bytes. All print "ready" and the endpoint first, and run until they are killed. */
#include "shared/buf.h"
#include "tests/bench/args.h"
#include "tests/bench/pace.h"
#include "tests/bench/timing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    CLIENTS_MAX = 1024,
    ROUTE_MAX = 16,
    SEND_HWM = 10000,
    RECEIVE_HWM = 1000,
    BODY_MAX = 1 << 20,
    FRAME_BYTES = 259 /* of an event of one chunk of STAMP_BYTES */
};

struct peer {
    char route[ROUTE_MAX];
    size_t len;
};

static void *router;
static struct peer peers[CLIENTS_MAX];
static size_t peer_count;

/* Sealed for whoever comes, if there is a key. */
static void open_router(const char *endpoint, const char *secret)
{
    static const struct {
        int option, value;
    } all[] = {{ZMQ_ROUTER_MANDATORY, 1},
               {ZMQ_SNDHWM, SEND_HWM},
               {ZMQ_RCVHWM, RECEIVE_HWM},
               {ZMQ_BACKLOG, 1024},
               {ZMQ_LINGER, 0}};
    char bound[160];
    size_t size = sizeof bound;
    int one = 1;

    router = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        zmq_setsockopt(router, all[i].option, &all[i].value, sizeof all[i].value);
    if (secret && (zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret, strlen(secret) + 1) != 0 ||
                   zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one) != 0))
        die("ZeroMQ refuses the key");
    if (zmq_bind(router, endpoint) != 0)
        die("can't bind %s: %s", endpoint, zmq_strerror(errno));
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, bound, &size);
    printf("ready %s\n", bound);
    fflush(stdout);
}

/* The next message's sender, and its last part. */
static void receive(struct peer *from, zmq_msg_t *part)
{
    if (zmq_msg_recv(part, router, 0) < 0 || zmq_msg_size(part) > ROUTE_MAX)
        die("can't receive: %s", zmq_strerror(errno));
    from->len = zmq_msg_size(part);
    memcpy(from->route, zmq_msg_data(part), from->len);
    while (zmq_msg_more(part))
        zmq_msg_recv(part, router, 0);
}

/* body is copied by reference. */
static void send_frame(const struct peer *to, zmq_msg_t *body)
{
    static const struct timespec pause = {.tv_nsec = 20000};
    zmq_msg_t part;

    while (zmq_send(router, to->route, to->len, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        if (errno != EAGAIN)
            die("can't send: %s", zmq_strerror(errno));
        nanosleep(&pause, NULL);
    }
    zmq_send(router, "stoa/1", 6, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_msg_init(&part);
    zmq_msg_copy(&part, body);
    if (zmq_msg_send(&part, router, ZMQ_DONTWAIT) < 0)
        die("can't send: %s", zmq_strerror(errno));
}

static void free_body(void *data, void *hint)
{
    (void)hint;
    free(data);
}

/* A frame in the words of the daemon's, of so many bytes. */
static void body_new(zmq_msg_t *body, uint64_t index, size_t bytes)
{
    static const char start[] = "{\"session\":\"s_01j8zq4k3nw8x5t7v9r2m6p0qd\",\"epoch\":"
                                "\"e_01j8zq4k3nw8x5t7v9r2m6p0qd\",\"at\":4,\"ts\":1763650000123,\"type\":"
                                "\"stream.chunk\",\"data\":{\"message\":\"m_01j8zq4k3nw8x5t7v9r2m6p0qd\",";
    char *data = malloc(bytes + 512);
    size_t len;

    if (!data || bytes > BODY_MAX)
        die("a frame is too large");
    len = (size_t)sprintf(data, "%s\"index\":%llu,\"count\":1,\"block\":0,\"kind\":\"text\",\"delta\":\"",
                          start, (unsigned long long)index);
    stamp_put(data + len, timing_now());
    len += STAMP_BYTES;
    for (; len + 3 < bytes; len++)
        data[len] = 'x';
    memcpy(data + len, "\"}}", 3);
    zmq_msg_init_data(body, data, len + 3, free_body, NULL);
}

static void publish_body(zmq_msg_t *body)
{
    for (size_t i = 0; i < peer_count; i++)
        send_frame(&peers[i], body);
    zmq_msg_close(body);
}

/* The turn is over. */
static void end_all(void)
{
    static const char idle[] = "{\"session\":\"s_01j8zq4k3nw8x5t7v9r2m6p0qd\",\"type\":\"state.changed\","
                               "\"data\":{\"old\":\"streaming\",\"new\":\"idle\"}}";
    zmq_msg_t body;

    zmq_msg_init_size(&body, sizeof idle - 1);
    memcpy(zmq_msg_data(&body), idle, sizeof idle - 1);
    publish_body(&body);
}

static size_t next_size(FILE *sizes)
{
    unsigned long size = FRAME_BYTES;

    if (sizes && fscanf(sizes, "%lu", &size) != 1)
        return 0;
    return size;
}

/* A round: a message from each client, all frames to all of them, and the end of the turn. */
static void publish_once(char **argv, struct pace *pace)
{
    const char *path = arg_text(argv, "--sizes", NULL);
    int64_t count = arg_number(argv, "--count", INT64_MAX), rate = arg_number(argv, "--rate", 0);
    size_t wanted = (size_t)arg_number(argv, "--clients", 1), size;
    zmq_msg_t body;

    zmq_msg_init(&body);
    for (peer_count = 0; peer_count < wanted && peer_count < CLIENTS_MAX; peer_count++)
        receive(&peers[peer_count], &body);
    zmq_msg_close(&body);
    FILE *sizes = path ? fopen(path, "r") : NULL;
    int64_t begun = timing_now();
    for (int64_t i = 0; i < count && (size = next_size(sizes)) > 0; i++) {
        if (rate > 0)
            timing_sleep_until(begun + (i + 1) * 1000000000 / rate);
        pace_wait(pace, (uint64_t)i);
        body_new(&body, (uint64_t)i, size);
        publish_body(&body);
    }
    end_all();
    if (sizes)
        fclose(sizes);
}

static void publish(char **argv)
{
    struct pace *pace = pace_open(arg_text(argv, "--pace", NULL));

    for (;;)
        publish_once(argv, pace);
}

/* --- spread --- */

enum { STREAMS_MAX = 4096 };
struct track { /* of a stream: the same phase in each period */
    double phase;
    size_t client;
};

static int by_phase(const void *a, const void *b)
{
    const struct track *x = a, *y = b;

    return (x->phase > y->phase) - (x->phase < y->phase);
}

/* To a client all of its streams are one, so that each chunk has its number. */
static void spread_once(char **argv)
{
    static struct track tracks[STREAMS_MAX];
    static uint64_t next[CLIENTS_MAX];
    size_t wanted = (size_t)arg_number(argv, "--clients", 1),
           streams = (size_t)arg_number(argv, "--streams", 1);
    int64_t count = arg_number(argv, "--count", 1), rate = arg_number(argv, "--rate", 0);
    zmq_msg_t body;

    zmq_msg_init(&body);
    for (peer_count = 0; peer_count < wanted && peer_count < CLIENTS_MAX; peer_count++)
        receive(&peers[peer_count], &body);
    zmq_msg_close(&body);
    for (size_t i = 0; i < streams && i < STREAMS_MAX; i++)
        tracks[i] = (struct track){.phase = (double)random() / RAND_MAX, .client = i % peer_count};
    qsort(tracks, streams, sizeof *tracks, by_phase);
    memset(next, 0, sizeof next);
    int64_t begun = timing_now();
    for (int64_t k = 0; k < count; k++) {
        for (size_t i = 0; i < streams; i++) {
            size_t client = tracks[i].client;
            if (rate > 0)
                timing_sleep_until(begun + (int64_t)(((double)k + tracks[i].phase) * 1e9 / (double)rate));
            body_new(&body, next[client]++, FRAME_BYTES);
            send_frame(&peers[client], &body);
            zmq_msg_close(&body);
        }
    }
    end_all();
}

static void spread(char **argv)
{
    for (;;)
        spread_once(argv);
}

/* The reply has the request's id, as the daemon's has. */
static void echo(char **argv)
{
    size_t bytes = (size_t)arg_number(argv, "--bytes", 100);
    zmq_msg_t body, reply;
    struct peer from;

    zmq_msg_init(&body);
    for (;;) {
        receive(&from, &body);
        const char *text = zmq_msg_data(&body), *end = memmem(text, zmq_msg_size(&body), "\",\"method\"", 10);
        size_t head = end ? (size_t)(end - text) + 1 : 0;
        zmq_msg_init_size(&reply, bytes > head + 16 ? bytes : head + 16);
        memset(zmq_msg_data(&reply), 'x', zmq_msg_size(&reply));
        memcpy(zmq_msg_data(&reply), text, head);
        memcpy((char *)zmq_msg_data(&reply) + head, ",\"ok\":", 6);
        send_frame(&from, &reply);
        zmq_msg_close(&reply);
    }
}

int main(int argc, char **argv)
{
    char endpoint[160];

    if (argc < 2)
        die("usage: bench-raw publish|spread|echo ...");
    timing_sharp();
    if (strcmp(argv[1], "spread") == 0) {
        open_router(arg_needed(argv, "--endpoint"), arg_text(argv, "--secret-key", NULL));
        spread(argv);
    }
    snprintf(endpoint, sizeof endpoint, "ipc://%s", arg_needed(argv, "--socket"));
    open_router(endpoint, NULL);
    if (strcmp(argv[1], "publish") == 0)
        publish(argv);
    echo(argv);
}
