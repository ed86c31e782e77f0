#include "shared/option_set.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 48 };

const char *option_source_name(enum option_source source)
{
    static const char *const names[] = {"default", "file", "environment", "command line"};

    return names[source];
}

/* --- what errors say --- */

bool option_set_verror(const struct option_set *set, int line, char error[256], const char *format,
                       va_list args)
{
    int len = 0;

    if (line > 0)
        len = snprintf(error, 256, "%.100s:%d: ", set->file ? set->file : "configuration", line);
    vsnprintf(error + len, 256 - (size_t)len, format, args);
    return false;
}

bool option_set_error(const struct option_set *set, int line, char error[256], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    option_set_verror(set, line, error, format, args);
    va_end(args);
    return false;
}

/* "line 3: what" becomes "FILE:3: what"; what has no line is a failure to read the file. */
bool option_broken_file(const char *file, const char *reason, char error[256])
{
    int line, at = 0;

    if (sscanf(reason, "line %d: %n", &line, &at) == 1 && at > 0)
        snprintf(error, 256, "%.100s:%d: %s", file, line, reason + at);
    else
        snprintf(error, 256, "the configuration '%.120s' cannot be read: %s", file, reason);
    return false;
}

void option_show(const char *text, char out[64])
{
    char *line = sanitise_line(text, strlen(text), SHOWN_BYTES);

    snprintf(out, 64, "'%s'%s", line, strlen(text) > SHOWN_BYTES ? "..." : "");
    free(line);
}

void option_show_node(const struct yaml_node *node, char out[64])
{
    if (node->kind == YAML_SCALAR)
        option_show(node->text, out);
    else
        snprintf(out, 64, "%s", node->kind == YAML_LIST ? "a list" : "a map");
}

/* --- values --- */

static bool wrong(const struct option_set *set, size_t index, const char *shown, int line, char error[256])
{
    char expected[128];

    option_expects(&set->rows[index], expected);
    return option_set_error(set, line, error, "option '%s' is %s; it must be %s", set->rows[index].name,
                            shown, expected);
}

bool option_set_put(struct option_set *set, size_t index, const char *text, enum option_source source,
                    int line, char error[256])
{
    const struct option_spec *row = &set->rows[index];
    struct option_value *value = &set->values[index];
    char shown[64];
    int64_t number;

    if (!option_read(row, text, &number)) {
        option_show(text, shown);
        return wrong(set, index, shown, line, error);
    }
    value->number = number;
    value->source = source;
    value->line = line;
    if (row->type == OPTION_TEXT) {
        free(value->text);
        value->text = xstrdup(text);
    }
    return true;
}

bool option_set_put_node(struct option_set *set, size_t index, const struct yaml_node *node, int line,
                         char error[256])
{
    char shown[64];

    if (set->values[index].source == SOURCE_FILE)
        return option_set_error(set, line, error, "option '%s' is there twice, first in line %d",
                                set->rows[index].name, set->values[index].line);
    if (node->kind == YAML_SCALAR)
        return option_set_put(set, index, node->text, SOURCE_FILE, line, error);
    option_show_node(node, shown);
    return wrong(set, index, shown, line, error);
}

bool option_set_environment(struct option_set *set, char error[256])
{
    char name[OPTION_NAME_MAX + 6], reason[256];

    for (size_t i = 0; i < set->count; i++) {
        const char *text;

        option_variable(set->rows[i].name, name);
        text = getenv(name);
        if (text && *text && !option_set_put(set, i, text, SOURCE_ENVIRONMENT, 0, reason))
            return option_set_error(set, 0, error, "environment variable %s: %s", name, reason);
    }
    return true;
}

/* --- the whole --- */

void option_set_init(struct option_set *set, const struct option_spec *rows, size_t count, const char *file)
{
    char error[256];

    *set = (struct option_set){.rows = rows, .count = count, .file = xstrdup_null(file)};
    set->values = xcalloc(count, sizeof *set->values);
    for (size_t i = 0; i < count; i++)
        if (!option_set_put(set, i, rows[i].standard, SOURCE_DEFAULT, 0, error))
            abort(); /* a default out of its own bounds; a test holds the table against that */
}

void option_set_clear(struct option_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->values[i].text);
    free(set->values);
    free(set->file);
    *set = (struct option_set){0};
}

size_t option_set_find(const struct option_set *set, const char *name)
{
    size_t index = 0;

    while (index < set->count && strcmp(set->rows[index].name, name) != 0)
        index++;
    return index;
}

bool option_set_is_group(const struct option_set *set, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < set->count; i++)
        if (strncmp(set->rows[i].name, name, len) == 0 && set->rows[i].name[len] == '.')
            return true;
    return false;
}
