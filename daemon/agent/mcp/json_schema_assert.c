/* The keywords of JSON Schema that look at one value and need no other schema, and how what is wrong is said.
 * A keyword that is for another kind of value says that it fits. */
#include "daemon/agent/mcp/json_schema_run.h"
#include "daemon/agent/mcp/json_value.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_MAX = 96, VALUE_MAX = 40, CHOICES_MAX = 100 };

/* --- saying it --- */

static void put_place(const struct json_schema_place *place, struct buf *out)
{
    if (!place)
        return;
    put_place(place->up, out);
    if (place->key)
        buf_printf(out, "/%s", place->key);
    else if (place->up)
        buf_printf(out, "/%zu", place->index);
}

enum json_schema_result json_schema_differs(struct json_schema_at *at, const char *format, ...)
{
    char what[JSON_SCHEMA_ERROR_MAX], value[VALUE_MAX + 1];
    struct buf place;
    size_t cut;
    va_list args;

    if (at->run->quiet)
        return JSON_SCHEMA_DIFFERS;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    buf_init(&place, 64 << 10);
    put_place(at->place, &place);
    json_value_show(at->value, value, VALUE_MAX);
    cut = place.len > PLACE_MAX ? PLACE_MAX : place.len;
    cut = utf8_cut(place.data, place.len, cut);
    snprintf(at->run->error, JSON_SCHEMA_ERROR_MAX, "%.*s%s is %s; it must %s", (int)cut,
             place.len ? place.data : "",
             place.len > cut ? "..."
             : place.len     ? ""
                             : "the value",
             value, what);
    buf_free(&place);
    return JSON_SCHEMA_DIFFERS;
}

enum json_schema_result json_schema_unusable(struct json_schema_at *at, const char *what)
{
    snprintf(at->run->error, JSON_SCHEMA_ERROR_MAX, "the schema's \"%s\" %s", at->keyword, what);
    return JSON_SCHEMA_UNUSABLE;
}

enum json_schema_result json_schema_steps(struct json_schema_at *at, size_t steps)
{
    if (at->run->steps < 0 || steps > (size_t)at->run->steps) {
        snprintf(at->run->error, JSON_SCHEMA_ERROR_MAX, "the schema takes too long to check");
        at->run->steps = -1;
        return JSON_SCHEMA_UNUSABLE;
    }
    at->run->steps -= (long)steps;
    return JSON_SCHEMA_FITS;
}

/* --- any value --- */

static bool is_type(const json_t *value, const char *type, bool *known)
{
    static const struct {
        const char *name;
        json_type type;
    } types[] = {
        {"array", JSON_ARRAY}, {"null", JSON_NULL}, {"object", JSON_OBJECT}, {"string", JSON_STRING}};

    *known = true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i].name) == 0)
            return json_typeof(value) == types[i].type;
    if (strcmp(type, "boolean") == 0)
        return json_is_boolean(value);
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    if (strcmp(type, "integer") == 0)
        return json_value_is_integer(value);
    *known = false;
    return false;
}

enum json_schema_result json_schema_type(struct json_schema_at *at, const json_t *rule)
{
    size_t count = json_is_array(rule) ? json_array_size(rule) : 1;
    char names[JSON_SCHEMA_ERROR_MAX] = "";
    bool fits = false, known;

    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_is_array(rule) ? json_array_get(rule, i) : rule);
        size_t len = strlen(names);

        if (!name)
            return json_schema_unusable(at, "is no type's name");
        fits |= is_type(at->value, name, &known);
        if (!known)
            return json_schema_unusable(at, "is a type that is not known");
        if (len < sizeof names - 32)
            snprintf(names + len, sizeof names - len, "%s%s", i ? " or " : "", name);
    }
    return fits ? JSON_SCHEMA_FITS : json_schema_differs(at, "be of type %s", names);
}

static void put_choices(const json_t *rule, char out[CHOICES_MAX + 32])
{
    size_t len = 0;

    for (size_t i = 0; i < json_array_size(rule) && len < CHOICES_MAX; i++) {
        char value[VALUE_MAX + 1];

        json_value_show(json_array_get(rule, i), value, 20);
        len += (size_t)snprintf(out + len, CHOICES_MAX + 32 - len, "%s%s", i ? ", " : "", value);
    }
    if (len >= CHOICES_MAX)
        memcpy(out + len, ", ...", 6);
}

enum json_schema_result json_schema_enum(struct json_schema_at *at, const json_t *rule)
{
    char choices[CHOICES_MAX + 32] = "";

    if (!json_is_array(rule))
        return json_schema_unusable(at, "is no array");
    for (size_t i = 0; i < json_array_size(rule); i++) {
        bool same = json_value_same(at->value, json_array_get(rule, i), &at->run->steps);

        if (json_schema_steps(at, 1))
            return JSON_SCHEMA_UNUSABLE;
        if (same)
            return JSON_SCHEMA_FITS;
    }
    put_choices(rule, choices);
    return json_schema_differs(at, "be one of %s", choices);
}

