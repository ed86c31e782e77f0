/* Comparing costs time by the size of the values, which others choose: each node is a step, and the steps are
 * counted. Elements are told apart by hash first, so that an array of different ones costs no square. */
#include "daemon/agent/mcp/json_value.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOW_MAX = 200 };

/* A long double holds any int64 and any double. */
static long double number(const json_t *value)
{
    return json_is_integer(value) ? (long double)json_integer_value(value)
                                  : (long double)json_real_value(value);
}

int json_value_order(const json_t *a, const json_t *b)
{
    long double left = number(a), right = number(b);

    return left < right ? -1 : left > right;
}

bool json_value_is_integer(const json_t *value)
{
    return json_is_integer(value) ||
           (json_is_real(value) && floor(json_real_value(value)) == json_real_value(value));
}

bool json_value_is_multiple(const json_t *value, const json_t *of)
{
    long double quotient, rest;

    if (json_is_integer(value) && json_is_integer(of)) /* % -1 of the least integer would trap */
        return llabs(json_integer_value(of)) <= 1 || json_integer_value(value) % json_integer_value(of) == 0;
    quotient = number(value) / number(of);
    if (!isfinite(quotient))
        return false;
    if (fabsl(quotient) > 1e19L) /* what follows has no digits left to tell */
        return fmodl(number(value), number(of)) == 0;
    /* 0.3 is no multiple of 0.1 in binary: what rounding alone explains is let pass. */
    rest = fabsl(quotient - roundl(quotient));
    return rest <= 1e-12L + fabsl(quotient) * 1e-15L;
}

/* --- sameness --- */

static bool same_objects(const json_t *a, const json_t *b, long *steps)
{
    const char *key;
    json_t *value;

    if (json_object_size(a) != json_object_size(b))
        return false;
    json_object_foreach((json_t *)a, key, value)
    {
        const json_t *other = json_object_get(b, key);

        if (!other || !json_value_same(value, other, steps))
            return false;
    }
    return true;
}

bool json_value_same(const json_t *a, const json_t *b, long *steps)
{
    if (--*steps < 0)
        return false;
    if (a == b)
        return true;
    if (json_is_number(a) && json_is_number(b))
        return json_value_order(a, b) == 0;
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_string(a)) {
        size_t len = json_string_length(a);

        if (len != json_string_length(b))
            return false;
        *steps -= (long)(len / 64);
        return memcmp(json_string_value(a), json_string_value(b), len) == 0;
    }
    if (json_is_object(a))
        return same_objects(a, b, steps);
    if (json_is_array(a)) {
        if (json_array_size(a) != json_array_size(b))
            return false;
        for (size_t i = 0; i < json_array_size(a); i++)
            if (!json_value_same(json_array_get(a, i), json_array_get(b, i), steps))
                return false;
    }
    return true;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

/* Equal for what is the same. */
static uint64_t hash_of(const json_t *value, long *steps)
{
    uint64_t hash = 0xcbf29ce484222325u + (uint64_t)json_typeof(value);
    const char *key;
    json_t *member;

    if (--*steps < 0)
        return 0;
    if (json_is_number(value)) {
        double real = (double)number(value) + 0.0; /* -0 becomes 0 */

        return mix(1, &real, sizeof real);
    }
    if (json_is_string(value)) {
        *steps -= (long)(json_string_length(value) / 64);
        return mix(hash, json_string_value(value), json_string_length(value));
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        uint64_t of = hash_of(json_array_get(value, i), steps);
        hash = mix(hash, &of, sizeof of);
    }
    json_object_foreach((json_t *)value, key, member)
    {
        uint64_t of = hash_of(member, steps);
        hash += mix(of, key, strlen(key)); /* a sum: their order must not matter */
    }
    return hash;
}

struct entry {
    uint64_t hash;
    size_t index;
};

static int order_of_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

long json_value_twice(const json_t *array, long *steps)
{
    size_t count = json_array_size(array);
    struct entry *entries;
    long twice = -1;

    if (count < 2)
        return -1;
    entries = xreallocarray(NULL, count, sizeof *entries);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct entry){hash_of(json_array_get(array, i), steps), i};
    qsort(entries, count, sizeof *entries, order_of_entries);
    for (size_t i = 1; i < count && twice < 0 && *steps >= 0; i++)
        for (size_t j = i; j-- > 0 && entries[j].hash == entries[i].hash && *steps >= 0;)
            if (json_value_same(json_array_get(array, entries[i].index),
                                json_array_get(array, entries[j].index), steps)) {
                twice = (long)entries[i].index;
                break;
            }
    free(entries);
    return twice;
}

/* --- shown --- */

void json_value_show(const json_t *value, char *out, size_t max)
{
    struct buf text;
    size_t len;

    /* One that is too long to be dumped at all is named by its kind: dumping stops at the cap. */
    buf_init(&text, 4 * SHOW_MAX);
    if (json_is_string(value) && json_string_length(value) > SHOW_MAX) {
        len = utf8_cut(json_string_value(value), json_string_length(value), SHOW_MAX);
        json_t *start = json_stringn(json_string_value(value), len);

        jsonx_dump_buf(start, &text);
        json_decref(start);
    } else if (!jsonx_dump_buf(value, &text)) {
        buf_printf(&text, "%s", json_is_array(value) ? "[...]" : json_is_object(value) ? "{...}" : "...");
    }
    if (text.len <= max) {
        memcpy(out, text.data, text.len + 1);
    } else {
        len = utf8_cut(text.data, text.len, max - 3);
        memcpy(out, text.data, len);
        memcpy(out + len, "...", 4);
    }
    buf_free(&text);
}

void json_value_mend(char *text)
{
    size_t len = strlen(text);
    uint32_t cp;

    for (size_t at = 0; at < len;) {
        size_t used = utf8_decode(text + at, len - at, &cp);

        if (!utf8_valid(text + at, used))
            memset(text + at, '?', used);
        at += used;
    }
}
