/* The subset is read strictly: a field that can't be shown makes the whole form impossible, because an answer
 * without it would be guessed. */
#include "daemon/agent/mcp/form.h"
#include "daemon/agent/mcp/form_format.h"
#include "daemon/agent/mcp/json_value.h"
#include "daemon/agent/mcp/pattern.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    SHOW_MAX = 40,          /* bytes of a value in a message */
    PATTERN_STEPS = 1000000 /* to match one answer */
};

static bool refuse(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(char *error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error, FORM_ERROR_MAX, format, args);
    va_end(args);
    json_value_mend(error);
    return false;
}

static void set_cut(json_t *field, const char *key, const char *text)
{
    if (text)
        jsonx_set_strn(field, key, text, utf8_cut(text, strlen(text), FORM_TEXT_MAX));
}

/* --- from the schema --- */

static bool add_option(json_t *options, const char *name, const json_t *value, const char *title, char *error)
{
    json_t *option;

    if (!json_is_string(value) || json_string_length(value) > FORM_TEXT_MAX)
        return refuse(error, "the field %.60s has an option that is no string, or one of more than 1 KiB",
                      name);
    if (json_array_size(options) >= FORM_OPTIONS_MAX)
        return refuse(error, "the field %.60s has more than %d options", name, FORM_OPTIONS_MAX);
    option = json_object();
    jsonx_set_str(option, "value", json_string_value(value));
    set_cut(option, "title", title && *title ? title : json_string_value(value));
    json_array_append_new(options, option);
    return true;
}

/* Of {"enum":[...],"enumNames":[...]} or {"oneOf":[{"const","title"}]}, or anyOf. A new array, NULL if it has
 * none of these; false if it can't be used. */
static bool take_options(const json_t *schema, const char *name, json_t **options, char *error)
{
    const json_t *values = json_object_get(schema, "enum"), *names = json_object_get(schema, "enumNames");
    const json_t *titled = json_object_get(schema, "oneOf");
    bool ok = true;

    *options = NULL;
    if (!titled)
        titled = json_object_get(schema, "anyOf");
    if (!values && !titled)
        return true;
    *options = json_array();
    for (size_t i = 0; ok && i < json_array_size(values); i++)
        ok = add_option(*options, name, json_array_get(values, i),
                        json_string_value(json_array_get(names, i)), error);
    for (size_t i = 0; ok && !values && i < json_array_size(titled); i++) {
        const json_t *option = json_array_get(titled, i);

        ok = add_option(*options, name, json_object_get(option, "const"), jsonx_str(option, "title", NULL),
                        error);
    }
    if (ok && json_array_size(*options) == 0)
        ok = refuse(error, "the field %.60s has no options to choose from", name);
    if (!ok) {
        json_decref(*options);
        *options = NULL;
    }
    return ok;
}

static void take_bound(json_t *field, const char *key, const json_t *schema, const char *from)
{
    json_t *bound = json_object_get(schema, from);

    if (json_is_number(bound))
        json_object_set(field, key, bound);
}

/* Takes options. */
static void choices(json_t *field, const json_t *schema, const char *type, json_t *options)
{
    json_object_set_new(field, "options", options);
    jsonx_set_str(field, "type", type);
    if (strcmp(type, "choices") == 0) {
        take_bound(field, "min", schema, "minItems");
        take_bound(field, "max", schema, "maxItems");
    }
}

static void text(json_t *field, const json_t *schema)
{
    const char *format = jsonx_str(schema, "format", NULL), *expression = jsonx_str(schema, "pattern", NULL);
    struct pattern *pattern;
    char why[128];

    jsonx_set_str(field, "type", "text");
    take_bound(field, "min", schema, "minLength");
    take_bound(field, "max", schema, "maxLength");
    if (format && form_format_known(format))
        jsonx_set_str(field, "format", format);
    pattern = expression ? pattern_compile(expression, why) : NULL;
    if (pattern)
        jsonx_set_str(field, "pattern", expression);
    pattern_free(&pattern);
}