enum json_schema_result json_schema_const(struct json_schema_at *at, const json_t *rule)
{
    bool same = json_value_same(at->value, rule, &at->run->steps);
    char value[VALUE_MAX + 1];

    if (json_schema_steps(at, 1))
        return JSON_SCHEMA_UNUSABLE;
    json_value_show(rule, value, VALUE_MAX);
    return same ? JSON_SCHEMA_FITS : json_schema_differs(at, "be %s", value);
}

/* --- numbers --- */

/* least: of json_value_order(value, rule). sign: 1 for a minimum, -1 for a maximum. */
static enum json_schema_result bound(struct json_schema_at *at, const json_t *rule, int sign, bool exclusive)
{
    char limit[VALUE_MAX + 1];
    int order;

    if (!json_is_number(rule))
        return json_schema_unusable(at, "is no number");
    if (!json_is_number(at->value))
        return JSON_SCHEMA_FITS;
    order = sign * json_value_order(at->value, rule);
    if (exclusive ? order > 0 : order >= 0)
        return JSON_SCHEMA_FITS;
    json_value_show(rule, limit, VALUE_MAX);
    if (exclusive)
        return json_schema_differs(at, "be %s than %s", sign > 0 ? "more" : "less", limit);
    return json_schema_differs(at, "be at %s %s", sign > 0 ? "least" : "most", limit);
}

/* Draft-04 says by a boolean beside the bound that it is exclusive. */
enum json_schema_result json_schema_minimum(struct json_schema_at *at, const json_t *rule)
{
    return bound(at, rule, 1, json_is_true(json_object_get(at->schema, "exclusiveMinimum")));
}

enum json_schema_result json_schema_maximum(struct json_schema_at *at, const json_t *rule)
{
    return bound(at, rule, -1, json_is_true(json_object_get(at->schema, "exclusiveMaximum")));
}

enum json_schema_result json_schema_exclusive_minimum(struct json_schema_at *at, const json_t *rule)
{
    return json_is_boolean(rule) ? JSON_SCHEMA_FITS : bound(at, rule, 1, true);
}

enum json_schema_result json_schema_exclusive_maximum(struct json_schema_at *at, const json_t *rule)
{
    return json_is_boolean(rule) ? JSON_SCHEMA_FITS : bound(at, rule, -1, true);
}

enum json_schema_result json_schema_multiple_of(struct json_schema_at *at, const json_t *rule)
{
    char of[VALUE_MAX + 1];

    if (!json_is_number(rule) || json_number_value(rule) <= 0)
        return json_schema_unusable(at, "is no number above 0");
    if (!json_is_number(at->value) || json_value_is_multiple(at->value, rule))
        return JSON_SCHEMA_FITS;
    json_value_show(rule, of, VALUE_MAX);
    return json_schema_differs(at, "be a multiple of %s", of);
}

/* --- counts --- */

static bool take_count(const json_t *rule, size_t *count)
{
    if (!json_is_number(rule) || !json_value_is_integer(rule) || json_number_value(rule) < 0)
        return false;
    *count = json_number_value(rule) >= 1e15 ? SIZE_MAX : (size_t)json_number_value(rule);
    return true;
}

static enum json_schema_result count_of(struct json_schema_at *at, const json_t *rule, bool applies,
                                        size_t count, bool least, const char *what)
{
    size_t limit;

    if (!take_count(rule, &limit))
        return json_schema_unusable(at, "is no count");
    if (!applies || (least ? count >= limit : count <= limit))
        return JSON_SCHEMA_FITS;
    return json_schema_differs(at, "have at %s %zu %s", least ? "least" : "most", limit, what);
}

static enum json_schema_result length(struct json_schema_at *at, const json_t *rule, bool least)
{
    const char *text = json_string_value(at->value);
    size_t len = json_string_length(at->value), count = 0;

    if (json_schema_steps(at, len / 16))
        return JSON_SCHEMA_UNUSABLE;
    for (size_t i = 0; i < len; i++)
        count += (text[i] & 0xC0) != 0x80; /* one for each code point */
    return count_of(at, rule, text != NULL, count, least, "characters");
}

enum json_schema_result json_schema_min_length(struct json_schema_at *at, const json_t *rule)
{
    return length(at, rule, true);
}

enum json_schema_result json_schema_max_length(struct json_schema_at *at, const json_t *rule)
{
    return length(at, rule, false);
}

enum json_schema_result json_schema_min_items(struct json_schema_at *at, const json_t *rule)
{
    return count_of(at, rule, json_is_array(at->value), json_array_size(at->value), true, "items");
}

