/* Clients follow a session through one turn. They are spread over threads, each with a ZeroMQ context of its
 * own; a thread looks at the sockets that have an edge, and takes what is there. What came is checked: each
 * chunk once, in order. */
#include "shared/xalloc.h"
#include "tests/bench/args.h"
#include "tests/bench/load.h"
#include "tests/bench/load_client.h"
#include "tests/bench/pace.h"
#include "tests/bench/timing.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 64, HEAD_MAX = 256 /* of an event: its type stands within */ };

struct follower {
    struct load_client client;
    uint64_t next;              /* index of the chunk that must come */
    bool known;                 /* next is */
    char snapshot[LOAD_ID_MAX]; /* of the request under way after a resync */
    bool ended;
    uint64_t frames;
};

struct totals {
    uint64_t chunks, frames, bytes, gaps, resyncs;
    int64_t first, last; /* when the first chunk was written, and when the last one came */
    struct samples latency, sizes;
};

struct reader {
    pthread_t thread;
    unsigned number, count;
    void *context;
    struct follower *followers;
    size_t open;
    struct totals totals;
};

/* Written before the threads start. */
static struct {
    char **argv;
    const char *path, *session;
    bool raw, stamps;
    struct pace *pace;
    pthread_barrier_t attached;
} run;

/* --- what comes --- */

static const char *find(const char *text, size_t len, const char *what)
{
    return memmem(text, len, what, strlen(what));
}

/* The number after `what`; false if it is not there. */
static bool number_after(const char *text, size_t len, const char *what, uint64_t *number)
{
    const char *found = find(text, len, what);

    *number = found ? strtoull(found + strlen(what), NULL, 10) : 0;
    return found != NULL;
}

static const char *stamps_of(const char *body, size_t len)
{
    const char *delta = find(body, len, "\"delta\":\"");

    return delta && delta + 9 + STAMP_BYTES <= body + len ? delta + 9 : NULL;
}

static int64_t first_stamp(const char *body, size_t len)
{
    const char *stamps = stamps_of(body, len);

    if (!stamps)
        die("a chunk without a stamp: %.*s", (int)len, body);
    return stamp_get(stamps);
}

static void add_stamps(struct totals *totals, const char *body, size_t len, int64_t now)
{
    for (const char *at = stamps_of(body, len);
         at && at + STAMP_BYTES <= body + len && *at >= '0' && *at <= '9'; at += STAMP_BYTES)
        samples_add(&totals->latency, now - stamp_get(at));
}

static void take_chunk(struct reader *reader, struct follower *follower, const char *body, size_t len)
{
    struct totals *totals = &reader->totals;
    int64_t now = timing_now();
    uint64_t index, count;

    if (!number_after(body, len, "\"index\":", &index) || !number_after(body, len, "\"count\":", &count))
        die("a chunk without index and count: %.*s", (int)len, body);
    if (follower->known && index != follower->next)
        totals->gaps++;
    follower->known = true;
    follower->next = index + count;
    follower->frames++;
    if (index == 0)
        totals->first = first_stamp(body, len);
    totals->last = now;
    totals->chunks += count;
    totals->frames++;
    totals->bytes += len;
    if (follower == reader->followers && reader->number == 0)
        samples_add(&totals->sizes, (int64_t)len);
    if (run.stamps)
        add_stamps(totals, body, len, now);
}

static void end(struct reader *reader, struct follower *follower)
{
    reader->open -= !follower->ended;
    follower->ended = true;
    follower->frames = UINT64_MAX; /* nobody waits for it */
}

/* One that was told to resync does so, and goes on where it then is. */
static void resync(struct reader *reader, struct follower *follower)
{
    reader->totals.resyncs++;
    follower->known = false;
    load_client_send(&follower->client, "session.snapshot", run.session, "{\"limit\":1}", follower->snapshot);
}

static void take(struct reader *reader, struct follower *follower)
{
    const char *body = zmq_msg_data(&follower->client.body);
    size_t len = zmq_msg_size(&follower->client.body), head = len < HEAD_MAX ? len : HEAD_MAX;

    if (find(body, head, "\"type\":\"stream.chunk\"")) {
        take_chunk(reader, follower, body, len);
    } else if (find(body, head, "\"type\":\"state.changed\"")) {
        if (find(body, len, "\"new\":\"idle\""))
            end(reader, follower);
    } else if (find(body, head, "\"type\":\"error.occurred\"")) {
        die("the turn failed: %.*s", (int)len, body);
    } else if (find(body, head, "{\"notice\":\"resync\"")) {
        resync(reader, follower);
    } else if (follower->snapshot[0] && load_client_is_reply(&follower->client, follower->snapshot)) {
        follower->snapshot[0] = '\0';
        if (find(body, len, "\"state\":\"idle\""))
            end(reader, follower);
    }
}

/* --- threads --- */

static void attach(struct reader *reader)
{
    for (unsigned i = 0; i < reader->count; i++) {
        struct load_client *client = &reader->followers[i].client;
        char params[128], id[LOAD_ID_MAX];

        load_client_open(client, reader->context, run.path, reader->number * 1000 + i);
        if (run.raw) {
            load_client_send(client, "hello", NULL, "{}", id);
        } else {
            snprintf(params, sizeof params, "{\"sessions\":[\"%s\"]}", run.session);
            load_client_request(client, "session.subscribe", NULL, params);
            load_client_request(client, "session.snapshot", run.session, "{\"limit\":1}");
        }
    }
}

