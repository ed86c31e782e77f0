/* Everything here is from outside: servers and models write it in order to be allowed something. */
#include "tui/panel_text.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20, NAME_MAX_BYTES = 200 };

/* --- what is asked --- */

/* Several lines that have a name stand below it and indented: none of them looks like another name. */
static void put(struct buf *out, const char *name, const char *text, unsigned *hidden)
{
    struct sanitise sanitise;
    struct buf clean;

    buf_init(&clean, TEXT_MAX);
    sanitise_init(&sanitise, SANITISE_REVEAL);
    sanitise_feed(&sanitise, text, strlen(text), &clean);
    sanitise_end(&sanitise, &clean);
    *hidden += sanitise.hidden;
    const char *line = clean.data ? clean.data : "", *end = line + clean.len;
    bool below = name && memchr(line, '\n', clean.len);
    if (name)
        buf_printf(out, "%s:%s", name, below ? "\n" : " ");
    do {
        size_t len = strcspn(line, "\n");

        buf_printf(out, "%s%.*s\n", below ? "  " : "", (int)len, line);
        line += len + 1;
    } while (line < end);
    buf_free(&clean);
}

/* The members of the arguments, each with its name; all of it as it is if they are no object. */
static void put_arguments(struct buf *out, const char *text, unsigned *hidden)
{
    json_t *arguments = jsonx_parse(text, strlen(text), NULL), *value;
    const char *name;

    if (!json_is_object(arguments))
        put(out, "arguments", text, hidden);
    json_object_foreach(arguments, name, value)
    {
        char *shown = sanitise_text(name, strlen(name), SANITISE_REVEAL, NAME_MAX_BYTES);
        char *dumped = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

        put(out, shown, dumped ? dumped : json_string_value(value), hidden);
        free(dumped);
        free(shown);
    }
    json_decref(arguments);
}

static void put_value(struct buf *out, const json_t *value, unsigned *hidden)
{
    char *dumped = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    put(out, "  answer", dumped ? dumped : json_string_value(value), hidden);
    free(dumped);
}

static void put_fields(struct buf *out, const json_t *fields, const json_t *content, unsigned *hidden)
{
    json_t *field;
    size_t i;

    json_array_foreach(fields, i, field)
    {
        char *label = panel_field_label(field);
        const json_t *value = json_object_get(content, jsonx_str(field, "name", ""));

        put(out, NULL, label, hidden);
        if (value)
            put_value(out, value, hidden);
        free(label);
    }
}

char *panel_text(const json_t *question, const json_t *content, unsigned *hidden)
{
    const char *text = jsonx_str(question, "text", ""), *arguments = jsonx_str(question, "arguments", NULL);
    const char *url = jsonx_str(question, "url", NULL);
    struct buf out;

    buf_init(&out, TEXT_MAX);
    *hidden = 0;
    if (*text && strcmp(jsonx_str(question, "kind", ""), "permission") != 0)
        put(&out, NULL, text, hidden); /* a permission's says what the title says */
    if (arguments)
        put_arguments(&out, arguments, hidden);
    if (jsonx_bool(question, "cut", false))
        buf_puts(&out, "(it is longer: the whole is in the call above)\n");
    if (url)
        put(&out, NULL, url, hidden);
    put_fields(&out, jsonx_arr(question, "fields"), content, hidden);
    return buf_take(&out);
}

static char *clean(const json_t *question, const char *key)
{
    const char *text = jsonx_str(question, key, "");

    return sanitise_line(text, strlen(text), NAME_MAX_BYTES);
}

