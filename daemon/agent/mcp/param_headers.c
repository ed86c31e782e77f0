/* An annotation counts only on a property that is reached through "properties" alone. Anywhere else it makes
 * the tool invalid, so all of the schema is walked, but for what is data and not schema. */
#include "daemon/agent/mcp/param_headers.h"
#include "daemon/agent/mcp/streamable.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 64, NAME_MAX_BYTES = 128 };
static const char annotation[] = "x-mcp-header";

static bool is_one_of(const char *key, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(key, *names) == 0)
            return true;
    return false;
}
static const char *const data_keys[] = {"default", "enum", "const", "examples", "example", NULL};
static const char *const name_maps[] = {"properties",  "patternProperties", "$defs",
                                        "definitions", "dependentSchemas",  NULL};

/* --- checking --- */

struct check {
    const char *names[HEADERS_MAX];
    size_t count;
    char *error; /* of 256 bytes */
};

static bool is_token(const char *name)
{
    static const char also[] = "!#$%&'*+-.^_`|~";

    if (!*name || strlen(name) > NAME_MAX_BYTES)
        return false;
    for (; *name; name++)
        if (!(*name >= '0' && *name <= '9') && !(*name >= 'a' && *name <= 'z') &&
            !(*name >= 'A' && *name <= 'Z') && !strchr(also, *name))
            return false;
    return true;
}

/* A type of its own, or together with null. */
static bool is_primitive(const json_t *type)
{
    static const char *const primitives[] = {"string", "integer", "boolean", NULL};
    size_t named = 0;

    if (json_is_string(type))
        return is_one_of(json_string_value(type), primitives);
    for (size_t i = 0; i < json_array_size(type); i++) {
        const char *each = json_string_value(json_array_get(type, i));

        if (!each || (strcmp(each, "null") != 0 && !is_one_of(each, primitives)))
            return false;
        named += strcmp(each, "null") != 0;
    }
    return named == 1;
}

static bool check_annotation(struct check *check, const json_t *schema, const json_t *value, const char *at)
{
    const char *name = json_string_value(value);

    if (!name || !is_token(name) || strlen(name) != json_string_length(value)) {
        snprintf(check->error, 256, "the %s of \"%.60s\" is no header name", annotation, at);
        return false;
    }
    if (!is_primitive(json_object_get(schema, "type"))) {
        snprintf(check->error, 256, "%s \"%.60s\" is on \"%.60s\", which is no string, integer or boolean",
                 annotation, name, at);
        return false;
    }
    for (size_t i = 0; i < check->count; i++)
        if (strcasecmp(check->names[i], name) == 0) {
            snprintf(check->error, 256, "%s \"%.60s\" is there twice", annotation, name);
            return false;
        }
    if (check->count == HEADERS_MAX) {
        snprintf(check->error, 256, "more than %d properties have an %s", HEADERS_MAX, annotation);
        return false;
    }
    check->names[check->count++] = name;
    return true;
}

/* Within what is not reached through "properties" alone. */
static bool check_elsewhere(struct check *check, const json_t *value, bool is_map)
{
    const char *key;
    json_t *each;
    size_t i;

    if (!is_map && json_object_get(value, annotation)) {
        snprintf(check->error, 256, "an %s is not on a plain property", annotation);
        return false;
    }
    json_object_foreach((json_t *)value, key, each)
    {
        if (!is_map && is_one_of(key, data_keys))
            continue;
        if (!check_elsewhere(check, each, !is_map && is_one_of(key, name_maps)))
            return false;
    }
    json_array_foreach(value, i, each)
    {
        if (!check_elsewhere(check, each, false))
            return false;
    }
    return true;
}

/* at: the property's name, "" for the root. */
static bool check_schema(struct check *check, const json_t *schema, const char *at, bool is_root)
{
    const json_t *mark = json_object_get(schema, annotation);
    const char *key, *name;
    json_t *each, *property;

    if (mark && is_root) {
        snprintf(check->error, 256, "an %s is on the schema itself", annotation);
        return false;
    }
    if (mark && !check_annotation(check, schema, mark, at))
        return false;
    json_object_foreach((json_t *)schema, key, each)
    {
        if (is_one_of(key, data_keys))
            continue;
        if (strcmp(key, "properties") != 0) {
            if (!check_elsewhere(check, each, is_one_of(key, name_maps)))
                return false;
            continue;
        }
        json_object_foreach(each, name, property)
        {
            if (!check_schema(check, property, name, false))
                return false;
        }
    }
    return true;
}

bool param_headers_check(const json_t *schema, char error[256])
{
    struct check check = {.error = error};

    return !json_is_object(schema) || check_schema(&check, schema, "", true);
}

/* --- making --- */

struct made {
    char **each;
    size_t count;
};

static void add(struct made *made, const char *name, const char *value, size_t len)
{
    char *safe = streamable_header_value(value, len);

    made->each = xreallocarray(made->each, made->count + 2, sizeof *made->each);
    made->each[made->count++] = xasprintf("Mcp-Param-%s: %s", name, safe);
    made->each[made->count] = NULL;
    free(safe);
}

static void add_value(struct made *made, const char *name, const json_t *value)
{
    char number[32];

    if (json_is_string(value)) {
        add(made, name, json_string_value(value), json_string_length(value));
    } else if (json_is_boolean(value)) {
        add(made, name, json_is_true(value) ? "true" : "false", json_is_true(value) ? 4 : 5);
    } else if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        add(made, name, number, strlen(number));
    } else if (json_is_real(value)) { /* 42.0 is an integer too */
        double real = json_real_value(value);

        if (real >= -9007199254740991.0 && real <= 9007199254740991.0 && (double)(long long)real == real) {
            snprintf(number, sizeof number, "%lld", (long long)real);
            add(made, name, number, strlen(number));
        }
    }
}

static void make(struct made *made, const json_t *schema, const json_t *arguments)
{
    const char *key;
    json_t *property;

    json_object_foreach(json_object_get(schema, "properties"), key, property)
    {
        const json_t *value = json_object_get(arguments, key);
        const char *name = json_string_value(json_object_get(property, annotation));

        if (!value)
            continue;
        if (name)
            add_value(made, name, value);
        make(made, property, value);
    }
}

char **param_headers_make(const json_t *schema, const json_t *arguments)
{
    struct made made = {0};

    make(&made, schema, arguments);
    return made.each;
}

void param_headers_free(char **headers)
{
    for (char **header = headers; header && *header; header++)
        free(*header);
    free(headers);
}
