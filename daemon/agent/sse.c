/* Lines are read in place where they came whole; only a line that was cut is copied. */
#include "daemon/agent/sse.h"
#include <string.h>

static const char bom[] = "\xEF\xBB\xBF";

void sse_init(struct sse *sse, size_t max, sse_event_cb *event, void *arg)
{
    *sse = (struct sse){.event = event, .arg = arg};
    buf_init(&sse->line, max);
    buf_init(&sse->data, max);
}

void sse_free(struct sse *sse)
{
    buf_free(&sse->line);
    buf_free(&sse->data);
}

static enum sse_result dispatch(struct sse *sse)
{
    bool more = true;

    if (sse->data.len > 0)
        more = sse->event(sse->arg, sse->name, sse->data.data, sse->data.len);
    buf_clear(&sse->data);
    sse->has_data = false;
    sse->name[0] = '\0';
    return more ? SSE_OK : SSE_STOPPED;
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
