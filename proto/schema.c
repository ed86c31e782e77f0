/* Checks an outside object against its table of fields. All texts of errors about members are made here. */
#include "proto/schema.h"

#include "shared/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void schema_show(const json_t *value, char out[64])
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
    snprintf(out, 64, "%s", text ? text : "missing");
    if (text && strlen(text) > 63)
        memcpy(out + 60, "...", 4);
    free(text);
}

static bool in_range(const struct field *field, int64_t value)
{
    return value >= field->min && value <= field->max;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || strchr(text, '|'))
        return false;
    for (const char *at = choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, text, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static bool strings_fit(const struct field *field, const json_t *value)
{
    if (!json_is_array(value) || !in_range(field, (int64_t)json_array_size(value)))
        return false;
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        if (!json_is_string(item) || json_string_length(item) < 1 || json_string_length(item) > 64)
            return false;
    }
    return true;
}

static bool value_fits(const struct field *field, const json_t *value)
{
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_SECRET:
        return json_is_string(value) && in_range(field, (int64_t)json_string_length(value)) &&
               !memchr(json_string_value(value), '\0', json_string_length(value));
    case FIELD_INT:
        return json_is_integer(value) && in_range(field, json_integer_value(value));
    case FIELD_REAL:
        return json_is_number(value) && json_number_value(value) >= (double)field->min &&
               json_number_value(value) <= (double)field->max;
    case FIELD_BOOL:
        return json_is_boolean(value);
    case FIELD_OBJECT:
        return json_is_object(value);
    case FIELD_ARRAY:
        return json_is_array(value) && in_range(field, (int64_t)json_array_size(value));
    case FIELD_STRINGS:
        return strings_fit(field, value);
    case FIELD_ENUM:
        return json_is_string(value) && is_choice(field->choices, json_string_value(value));
    }
    return false;
}

static void describe(const struct field *field, char out[160])
{
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_SECRET:
        if (field->min == field->max)
            snprintf(out, 160, "a string of %" PRId64 " bytes", field->min);
        else
            snprintf(out, 160, "a string of %" PRId64 " to %" PRId64 " bytes", field->min, field->max);
        break;
    case FIELD_INT:
        snprintf(out, 160, "an integer from %" PRId64 " to %" PRId64, field->min, field->max);
        break;
    case FIELD_REAL:
        snprintf(out, 160, "a number from %" PRId64 " to %" PRId64, field->min, field->max);
        break;
    case FIELD_BOOL:
        snprintf(out, 160, "true or false");
        break;
    case FIELD_OBJECT:
        snprintf(out, 160, "an object");
        break;
    case FIELD_ARRAY:
        snprintf(out, 160, "an array of %" PRId64 " to %" PRId64 " elements", field->min, field->max);
        break;
    case FIELD_STRINGS:
        snprintf(out, 160, "an array of %" PRId64 " to %" PRId64 " strings of 1 to 64 bytes", field->min,
                 field->max);
        break;
    case FIELD_ENUM:
        snprintf(out, 160, "one of %s", field->choices);
        break;
    }
}

/* How large it is, if that is what is wrong. */
static void show_size(const struct field *field, const json_t *value, char out[40])
{
    out[0] = '\0';
    if ((field->type == FIELD_STRING || field->type == FIELD_SECRET) &&
        (int64_t)json_string_length(value) > field->max)
        snprintf(out, 40, ", of %zu bytes", json_string_length(value));
    else if ((field->type == FIELD_ARRAY || field->type == FIELD_STRINGS) &&
             (int64_t)json_array_size(value) > field->max)
        snprintf(out, 40, ", of %zu elements", json_array_size(value));
}

static bool field_check(const struct field *field, const json_t *obj, char error[256])
{
    const json_t *value = json_object_get(obj, field->name);
    if (!value) {
        if (!field->required)
            return true;
    } else if (json_is_null(value) ? field->nullable : value_fits(field, value)) {
        return true;
    }
    char shown[64], size[40], right[160];
    if (value && field->type == FIELD_SECRET)
        snprintf(shown, sizeof shown, "%s", json_is_string(value) ? "another string" : "no string");
    else
        schema_show(value, shown);
    show_size(field, value, size);
    describe(field, right);
    snprintf(error, 256, "parameter '%s' is %s%s; it must be %s%s", field->name, shown, size, right,
             field->nullable ? ", or null" : "");
    return false;
}

bool schema_check(const struct field *fields, const json_t *obj, bool strict, char error[256])
{
    if (!json_is_object(obj)) {
        char shown[64];
        schema_show(obj, shown);
        snprintf(error, 256, "the parameters are %s; they must be an object", shown);
        return false;
    }
    size_t known = 0;
    for (const struct field *field = fields; field->name; field++) {
        if (!field_check(field, obj, error))
            return false;
        known += json_object_get(obj, field->name) != NULL;
    }
    if (!strict || known == json_object_size(obj))
        return true;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)obj, key, value)
    {
        const struct field *field = fields;
        while (field->name && strcmp(field->name, key) != 0)
            field++;
        if (!field->name) {
            snprintf(error, 256, "unknown parameter '%.*s'", (int)utf8_cut(key, strlen(key), 60), key);
            return false;
        }
    }
    return true;
}
