/* The one table of error codes. */
#include "shared/err.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_has_a_name_that_leads_back_to_it(void **state)
{
    (void)state;
    for (int code = 0; code < ERR_COUNT; code++)
        assert_int_equal(err_from_name(err_name((enum err)code)), code);
}

static void names_are_lower_case_words(void **state)
{
    (void)state;
    for (int code = 0; code < ERR_COUNT; code++) {
        const char *name = err_name((enum err)code);

        assert_true(*name != '\0');
        for (const char *c = name; *c; c++)
            assert_true(islower((unsigned char)*c) || *c == '_');
    }
}

static void every_code_says_something_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < ERR_COUNT; a++) {
        assert_true(strlen(err_text((enum err)a)) > 3);
        for (int b = 0; b < a; b++)
            assert_string_not_equal(err_text((enum err)a), err_text((enum err)b));
    }
}

static void names_of_the_wire_stay_as_they_are(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR_OK), "ok");
    assert_string_equal(err_name(ERR_NOT_FOUND), "not_found");
    assert_string_equal(err_name(ERR_SHUTTING_DOWN), "shutting_down");
    assert_int_equal(err_from_name("too_large"), ERR_TOO_LARGE);
}

static void what_is_unknown_is_an_internal_error(void **state)
{
    (void)state;
    assert_int_equal(err_from_name("no_such_error"), ERR_INTERNAL);
    assert_int_equal(err_from_name(""), ERR_INTERNAL);
    assert_int_equal(err_from_name(NULL), ERR_INTERNAL);
    assert_string_equal(err_name(ERR_COUNT), "internal");
    assert_string_equal(err_text((enum err)999), err_text(ERR_INTERNAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_that_leads_back_to_it),
        cmocka_unit_test(names_are_lower_case_words),
        cmocka_unit_test(every_code_says_something_of_its_own),
        cmocka_unit_test(names_of_the_wire_stay_as_they_are),
        cmocka_unit_test(what_is_unknown_is_an_internal_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
