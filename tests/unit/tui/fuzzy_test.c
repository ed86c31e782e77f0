/* What a filter finds, which of two texts it likes better, and that hostile texts cost little. */
#include "shared/clock.h"
#include "shared/utf8.h"
#include "tests/support/slow.h"
#include "tui/fuzzy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int score(const char *filter, const char *text)
{
    struct fuzzy fuzzy;

    fuzzy_init(&fuzzy, filter, strlen(filter));
    return fuzzy_score(&fuzzy, text, strlen(text), NULL);
}

/* The text with the letters that were found in brackets. */
static const char *shown(const char *filter, const char *text)
{
    static char out[512];
    struct fuzzy fuzzy;
    struct fuzzy_found found;
    size_t len = 0;

    fuzzy_init(&fuzzy, filter, strlen(filter));
    fuzzy_score(&fuzzy, text, strlen(text), &found);
    for (size_t at = 0; text[at];) {
        uint32_t cp;
        size_t used = utf8_decode(text + at, strlen(text) - at, &cp);
        len += (size_t)snprintf(out + len, sizeof out - len, fuzzy_has(&found, at) ? "[%.*s]" : "%.*s",
                                (int)used, text + at);
        at += used;
    }
    return out;
}

static void assert_better(const char *filter, const char *good, const char *bad)
{
    assert_true(score(filter, bad) > 0);
    if (score(filter, good) <= score(filter, bad))
        fail_msg("'%s' finds %s (%d) no better than %s (%d)", filter, good, score(filter, good), bad,
                 score(filter, bad));
}

static void test_letters_in_their_order(void **state)
{
    (void)state;
    assert_true(score("", "anything") > 0);
    assert_true(score("abc", "a-b-c") > 0);
    assert_int_equal(score("abc", "acb"), 0);
    assert_int_equal(score("abc", "ab"), 0);
    assert_int_equal(score("a", ""), 0);
}

static void test_words_in_any_order(void **state)
{
    (void)state;
    assert_true(score("retry api", "api: fix the retry loop") > 0);
    assert_int_equal(score("retry zebra", "api: fix the retry loop"), 0);
    assert_true(score("   ", "x") > 0);
}

static void test_case_counts_only_where_it_is_typed(void **state)
{
    (void)state;
    assert_true(score("readme", "README.md") > 0);
    assert_int_equal(score("Readme", "readme.md"), 0);
    assert_true(score("RE", "README.md") > 0);
    assert_true(score("ärger", "ÄRGER im Amt") > 0);
    assert_true(score("привет", "ПРИВЕТ мир") > 0);
}

static void test_starts_of_words_win(void **state)
{
    (void)state;
    assert_better("fb", "foo-bar", "fooba");
    assert_better("fb", "foo/bar", "foo-bar");
    assert_better("fb", "fooBar", "foobar");
    assert_better("new", "new", "renew it");
    assert_better("main", "src/main.c", "domain/a.c");
    assert_better("app", "tui/app.c", "tui/map_paper.c");
    assert_better("abc", "xabc", "xaxbxc");
    assert_better("main", "lib/main.c", "lib/maintenance");
}

static void test_the_letters_that_are_lit(void **state)
{
    (void)state;
    assert_string_equal(shown("ab", "xa ab"), "xa [a][b]");
    assert_string_equal(shown("fbt", "foo_bar_test.c"), "[f]oo_[b]ar_[t]est.c");
    assert_string_equal(shown("öl", "ein Öl"), "ein [Ö][l]");
    assert_string_equal(shown("zz", "abc"), "abc");
    assert_string_equal(shown("b a", "a b"), "[a] [b]");
    assert_string_equal(shown("a zz", "abc"), "abc");
}

static void test_words_of_a_long_text(void **state)
{
    struct fuzzy fuzzy;
    const char *text = "Rename this session, or say its (own) title";

    (void)state;
    fuzzy_init(&fuzzy, "tit own", 7);
    assert_true(fuzzy_within(&fuzzy, text, strlen(text)));
    fuzzy_init(&fuzzy, "itle", 4);
    assert_false(fuzzy_within(&fuzzy, text, strlen(text)));
}

static void test_bad_and_huge_texts(void **state)
{
    static char text[100000], filter[1000];
    struct fuzzy fuzzy;
    struct fuzzy_found found;

    (void)state;
    memset(text, 'a', sizeof text);
    memset(filter, 'a', sizeof filter);
    fuzzy_init(&fuzzy, filter, sizeof filter);
    assert_true(fuzzy_score(&fuzzy, text, sizeof text, &found) > 0);
    int64_t start = clock_steady_us();
    for (int i = 0; i < 100; i++)
        fuzzy_score(&fuzzy, text, sizeof text, NULL);
    int64_t each = (clock_steady_us() - start) / 100;
    print_message("%lld us for the worst text\n", (long long)each);
    assert_true(each < 5000 * slow());
    memset(text, 0xff, sizeof text);
    assert_int_equal(fuzzy_score(&fuzzy, text, sizeof text, &found), 0);
    for (size_t i = 0; i + 4 <= sizeof text; i += 4) /* the widest characters */
        memcpy(text + i, "\xf0\x9f\x98\x80", 4);
    fuzzy_init(&fuzzy, text, 400);
    assert_true(fuzzy_score(&fuzzy, text, sizeof text, &found) > 0);
    assert_false(fuzzy_has(&found, SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters_in_their_order),
        cmocka_unit_test(test_words_in_any_order),
        cmocka_unit_test(test_case_counts_only_where_it_is_typed),
        cmocka_unit_test(test_starts_of_words_win),
        cmocka_unit_test(test_the_letters_that_are_lit),
        cmocka_unit_test(test_words_of_a_long_text),
        cmocka_unit_test(test_bad_and_huge_texts),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
