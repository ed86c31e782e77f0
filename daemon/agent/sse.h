/* Server-sent events, as they come: LF, CR or CRLF, cut anywhere, with a BOM, comments and many data lines.
 * What is not ended by a blank line is not an event, nor is what has no data; but its id counts. */
#ifndef STOA_AGENT_SSE_H
#define STOA_AGENT_SSE_H

#include "shared/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SSE_NAME_MAX = 64, /* bytes of an event's name; a longer one is unknown to us anyway and becomes "" */
    SSE_ID_MAX = 1024  /* bytes of an event's id; a longer one becomes "", which is none */
};

/* One event: name is "" when it has none; data is never empty and ends with a NUL that does not count. False
 * stops. */
typedef bool sse_event_cb(void *arg, const char *name, const char *data, size_t len);

enum sse_result { SSE_OK, SSE_STOPPED, SSE_TOO_LARGE };

struct sse { /* fields are the implementation's, but lines, last_id and retry_ms */
    sse_event_cb *event;
    void *arg;
    struct buf line; /* the beginning of a line whose end has not come */
    struct buf data;
    struct buf id;      /* the newest one, of an event that may not be whole yet */
    struct buf last_id; /* of the last whole event: where to go on after a break; "" if there is none */
    int64_t retry_ms;   /* how long to wait before that; -1 if the server did not say */
    char name[SSE_NAME_MAX + 1];
    bool has_data, has_id, after_cr;
    enum sse_result result;
    uint64_t lines; /* whole lines so far: a sign of life that a dribble of bytes does not give */
};

/* max: bytes of one event's data, and of one line. */
void sse_init(struct sse *sse, size_t max, sse_event_cb *event, void *arg);
void sse_free(struct sse *sse);
/* A new connection to the same stream: what was not whole is forgotten, last_id and retry_ms stay. Not from
 * within its callback. */
void sse_restart(struct sse *sse);
/* Takes the next bytes. Once it is not SSE_OK it stays so, and takes nothing. */
enum sse_result sse_feed(struct sse *sse, const char *bytes, size_t len);

#endif