static bool take_kind(json_t *field, const json_t *schema, const char *name, char *error)
{
    const char *type = jsonx_str(schema, "type", "");
    const json_t *items = json_object_get(schema, "items");
    bool is_list = strcmp(type, "array") == 0;
    json_t *options;

    if (!*type && json_object_get(schema, "enum"))
        type = "string";
    if (strcmp(type, "string") == 0 || is_list) {
        if (!take_options(is_list ? items : schema, name, &options, error))
            return false;
        if (is_list && !options)
            return refuse(error, "the field %.60s is a list that says no options to choose from", name);
        if (options)
            choices(field, schema, is_list ? "choices" : "choice", options);
        else
            text(field, schema);
        return true;
    }
    if (strcmp(type, "number") == 0 || strcmp(type, "integer") == 0) {
        take_bound(field, "min", schema, "minimum");
        take_bound(field, "max", schema, "maximum");
    } else if (strcmp(type, "boolean") != 0) {
        return refuse(error, "the field %.60s is of the type %.40s, which a form can't ask for", name,
                      *type ? type : "(none)");
    }
    jsonx_set_str(field, "type", type);
    return true;
}

static bool field_check(const json_t *field, const json_t *value, char *error);

static json_t *field_of(const char *name, const json_t *schema, bool required, char *error)
{
    json_t *field = json_object(), *preset = json_object_get(schema, "default");
    char ignored[FORM_ERROR_MAX];

    jsonx_set_str(field, "name", name);
    if (strlen(name) > FORM_NAME_MAX || !json_is_object(schema)) {
        refuse(error, "the field %.60s has a name that is too long, or no schema", name);
        json_decref(field);
        return NULL;
    }
    if (!take_kind(field, schema, name, error)) {
        json_decref(field);
        return NULL;
    }
    set_cut(field, "title", jsonx_str(schema, "title", NULL));
    set_cut(field, "text", jsonx_str(schema, "description", NULL));
    json_object_set_new(field, "required", json_boolean(required));
    if (preset && field_check(field, preset, ignored))
        json_object_set(field, "default", preset);
    return field;
}

