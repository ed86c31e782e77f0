#include "shared/utf8.h"
#include "tui/plain/typed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct typed *typed;

static int open_typed(void **arg)
{
    (void)arg;
    typed = typed_new();
    return 0;
}

static int close_typed(void **arg)
{
    (void)arg;
    typed_free(&typed);
    return 0;
}

static void expect(const char *line, enum typed_is is, const char *text)
{
    assert_int_equal(typed_take(typed, line), is);
    if (text)
        assert_string_equal(typed_text(typed), text);
}

static void a_line_is_a_message_or_a_command(void **arg)
{
    (void)arg;
    expect("hello", TYPED_MESSAGE, "hello");
    expect("/help", TYPED_COMMAND, "/help");
    expect("/title a b", TYPED_COMMAND, "/title a b");
    expect("/usr/bin is full", TYPED_MESSAGE, "/usr/bin is full");
    expect("/demo tool=x", TYPED_MESSAGE, "/demo tool=x");
    expect(" /help", TYPED_MESSAGE, " /help");
    expect("", TYPED_NOTHING, NULL);
    expect("   ", TYPED_NOTHING, NULL);
}

static void a_backslash_goes_on_in_the_next_line(void **arg)
{
    (void)arg;
    expect("one\\", TYPED_NOTHING, NULL);
    assert_true(typed_began(typed));
    expect("/two\\", TYPED_NOTHING, NULL);
    expect("three", TYPED_MESSAGE, "one\n/two\nthree");
    assert_false(typed_began(typed));
    expect("C:\\\\", TYPED_MESSAGE, "C:\\");
}

static void what_stands_between_fences_is_one_message(void **arg)
{
    (void)arg;
    expect("\"\"\"", TYPED_NOTHING, NULL);
    expect("if x: \\", TYPED_NOTHING, NULL);
    expect("", TYPED_NOTHING, NULL);
    expect("/quit", TYPED_NOTHING, NULL);
    expect("\"\"\" ", TYPED_MESSAGE, "if x: \\\n\n/quit");
    expect("\"\"\"", TYPED_NOTHING, NULL);
    expect("\"\"\"", TYPED_NOTHING, NULL); /* nothing stands between them */
    expect("next", TYPED_MESSAGE, "next");
    expect("\"\"\"", TYPED_NOTHING, NULL);
    typed_drop(typed);
    expect("after ^C", TYPED_MESSAGE, "after ^C");
}

static void lines_are_told_from_bytes_and_cleaned(void **arg)
{
    bool cut;

    (void)arg;
    typed_feed(typed, "a\033[2Jb", 6);
    assert_null(typed_line(typed, &cut));
    typed_feed(typed, "c\u202e\nnext\nhal", 13);
    assert_string_equal(typed_line(typed, &cut), "abc");
    assert_false(cut);
    assert_string_equal(typed_line(typed, &cut), "next");
    assert_null(typed_line(typed, &cut));
    typed_feed(typed, "f\n", 2);
    assert_string_equal(typed_line(typed, &cut), "half");
}

static void a_line_that_the_terminal_has_cut_is_known(void **arg)
{
    char *line = malloc(TYPED_LINE_MAX + 1);
    bool cut;

    (void)arg;
    memset(line, 'x', TYPED_LINE_MAX);
    line[TYPED_LINE_MAX] = '\n';
    typed_feed(typed, line, TYPED_LINE_MAX + 1);
    assert_non_null(typed_line(typed, &cut));
    assert_true(cut);
    typed_feed(typed, line + 1, TYPED_LINE_MAX);
    assert_non_null(typed_line(typed, &cut));
    assert_false(cut);
    free(line);
}

static void too_much_is_dropped_and_said(void **arg)
{
    char *line = malloc(4001);

    (void)arg;
    memset(line, 'x', 4000);
    line[4000] = '\0';
    expect("\"\"\"", TYPED_NOTHING, NULL);
    for (size_t i = 0; i < TYPED_MAX / 4000 + 1; i++)
        expect(line, TYPED_NOTHING, NULL);
    expect("\"\"\"", TYPED_TOO_LONG, NULL);
    expect("short", TYPED_MESSAGE, "short");
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_a_message_or_a_command, open_typed, close_typed),
        cmocka_unit_test_setup_teardown(a_backslash_goes_on_in_the_next_line, open_typed, close_typed),
        cmocka_unit_test_setup_teardown(what_stands_between_fences_is_one_message, open_typed, close_typed),
        cmocka_unit_test_setup_teardown(lines_are_told_from_bytes_and_cleaned, open_typed, close_typed),
        cmocka_unit_test_setup_teardown(a_line_that_the_terminal_has_cut_is_known, open_typed, close_typed),
        cmocka_unit_test_setup_teardown(too_much_is_dropped_and_said, open_typed, close_typed),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
