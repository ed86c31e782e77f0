#include "tui/text/needle.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct needle {
    uint32_t chars[NEEDLE_MAX];
    size_t count;
    bool exact;       /* case counts */
    bool starts[256]; /* first bytes that it can begin with */
};

/* As read: with its case, or without. */
static size_t read_char(bool exact, const char *text, size_t len, uint32_t *cp)
{
    size_t used = utf8_decode(text, len, cp);

    if (!exact)
        *cp = utf8_fold(*cp);
    return used;
}

static void set_starts(struct needle *needle)
{
    uint32_t first = needle->chars[0];

    if (first < 0x80) {
        needle->starts[first] = true;
        if (!needle->exact && first >= 'a' && first <= 'z')
            needle->starts[first - ('a' - 'A')] = true;
    }
    if (first >= 0x80 || !needle->exact) /* some letters beyond ASCII fold into it */
        memset(needle->starts + 0x80, 1, 0x80);
}

struct needle *needle_new(const char *text, size_t len)
{
    struct needle *needle;
    size_t at = 0;

    if (len == 0)
        return NULL;
    needle = xcalloc(1, sizeof *needle);
    while (at < len && needle->count < NEEDLE_MAX) {
        uint32_t cp;

        at += utf8_decode(text + at, len - at, &cp);
        needle->exact = needle->exact || utf8_fold(cp) != cp;
        needle->chars[needle->count++] = cp;
    }
    set_starts(needle);
    return needle;
}

void needle_free(struct needle **needle)
{
    free(*needle);
    *needle = NULL;
}

size_t needle_length(const struct needle *needle)
{
    return needle->count;
}

bool needle_space(const struct needle *needle, size_t index)
{
    return needle->chars[index] == ' ';
}

size_t needle_step(const struct needle *needle, size_t from, const char *text, size_t len, size_t *used,
                   bool *end)
{
    size_t at = 0;
    uint32_t cp;

    while (from < needle->count && at < len) {
        size_t more = read_char(needle->exact, text + at, len - at, &cp);

        if (cp != needle->chars[from])
            break;
        at += more;
        from++;
    }
    *used = at;
    *end = at == len;
    return from;
}

/* --- sources --- */

static bool is_mark(char c)
{
    return c == '*' || c == '_' || c == '`' || c == '~' || c == '\\' || c == '[' || c == ']';
}

static bool is_gap(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '>' || c == '|';
}

static bool likely_at(const struct needle *needle, const char *text, size_t len)
{
    size_t at = 0, matched = 0;
    uint32_t cp;

    while (matched < needle->count) {
        if (needle_space(needle, matched)) {
            size_t gap = at;
            while (gap < len && (is_gap(text[gap]) || is_mark(text[gap])))
                gap++;
            if (gap == at)
                return false;
            at = gap;
            while (matched < needle->count && needle_space(needle, matched))
                matched++;
            continue;
        }
        if (at >= len)
            return false;
        size_t used = read_char(needle->exact, text + at, len - at, &cp);
        if (cp == needle->chars[matched])
            matched++;
        else if (matched == 0 || !is_mark(text[at]))
            return false;
        at += used;
    }
    return true;
}

bool needle_likely(const struct needle *needle, const char *source, size_t len)
{
    bool any = needle_space(needle, 0); /* a gap has many first bytes */

    for (size_t at = 0; at < len; at++)
        if ((any || needle->starts[(unsigned char)source[at]]) && likely_at(needle, source + at, len - at))
            return true;
    return false;
}
