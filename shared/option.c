#include "shared/option.h"
#include "shared/utf8.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)

struct suffix {
    const char *text;
    int64_t factor; /* from the largest to the smallest */
};
static const struct suffix time_suffixes[] = {{"d", DAY},    {"h", HOUR}, {"m", MINUTE},
                                              {"s", SECOND}, {"ms", 1},   {NULL, 0}};
static const struct suffix size_suffixes[] = {{"g", GIB}, {"m", MIB}, {"k", KIB}, {"", 1}, {NULL, 0}};

/* The digits at the beginning of *text, which is moved behind them. At most 15 of them, so that no factor
 * overflows. */
static bool read_digits(const char **text, int64_t *number)
{
    size_t len = strspn(*text, "0123456789");

    if (len == 0 || len > 15)
        return false;
    *number = strtoll(*text, NULL, 10);
    *text += len;
    return true;
}

static bool read_unit(const char *text, const struct suffix *suffixes, int64_t *number)
{
    if (!read_digits(&text, number))
        return false;
    while (suffixes->text && strcmp(suffixes->text, text) != 0)
        suffixes++;
    if (!suffixes->text || *number > INT64_MAX / suffixes->factor)
        return false;
    *number *= suffixes->factor;
    return true;
}

static bool read_choice(const char *choices, const char *text, int64_t *number)
{
    size_t len = strlen(text);

    for (int64_t at = 0; choices; at++) {
        size_t size = strcspn(choices, "|");

        if (size == len && memcmp(choices, text, len) == 0) {
            *number = at;
            return true;
        }
        choices = choices[size] ? choices + size + 1 : NULL;
    }
    return false;
}

static bool is_printable(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return utf8_valid(text, strlen(text));
}

bool option_read(const struct option_spec *spec, const char *text, int64_t *number)
{
    bool ok = false;

    switch (spec->type) {
    case OPTION_TEXT:
        *number = (int64_t)strlen(text);
        ok = is_printable(text);
        break;
    case OPTION_INTEGER:
        ok = read_digits(&text, number) && !*text;
        break;
    case OPTION_BOOL:
        ok = read_choice("false|true", text, number);
        break;
    case OPTION_ENUM:
        ok = read_choice(spec->choices, text, number);
        break;
    case OPTION_DURATION:
        ok = read_unit(text, time_suffixes, number);
        break;
    case OPTION_SIZE:
        ok = read_unit(text, size_suffixes, number);
        break;
    case OPTION_TYPE_COUNT:
        break;
    }
    return ok && *number >= spec->min && *number <= spec->max;
}

/* With the largest unit that leaves a whole number. */
static void write_unit(int64_t number, const struct suffix *suffix, char out[32])
{
    while (suffix->factor > 1 && (number % suffix->factor != 0 || number == 0))
        suffix++;
    snprintf(out, 32, "%lld%s", (long long)(number / suffix->factor), suffix->text);
}

void option_write(const struct option_spec *spec, int64_t number, char out[32])
{
    const char *choice = spec->choices;

    switch (spec->type) {
    case OPTION_BOOL:
        snprintf(out, 32, "%s", number ? "true" : "false");
        break;
    case OPTION_ENUM:
        while (number-- > 0)
            choice = strchr(choice, '|') + 1;
        snprintf(out, 32, "%.*s", (int)strcspn(choice, "|"), choice);
        break;
    case OPTION_DURATION:
        write_unit(number, time_suffixes, out);
        break;
    case OPTION_SIZE:
        write_unit(number, size_suffixes, out);
        break;
    default:
        snprintf(out, 32, "%lld", (long long)number);
    }
}

static void list_choices(const char *choices, char out[128])
{
    size_t len = (size_t)snprintf(out, 128, "one of ");

    for (; *choices && len < 120; choices++)
        len += (size_t)snprintf(out + len, 128 - len, *choices == '|' ? ", " : "%c", *choices);
}

void option_expects(const struct option_spec *spec, char out[128])
{
    char min[32], max[32];

    option_write(spec, spec->min, min);
    option_write(spec, spec->max, max);
    switch (spec->type) {
    case OPTION_TEXT:
        snprintf(out, 128, "a text of at most %s bytes on one line", max);
        break;
    case OPTION_BOOL:
        snprintf(out, 128, "true or false");
        break;
    case OPTION_ENUM:
        list_choices(spec->choices, out);
        break;
    case OPTION_DURATION:
        snprintf(out, 128, "a duration such as 500ms, 10s, 5m, 2h or 1d, from %s to %s", min, max);
        break;
    case OPTION_SIZE:
        snprintf(out, 128, "a size such as 4096, 64k, 1m or 2g, from %s to %s", min, max);
        break;
    default:
        snprintf(out, 128, "a whole number from %s to %s", min, max);
    }
}

void option_variable(const char *name, char out[OPTION_NAME_MAX + 6])
{
    size_t len = (size_t)snprintf(out, OPTION_NAME_MAX + 6, "STOA_");

    for (; *name && len < OPTION_NAME_MAX + 5; name++)
        out[len++] = *name == '.' ? '_' : (char)toupper((unsigned char)*name);
    out[len] = '\0';
}
