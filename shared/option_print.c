#include "shared/option_print.h"
#include <string.h>

enum { COLUMNS = 78 };

/* Text in lines of at most COLUMNS, each behind prefix. */
static void put_wrapped(const char *prefix, const char *text, FILE *out)
{
    size_t column = 0;

    for (const char *word = text; *word;) {
        size_t len = strcspn(word, " ");

        if (column > 0 && column + 1 + len > COLUMNS) {
            fputc('\n', out);
            column = 0;
        }
        if (column == 0)
            column = (size_t)fprintf(out, "%s%.*s", prefix, (int)len, word);
        else
            column += (size_t)fprintf(out, " %.*s", (int)len, word);
        word += len;
        word += *word == ' ';
    }
    fputc('\n', out);
}

/* The part of a name before its dot: the map in which it stands. 0 if it stands alone. */
static size_t group_len(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot ? (size_t)(dot - name) : 0;
}

/* Writes the group's name before its first option. */
static void put_group(const struct option_spec *rows, size_t index, FILE *out)
{
    const char *name = rows[index].name;
    size_t len = group_len(name);

    if (len > 0 && (index == 0 || strncmp(rows[index - 1].name, name, len + 1) != 0))
        fprintf(out, "%.*s:\n", (int)len, name);
}

static const char *leaf(const char *name)
{
    size_t len = group_len(name);

    return len ? name + len + 1 : name;
}

void option_print_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, strchr("\"\\", *text) ? "\\%c" : "%c", *text);
    fputc('"', out);
}

/* --- in force --- */

static void put_value(const struct option_spec *row, const struct option_value *value, FILE *out)
{
    char text[32];

    fprintf(out, "%s%s: ", group_len(row->name) ? "  " : "", leaf(row->name));
    if (row->type == OPTION_TEXT) {
        option_print_quoted(value->text, out);
    } else {
        option_write(row, value->number, text);
        fputs(text, out);
    }
    fprintf(out, "  # %s", option_source_name(value->source));
    if (value->line > 0)
        fprintf(out, ", line %d", value->line);
    fputc('\n', out);
}

void option_print_set(const struct option_set *set, FILE *out)
{
    for (size_t i = 0; i < set->count; i++) {
        put_group(set->rows, i, out);
        put_value(&set->rows[i], &set->values[i], out);
    }
}

/* --- as an example --- */

static void put_bounds(const struct option_spec *row, FILE *out)
{
    char expected[128], text[400];

    option_expects(row, expected);
    snprintf(text, sizeof text, "Value: %s (%s). Default: %s.%s", expected, row->unit,
             *row->standard ? row->standard : "empty", row->restart ? " Needs a restart." : "");
    put_wrapped(group_len(row->name) ? "  # " : "# ", text, out);
}

void option_print_example(const struct option_spec *rows, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t group = group_len(rows[i].name);

        fputc('\n', out);
        put_group(rows, i, out);
        put_wrapped(group ? "  # " : "# ", rows[i].help, out);
        put_bounds(&rows[i], out);
        fprintf(out, "%s#%s: %s\n", group ? "  " : "", leaf(rows[i].name),
                *rows[i].standard ? rows[i].standard : "\"\"");
    }
}

/* --- as a manual page's list --- */

void option_print_roff(const char *text, FILE *out)
{
    for (bool begins = true; *text; text++) {
        if (begins && strchr(".'", *text))
            fputs("\\&", out);
        begins = strncmp(text, ". ", 2) == 0;
        fputs(*text == '\\' ? "\\e" : (char[]){*text, '\0'}, out);
        if (begins) {
            fputc('\n', out);
            text++;
        }
    }
}

void option_print_man(const struct option_spec *rows, size_t count, FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < count; i++) {
        char expected[128];

        option_expects(&rows[i], expected);
        fprintf(out, ".It Cm %s\n", rows[i].name);
        option_print_roff(rows[i].help, out);
        fputs("\nValue: ", out);
        option_print_roff(expected, out);
        fprintf(out, " (%s).\nDefault: %s.\n", rows[i].unit, *rows[i].standard ? rows[i].standard : "empty");
        if (rows[i].restart)
            fputs("A change takes effect when the daemon is started again.\n", out);
    }
    fputs(".El\n", out);
}
