/* What jansson leaves open is closed here: nesting is bounded before it recurses, and strings are made valid
 * before it refuses them. Running out of memory aborts, as in xalloc.h. */
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_SIZE = 160, DUMP_FLAGS = JSON_COMPACT | JSON_ENCODE_ANY };

static void explain(char error[ERROR_SIZE], const char *what)
{
    if (error)
        snprintf(error, ERROR_SIZE, "%s", what);
}

/* The deepest nesting of brackets outside strings, and at least as many values as there are. Exact for valid
 * JSON; for the rest jansson stops where it is wrong. */
static size_t nesting(const char *text, size_t len, size_t *values)
{
    size_t depth = 0, deepest = 0;
    bool in_string = false;

    *values = 1;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == ',') {
            ++*values;
        } else if (c == '[' || c == '{') {
            ++*values;
            if (++depth > deepest)
                deepest = depth;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

json_t *jsonx_parse_few(const char *text, size_t len, size_t most, char error[ERROR_SIZE])
{
    json_error_t why;
    size_t values;

    if (memchr(text, '\0', len)) {
        explain(error, "a NUL byte, which JSON does not allow");
        return NULL;
    }
    if (nesting(text, len, &values) > JSONX_DEPTH_MAX) {
        if (error)
            snprintf(error, ERROR_SIZE, "nested deeper than %d", JSONX_DEPTH_MAX);
        return NULL;
    }
    if (values > most) {
        if (error)
            snprintf(error, ERROR_SIZE, "more than %zu values", most);
        return NULL;
    }
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!value && error) {
        /* jansson quotes the input, and may cut it within a character */
        char *line = sanitise_line(why.text, strlen(why.text), ERROR_SIZE - 48);

        snprintf(error, ERROR_SIZE, "line %d column %d: %s", why.line, why.column, line);
        free(line);
    }
    return value;
}

json_t *jsonx_parse(const char *text, size_t len, char error[ERROR_SIZE])
{
    return jsonx_parse_few(text, len, SIZE_MAX, error);
}

/* --- writing ---
 * The same bytes as jansson's own, which looks at each character of a string by itself: with a long text that
 * was most of what a reply cost. */

static bool put_value(const json_t *value, struct buf *out);

static bool put_string(const char *text, size_t len, struct buf *out)
{
    return buf_putc(out, '"') && buf_put_json(out, text, len) && buf_putc(out, '"');
}

static bool put_array(const json_t *array, struct buf *out)
{
    bool fits = buf_putc(out, '[');

    for (size_t i = 0; i < json_array_size(array) && fits; i++)
        fits = (i == 0 || buf_putc(out, ',')) && put_value(json_array_get(array, i), out);
    return fits && buf_putc(out, ']');
}

static bool put_object(const json_t *value, struct buf *out)
{
    json_t *object = (json_t *)value; /* jansson's iterators are not const */
    void *first = json_object_iter(object);
    bool fits = buf_putc(out, '{');

    for (void *at = first; at && fits; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        fits = (at == first || buf_putc(out, ',')) && put_string(key, strlen(key), out) &&
               buf_putc(out, ':') && put_value(json_object_iter_value(at), out);
    }
    return fits && buf_putc(out, '}');
}

static bool put_real(const json_t *value, struct buf *out)
{
    char text[64];

    return buf_put(out, text, json_dumpb(value, text, sizeof text, DUMP_FLAGS));
}

static bool put_value(const json_t *value, struct buf *out)
{
    if (!value)
        return false;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return put_object(value, out);
    case JSON_ARRAY:
        return put_array(value, out);
    case JSON_STRING:
        return put_string(json_string_value(value), json_string_length(value), out);
    case JSON_INTEGER:
        return buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL:
        return put_real(value, out);
    case JSON_TRUE:
        return buf_puts(out, "true");
    case JSON_FALSE:
        return buf_puts(out, "false");
    case JSON_NULL:
        return buf_puts(out, "null");
    }
    return false;
}

char *jsonx_dump(const json_t *value, size_t *len)
{
    struct buf out;

    buf_init(&out, SIZE_MAX);
    if (!jsonx_dump_buf(value, &out))
        abort();
    if (len)
        *len = out.len;
    return buf_take(&out);
}

bool jsonx_dump_buf(const json_t *value, struct buf *out)
{
    size_t before = out->len;

    if (put_value(value, out))
        return true;
    buf_truncate(out, before);
    return false;
}

const char *jsonx_str(const json_t *obj, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(obj, key));

    return text ? text : fallback;
}

int64_t jsonx_int(const json_t *obj, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(obj, key);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

double jsonx_real(const json_t *obj, const char *key, double fallback)
{
    const json_t *value = json_object_get(obj, key);

    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool jsonx_bool(const json_t *obj, const char *key, bool fallback)
{
    const json_t *value = json_object_get(obj, key);

    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

json_t *jsonx_obj(const json_t *obj, const char *key)
{
    json_t *value = json_object_get(obj, key);

    return json_is_object(value) ? value : NULL;
}

json_t *jsonx_arr(const json_t *obj, const char *key)
{
    json_t *value = json_object_get(obj, key);

    return json_is_array(value) ? value : NULL;
}

/* Takes value. */
static void set(json_t *obj, const char *key, json_t *value)
{
    if (json_object_set_new(obj, key, value) < 0)
        abort();
}

void jsonx_set_str(json_t *obj, const char *key, const char *text)
{
    jsonx_set_strn(obj, key, text, text ? strlen(text) : 0);
}

/* A NUL is replaced too: jsonx_parse of the other side would refuse it. */
static json_t *repaired(const char *text, size_t len)
{
    struct buf valid;
    uint32_t cp;
    char bytes[4];

    buf_init(&valid, SIZE_MAX);
    for (size_t at = 0; at < len;) {
        at += utf8_decode(text + at, len - at, &cp);
        if (!buf_put(&valid, bytes, utf8_encode(cp ? cp : 0xFFFD, bytes)))
            abort();
    }
    json_t *string = json_stringn(valid.data, valid.len);
    buf_free(&valid);
    return string;
}

void jsonx_set_strn(json_t *obj, const char *key, const char *text, size_t len)
{
    if (!text)
        json_object_del(obj, key);
    else if (utf8_valid(text, len) && !memchr(text, '\0', len))
        set(obj, key, json_stringn_nocheck(text, len));
    else
        set(obj, key, repaired(text, len));
}

void jsonx_set_int(json_t *obj, const char *key, int64_t value)
{
    set(obj, key, json_integer(value));
}

/* --- what is secret --- */

static void wipe_and_free(void *block)
{
    if (block)
        explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

void jsonx_set_wiping(bool on)
{
    json_malloc_t allocate;
    json_free_t unused;

    json_get_alloc_funcs(&allocate, &unused);
    json_set_alloc_funcs(allocate, on ? wipe_and_free : free);
}
