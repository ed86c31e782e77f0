/* The table of options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/options.h"
#include <cmocka.h>
#include <ctype.h>
#include <string.h>

static void every_row_is_whole_and_its_default_within_its_bounds(void **state)
{
    (void)state;
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_spec *row = option_row((enum option)i);
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

static void what_is_expected_is_said_with_bounds(void **state)
{
    char text[128];

    (void)state;
    option_expects(option_row(OPTION_SESSION_IDLE_TIMEOUT), text);
    assert_string_equal(text, "a duration such as 500ms, 10s, 5m, 2h or 1d, from 1s to 1d");
    option_expects(option_row(OPTION_LOG_LEVEL), text);
    assert_string_equal(text, "one of error, warn, info, debug, trace");
    option_expects(option_row(OPTION_LIMITS_MAX_CLIENTS), text);
    assert_string_equal(text, "a whole number from 1 to 10000");
    option_expects(option_row(OPTION_LIMITS_MESSAGE_SIZE), text);
    assert_string_equal(text, "a size such as 4096, 64k, 1m or 2g, from 1k to 1m");
    option_expects(option_row(OPTION_MODEL_PROBE_LOCAL), text);
    assert_string_equal(text, "true or false");
    option_expects(option_row(OPTION_AGENT_PATH), text);
    assert_string_equal(text, "a text of at most 4095 bytes on one line");
}

static void a_former_name_leads_to_an_option_of_another_name(void **state)
{
    size_t count;
    const struct option_former *formers = option_formers(&count);

    (void)state;
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(option_find(formers[i].name), OPTION_COUNT);
        assert_true(formers[i].option < OPTION_COUNT);
        assert_int_equal(option_formerly(formers[i].name), formers[i].option);
        assert_true(strlen(formers[i].name) <= OPTION_NAME_MAX);
    }
    assert_int_equal(option_formerly("agent.max_live"), OPTION_LIMITS_MAX_LIVE_AGENTS);
    assert_int_equal(option_formerly("limits.max_live_agents"), OPTION_COUNT);
    assert_int_equal(option_formerly(""), OPTION_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole_and_its_default_within_its_bounds),
        cmocka_unit_test(what_is_expected_is_said_with_bounds),
        cmocka_unit_test(a_former_name_leads_to_an_option_of_another_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