enum json_schema_result json_schema_max_items(struct json_schema_at *at, const json_t *rule)
{
    return count_of(at, rule, json_is_array(at->value), json_array_size(at->value), false, "items");
}

enum json_schema_result json_schema_min_properties(struct json_schema_at *at, const json_t *rule)
{
    return count_of(at, rule, json_is_object(at->value), json_object_size(at->value), true, "members");
}

enum json_schema_result json_schema_max_properties(struct json_schema_at *at, const json_t *rule)
{
    return count_of(at, rule, json_is_object(at->value), json_object_size(at->value), false, "members");
}

enum json_schema_result json_schema_unique_items(struct json_schema_at *at, const json_t *rule)
{
    long twice;

    if (!json_is_boolean(rule))
        return json_schema_unusable(at, "is neither true nor false");
    if (json_is_false(rule) || !json_is_array(at->value))
        return JSON_SCHEMA_FITS;
    twice = json_value_twice(at->value, &at->run->steps);
    if (json_schema_steps(at, 1))
        return JSON_SCHEMA_UNUSABLE;
    if (twice < 0)
        return JSON_SCHEMA_FITS;
    return json_schema_differs(at, "have no item twice (item %ld is there before)", twice);
}

/* --- texts --- */

static const struct pattern *compiled(struct json_schema_at *at, const char *text)
{
    struct json_schema_run *run = at->run;
    char why[128], error[JSON_SCHEMA_ERROR_MAX];
    struct pattern *pattern;

    for (size_t i = 0; i < run->pattern_count; i++)
        if (run->patterns[i].text == text)
            return run->patterns[i].pattern;
    pattern = run->pattern_count < JSON_SCHEMA_PATTERNS_MAX ? pattern_compile(text, why) : NULL;
    if (!pattern) {
        snprintf(error, sizeof error, "can't be used, %s: %.100s",
                 run->pattern_count < JSON_SCHEMA_PATTERNS_MAX ? why : "there are too many", text);
        json_schema_unusable(at, error);
        return NULL;
    }
    run->patterns[run->pattern_count].text = text;
    run->patterns[run->pattern_count++].pattern = pattern;
    return pattern;
}

enum json_schema_result json_schema_matches(struct json_schema_at *at, const char *pattern, const char *text,
                                            size_t len)
{
    const struct pattern *code = compiled(at, pattern);

    if (!code)
        return JSON_SCHEMA_UNUSABLE;
    switch (pattern_find(code, text, len, &at->run->steps)) {
    case PATTERN_FOUND:
        return JSON_SCHEMA_FITS;
    case PATTERN_ABSENT:
        return JSON_SCHEMA_DIFFERS;
    default:
        return json_schema_steps(at, JSON_SCHEMA_STEPS_MAX + 1);
    }
}

enum json_schema_result json_schema_pattern(struct json_schema_at *at, const json_t *rule)
{
    enum json_schema_result result;

    if (!json_is_string(rule))
        return json_schema_unusable(at, "is no string");
    if (!json_is_string(at->value))
        return JSON_SCHEMA_FITS;
    result = json_schema_matches(at, json_string_value(rule), json_string_value(at->value),
                                 json_string_length(at->value));
    if (result != JSON_SCHEMA_DIFFERS)
        return result;
    return json_schema_differs(at, "match the pattern %.80s", json_string_value(rule));
}

/* --- members --- */

static enum json_schema_result members(struct json_schema_at *at, const json_t *names, const char *why)
{
    if (!json_is_array(names))
        return json_schema_unusable(at, "is no list of names");
    if (json_schema_steps(at, json_array_size(names)))
        return JSON_SCHEMA_UNUSABLE;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));

        if (!name)
            return json_schema_unusable(at, "is no list of names");
        if (json_is_object(at->value) && !json_object_get(at->value, name))
            return json_schema_differs(at, "have the member \"%.60s\"%s%.40s", name,
                                       why ? ", since it has " : "", why ? why : "");
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_required(struct json_schema_at *at, const json_t *rule)
{
    if (json_is_boolean(rule)) /* draft-03's, still met */
        return JSON_SCHEMA_FITS;
    return members(at, rule, NULL);
}

enum json_schema_result json_schema_dependent_required(struct json_schema_at *at, const json_t *rule)
{
    enum json_schema_result result = JSON_SCHEMA_FITS;
    const char *name;
    json_t *needed;

    if (!json_is_object(rule))
        return json_schema_unusable(at, "is no object");
    json_object_foreach((json_t *)rule, name, needed)
    {
        if (json_is_array(needed) && json_object_get(at->value, name))
            result = members(at, needed, name);
        if (result != JSON_SCHEMA_FITS)
            return result;
    }
    return JSON_SCHEMA_FITS;
}
