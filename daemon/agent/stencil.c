/* Why that is safe: within JSON a bare quote begins or ends a string, so `"key":` is a member wherever it
 * stands, and a string of whole characters without quotes, backslashes and control characters is what it
 * looks like. */
#include "daemon/agent/stencil.h"
#include "shared/utf8.h"
#include <stdio.h>
#include <string.h>

void stencil_init(struct stencil *stencil)
{
    buf_init(&stencil->before, STENCIL_SIDE_MAX);
    buf_init(&stencil->after, STENCIL_SIDE_MAX);
}

void stencil_clear(struct stencil *stencil)
{
    buf_free(&stencil->before);
    buf_free(&stencil->after);
}

/* Where the value of the only member of that name begins, behind its quote; NULL if there is none such. */
static const char *only_value(const char *text, size_t len, const char *key)
{
    char member[64];
    int size = snprintf(member, sizeof member, "\"%s\":", key);
    const char *end = text + len, *found = memmem(text, len, member, (size_t)size);

    if (!found)
        return NULL;
    found += size;
    if (memmem(found, (size_t)(end - found), member, (size_t)size))
        return NULL;
    if (found < end && *found == ' ')
        found++;
    return found < end && *found == '"' ? found + 1 : NULL;
}

static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == '"' || text[i] == '\\')
            return false;
    return utf8_valid(text, len);
}

void stencil_learn(struct stencil *stencil, const char *text, size_t len, const char *key, const char *value)
{
    const char *found = only_value(text, len, key), *end = text + len;
    size_t value_len = strlen(value);

    buf_clear(&stencil->before);
    buf_clear(&stencil->after);
    if (!found || value_len >= (size_t)(end - found) || memcmp(found, value, value_len) != 0 ||
        found[value_len] != '"' || !is_plain(value, value_len))
        return;
    if (!buf_put(&stencil->after, found + value_len, (size_t)(end - found) - value_len) ||
        !buf_put(&stencil->before, text, (size_t)(found - text)))
        buf_clear(&stencil->before);
}

bool stencil_match(const struct stencil *stencil, const char *text, size_t len, const char **value,
                   size_t *value_len)
{
    const struct buf *before = &stencil->before, *after = &stencil->after;

    if (before->len == 0 || len < before->len + after->len || memcmp(text, before->data, before->len) != 0 ||
        memcmp(text + len - after->len, after->data, after->len) != 0)
        return false;
    *value = text + before->len;
    *value_len = len - before->len - after->len;
    return is_plain(*value, *value_len);
}