static void report(struct reader *reader)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; run.pace && i < reader->count; i++)
        least = reader->followers[i].frames < least ? reader->followers[i].frames : least;
    if (run.pace)
        pace_set(run.pace, reader->number, least);
}

static void follow(struct reader *reader)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event ready[EVENTS];

    for (unsigned i = 0; i < reader->count; i++) {
        struct follower *follower = &reader->followers[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = follower};

        epoll_ctl(epoll, EPOLL_CTL_ADD, follower->client.fd, &event);
        while (load_client_take(&follower->client)) /* what came while it attached has no edge any more */
            take(reader, follower);
    }
    while (reader->open > 0) {
        int count = epoll_wait(epoll, ready, EVENTS, LOAD_PATIENCE_MS);
        if (count == 0)
            die("nothing came for %d s", LOAD_PATIENCE_MS / 1000);
        for (int i = 0; i < count; i++) {
            struct follower *follower = ready[i].data.ptr;
            while (load_client_take(&follower->client))
                take(reader, follower);
        }
        report(reader);
    }
    close(epoll);
}

static void *reader_run(void *arg)
{
    struct reader *reader = arg;
    char params[256], id[LOAD_ID_MAX];

    reader->context = zmq_ctx_new();
    reader->followers = xcalloc(reader->count, sizeof *reader->followers);
    reader->open = reader->count;
    attach(reader);
    pthread_barrier_wait(&run.attached);
    if (reader->number == 0 && !run.raw) {
        snprintf(params, sizeof params, "{\"text\":\"%s\"}", arg_needed(run.argv, "--text"));
        load_client_send(&reader->followers[0].client, "message.send", run.session, params, id);
    }
    follow(reader);
    for (unsigned i = 0; i < reader->count; i++)
        load_client_close(&reader->followers[i].client);
    zmq_ctx_term(reader->context);
    free(reader->followers);
    return NULL;
}

/* --- what is said of it --- */

static void add(struct totals *all, const struct totals *more)
{
    all->chunks += more->chunks;
    all->frames += more->frames;
    all->bytes += more->bytes;
    all->gaps += more->gaps;
    all->resyncs += more->resyncs;
    if (more->first && (!all->first || more->first < all->first))
        all->first = more->first;
    all->last = more->last > all->last ? more->last : all->last;
    samples_append(&all->latency, &more->latency);
    samples_append(&all->sizes, &more->sizes);
}

static void write_sizes(const char *path, const struct samples *sizes)
{
    FILE *file = path ? fopen(path, "w") : NULL;

    if (!file)
        return;
    for (size_t i = 0; i < sizes->count; i++)
        fprintf(file, "%lld\n", (long long)sizes->all[i]);
    fclose(file);
}

static double ms(struct samples *samples, double part)
{
    return (double)samples_percentile(samples, part) / 1e6;
}

void load_stream(char **argv)
{
    unsigned clients = (unsigned)arg_number(argv, "--clients", 1);
    unsigned threads = (unsigned)arg_number(argv, "--threads", 1);
    struct reader readers[PACE_READERS] = {0};
    struct totals all = {0};

    threads = threads > clients ? clients : threads;
    run.argv = argv;
    run.path = arg_needed(argv, "--socket");
    run.raw = arg_number(argv, "--raw", 0);
    run.session = run.raw ? "" : arg_needed(argv, "--session");
    run.stamps = arg_number(argv, "--stamps", 0);
    run.pace = pace_open(arg_text(argv, "--pace", NULL));
    if (run.pace)
        pace_readers(run.pace, threads);
    pthread_barrier_init(&run.attached, NULL, threads);
    for (unsigned i = 0; i < threads; i++) {
        readers[i].number = i;
        readers[i].count = clients / threads + (i < clients % threads);
        if (pthread_create(&readers[i].thread, NULL, reader_run, &readers[i]) != 0)
            die("no thread");
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(readers[i].thread, NULL);
        add(&all, &readers[i].totals);
        samples_free(&readers[i].totals.latency);
        samples_free(&readers[i].totals.sizes);
    }
    write_sizes(arg_text(argv, "--sizes", NULL), &all.sizes);
    printf(
        "{\"clients\":%u,\"chunks\":%llu,\"frames\":%llu,\"bytes\":%llu,\"seconds\":%.9f,"
        "\"gaps\":%llu,"
        "\"resyncs\":%llu,\"stamps\":%zu,\"p50_ms\":%.6f,\"p90_ms\":%.6f,\"p99_ms\":%.6f,\"max_ms\":%.6f}\n",
        clients, (unsigned long long)all.chunks, (unsigned long long)all.frames,
        (unsigned long long)all.bytes, (double)(all.last - all.first) / 1e9, (unsigned long long)all.gaps,
        (unsigned long long)all.resyncs, all.latency.count, ms(&all.latency, 0.5), ms(&all.latency, 0.9),
        ms(&all.latency, 0.99), ms(&all.latency, 1));
    samples_free(&all.latency);
    samples_free(&all.sizes);
}
