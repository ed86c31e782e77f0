/* Many users: each is a client of its own, which follows sessions of its own, and all of these stream at the
 * same time. Whatever comes is checked: an event of a session that is not the client's ends the program, and
 * so does a chunk that is missing, comes twice, or is of another session's message. Latency counts while all
 * of them stream. Then it says "streams", and "ends" when the first has ended.
 *
 * The plan has a line for each client: its open key, its secret one, a token (each "-" if it has none), and
 * its sessions. */
#include "shared/xalloc.h"
#include "tests/bench/args.h"
#include "tests/bench/load.h"
#include "tests/bench/load_client.h"
#include "tests/bench/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    LINE_MAX_BYTES = 64 << 10,
    ID_BYTES = 48,
    HEAD_MAX = 256,         /* of an event: its type stands within */
    SPREAD_NS = 1000000000, /* the turns begin within that time */
    NAP_MS = 1
};

struct stream {
    struct user *user;
    char session[ID_BYTES], message[ID_BYTES];
    int64_t next; /* index of the chunk that must come */
    int64_t starts;
    bool ended;
};

struct user {
    struct load_client client;
    char open[ID_BYTES], secret[ID_BYTES], token[ID_BYTES];
    struct stream *streams;
    size_t count;
};

static struct {
    struct user *users;
    size_t count, streams, begun, ended, deliveries;
    int64_t chunks; /* of each stream */
    int64_t since, until;
    bool raw;
    struct samples latency;
} run;

/* --- the plan --- */

static void take_word(char to[ID_BYTES], const char *word)
{
    if (!word || strlen(word) >= ID_BYTES)
        die("a line of the plan lacks a word, or has one that is too long");
    strcpy(to, strcmp(word, "-") == 0 ? "" : word);
}

static void read_line(struct user *user, char *line)
{
    char *at = NULL;

    take_word(user->open, strtok_r(line, " \n", &at));
    take_word(user->secret, strtok_r(NULL, " \n", &at));
    take_word(user->token, strtok_r(NULL, " \n", &at));
    for (char *word; (word = strtok_r(NULL, " \n", &at)); user->count++) {
        user->streams = xreallocarray(user->streams, user->count + 1, sizeof *user->streams);
        user->streams[user->count] = (struct stream){0};
        take_word(user->streams[user->count].session, word);
    }
}

static void read_plan(const char *path)
{
    char *line = xmalloc(LINE_MAX_BYTES);
    FILE *file = fopen(path, "r");

    if (!file)
        die("can't read %s", path);
    while (fgets(line, LINE_MAX_BYTES, file)) {
        run.users = xreallocarray(run.users, run.count + 1, sizeof *run.users);
        run.users[run.count] = (struct user){0};
        read_line(&run.users[run.count++], line);
    }
    fclose(file);
    free(line);
    for (size_t i = 0; i < run.count; i++) {
        for (size_t k = 0; k < run.users[i].count; k++)
            run.users[i].streams[k].user = &run.users[i];
        run.streams += run.users[i].count;
    }
}

/* --- coming in --- */

static void attach(struct user *user)
{
    char params[160], id[LOAD_ID_MAX];

    if (run.raw) {
        load_client_send(&user->client, "hello", NULL, "{}", id);
        return;
    }
    if (user->token[0]) {
        snprintf(params, sizeof params, "{\"token\":\"%s\"}", user->token);
        load_client_request(&user->client, "token.login", NULL, params);
    }
    load_client_request(&user->client, "server.hello", NULL, "{}");
    for (size_t k = 0; k < user->count; k++) {
        snprintf(params, sizeof params, "{\"sessions\":[\"%s\"]}", user->streams[k].session);
        load_client_request(&user->client, "session.subscribe", NULL, params);
        load_client_request(&user->client, "session.snapshot", user->streams[k].session, "{\"limit\":1}");
    }
}