char *panel_title(const json_t *question)
{
    const char *kind = jsonx_str(question, "kind", "");
    char *server = clean(question, "server"), *tool = clean(question, "tool"), *title;
    char *lender = clean(question, "lender");
    const char *nature = jsonx_bool(question, "destructive", false) ? " (can destroy)"
                         : jsonx_bool(question, "read_only", false) ? " (says that it only reads)"
                                                                    : "";

    if (strcmp(kind, "permission") == 0)
        title = xasprintf("run %s%s%s%s%s%s", server, *server ? "/" : "", tool, *lender ? " on " : "", lender,
                          nature);
    else if (strcmp(kind, "form") == 0)
        title = xasprintf("%s asks", server);
    else if (strcmp(kind, "url") == 0)
        title = xasprintf("%s wants a page opened", server);
    else if (strcmp(kind, "sampling") == 0)
        title = xasprintf("%s wants to ask the model", server);
    else
        title = xasprintf("%s needs a login: open this page", server);
    free(server);
    free(tool);
    free(lender);
    return title;
}

/* --- arguments --- */

/* Whether a terminal, or the editor, would show something else than what is there. */
static bool is_clean(const char *text, size_t len)
{
    struct sanitise sanitise;
    struct buf out;

    buf_init(&out, 16 * len + 16);
    sanitise_init(&sanitise, SANITISE_REVEAL);
    sanitise_feed(&sanitise, text, len, &out);
    sanitise_end(&sanitise, &out);
    buf_free(&out);
    return sanitise.hidden == 0;
}

static void put_escaped(struct buf *out, uint32_t cp)
{
    if (cp > 0xffff)
        buf_printf(out, "\\u%04X\\u%04X", 0xd7c0 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
    else
        buf_printf(out, "\\u%04X", cp);
}

/* Such characters are within strings, where JSON has another way to write them. */
static char *with_escapes(const char *text)
{
    size_t len = strlen(text), used;
    struct buf out;
    uint32_t cp;

    buf_init(&out, 12 * len + 1);
    for (size_t at = 0; at < len; at += used) {
        used = utf8_decode(text + at, len - at, &cp);
        if (cp < 0x7f || is_clean(text + at, used))
            buf_put(&out, text + at, used);
        else
            put_escaped(&out, cp);
    }
    return buf_take(&out);
}

/* Numbers as short as they can be without becoming others. */
static char *pretty(const json_t *arguments)
{
    const size_t flags = JSON_INDENT(2);
    char *text = json_dumps(arguments, flags | JSON_REAL_PRECISION(15));
    json_t *back = text ? jsonx_parse(text, strlen(text), NULL) : NULL;

    if (!back || !json_equal(back, (json_t *)arguments)) {
        free(text);
        text = json_dumps(arguments, flags);
    }
    json_decref(back);
    return text;
}

char *panel_arguments(const char *text)
{
    json_t *arguments = *text ? jsonx_parse(text, strlen(text), NULL) : json_object();
    char *shown = json_is_object(arguments) ? pretty(arguments) : NULL;

    json_decref(arguments);
    if (shown && !is_clean(shown, strlen(shown))) {
        char *escaped = with_escapes(shown);
        free(shown);
        shown = escaped;
    }
    return shown;
}

json_t *panel_arguments_value(const char *text, char error[256])
{
    char why[160];
    json_t *value = jsonx_parse(text, strlen(text), why);

    if (json_is_object(value))
        return value;
    if (value)
        snprintf(error, 256, "the arguments must be one JSON object: {...}");
    else
        snprintf(error, 256, "not JSON: %s", why);
    json_decref(value);
    return NULL;
}

/* --- fields of a form --- */

static bool is_type(const json_t *field, const char *type)
{
    return strcmp(jsonx_str(field, "type", "text"), type) == 0;
}

char *panel_field_label(const json_t *field)
{
    const json_t *options = jsonx_arr(field, "options");
    const char *title = jsonx_str(field, "title", ""), *text = jsonx_str(field, "text", "");
    struct buf out;

    buf_init(&out, TEXT_MAX);
    buf_puts(&out, *title ? title : jsonx_str(field, "name", ""));
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        const char *name = jsonx_str(option, "title", ""), *value = jsonx_str(option, "value", "");

        buf_printf(&out, "%s%s", i == 0 ? " (" : ", ", value);
        if (*name && strcmp(name, value) != 0)
            buf_printf(&out, " = %s", name);
    }
    if (json_array_size(options) > 0)
        buf_puts(&out, is_type(field, "choices") ? "; several with commas)" : ")");
    else
        buf_printf(&out, " (%s)", is_type(field, "boolean") ? "yes or no" : jsonx_str(field, "type", "text"));
    if (jsonx_bool(field, "required", false))
        buf_puts(&out, ", required");
    if (*text)
        buf_printf(&out, ": %s", text);
    char *line = sanitise_line(out.data, out.len, TEXT_MAX);
    buf_free(&out);
    return line;
}

