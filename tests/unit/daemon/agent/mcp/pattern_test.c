/* Regular expressions as JSON Schema means them, and what hostile ones cost. */
#include "daemon/agent/mcp/pattern.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum pattern_found find(const char *expression, const char *text)
{
    char error[128];
    struct pattern *pattern = pattern_compile(expression, error);
    long steps = 1000000;
    enum pattern_found found;

    if (!pattern)
        fail_msg("%s: %s", expression, error);
    found = pattern_find(pattern, text, strlen(text), &steps);
    pattern_free(&pattern);
    assert_null(pattern);
    return found;
}

static void a_text_is_searched_for_the_expression(void **state)
{
    static const struct {
        const char *expression, *found, *absent;
    } cases[] = {
        {"b", "abc", "ac"},
        {"^b", "bc", "abc"},
        {"b$", "ab", "abc"},
        {"^$", "", "a"},
        {"^a.c$",
         "a\xc3\xa4"
         "c",
         "a\nc"},
        {"^(ab|cd|)x$", "cdx", "adx"},
        {"^(?:ab|c)+$", "abcab", "abca"},
        {"^(?<year>[0-9]{4})-", "2025-01", "025-01"},
        {"^a*$", "aaa", "aab"},
        {"^a+?b??$", "aa", "bb"},
        {"^a{2,3}$", "aaa", "a"},
        {"^a{2}$", "aa", "aaa"},
        {"^a{2,}$", "aaaaa", "a"},
        {"^a{0,2}b$", "b", "aaab"},
        {"^(a{2}){2}$", "aaaa", "aaa"},
        {"^a{,2}$", "a{,2}", "aa"},
        {"^(a*)*$", "aaa", "b"},
        {"^(|a)+$", "aa", "b"},
        {"^[a-c\\d_-]+$", "b7_-", "d"},
        {"^[^a-c]$", "d", "a"},
        {"^[]$|^[^]$", "\n", ""},
        {"^[\\w.]+@[\\w-]+$", "a.b@c-d", "a b@c"},
        {"^\\D\\W\\S$", "a.b", "1.b"},
        {"^[\\D]$", "\xe2\x82\xac", "5"},
        {"\\bcat\\b", "a cat.", "concat"},
        {"\\Bcat", "concat", "a cat"},
        {"^\\u00e4\\x41\\u{1F600}\\uD83D\\uDE00$",
         "\xc3\xa4"
         "A\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
         "a"},
        {"^\\t\\n\\r\\f\\v\\cA$", "\t\n\r\f\v\x01", "t"},
        {"^\\.\\/\\-\\{\\}\\\\$", "./-{}\\", "x"},
        {"^(?=.*\\d)(?=.*[A-Z]).{4,}$", "ab1C", "ab1c"},
        {"^(?!admin)[a-z]+$", "user", "administrator"},
        {"^(?=(a|b))(?!b).$", "a", "b"},
        {"^[\xc3\xa4-\xc3\xb6]$", "\xc3\xa5", "\xc3\xa3"},
        {"^\\s$", "\xc2\xa0", "x"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (find(cases[i].expression, cases[i].found) != PATTERN_FOUND)
            fail_msg("%s is not found in %s", cases[i].expression, cases[i].found);
        if (find(cases[i].expression, cases[i].absent) != PATTERN_ABSENT)
            fail_msg("%s is found in %s", cases[i].expression, cases[i].absent);
    }
}

static void an_expression_that_cannot_be_used_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *expression, *reason;
    } bad[] = {
        {"(a)\\1", "back reference"},
        {"(?<=a)b", "look-behind"},
        {"\\p{L}", "\\p"},
        {"(a", "without its )"},
        {"a)", "without its ("},
        {"[a", "without its ]"},
        {"[b-a]", "upside down"},
        {"a{3,2}", "upside down"},
        {"a{2000}", "beyond 1000"},
        {"((a{100}){100}){100}", "too large"},
        {"*a", "repeats nothing"},
        {"a**", "repeats nothing"},
        {"\\", "backslash"},
        {"\\u12", "bad"},
        {"\\q", "not known"},
        {"((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))", "nested"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char error[128] = "";
        struct pattern *pattern = pattern_compile(bad[i].expression, error);

        if (pattern || !strstr(error, bad[i].reason))
            fail_msg("%s: %s", bad[i].expression, error);
    }
}

/* What makes a backtracking matcher hang takes a few thousand steps here. */
static void a_catastrophic_expression_costs_little(void **state)
{
    static const char *const hostile[] = {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$"};
    char text[101];
    char error[128];
    (void)state;

    memset(text, 'a', 100);
    text[100] = '\0';
    text[99] = '!';
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct pattern *pattern = pattern_compile(hostile[i], error);
        long steps = 20000;

        assert_int_equal(pattern_find(pattern, text, 100, &steps), PATTERN_ABSENT);
        pattern_free(&pattern);
    }
}

static void steps_end_a_search(void **state)
{
    char error[128];
    struct pattern *pattern = pattern_compile("(?=.*x).*y", error);
    long steps = 5000;
    char text[1000];
    (void)state;

    memset(text, 'a', sizeof text);
    assert_int_equal(pattern_find(pattern, text, sizeof text, &steps), PATTERN_TOO_LONG);
    pattern_free(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_searched_for_the_expression),
        cmocka_unit_test(an_expression_that_cannot_be_used_is_refused_with_the_reason),
        cmocka_unit_test(a_catastrophic_expression_costs_little),
        cmocka_unit_test(steps_end_a_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
