/* An option's value as it comes by --set (a line "name=value"), the environment or the file: all three mean
 * the same, or are refused with a sentence; and what is taken is written as what reads back the same. */
#include "daemon/config/config.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_read(const char *value)
{
    char text[32], expects[128];
    int64_t number, again;

    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *spec = option_row((enum option)i);
        option_expects(spec, expects);
        if (spec->type == OPTION_TEXT || !option_read(spec, value, &number))
            continue;
        assert(number >= spec->min && number <= spec->max);
        option_write(spec, number, text);
        assert(option_read(spec, text, &again) && again == number);
    }
}

static struct config *by_environment(enum option option, const char *value, char error[256])
{
    char name[OPTION_NAME_MAX + 6];

    option_variable(option_row(option)->name, name);
    setenv(name, value, 1);
    struct config *config = config_parse("", 0, "fuzz.yaml", NULL, 0, true, error);
    unsetenv(name);
    return config;
}

static void check_same(enum option option, const struct config *set, const struct config *other)
{
    assert(!set == !other);
    if (!set)
        return;
    assert(config_number(set, option) == config_number(other, option));
    assert(strcmp(config_text(set, option), config_text(other, option)) == 0);
}

static void check_error(const struct config *config, const char *line, const char *error)
{
    assert(config || (*error && memchr(error, '\0', 256)));
    assert(config || !utf8_valid(line, strlen(line)) || utf8_valid(error, strlen(error)));
}

static enum option option_of(const char *name, size_t len)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *other = option_row((enum option)i)->name;
        if (strlen(other) == len && memcmp(other, name, len) == 0)
            return (enum option)i;
    }
    return OPTION_COUNT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = strndup((const char *)data, size), error[256] = "";
    const char *sets[] = {line}, *equals = strchr(line, '=');
    struct config *config = config_parse("", 0, "fuzz.yaml", sets, 1, false, error);

    check_error(config, line, error);
    if (equals) {
        enum option option = option_of(line, (size_t)(equals - line));
        check_read(equals + 1);
        if (option < OPTION_COUNT && equals[1]) { /* an empty variable counts as none */
            struct config *other = by_environment(option, equals + 1, error);
            check_error(other, line, error);
            check_same(option, config, other);
            config_free(&other);
        }
    }
    config_free(&config);
    free(line);
    return 0;
}
