/* Lines are read in place where they came whole; only a line that was cut is copied. */
#include "daemon/agent/sse.h"
#include <string.h>

static const char bom[] = "\xEF\xBB\xBF";

void sse_init(struct sse *sse, size_t max, sse_event_cb *event, void *arg)
{
    *sse = (struct sse){.event = event, .arg = arg, .retry_ms = -1};
    buf_init(&sse->line, max);
    buf_init(&sse->data, max);
    buf_init(&sse->id, SSE_ID_MAX);
    buf_init(&sse->last_id, SSE_ID_MAX);
}

void sse_free(struct sse *sse)
{
    buf_free(&sse->line);
    buf_free(&sse->data);
    buf_free(&sse->id);
    buf_free(&sse->last_id);
}

void sse_restart(struct sse *sse)
{
    buf_free(&sse->line);
    buf_free(&sse->data);
    buf_clear(&sse->id);
    sse->name[0] = '\0';
    sse->has_data = sse->has_id = sse->after_cr = false;
    sse->result = SSE_OK;
    sse->lines = 0;
}

static enum sse_result dispatch(struct sse *sse)
{
    bool more = true;

    if (sse->has_id) {
        buf_clear(&sse->last_id);
        buf_put(&sse->last_id, sse->id.data, sse->id.len);
        sse->has_id = false;
    }
    if (sse->data.len > 0)
        more = sse->event(sse->arg, sse->name, sse->data.data, sse->data.len);
    buf_clear(&sse->data);
    sse->has_data = false;
    sse->name[0] = '\0';
    return more ? SSE_OK : SSE_STOPPED;
}

/* One with a NUL is ignored, as the standard says; other control characters could not be sent back. */
static void take_id(struct sse *sse, const char *value, size_t len)
{
    if (memchr(value, '\0', len))
        return;
    buf_clear(&sse->id);
    sse->has_id = true;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < ' ' || value[i] == 0x7F)
            return;
    buf_put(&sse->id, value, len);
}

/* Digits and nothing else. */
static void take_retry(struct sse *sse, const char *value, size_t len)
{
    int64_t ms = 0;

    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return;
        ms = ms > INT32_MAX ? ms : ms * 10 + (value[i] - '0');
    }
    if (len > 0)
        sse->retry_ms = ms;
}

static enum sse_result take_field(struct sse *sse, const char *name, size_t name_len, const char *value,
                                  size_t len)
{
    if (name_len == 4 && memcmp(name, "data", 4) == 0) {
        if (sse->has_data && !buf_putc(&sse->data, '\n'))
            return SSE_TOO_LARGE;
        sse->has_data = true;
        if (!buf_put(&sse->data, value, len))
            return SSE_TOO_LARGE;
    } else if (name_len == 5 && memcmp(name, "event", 5) == 0) {
        if (len > SSE_NAME_MAX)
            len = 0;
        memcpy(sse->name, value, len);
        sse->name[len] = '\0';
    } else if (name_len == 2 && memcmp(name, "id", 2) == 0) {
        take_id(sse, value, len);
    } else if (name_len == 5 && memcmp(name, "retry", 5) == 0) {
        take_retry(sse, value, len);
    }
    return SSE_OK;
}

static enum sse_result take_line(struct sse *sse, const char *line, size_t len)
{
    if (sse->lines++ == 0 && len >= 3 && memcmp(line, bom, 3) == 0) {
        line += 3;
        len -= 3;
    }
    if (len == 0)
        return dispatch(sse);

    const char *colon = memchr(line, ':', len);
    if (!colon)
        return take_field(sse, line, len, "", 0);
    const char *value = colon + 1, *end = line + len;
    if (value < end && *value == ' ')
        value++;
    return take_field(sse, line, (size_t)(colon - line), value, (size_t)(end - value));
}

/* The first LF or CR, or end. */
static const char *line_end(const char *from, const char *end)
{
    const char *lf = memchr(from, '\n', (size_t)(end - from));
    const char *cr = memchr(from, '\r', (size_t)((lf ? lf : end) - from));

    return cr ? cr : lf ? lf : end;
}

enum sse_result sse_feed(struct sse *sse, const char *bytes, size_t len)
{
    const char *end = bytes + len;

    while (bytes < end && sse->result == SSE_OK) {
        if (sse->after_cr && *bytes == '\n')
            bytes++;
        sse->after_cr = false;

        const char *stop = line_end(bytes, end);
        bool cut = stop == end;
        if (cut || sse->line.len > 0) {
            if (!buf_put(&sse->line, bytes, (size_t)(stop - bytes)))
                sse->result = SSE_TOO_LARGE;
            if (cut || sse->result != SSE_OK)
                break;
            sse->result = take_line(sse, sse->line.data, sse->line.len);
            buf_clear(&sse->line);
        } else {
            sse->result = take_line(sse, bytes, (size_t)(stop - bytes));
        }
        sse->after_cr = *stop == '\r';
        bytes = stop + 1;
    }
    return sse->result;
}
