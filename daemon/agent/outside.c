/* The depth is looked at with an end, so that a value as deep as transports let through costs no stack. */
#include "daemon/agent/outside.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <string.h>

size_t outside_bytes(const json_t *value)
{
    return json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
}

static bool is_deeper(const json_t *value, int left)
{
    const char *name;
    size_t i;
    json_t *member;

    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (left == 0)
        return true;
    json_object_foreach((json_t *)value, name, member)
    {
        if (is_deeper(member, left - 1))
            return true;
    }
    json_array_foreach(value, i, member)
    {
        if (is_deeper(member, left - 1))
            return true;
    }
    return false;
}

bool outside_is_deep(const json_t *value)
{
    return is_deeper(value, OUTSIDE_DEPTH_MAX);
}

char *outside_text(const char *text, size_t max)
{
    size_t len = strlen(text);

    return xstrndup(text, len > max ? utf8_cut(text, len, max) : len);
}
