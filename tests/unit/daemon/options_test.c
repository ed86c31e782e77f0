/* The table of options, and each type's values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/options.h"
#include <cmocka.h>
#include <ctype.h>
#include <string.h>

static void every_row_is_whole_and_its_default_within_its_bounds(void **state)
{
    (void)state;
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = option_row((enum option)i);
        char written[32], expected[128];
        int64_t number;

        assert_non_null(row->name);
        assert_int_equal(option_find(row->name), i);
        if (i > 0 && strcmp(option_row((enum option)(i - 1))->name, row->name) >= 0)
            fail_msg("'%s' is not in its place", row->name);
        for (const char *at = row->name; *at; at++)
            assert_true(islower((unsigned char)*at) || *at == '_' || *at == '.');
        assert_true(row->unit && *row->unit);
        assert_true(row->help && strlen(row->help) > 20 && row->help[strlen(row->help) - 1] == '.');
        assert_true(row->min <= row->max);
        assert_int_equal(row->type == OPTION_ENUM, row->choices != NULL);
        if (!option_read(row, row->standard, &number))
            fail_msg("the default '%s' of '%s' is not allowed", row->standard, row->name);
        option_expects(row, expected);
        assert_true(strlen(expected) > 5 && strlen(expected) < 120);
        if (row->type == OPTION_TEXT)
            continue;
        /* what is written is what was read */
        option_write(row, number, written);
        assert_string_equal(written, row->standard);
    }
    assert_int_equal(option_find("no.such"), OPTION_COUNT);
    assert_int_equal(option_find(""), OPTION_COUNT);
}

struct sample {
    const char *text;
    int64_t number; /* -1: refused */
};

static void check(const struct option_row *row, const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t number = 0;
        bool ok = option_read(row, samples[i].text, &number);

        if (ok != (samples[i].number >= 0) || (ok && number != samples[i].number))
            fail_msg("'%s' was %s as %lld", samples[i].text, ok ? "read" : "refused", (long long)number);
    }
}

#define CHECK(row, ...)                                                                                      \
    do {                                                                                                     \
        static const struct sample samples[] = __VA_ARGS__;                                                  \
        check(&row, samples, sizeof samples / sizeof *samples);                                              \
    } while (0)

static void integers_are_digits_within_bounds(void **state)
{
    static const struct option_row row = {.type = OPTION_INTEGER, .min = 1, .max = 10000};

    (void)state;
    CHECK(row, {{"1", 1},
                {"10000", 10000},
                {"007", 7},
                {"0", -1},
                {"10001", -1},
                {"-1", -1},
                {"+1", -1},
                {"", -1},
                {" 1", -1},
                {"1 ", -1},
                {"1.0", -1},
                {"0x10", -1},
                {"1e3", -1},
                {"99999999999999999999999", -1},
                {"many", -1}});
}

static void booleans_are_true_or_false(void **state)
{
    static const struct option_row row = {.type = OPTION_BOOL, .min = 0, .max = 1};

    (void)state;
    CHECK(row,
          {{"true", 1}, {"false", 0}, {"True", -1}, {"yes", -1}, {"1", -1}, {"", -1}, {"false|true", -1}});
}

static void enums_are_one_of_their_choices(void **state)
{
    const struct option_row *row = option_row(OPTION_LOG_LEVEL);

    (void)state;
    CHECK(*row,
          {{"error", 0}, {"info", 2}, {"trace", 4}, {"inf", -1}, {"info|", -1}, {"", -1}, {"INFO", -1}});
}

static void durations_have_a_unit(void **state)
{
    static const struct option_row row = {.type = OPTION_DURATION, .min = 1000, .max = 86400000};

    (void)state;
    CHECK(row, {{"1s", 1000},
                {"1000ms", 1000},
                {"999ms", -1},
                {"90s", 90000},
                {"5m", 300000},
                {"24h", 86400000},
                {"25h", -1},
                {"5", -1},
                {"5 m", -1},
                {"5M", -1},
                {"m", -1},
                {"5mm", -1},
                {"1.5h", -1},
                {"-5m", -1},
                {"999999999999999h", -1},
                {"5 parsecs", -1}});
}

static void sizes_may_have_a_unit(void **state)
{
    static const struct option_row row = {.type = OPTION_SIZE, .min = 1024, .max = 1 << 20};

    (void)state;
    CHECK(row, {{"1024", 1024},
                {"1k", 1024},
                {"64k", 65536},
                {"1m", 1 << 20},
                {"1048577", -1},
                {"2m", -1},
                {"1023", -1},
                {"1g", -1},
                {"1K", -1},
                {"k", -1},
                {"", -1},
                {"999999999999999m", -1}});
}

static void texts_are_one_line_of_utf8(void **state)
{
    static const struct option_row row = {.type = OPTION_TEXT, .min = 0, .max = 8};

    (void)state;
    CHECK(row, {{"", 0},
                {"a b", 3},
                {"12345678", 8},
                {"123456789", -1},
                {"sch\xc3\xb6n", 6},
                {"\xc3", -1},
                {"a\nb", -1},
                {"\x1b[0m", -1},
                {"\x7f", -1}});
}

static void numbers_are_written_with_their_largest_unit(void **state)
{
    static const struct option_row duration = {.type = OPTION_DURATION}, size = {.type = OPTION_SIZE};
    static const struct {
        const struct option_row *row;
        int64_t number;
        const char *text;
    } samples[] = {{&duration, 500, "500ms"},  {&duration, 1500, "1500ms"}, {&duration, 60000, "1m"},
                   {&duration, 7200000, "2h"}, {&duration, 0, "0ms"},       {&size, 4096, "4k"},
                   {&size, 1000, "1000"},      {&size, 3 << 20, "3m"},      {&size, 0, "0"},
                   {&duration, 5400000, "90m"}};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        char text[32];

        option_write(samples[i].row, samples[i].number, text);
        assert_string_equal(text, samples[i].text);
    }
}

static void what_is_expected_is_said_with_bounds(void **state)
{
    char text[128];

    (void)state;
    option_expects(option_row(OPTION_AGENT_IDLE_TIMEOUT), text);
    assert_string_equal(text, "a duration such as 500ms, 10s, 5m or 2h, from 1s to 24h");
    option_expects(option_row(OPTION_LOG_LEVEL), text);
    assert_string_equal(text, "one of error, warn, info, debug, trace");
    option_expects(option_row(OPTION_LIMITS_CLIENTS), text);
    assert_string_equal(text, "a whole number from 1 to 10000");
    option_expects(option_row(OPTION_LIMITS_MESSAGE_SIZE), text);
    assert_string_equal(text, "a size such as 4096, 64k or 1m, from 1k to 256k");
    option_expects(option_row(OPTION_MODEL_PROBE_LOCAL), text);
    assert_string_equal(text, "true or false");
    option_expects(option_row(OPTION_AGENT_PATH), text);
    assert_string_equal(text, "a text of at most 4095 bytes on one line");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole_and_its_default_within_its_bounds),
        cmocka_unit_test(integers_are_digits_within_bounds),
        cmocka_unit_test(booleans_are_true_or_false),
        cmocka_unit_test(enums_are_one_of_their_choices),
        cmocka_unit_test(durations_have_a_unit),
        cmocka_unit_test(sizes_may_have_a_unit),
        cmocka_unit_test(texts_are_one_line_of_utf8),
        cmocka_unit_test(numbers_are_written_with_their_largest_unit),
        cmocka_unit_test(what_is_expected_is_said_with_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