static void attach_all(char **argv)
{
    const char *endpoint = arg_needed(argv, "--endpoint"), *server = arg_text(argv, "--server-key", NULL);
    void *context = zmq_ctx_new();

    for (size_t i = 0; i < run.count; i++) {
        struct user *user = &run.users[i];
        struct load_keys keys = {.server = server, .open = user->open, .secret = user->secret};

        load_client_open_at(&user->client, context, endpoint, server ? &keys : NULL, (unsigned)i);
        attach(user);
    }
}

/* --- what comes --- */

static const char *find(const char *text, size_t len, const char *what)
{
    const char *found = memmem(text, len, what, strlen(what));

    return found ? found + strlen(what) : NULL;
}

/* Whose event it is; NULL for what is of no session. */
static struct stream *stream_of(struct user *user, const char *body, size_t len)
{
    static const char start[] = "{\"session\":\"";

    if (len < sizeof start || memcmp(body, start, sizeof start - 1) != 0)
        return NULL;
    for (size_t k = 0; k < user->count; k++) {
        size_t id = strlen(user->streams[k].session);
        if (len > sizeof start + id && memcmp(body + sizeof start - 1, user->streams[k].session, id) == 0 &&
            body[sizeof start - 1 + id] == '"')
            return &user->streams[k];
    }
    die("cross-talk: %.*s", (int)len, body);
}

static bool all_stream(void)
{
    return run.begun == run.streams && run.ended == 0;
}

static void say(const char *what)
{
    puts(what);
    fflush(stdout);
}

/* The message of a session's first chunk is that of all. */
static void check_message(struct stream *stream, const char *body, size_t len)
{
    const char *id = find(body, len, "\"message\":\"");
    size_t size = id ? strcspn(id, "\"") : 0;

    if (size == 0 || size >= ID_BYTES)
        die("a chunk of no message: %.*s", (int)len, body);
    if (stream->next == 0)
        snprintf(stream->message, sizeof stream->message, "%.*s", (int)size, id);
    else if (strlen(stream->message) != size || memcmp(stream->message, id, size) != 0)
        die("a chunk of another message than %s: %.*s", stream->message, (int)len, body);
}

static void take_chunk(struct stream *stream, const char *body, size_t len)
{
    int64_t now = timing_now();
    const char *index = find(body, len, "\"index\":"), *count = find(body, len, "\"count\":");
    const char *delta = find(body, len, "\"delta\":\"");

    if (!index || !count || !delta || strtoll(index, NULL, 10) != stream->next)
        die("not chunk %lld of %s: %.*s", (long long)stream->next, stream->session, (int)len, body);
    check_message(stream, body, len);
    if (stream->next == 0 && ++run.begun == run.streams && run.ended == 0) {
        run.since = now;
        say("streams");
    }
    stream->next += strtoll(count, NULL, 10);
    if (!all_stream())
        return;
    run.deliveries++;
    for (const char *at = delta; at + STAMP_BYTES <= body + len && *at >= '0' && *at <= '9';
         at += STAMP_BYTES)
        samples_add(&run.latency, now - stamp_get(at));
}

static void end(struct stream *stream)
{
    if (stream->ended || stream->next == 0)
        return;
    if (stream->next != run.chunks)
        die("%s ended after %lld chunks of %lld", stream->session, (long long)stream->next,
            (long long)run.chunks);
    stream->ended = true;
    if (run.ended++ == 0) {
        run.until = timing_now();
        say("ends");
    }
}

static void take(struct user *user)
{
    const char *body = zmq_msg_data(&user->client.body);
    size_t len = zmq_msg_size(&user->client.body), head = len < HEAD_MAX ? len : HEAD_MAX;
    struct stream *stream = stream_of(user, body, len);

    if (find(body, head, "{\"notice\":") || find(body, head, "\"error\":{"))
        die("%.*s", (int)len, body);
    if (stream && find(body, head, "\"type\":\"stream.chunk\""))
        take_chunk(stream, body, len);
    else if (stream && find(body, head, "\"type\":\"error.occurred\""))
        die("a turn failed: %.*s", (int)len, body);
    else if (stream && find(body, head, "\"type\":\"state.changed\"") && find(body, len, "\"new\":\"idle\""))
        end(stream);
}

