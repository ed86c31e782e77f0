#include "shared/utf8.h"
#include "tui/text/needle.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool likely(const char *needle, const char *source)
{
    struct needle *n = needle_new(needle, strlen(needle));
    bool found = needle_likely(n, source, strlen(source));

    needle_free(&n);
    return found;
}

static void case_counts_only_with_a_capital(void **state)
{
    (void)state;
    assert_true(likely("retry", "The Retry loop"));
    assert_true(likely("Retry", "The Retry loop"));
    assert_false(likely("Retry", "the retry loop"));
    assert_true(likely("straße", "STRASSE, Straße"));
    assert_true(likely("élan", "ÉLAN"));
    assert_true(likely("k", "300 \xe2\x84\xaa")); /* the Kelvin sign folds to k */
}

static void marks_and_line_breaks_of_the_source_do_not_count(void **state)
{
    (void)state;
    assert_true(likely("the retry loop", "the **retry**\nloop"));
    assert_true(likely("a_b", "a\\_b"));
    assert_true(likely("quoted text", "> quoted\n> text"));
    assert_false(likely("into", "in to"));
    assert_false(likely("ab", "a-b"));
}

static void nothing_is_no_needle(void **state)
{
    (void)state;
    assert_null(needle_new("", 0));
    assert_false(likely("x", ""));
    assert_false(likely("longer than it", "longer"));
}

static void a_needle_is_matched_in_steps(void **state)
{
    struct needle *n = needle_new("ab cd", 5);
    size_t used;
    bool end;

    (void)state;
    assert_int_equal(needle_length(n), 5);
    assert_int_equal(needle_step(n, 0, "AB", 2, &used, &end), 2);
    assert_int_equal(used, 2);
    assert_true(end);
    assert_true(needle_space(n, 2));
    assert_int_equal(needle_step(n, 3, "cdx", 3, &used, &end), 5);
    assert_int_equal(used, 2);
    assert_false(end);
    assert_int_equal(needle_step(n, 0, "b", 1, &used, &end), 0);
    needle_free(&n);
    assert_null(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_counts_only_with_a_capital),
        cmocka_unit_test(marks_and_line_breaks_of_the_source_do_not_count),
        cmocka_unit_test(nothing_is_no_needle),
        cmocka_unit_test(a_needle_is_matched_in_steps),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
