/* Grows by doubling, up to its cap and one byte for the NUL. Each append is all or nothing, so a buffer that
 * was refused something still holds whole pieces only. */
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 64 };

static char nothing[1]; /* what an empty buffer shows; never written */

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.data = nothing, .max = max};
}

void buf_free(struct buf *buf)
{
    bool wipes = buf->wipes;

    if (buf->cap && wipes)
        explicit_bzero(buf->data, buf->cap);
    if (buf->cap)
        free(buf->data);
    buf_init(buf, buf->max);
    buf->wipes = wipes;
}

void buf_clear(struct buf *buf)
{
    buf_truncate(buf, 0);
}

/* As realloc, but that nothing is left behind. */
static char *moved(struct buf *buf, size_t cap)
{
    char *data = malloc(cap);

    if (data && buf->cap) {
        memcpy(data, buf->data, buf->len);
        explicit_bzero(buf->data, buf->cap);
        free(buf->data);
    }
    return data;
}

bool buf_reserve(struct buf *buf, size_t count)
{
    if (count > buf->max - buf->len || buf->len + count == SIZE_MAX)
        return false;
    size_t needed = buf->len + count + 1;
    if (needed <= buf->cap)
        return true;

    size_t cap = buf->cap ? buf->cap : BUF_FIRST;
    while (cap < needed)
        cap = cap > SIZE_MAX / 2 ? needed : cap * 2;
    if (cap - 1 > buf->max)
        cap = buf->max + 1;

    char *data = buf->wipes ? moved(buf, cap) : realloc(buf->cap ? buf->data : NULL, cap);
    if (!data)
        return false;
    data[buf->len] = '\0';
    buf->data = data;
    buf->cap = cap;
    return true;
}

bool buf_put(struct buf *buf, const void *data, size_t len)
{
    if (len == 0)
        return true;
    if (!buf_reserve(buf, len))
        return false;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_puts(struct buf *buf, const char *text)
{
    return buf_put(buf, text, strlen(text));
}

bool buf_putc(struct buf *buf, char byte)
{
    return buf_put(buf, &byte, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    bool fits = buf_vprintf(buf, format, args);
    va_end(args);
    return fits;
}

bool buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    size_t room = buf->cap ? buf->cap - buf->len : 0;

    va_copy(again, args);
    int len = vsnprintf(room ? buf->data + buf->len : NULL, room, format, args);
    bool fits = len >= 0 && buf_reserve(buf, (size_t)len);
    if (fits && (size_t)len >= room)
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    va_end(again);

    if (fits)
        buf->len += (size_t)len;
    else
        buf_truncate(buf, buf->len); /* the first attempt may have written past len */
    return fits;
}

/* The escape of a byte that cannot stand in a JSON string. */
static const char *json_escape(unsigned char byte, char scratch[8])
{
    switch (byte) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        snprintf(scratch, 8, "\\u%04X", byte);
        return scratch;
    }
}

/* How many bytes there are before the first that cannot stand in a JSON string. */
static size_t json_plain(const char *text, size_t len)
{
    static const bool escaped[256] = {[0 ... 0x1f] = true, ['"'] = true, ['\\'] = true};
    size_t at = 0;

    while (at < len && !escaped[(unsigned char)text[at]])
        at++;
    return at;
}

bool buf_put_json(struct buf *buf, const char *text, size_t len)
{
    size_t before = buf->len, at = 0;
    bool fits = true;

    while (at < len && fits) {
        size_t plain = json_plain(text + at, len - at);
        char scratch[8];

        fits = buf_put(buf, text + at, plain);
        at += plain;
        if (at < len && fits)
            fits = buf_puts(buf, json_escape((unsigned char)text[at++], scratch));
    }
    if (!fits)
        buf_truncate(buf, before);
    return fits;
}

void buf_drop(struct buf *buf, size_t count)
{
    if (count == 0)
        return;
    memmove(buf->data, buf->data + count, buf->len - count);
    buf_truncate(buf, buf->len - count);
}

void buf_truncate(struct buf *buf, size_t len)
{
    if (!buf->cap)
        return;
    if (buf->wipes)
        explicit_bzero(buf->data + len, buf->len - len);
    buf->len = len;
    buf->data[len] = '\0';
}

char *buf_take(struct buf *buf)
{
    char *data = buf->cap ? buf->data : xstrdup("");

    buf_init(buf, buf->max);
    return data;
}
