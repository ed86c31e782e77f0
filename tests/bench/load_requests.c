/* Requests, one after another of each client; and those of one that waits for no answer. */
#include "shared/xalloc.h"
#include "tests/bench/args.h"
#include "tests/bench/load.h"
#include "tests/bench/load_client.h"
#include "tests/bench/timing.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { WARM_UP = 20, EVENTS = 64, SESSION_MAX = 64 };

static void say(const char *what, size_t count, double seconds, size_t bytes, struct samples *took)
{
    printf(
        "{\"%s\":%zu,\"seconds\":%.9f,\"reply_bytes\":%zu,\"p50_ms\":%.6f,\"p99_ms\":%.6f,\"max_ms\":%.6f}\n",
        what, count, seconds, bytes, (double)samples_percentile(took, 0.5) / 1e6,
        (double)samples_percentile(took, 0.99) / 1e6, (double)samples_percentile(took, 1) / 1e6);
}

void load_requests(char **argv)
{
    const char *method = arg_needed(argv, "--method"), *session = arg_text(argv, "--session", NULL);
    size_t count = (size_t)arg_number(argv, "--count", 1000);
    void *context = zmq_ctx_new();
    struct load_client client;
    struct samples took = {0};

    int64_t every = arg_number(argv, "--every", 0) * 1000000;

    load_client_open(&client, context, arg_needed(argv, "--socket"), 0);
    for (int i = 0; i < WARM_UP; i++)
        load_client_request(&client, method, session, "{}");
    int64_t begun = timing_now();
    for (size_t i = 0; i < count; i++) {
        int64_t sent = timing_now();
        load_client_request(&client, method, session, "{}");
        samples_add(&took, timing_now() - sent);
        if (every > 0)
            timing_sleep_until(sent + every);
    }
    say("requests", count, (double)(timing_now() - begun) / 1e9, zmq_msg_size(&client.body), &took);
    samples_free(&took);
    load_client_close(&client);
    zmq_ctx_term(context);
}

/* --- senders --- */

struct sender {
    struct load_client client;
    char session[SESSION_MAX], id[LOAD_ID_MAX];
    size_t left;
    int64_t sent;
};

/* A session of its own; with a text, one that is at work on it. */
static void begin(struct sender *sender, const char *text)
{
    static const char mark[] = "\"session\":\"";
    char params[256];

    load_client_request(&sender->client, "session.create", NULL, "{}");
    const char *body = zmq_msg_data(&sender->client.body);
    const char *found = memmem(body, zmq_msg_size(&sender->client.body), mark, sizeof mark - 1);
    if (!found)
        die("session.create named no session");
    found += sizeof mark - 1;
    snprintf(sender->session, sizeof sender->session, "%.*s", (int)strcspn(found, "\""), found);
    if (!text)
        return;
    snprintf(params, sizeof params, "{\"text\":\"%s\"}", text);
    load_client_request(&sender->client, "message.send", sender->session, params);
}

static void send_next(struct sender *sender, const char *method, const char *params)
{
    sender->left--;
    sender->sent = timing_now();
    load_client_send(&sender->client, method, sender->session, params, sender->id);
}

/* Takes what came for it; 1 if it has nothing left to do, else 0. */
static size_t go_on(struct sender *sender, const char *method, const char *params, struct samples *took)
{
    while (load_client_take(&sender->client)) {
        if (!load_client_is_reply(&sender->client, sender->id))
            continue;
        samples_add(took, timing_now() - sender->sent);
        if (sender->left == 0)
            return 1;
        send_next(sender, method, params);
    }
    return 0;
}

