#include "daemon/socket/intake.h"

#include "daemon/socket/files.h"
#include "daemon/socket/standing.h"
#include "daemon/socket/zmtp.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct stream {
    struct zmtp zmtp;
    uint64_t seen;  /* the drain since which zmtp.complete counts */
    uint64_t begun; /* its message, in the order of all messages that begin */
    int64_t since;  /* steady ms: it was accepted */
    ino_t inode;    /* of the socket: libzmq may have closed it without reading on */
    bool is_client;
    bool is_cut; /* libzmq reads its end */
    bool is_tcp;
    bool is_marked;         /* a mark is set: */
    uint64_t taken, marked; /* bytes so far, and when much of them had not arrived ... */
    uint64_t mark;          /* ... and the drain that was */
};

enum { STREAMS_MAX = 1 << 20, SEALED_STEP = 1 << 20 };

static struct stream *streams; /* by descriptor; what is not used takes no memory */
static long stream_count;
static atomic_ulong drains, cuts;
static _Atomic(const char *) cut_why;
static atomic_bool asked; /* whether the main thread has taken all */
static bool (*is_drained)(void *arg);
static void *is_drained_arg;
static uv_async_t *async;
static struct log_seldom said; /* of the cuts */
/* libzmq's thread alone. */
static uint64_t all_waiting, all_seen, all_parts, beginnings, sealed;
static int highest;                  /* no descriptor of a client is above it */
static _Thread_local bool is_reader; /* this is libzmq's thread: others read what is none of ours */

static void on_async(uv_async_t *unused)
{
    (void)unused;
    if (atomic_exchange(&asked, false) && is_drained(is_drained_arg))
        intake_drained();
    uint64_t count = log_seldom(&said, atomic_load(&cuts));
    if (count > 0)
        log_warn("intake", "connections ended for what they sent, or did not: %llu; of the last: %s",
                 (unsigned long long)count, atomic_load(&cut_why));
}

