/* An agent without a model, to measure the daemon alone: it speaks proto/link.h on descriptor 3 and obeys
 * orders (args.h) at no cost to speak of. Each chunk is a frame of its own, with a stamp as its text; those
 * without a rate are written many at once, paced (pace.h) by ~/pace if that is there. */
#include "proto/link.h"
#include "shared/id.h"
#include "tests/bench/args.h"
#include "tests/bench/pace.h"
#include "tests/bench/timing.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_MAX = LINK_FRAME_MAX + (64 << 10) + 16, OUT_BYTES = 32 << 10 };

static struct buf in, out;
static struct pace *pace;

static void flush(void)
{
    for (size_t done = 0; done < out.len;) {
        ssize_t wrote = write(LINK_FD, out.data + done, out.len - done);
        if (wrote <= 0)
            exit(0);
        done += (size_t)wrote;
    }
    buf_clear(&out);
}

static void say(enum link_kind kind, const char *text)
{
    link_put(&out, kind, text, strlen(text));
    flush();
}

static void fact_message(const char *id)
{
    char text[512];

    snprintf(text, sizeof text,
             "{\"type\":\"message.added\",\"data\":{\"message\":{\"id\":\"%s\",\"role\":\"assistant\","
             "\"author\":\"bench\",\"ts\":1,\"status\":\"streaming\",\"content\":[]}}}",
             id);
    say(LINK_FACT, text);
    say(LINK_FACT, "{\"type\":\"state.changed\",\"data\":{\"new\":\"streaming\"}}");
}

/* Its content is short, so that what is measured is the way of chunks. */
static void fact_completed(const char *id)
{
    char text[512];

    snprintf(text, sizeof text,
             "{\"type\":\"stream.completed\",\"data\":{\"message\":\"%s\",\"status\":\"complete\","
             "\"stop_reason\":\"end_turn\",\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}}",
             id);
    say(LINK_FACT, text);
    say(LINK_FACT, "{\"type\":\"state.changed\",\"data\":{\"new\":\"idle\"}}");
}

static void turn(const struct order *order)
{
    char id[ID_MAX], stamp[STAMP_BYTES];
    int64_t begun = timing_now();

    id_make(id, "m_");
    fact_message(id);
    for (int64_t i = 0; i < order->count; i++) {
        struct chunk chunk = {.message = id,
                              .index = (uint64_t)i,
                              .count = 1,
                              .kind = CHUNK_TEXT,
                              .delta = stamp,
                              .delta_len = STAMP_BYTES};
        if (order->rate > 0)
            timing_sleep_until(begun + (i + 1) * 1000000000 / order->rate);
        stamp_put(stamp, timing_now());
        link_put_chunk(&out, &chunk);
        if (order->rate > 0 || out.len >= OUT_BYTES || i + 1 == order->count) {
            pace_wait(pace, (uint64_t)i);
            flush();
        }
    }
    fact_completed(id);
}

static void take_frames(struct order *order)
{
    enum link_kind kind;
    const char *payload;
    size_t len, at = 0;

    while (link_next(&in, &at, &kind, &payload, &len) == 1) {
        if (kind == LINK_LOAD || kind == LINK_EVENT)
            order_find(payload, len, order);
        else if (kind == LINK_TURN && order->count > 0)
            turn(order);
        else if (kind == LINK_STOP)
            exit(0);
    }
    buf_drop(&in, at);
}

int main(void)
{
    struct order order = {0};
    struct pollfd link = {.fd = LINK_FD, .events = POLLIN};
    const char *home = getenv("HOME");
    char path[4096], bytes[64 << 10];

    buf_init(&in, IN_MAX);
    buf_init(&out, LINK_FRAME_MAX);
    timing_sharp();
    snprintf(path, sizeof path, "%s/pace", home ? home : "");
    pace = access(path, F_OK) == 0 ? pace_open(path) : NULL;
    snprintf(bytes, sizeof bytes, "{\"link\":%d,\"version\":\"0\",\"pid\":%d}", LINK_VERSION, (int)getpid());
    say(LINK_READY, bytes);
    for (;;) {
        if (poll(&link, 1, -1) <= 0)
            continue;
        ssize_t got = read(LINK_FD, bytes, sizeof bytes);
        if (got <= 0 || !buf_put(&in, bytes, (size_t)got))
            return 0;
        take_frames(&order);
    }
}