static void take_all(struct user *user)
{
    while (load_client_take(&user->client))
        take(user);
}

/* --- the turns --- */

static int by_start(const void *a, const void *b)
{
    const struct stream *x = *(struct stream *const *)a, *y = *(struct stream *const *)b;

    return (x->starts > y->starts) - (x->starts < y->starts);
}

/* All streams in the order in which their turns are asked for: at any time of the spread, as people do. */
static struct stream **order(void)
{
    struct stream **all = xcalloc(run.streams, sizeof *all);
    size_t count = 0;

    srandom(1);
    for (size_t i = 0; i < run.count; i++) {
        for (size_t k = 0; k < run.users[i].count; k++) {
            all[count] = &run.users[i].streams[k];
            all[count++]->starts = (int64_t)((double)random() / RAND_MAX * SPREAD_NS);
        }
    }
    qsort(all, count, sizeof *all, by_start);
    return all;
}

static void ask(struct stream *stream, int64_t rate)
{
    char params[96], id[LOAD_ID_MAX];

    if (run.raw)
        return;
    snprintf(params, sizeof params, "{\"text\":\"bench %lld %lld\"}", (long long)run.chunks, (long long)rate);
    load_client_send(&stream->user->client, "message.send", stream->session, params, id);
    take_all(stream->user); /* sending may have taken the edge */
}

static int epoll_of_all(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    for (size_t i = 0; i < run.count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &run.users[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, run.users[i].client.fd, &event);
        take_all(&run.users[i]);
    }
    return epoll;
}

static void follow(int64_t rate)
{
    struct stream **all = order();
    struct epoll_event ready[EVENTS];
    int epoll = epoll_of_all();
    size_t asked = 0;

    for (int64_t begun = timing_now(); run.ended < run.streams;) {
        while (asked < run.streams && timing_now() - begun >= all[asked]->starts)
            ask(all[asked++], rate);
        int count = epoll_wait(epoll, ready, EVENTS, asked < run.streams ? NAP_MS : LOAD_PATIENCE_MS);
        if (count == 0 && asked == run.streams)
            die("nothing came for %d s", LOAD_PATIENCE_MS / 1000);
        for (int i = 0; i < count; i++)
            take_all(ready[i].data.ptr);
    }
    close(epoll);
    free(all);
}

/* No two sessions had the same message. */
static void check_apart(struct stream *const *all)
{
    for (size_t i = 0; i < run.streams; i++)
        for (size_t k = 0; k < i && !run.raw; k++)
            if (strcmp(all[i]->message, all[k]->message) == 0)
                die("cross-talk: %s and %s have the message %s", all[i]->session, all[k]->session,
                    all[i]->message);
}

static double ms(double part)
{
    return (double)samples_percentile(&run.latency, part) / 1e6;
}

void load_users(char **argv)
{
    run.raw = arg_number(argv, "--raw", 0);
    run.chunks = arg_number(argv, "--count", 1);
    read_plan(arg_needed(argv, "--plan"));
    attach_all(argv);
    follow(arg_number(argv, "--rate", 0));
    struct stream **all = order();
    check_apart(all);
    free(all);
    printf(
        "{\"users\":%zu,\"sessions\":%zu,\"chunks\":%lld,\"deliveries\":%zu,\"seconds\":%.6f,\"stamps\":%zu,"
        "\"p50_ms\":%.6f,\"p90_ms\":%.6f,\"p99_ms\":%.6f,\"p999_ms\":%.6f,\"max_ms\":%.6f}\n",
        run.count, run.streams, (long long)run.chunks * (long long)run.streams, run.deliveries,
        (double)(run.until - run.since) / 1e9, run.latency.count, ms(0.5), ms(0.9), ms(0.99), ms(0.999),
        ms(1));
    samples_free(&run.latency);
}
