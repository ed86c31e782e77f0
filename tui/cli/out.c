/* Text goes to stdio; a write that fails makes the output broken, and who writes looks at that when it suits.
 */
#include "tui/cli/out.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 << 20, GROWTH = 3 /* a byte may become a U+FFFD */ };

void out_init(struct out *out, FILE *file)
{
    *out = (struct out){.file = file};
    sanitise_init(&out->sanitise, SANITISE_STRIP);
}

static void put(struct out *out, const char *bytes, size_t len)
{
    if (out->broken || len == 0)
        return;
    if (fwrite(bytes, 1, len, out->file) != len) {
        out->broken = true;
        out->why = errno;
    }
}

bool out_flush(struct out *out)
{
    if (!out->broken && fflush(out->file) != 0) {
        out->broken = true;
        out->why = errno;
    }
    return !out->broken;
}

/* --- text --- */

void out_stream(struct out *out, const char *text, size_t len)
{
    struct buf clean;

    buf_init(&clean, len * GROWTH + 16);
    sanitise_feed(&out->sanitise, text, len, &clean);
    put(out, clean.data, clean.len);
    buf_free(&clean);
    out_flush(out);
}

void out_stream_end(struct out *out)
{
    struct buf clean;

    buf_init(&clean, 16);
    sanitise_end(&out->sanitise, &clean);
    put(out, clean.data, clean.len);
    buf_free(&clean);
    sanitise_init(&out->sanitise, SANITISE_STRIP);
    out_flush(out);
}

void out_text(struct out *out, const char *text, size_t len)
{
    char *clean;

    if (out->exact) {
        put(out, text, len);
        return;
    }
    clean = sanitise_text(text, len, SANITISE_STRIP, TEXT_MAX);
    put(out, clean, strlen(clean));
    free(clean);
}

void out_printf(struct out *out, const char *format, ...)
{
    struct buf text;
    va_list args;

    buf_init(&text, TEXT_MAX);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    out_text(out, text.data, text.len);
    buf_free(&text);
}

/* --- JSON --- */

/* What terminals obey or hide, and what is a line break to some readers. */
static bool is_unsafe(uint32_t cp)
{
    return (cp >= 0x7f && cp <= 0x9f) || cp == 0xad || cp == 0x34f || cp == 0x61c || cp == 0x115f ||
           cp == 0x1160 || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || cp == 0x3164 || cp == 0xfeff || cp == 0xffa0 ||
           (cp >= 0xfff9 && cp <= 0xfffb) || (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* A character beyond the first 64 Ki is two units in JSON. */
static void put_escape(struct out *out, uint32_t cp)
{
    char escape[16];
    unsigned high = 0xd7c0 + (unsigned)(cp >> 10), low = 0xdc00 + (unsigned)(cp & 0x3ff);
    int len = cp > 0xffff ? snprintf(escape, sizeof escape, "\\u%04x\\u%04x", high, low)
                          : snprintf(escape, sizeof escape, "\\u%04x", (unsigned)cp);

    put(out, escape, (size_t)len);
}

static void put_json(struct out *out, const char *text, size_t len)
{
    size_t from = 0, at = 0;

    while (at < len) {
        uint32_t cp;
        size_t used = 1;

        if ((unsigned char)text[at] >= 0x7f) {
            used = utf8_decode(text + at, len - at, &cp);
            if (is_unsafe(cp)) {
                put(out, text + from, at - from);
                put_escape(out, cp);
                from = at + used;
            }
        } else if (text[at] == '\n' ||
                   text[at] == '\r') { /* white space between values: strings cannot hold it */
            put(out, text + from, at - from);
            put(out, " ", 1);
            from = at + 1;
        }
        at += used;
    }
    put(out, text + from, len - from);
}

void out_json_text(struct out *out, const char *text, size_t len)
{
    put_json(out, text, len);
    put(out, "\n", 1);
    out_flush(out);
}

void out_json_part(struct out *out, const json_t *json)
{
    size_t len;
    char *text = jsonx_dump(json, &len);

    put_json(out, text, len);
    free(text);
}

void out_json(struct out *out, const json_t *json)
{
    out_json_part(out, json);
    put(out, "\n", 1);
    out_flush(out);
}