static void send_all(struct sender *senders, size_t clients, char **argv, struct samples *took)
{
    const char *method = arg_needed(argv, "--method"), *params = arg_needed(argv, "--params");
    int epoll = epoll_create1(EPOLL_CLOEXEC), count;
    struct epoll_event ready[EVENTS];
    size_t done = 0;

    for (size_t i = 0; i < clients; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &senders[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, senders[i].client.fd, &event);
        send_next(&senders[i], method, params);
    }
    for (size_t i = 0; i < clients; i++) /* sending may have taken the edge */
        done += go_on(&senders[i], method, params, took);
    while (done < clients) {
        if ((count = epoll_wait(epoll, ready, EVENTS, LOAD_PATIENCE_MS)) == 0)
            die("no reply for %d s", LOAD_PATIENCE_MS / 1000);
        for (int i = 0; i < count; i++)
            done += go_on(ready[i].data.ptr, method, params, took);
    }
    close(epoll);
}

void load_senders(char **argv)
{
    size_t clients = (size_t)arg_number(argv, "--clients", 1);
    size_t count = (size_t)arg_number(argv, "--count", 100);
    const char *path = arg_needed(argv, "--socket"), *text = arg_text(argv, "--begin", NULL);
    struct sender *senders = xcalloc(clients, sizeof *senders);
    void *context = zmq_ctx_new();
    struct samples took = {0};

    for (size_t i = 0; i < clients; i++) {
        load_client_open(&senders[i].client, context, path, (unsigned)i);
        begin(&senders[i], text);
        senders[i].left = count;
    }
    int64_t begun = timing_now();
    send_all(senders, clients, argv, &took);
    say("accepted", took.count, (double)(timing_now() - begun) / 1e9, 0, &took);
    for (size_t i = 0; i < clients; i++)
        load_client_close(&senders[i].client);
    zmq_ctx_term(context);
    samples_free(&took);
    free(senders);
}

/* --- flood --- */

void load_flood(char **argv)
{
    struct load_keys keys = {.server = arg_text(argv, "--server-key", NULL),
                             .open = arg_text(argv, "--key", NULL),
                             .secret = arg_text(argv, "--secret-key", NULL)};
    char request[256];
    int len = snprintf(request, sizeof request, "{\"id\":\"flood\",\"method\":\"%s\",\"params\":{}}",
                       arg_needed(argv, "--method"));
    int64_t end = timing_now() + arg_number(argv, "--seconds", 1) * 1000000000;
    void *context = zmq_ctx_new();
    struct load_client client;
    size_t sent = 0, got = 0;

    load_client_open_at(&client, context, arg_needed(argv, "--endpoint"), keys.server ? &keys : NULL, 0);
    while (timing_now() < end) {
        if (zmq_send(client.socket, "stoa/1", 6, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
            zmq_send(client.socket, request, (size_t)len, ZMQ_DONTWAIT) >= 0)
            sent++;
        while (load_client_take(&client))
            got++;
    }
    printf("{\"sent\":%zu,\"answers\":%zu}\n", sent, got);
    load_client_close(&client);
    zmq_ctx_term(context);
}

/* --- hold --- */

void load_hold(char **argv)
{
    size_t clients = (size_t)arg_number(argv, "--clients", 1);
    int64_t ping = arg_number(argv, "--ping", -1);
    const char *session = arg_needed(argv, "--session"), *path = arg_needed(argv, "--socket");
    struct load_client *all = xcalloc(clients, sizeof *all);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    void *context = zmq_ctx_new();
    char params[128];

    snprintf(params, sizeof params, "{\"sessions\":[\"%s\"]}", session);
    for (size_t i = 0; i < clients; i++) {
        load_client_open(&all[i], context, path, (unsigned)i);
        load_client_request(&all[i], "session.subscribe", NULL, params);
        load_client_request(&all[i], "session.snapshot", session, "{\"limit\":1}");
    }
    printf("{\"attached\":%zu}\n", clients);
    fflush(stdout);
    for (size_t i = 0; poll(&input, 1, ping < 0 ? -1 : (int)(ping / (int64_t)clients)) == 0;
         i = (i + 1) % clients)
        load_client_request(&all[i], "server.ping", NULL, "{}");
    for (size_t i = 0; i < clients; i++)
        load_client_close(&all[i]);
    zmq_ctx_term(context);
    free(all);
}