static bool contains(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *other = json_string_value(json_array_get(names, i));

        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

json_t *form_fields(const json_t *requested_schema, char error[FORM_ERROR_MAX])
{
    json_t *properties = jsonx_obj(requested_schema, "properties"), *fields, *schema;
    const json_t *required = jsonx_arr(requested_schema, "required");
    const char *name;

    if (!properties || strcmp(jsonx_str(requested_schema, "type", "object"), "object") != 0) {
        refuse(error, "the form asks for something that is no object with properties");
        return NULL;
    }
    if (json_object_size(properties) > FORM_FIELDS_MAX || json_array_size(required) > FORM_FIELDS_MAX) {
        refuse(error, "the form has more than %d fields", FORM_FIELDS_MAX);
        return NULL;
    }
    fields = json_array();
    json_object_foreach(properties, name, schema)
    {
        json_t *field = field_of(name, schema, contains(required, name), error);

        if (!field) {
            json_decref(fields);
            return NULL;
        }
        json_array_append_new(fields, field);
    }
    return fields;
}

/* --- the answer --- */

static bool wrong(const json_t *field, const json_t *value, char *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool wrong(const json_t *field, const json_t *value, char *error, const char *format, ...)
{
    char shown[SHOW_MAX + 1], what[FORM_ERROR_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    json_value_show(value, shown, SHOW_MAX);
    return refuse(error, "%.60s is %s; it must be %s", jsonx_str(field, "name", "?"), shown, what);
}

/* amount against min and max; unit: of what there are so many, "" for the number itself. */
static bool within(const json_t *field, const json_t *value, const json_t *amount, const char *unit,
                   char *error)
{
    const json_t *least = json_object_get(field, "min"), *most = json_object_get(field, "max");
    const json_t *bound = least && json_value_order(amount, least) < 0 ? least : NULL;
    char shown[SHOW_MAX + 1];

    if (!bound && most && json_value_order(amount, most) > 0)
        bound = most;
    if (!bound)
        return true;
    json_value_show(bound, shown, SHOW_MAX);
    return wrong(field, value, error, "at %s %s%s", bound == least ? "least" : "most", shown, unit);
}

static bool count_within(const json_t *field, const json_t *value, size_t count, const char *unit,
                         char *error)
{
    json_t *amount = json_integer((json_int_t)count);
    bool ok = within(field, value, amount, unit, error);

    json_decref(amount);
    return ok;
}

static bool text_check(const json_t *field, const json_t *value, char *error)
{
    const char *answer = json_string_value(value), *format = jsonx_str(field, "format", NULL);
    const char *expression = jsonx_str(field, "pattern", NULL);
    size_t count = 0;
    long steps = PATTERN_STEPS;
    struct pattern *pattern;
    bool matches = true;
    char why[128];

    if (!answer)
        return wrong(field, value, error, "a text");
    for (const char *at = answer; *at; at++)
        count += (*at & 0xC0) != 0x80;
    if (!count_within(field, value, count, " characters long", error))
        return false;
    if (format && !form_format_fits(format, answer))
        return wrong(field, value, error, "%s", form_format_example(format));
    pattern = expression ? pattern_compile(expression, why) : NULL;
    if (pattern) /* one that takes too long is left to the server */
        matches = pattern_find(pattern, answer, json_string_length(value), &steps) != PATTERN_ABSENT;
    pattern_free(&pattern);
    return matches || wrong(field, value, error, "like the pattern %.80s", expression);
}

static bool is_option(const json_t *field, const json_t *value)
{
    const json_t *options = json_object_get(field, "options");

    for (size_t i = 0; i < json_array_size(options); i++)
        if (json_equal(json_object_get(json_array_get(options, i), "value"), value))
            return true;
    return false;
}

static bool choices_check(const json_t *field, const json_t *value, char *error)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value) || count > FORM_OPTIONS_MAX)
        return wrong(field, value, error, "a list of options");
    for (size_t i = 0; i < count; i++)
        if (!is_option(field, json_array_get(value, i)))
            return wrong(field, json_array_get(value, i), error, "one of the options");
    return count_within(field, value, count, " options", error);
}

static bool field_check(const json_t *field, const json_t *value, char *error)
{
    const char *type = jsonx_str(field, "type", "");

    if (strcmp(type, "boolean") == 0)
        return json_is_boolean(value) || wrong(field, value, error, "true or false");
    if (strcmp(type, "choice") == 0)
        return is_option(field, value) || wrong(field, value, error, "one of the options");
    if (strcmp(type, "choices") == 0)
        return choices_check(field, value, error);
    if (strcmp(type, "text") == 0)
        return text_check(field, value, error);
    if (!json_is_number(value))
        return wrong(field, value, error, "a number");
    if (strcmp(type, "integer") == 0 && !json_value_is_integer(value))
        return wrong(field, value, error, "a whole number");
    return within(field, value, value, "", error);
}

static bool is_field(const json_t *fields, const char *name)
{
    for (size_t i = 0; i < json_array_size(fields); i++)
        if (strcmp(jsonx_str(json_array_get(fields, i), "name", ""), name) == 0)
            return true;
    return false;
}

bool form_check(const json_t *fields, json_t *content, char error[FORM_ERROR_MAX])
{
    const char *name;
    json_t *value;

    if (!json_is_object(content))
        return refuse(error, "the answer to a form is an object");
    json_object_foreach(content, name, value)
    {
        if (!is_field(fields, name))
            return refuse(error, "the form has no field %.100s", name);
    }
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        json_t *preset = json_object_get(field, "default");

        name = jsonx_str(field, "name", "");
        if (json_is_null(json_object_get(content, name)))
            json_object_del(content, name);
        value = json_object_get(content, name);
        if (!value && preset)
            json_object_set_new(content, name, json_deep_copy(preset));
        else if (!value && jsonx_bool(field, "required", false))
            return refuse(error, "%.100s is missing; the form needs it", name);
        else if (value && !field_check(field, value, error))
            return false;
    }
    return true;
}
