#include "shared/utf8.h"
#include "tui/text/wrap.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void lines_break_as_their_mode_says(void **arg)
{
    static const struct {
        const char *text;
        size_t width;
        enum wrap_mode mode;
        size_t shown, next;
    } cases[] = {
        {"one two", 5, WRAP_WORDS, 3, 4},  {"one two", 5, WRAP_KEEP, 4, 4}, {"one two", 5, WRAP_HARD, 5, 5},
        {"unbroken", 5, WRAP_WORDS, 5, 5}, {"漢字", 3, WRAP_WORDS, 3, 3},   {"漢", 1, WRAP_HARD, 3, 3},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t next;
        assert_int_equal(
            wrap_next(cases[i].text, strlen(cases[i].text), cases[i].width, cases[i].mode, &next),
            cases[i].shown);
        assert_int_equal(next, cases[i].next);
    }
}

static void a_long_line_is_cut_after_a_space_or_a_cluster(void **arg)
{
    char text[400];

    (void)arg;
    memset(text, 'x', sizeof text);
    assert_int_equal(wrap_cut(text, 200), 200);
    text[150] = ' ';
    assert_int_equal(wrap_cut(text, 200), 151);
    text[150] = 'x';
    text[20] = ' '; /* too far back */
    assert_int_equal(wrap_cut(text, 200), 200);
    memcpy(text + 198, "e\xcc\x81\xcc\x81", 5); /* one cluster over the edge */
    assert_int_equal(wrap_cut(text, 200), 198);
}

static void what_does_not_fit_ends_with_an_ellipsis(void **arg)
{
    (void)arg;
    static const struct {
        const char *text;
        size_t cells, used;
        const char *fits;
    } cases[] = {{"", 4, 0, ""},          {"abc", 4, 3, "abc"},       {"abcd", 4, 4, "abcd"},
                 {"abcde", 4, 4, "abc…"}, {"日本語", 6, 6, "日本語"}, {"日本語", 5, 5, "日本…"},
                 {"日本語", 4, 3, "日…"}, {"éé", 1, 1, "…"},          {"abc", 1, 1, "…"},
                 {"abc", 0, 0, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 64);
        buf_puts(&out, "<");
        assert_int_equal(wrap_fit(&out, cases[i].text, cases[i].cells), cases[i].used);
        assert_string_equal(out.data + 1, cases[i].fits);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_as_their_mode_says),
        cmocka_unit_test(a_long_line_is_cut_after_a_space_or_a_cluster),
        cmocka_unit_test(what_does_not_fit_ends_with_an_ellipsis),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
