/* A sink that writes down its calls, one a line, and the feeding of a stream to a dialect in every way it can
 * be cut. */
#ifndef STOA_TEST_SINK_LOG_H
#define STOA_TEST_SINK_LOG_H

#include "daemon/agent/dialect.h"
#include "daemon/agent/sse.h"
#include "shared/buf.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sink_log {
    struct buf text;
    unsigned blocks;
    const struct dialect *dialect;
    void *decoder;
    enum decoded decoded;
    char error[DIALECT_ERROR_MAX];
};

static unsigned log_begin(void *arg, enum block_kind kind, const char *id, const char *name)
{
    struct sink_log *log = arg;

    buf_printf(&log->text, "begin %u %s", log->blocks, block_kind_name(kind));
    if (id || name)
        buf_printf(&log->text, " %s %s", id, name);
    buf_putc(&log->text, '\n');
    return log->blocks++;
}

static void log_delta(void *arg, unsigned block, const char *text, size_t len)
{
    struct sink_log *log = arg;

    assert_int_not_equal(len, 0);
    buf_printf(&log->text, "delta %u %.*s\n", block, (int)len, text);
}

static void log_signature(void *arg, unsigned block, const char *text)
{
    struct sink_log *log = arg;

    buf_printf(&log->text, "signature %u %s\n", block, text);
}

static void log_usage(void *arg, const struct usage *usage)
{
    struct sink_log *log = arg;

    buf_printf(&log->text, "usage %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", usage->input,
               usage->output, usage->cached, usage->reasoning);
}

static void log_stop(void *arg, const char *reason)
{
    struct sink_log *log = arg;

    buf_printf(&log->text, "stop %s\n", reason);
}

static void log_retrying(void *arg, int attempt, int limit, int64_t delay_ms, const char *why)
{
    struct sink_log *log = arg;

    buf_printf(&log->text, "retrying %d of %d in %" PRId64 ": %s\n", attempt, limit, delay_ms, why);
}

static void log_failed(void *arg, enum ask_failure failure, const char *text)
{
    struct sink_log *log = arg;

    buf_printf(&log->text, "failed %s%s\n", failure == ASK_TOO_LONG ? "(too long) " : "", text);
}

static void log_done(void *arg)
{
    struct sink_log *log = arg;

    buf_puts(&log->text, "done\n");
}

static inline struct sink sink_log_open(struct sink_log *log)
{
    memset(log, 0, sizeof *log);
    buf_init(&log->text, 64 << 20);
    return (struct sink){log,      log_begin,    log_delta,  log_signature, log_usage,
                         log_stop, log_retrying, log_failed, log_done};
}

static bool log_event(void *arg, const char *name, const char *data, size_t len)
{
    struct sink_log *log = arg;

    log->decoded = log->dialect->event(log->decoder, name, data, len, log->error);
    return log->decoded == DECODED_MORE;
}

/* Feeds the stream in pieces: the first one of first bytes, the others of step. Returns what the sink saw and
 * how it ended; free() it. */
static inline char *sink_log_play(const struct dialect *dialect, const char *stream, size_t len, size_t first,
                                  size_t step)
{
    struct sink_log log;
    struct sink sink = sink_log_open(&log);
    struct sse sse;

    log.dialect = dialect;
    log.decoder = dialect->open(&sink);
    sse_init(&sse, 1 << 20, log_event, &log);
    for (size_t at = 0, piece = first; at < len; at += piece, piece = step) {
        if (piece > len - at)
            piece = len - at;
        char *exact = malloc(piece ? piece : 1); /* so that reading beyond it is seen */
        memcpy(exact, stream + at, piece);
        sse_feed(&sse, exact, piece);
        free(exact);
    }
    if (log.decoded == DECODED_FAILED)
        log_failed(&log, ASK_FAILED, log.error);
    else if (log.decoded == DECODED_DONE)
        log_done(&log);
    else
        buf_puts(&log.text, dialect->whole(log.decoder) ? "whole\n" : "cut\n");
    sse_free(&sse);
    dialect->close(log.decoder);
    return buf_take(&log.text);
}

/* Whole, a byte at a time, and in two pieces cut at each place: always the same calls. */
static inline void sink_log_expect(const struct dialect *dialect, const char *stream, const char *expected)
{
    size_t len = strlen(stream);

    for (size_t first = 0; first <= len; first++) {
        char *seen = sink_log_play(dialect, stream, len, first, first == 0 ? 1 : len);
        assert_string_equal(seen, expected);
        free(seen);
    }
}

#endif
