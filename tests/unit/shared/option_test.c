/* Values of each type of option: read, refused, written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/option.h"
#include <cmocka.h>
#include <string.h>

struct sample {
    const char *text;
    int64_t number; /* -1: refused */
};

static void check(const struct option_spec *row, const struct sample *samples, size_t count)
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
    static const struct option_spec row = {.type = OPTION_INTEGER, .min = 1, .max = 10000};

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
    static const struct option_spec row = {.type = OPTION_BOOL, .min = 0, .max = 1};

    (void)state;
    CHECK(row,
          {{"true", 1}, {"false", 0}, {"True", -1}, {"yes", -1}, {"1", -1}, {"", -1}, {"false|true", -1}});
}

static void enums_are_one_of_their_choices(void **state)
{
    static const struct option_spec row = {
        .type = OPTION_ENUM, .min = 0, .max = 4, .choices = "error|warn|info|debug|trace"};

    (void)state;
    CHECK(row, {{"error", 0}, {"info", 2}, {"trace", 4}, {"inf", -1}, {"info|", -1}, {"", -1}, {"INFO", -1}});
}

static void durations_have_a_unit(void **state)
{
    static const struct option_spec row = {.type = OPTION_DURATION, .min = 1000, .max = 86400000};

    (void)state;
    CHECK(row, {{"1s", 1000},
                {"1000ms", 1000},
                {"999ms", -1},
                {"90s", 90000},
                {"5m", 300000},
                {"24h", 86400000},
                {"25h", -1},
                {"1d", 86400000},
                {"2d", -1},
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
    static const struct option_spec row = {.type = OPTION_SIZE, .min = 1024, .max = 1 << 20};

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
    static const struct option_spec large = {.type = OPTION_SIZE, .max = INT64_MAX};
    CHECK(large, {{"2g", INT64_C(2) << 30}, {"8589934591g", INT64_C(8589934591) << 30}, {"8589934592g", -1}});
}

static void texts_are_one_line_of_utf8(void **state)
{
    static const struct option_spec row = {.type = OPTION_TEXT, .min = 0, .max = 8};

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
    static const struct option_spec duration = {.type = OPTION_DURATION}, size = {.type = OPTION_SIZE};
    static const struct {
        const struct option_spec *row;
        int64_t number;
        const char *text;
    } samples[] = {{&duration, 500, "500ms"},
                   {&duration, 1500, "1500ms"},
                   {&duration, 60000, "1m"},
                   {&duration, 7200000, "2h"},
                   {&duration, 86400000, "1d"},
                   {&duration, 0, "0ms"},
                   {&size, 4096, "4k"},
                   {&size, 1000, "1000"},
                   {&size, 3 << 20, "3m"},
                   {&size, 0, "0"},
                   {&size, INT64_C(2) << 30, "2g"},
                   {&duration, 5400000, "90m"}};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        char text[32];

        option_write(samples[i].row, samples[i].number, text);
        assert_string_equal(text, samples[i].text);
    }
}

static void a_name_in_the_environment_is_in_upper_case(void **state)
{
    char out[OPTION_NAME_MAX + 6];

    (void)state;
    option_variable("session.idle_timeout", out);
    assert_string_equal(out, "STOA_SESSION_IDLE_TIMEOUT");
    option_variable("a-name-that-is-much-longer-than-any-option-may-be-called-by-a-person.at_all", out);
    assert_int_equal(strlen(out), OPTION_NAME_MAX + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_digits_within_bounds),
        cmocka_unit_test(booleans_are_true_or_false),
        cmocka_unit_test(enums_are_one_of_their_choices),
        cmocka_unit_test(durations_have_a_unit),
        cmocka_unit_test(sizes_may_have_a_unit),
        cmocka_unit_test(texts_are_one_line_of_utf8),
        cmocka_unit_test(numbers_are_written_with_their_largest_unit),
        cmocka_unit_test(a_name_in_the_environment_is_in_upper_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