void intake_open(uv_loop_t *loop, long files, bool (*drained)(void *arg), void *arg)
{
    is_drained = drained;
    is_drained_arg = arg;
    stream_count = files < STREAMS_MAX ? files : STREAMS_MAX;
    streams = xcalloc((size_t)stream_count, sizeof *streams);
    async = xcalloc(1, sizeof *async);
    uv_async_init(loop, async, on_async);
    uv_unref((uv_handle_t *)async);
    standing_open(loop, stream_count);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void intake_close(void)
{
    uv_close((uv_handle_t *)async, on_closed);
    free(streams);
    streams = NULL;
    stream_count = 0;
    standing_close();
}

static struct stream *stream_of(int fd)
{
    return fd >= 0 && fd < stream_count ? &streams[fd] : NULL;
}

/* How much of the message that has begun is there. */
static uint64_t part_of(const struct stream *stream)
{
    return stream->zmtp.message - (stream->zmtp.command ? 0 : stream->zmtp.skip);
}

static void end(struct stream *stream)
{
    all_parts -= part_of(stream);
    if (stream->is_tcp)
        standing_end((int)(stream - streams));
    memset(stream, 0, sizeof *stream);
}

/* The peer learns it at once, whoever has a further descriptor; libzmq when it reads on. */
static void cut(struct stream *stream, const char *why)
{
    int fd = (int)(stream - streams);
    bool open = files_inode(fd) == stream->inode;
    end(stream);
    if (!open)
        return;
    stream->is_client = stream->is_cut = true;
    shutdown(fd, SHUT_RDWR);
    atomic_store(&cut_why, why);
    atomic_fetch_add(&cuts, 1);
    uv_async_send(async);
}

bool intake_begin(int fd, const struct address *from)
{
    struct stream *stream = stream_of(fd);
    is_reader = true;
    if (!stream)
        return !from;
    end(stream);
    if (from && !standing_begin(fd, from))
        return false;
    stream->is_client = true;
    stream->is_tcp = from != NULL;
    stream->inode = files_inode(fd);
    stream->since = clock_steady_ms();
    highest = fd > highest ? fd : highest;
    return true;
}

void intake_end_silent(long from)
{
    int64_t now = clock_steady_ms();
    while (highest > 0 && (!streams[highest].is_client || streams[highest].is_cut))
        highest--;
    if (highest < from)
        return;
    for (int fd = 0; fd <= highest; fd++) {
        struct stream *stream = &streams[fd];
        if (stream->is_client && !stream->is_cut && !stream->is_tcp && stream->zmtp.messages == 0 &&
            now - stream->since >= INTAKE_SILENT_MS)
            cut(stream, "it says nothing, and few descriptors are left for others (ulimit -n)");
    }
}

void intake_drained(void)
{
    atomic_fetch_add(&drains, 1);
}

/* What was whole when the main thread had taken everything waits no more. */
static bool is_full(struct stream *stream)
{
    uint64_t now = atomic_load(&drains);
    if (stream->seen != now) {
        stream->seen = now;
        stream->zmtp.complete = 0;
    }
    if (all_seen != now) {
        all_seen = now;
        all_waiting = 0;
    }
    return stream->zmtp.complete > INTAKE_WAITING ||
           (all_waiting > INTAKE_ALL && stream->zmtp.complete + stream->zmtp.message > INTAKE_PART);
}

/* --- what is sealed --- */

static uint64_t outstanding(const struct stream *stream)
{
    uint64_t given = standing_given((int)(stream - streams));
    return stream->is_tcp && stream->taken > given ? stream->taken - given : 0;
}

/* What was read before a mark has been handed to the main thread; once that has twice found nothing more,
 * what has not arrived of it is of a message that is not whole, or never will. */
static void settle(struct stream *stream, uint64_t bound)
{
    uint64_t now = atomic_load(&drains), given = standing_given((int)(stream - streams));
    if (stream->is_marked && now - stream->mark < 2) {
        if (!atomic_exchange(&asked, true))
            uv_async_send(async);
        return;
    }
    if (stream->is_marked && stream->marked > given && stream->marked - given > bound) {
        cut(stream, bound < INTAKE_MESSAGE ? "its first message is too large; server.hello comes first"
                                           : "what it sends makes no whole message");
        return;
    }
    stream->is_marked = true;
    stream->mark = now;
    stream->marked = stream->taken;
}

/* Whether nothing more is read of it now; it may be cut. */
static bool is_sealed_full(struct stream *stream)
{
    bool trusted = standing_is_trusted((int)(stream - streams));
    uint64_t bound = trusted ? INTAKE_MESSAGE : INTAKE_PART, waits = outstanding(stream);
    if (!trusted && (stream->taken > INTAKE_STRANGER || stream->zmtp.messages > INTAKE_STRANGER_PARTS)) {
        cut(stream, "nobody knows whose it is, and it sends too much");
        return true;
    }
    if (waits <= bound)
        stream->is_marked = false;
    else
        settle(stream, bound);
    return stream->is_cut || waits > (trusted ? INTAKE_WAITING : INTAKE_PART);
}

static void cut_most_sealed(void)
{
    struct stream *most = streams;
    uint64_t all = 0;
    for (int fd = 0; fd <= highest; fd++) {
        uint64_t waits = outstanding(&streams[fd]);
        all += waits;
        if (waits > outstanding(most))
            most = &streams[fd];
    }
    if (all > INTAKE_SEALED)
        cut(most, "too much of messages that are not whole waits in memory");
}

static void take_sealed(struct stream *stream, size_t len, uint32_t parts)
{
    stream->taken += len + (uint64_t)parts * INTAKE_SEALED_PART;
    sealed += len;
    if (sealed < SEALED_STEP)
        return;
    sealed = 0;
    cut_most_sealed();
}

/* --- reading --- */

/* Whoever sends on comes to an end soon; what has waited longest for its end holds the others up. */
static void cut_oldest_part(void)
{
    struct stream *oldest = streams;
    for (int fd = 0; fd <= highest; fd++)
        if (part_of(&streams[fd]) > 0 && (part_of(oldest) == 0 || streams[fd].begun < oldest->begun))
            oldest = &streams[fd];
    cut(oldest, "too much of messages that are not whole waits in memory");
}

static void take(struct stream *stream, const void *bytes, size_t len)
{
    uint64_t complete = stream->zmtp.complete, part = part_of(stream);
    uint32_t parts = stream->zmtp.messages; /* sealed ones look like messages */
    const char *why = zmtp_take(&stream->zmtp, bytes, len, INTAKE_MESSAGE);
    if (part == 0 || stream->zmtp.complete != complete)
        stream->begun = ++beginnings;
    all_parts += part_of(stream) - part;
    all_waiting += stream->zmtp.complete - complete;
    if (why)
        cut(stream, why);
    else if (stream->is_tcp)
        take_sealed(stream, len, stream->zmtp.messages - parts);
    while (all_parts > INTAKE_PARTS)
        cut_oldest_part();
}

/* In place of the C library's, for libzmq, which reads connections by it alone. While something waits it asks
 * again and again, which lasts as long as the main thread is busy. */
__attribute__((visibility("default"))) ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
    struct stream *stream = is_reader ? stream_of(fd) : NULL;
    bool is_client = stream && stream->is_client;
    bool full =
        is_client && !stream->is_cut && (is_full(stream) || (stream->is_tcp && is_sealed_full(stream)));
    if (is_client && stream->is_cut)
        return 0;
    if (full) {
        errno = EAGAIN;
        return -1;
    }
    ssize_t got = syscall(SYS_recvfrom, fd, bytes, len, flags, NULL, NULL);
    if (is_client && got > 0)
        take(stream, bytes, (size_t)got);
    else if (is_client && (got == 0 || (errno != EAGAIN && errno != EINTR)))
        end(stream);
    return is_client && stream->is_cut ? 0 : got;
}
