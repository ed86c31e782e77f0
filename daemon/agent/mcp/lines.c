/* The trap: a line may come whole, in pieces, or with its end alone in the next piece, and the same must come
 * out of all three. So the cap counts what is before \n, and \r is taken off last. */
#include "daemon/agent/mcp/lines.h"
#include <string.h>

enum { KEPT_BYTES = 16 << 10 /* a larger buffer is given back when its line is done */ };

void lines_init(struct lines *lines, size_t max, bool cut)
{
    *lines = (struct lines){.cut = cut};
    buf_init(&lines->held, max);
}

void lines_free(struct lines *lines)
{
    buf_free(&lines->held);
}

static void forget(struct lines *lines)
{
    if (lines->held.cap > KEPT_BYTES)
        buf_free(&lines->held);
    else
        buf_clear(&lines->held);
    lines->given = lines->over = false;
}

/* Appends to what is held; false if it is too long. */
static bool hold(struct lines *lines, const char *bytes, size_t len)
{
    size_t room = lines->held.max - lines->held.len;

    if (len > room) {
        lines->over = true;
        len = room;
    }
    return buf_put(&lines->held, bytes, len) && (!lines->over || lines->cut);
}

static void show(const struct lines *lines, char *text, size_t len, char **line, size_t *line_len)
{
    *line = text;
    *line_len = len - (len > 0 && !lines->over && text[len - 1] == '\r');
}

enum lines_found lines_next(struct lines *lines, char **bytes, size_t *len, char **line, size_t *line_len)
{
    char *start = *bytes;

    if (lines->given)
        forget(lines);
    if (*len == 0)
        return LINES_MORE;
    char *end = memchr(start, '\n', *len);
    size_t count = end ? (size_t)(end - start) : *len;
    *bytes += count + (end ? 1 : 0);
    *len -= count + (end ? 1 : 0);
    if (end && lines->held.len == 0 && !lines->over && count <= lines->held.max) {
        show(lines, start, count, line, line_len);
        return LINES_LINE;
    }
    if (!hold(lines, start, count))
        return LINES_LONG;
    if (!end)
        return LINES_MORE;
    lines->given = true;
    show(lines, lines->held.data, lines->held.len, line, line_len);
    return LINES_LINE;
}

bool lines_last(struct lines *lines, char **line, size_t *line_len)
{
    if (lines->given)
        forget(lines);
    if (lines->held.len == 0)
        return false;
    lines->given = true;
    show(lines, lines->held.data, lines->held.len, line, line_len);
    return true;
}