char *panel_field_default(const json_t *field)
{
    const json_t *value = json_object_get(field, "default");
    struct buf out;

    if (json_is_string(value))
        return sanitise_line(json_string_value(value), json_string_length(value), TEXT_MAX);
    if (json_is_boolean(value))
        return xstrdup(json_is_true(value) ? "yes" : "no");
    if (json_is_number(value))
        return json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *one = json_string_value(json_array_get(value, i));

        if (one)
            buf_printf(&out, "%s%s", out.len ? ", " : "", one);
    }
    char *line = sanitise_line(out.data ? out.data : "", out.len, TEXT_MAX);
    buf_free(&out);
    return line;
}

/* The option's value that is written so, or titled so. */
static const char *find_option(const json_t *field, const char *text)
{
    const json_t *options = jsonx_arr(field, "options");

    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        const char *value = jsonx_str(option, "value", "");

        if (strcasecmp(value, text) == 0 || strcasecmp(jsonx_str(option, "title", ""), text) == 0)
            return value;
    }
    return NULL;
}

static json_t *choices_of(const json_t *field, const char *text, char error[256])
{
    json_t *list = json_array();

    while (*text) {
        size_t len = strcspn(text, ",");
        const char *end = text + len;

        while (len > 0 && *text == ' ') {
            text++;
            len--;
        }
        while (len > 0 && text[len - 1] == ' ')
            len--;
        char *word = xstrndup(text, len);
        const char *value = find_option(field, word);
        if (value)
            json_array_append_new(list, json_string(value));
        else
            snprintf(error, 256, "'%.60s' is none of the choices", word);
        free(word);
        if (!value) {
            json_decref(list);
            return NULL;
        }
        text = *end == ',' ? end + 1 : end;
    }
    return list;
}

static json_t *number_of(const json_t *field, const char *text, char error[256])
{
    bool whole = is_type(field, "integer");
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    const json_t *min = json_object_get(field, "min"), *max = json_object_get(field, "max");

    if (whole ? !json_is_integer(value) : !json_is_number(value))
        snprintf(error, 256, "'%.60s' is not %s", text, whole ? "a whole number" : "a number");
    else if (min && json_number_value(value) < json_number_value(min))
        snprintf(error, 256, "%.60s is too small; it must be at least %g", text, json_number_value(min));
    else if (max && json_number_value(value) > json_number_value(max))
        snprintf(error, 256, "%.60s is too large; it must be at most %g", text, json_number_value(max));
    else
        return value;
    json_decref(value);
    return NULL;
}

static json_t *boolean_of(const char *text, char error[256])
{
    static const char *const yes[] = {"yes", "y", "true", "1"}, *const no[] = {"no", "n", "false", "0"};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return json_true();
        if (strcasecmp(text, no[i]) == 0)
            return json_false();
    }
    snprintf(error, 256, "'%.60s' is neither yes nor no", text);
    return NULL;
}

json_t *panel_field_value(const json_t *field, const char *text, char error[256])
{
    *error = '\0';
    if (!*text) {
        if (jsonx_bool(field, "required", false) && !is_type(field, "choices"))
            snprintf(error, 256, "this is required");
        return NULL;
    }
    if (is_type(field, "integer") || is_type(field, "number"))
        return number_of(field, text, error);
    if (is_type(field, "boolean"))
        return boolean_of(text, error);
    if (is_type(field, "choices"))
        return choices_of(field, text, error);
    if (is_type(field, "choice")) {
        const char *value = find_option(field, text);

        if (!value)
            snprintf(error, 256, "'%.60s' is none of the choices", text);
        return value ? json_string(value) : NULL;
    }
    return json_string(text);
}
