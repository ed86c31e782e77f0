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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_as_their_mode_says),
        cmocka_unit_test(a_long_line_is_cut_after_a_space_or_a_cluster),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
