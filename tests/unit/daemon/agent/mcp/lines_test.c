/* However bytes are cut on their way, the same lines come out. */
#include "daemon/agent/mcp/lines.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Feeds text in pieces of step bytes; the lines, each in brackets, then "!" for one that was too long. */
static char *split(const char *text, size_t step, size_t max, bool cut)
{
    struct lines lines;
    struct buf seen;
    enum lines_found found = LINES_MORE;
    char *line;
    size_t len, line_len;

    buf_init(&seen, 1 << 20);
    lines_init(&lines, max, cut);
    for (size_t at = 0; at < strlen(text) && found != LINES_LONG; at += step) {
        char *piece = strndup(text + at, step), *bytes = piece;

        for (len = strlen(piece); (found = lines_next(&lines, &bytes, &len, &line, &line_len)) == LINES_LINE;)
            buf_printf(&seen, "[%.*s]", (int)line_len, line);
        free(piece);
    }
    if (found == LINES_LONG)
        buf_puts(&seen, "!");
    else if (lines_last(&lines, &line, &line_len))
        buf_printf(&seen, "<%.*s>", (int)line_len, line);
    lines_free(&lines);
    return buf_take(&seen);
}

static void expect(const char *text, size_t max, bool cut, const char *wanted)
{
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        char *got = split(text, step, max, cut);

        assert_string_equal(got, wanted);
        free(got);
    }
}

static void lines_are_the_same_however_they_are_cut(void **state)
{
    (void)state;
    expect("{\"a\":1}\n{\"b\":2}\n", 100, false, "[{\"a\":1}][{\"b\":2}]");
    expect("one\ntwo", 100, false, "[one]<two>");
    expect("\n\n", 100, false, "[][]");
    expect("", 100, false, "");
}

static void a_carriage_return_belongs_to_the_end_of_the_line(void **state)
{
    (void)state;
    expect("one\r\ntwo\r\n\r\n", 100, false, "[one][two][]");
    expect("a\rb\n", 100, false, "[a\rb]");
    expect("one\r\r\n", 100, false, "[one\r]");
}

static void a_line_of_exactly_the_cap_passes_and_one_more_byte_does_not(void **state)
{
    (void)state;
    expect("abcd\nefgh\n", 4, false, "[abcd][efgh]");
    expect("abcd\nefghi\nx\n", 4, false, "[abcd]!");
    expect("abcde", 4, false, "!");
    expect("abcd\r\n", 4, false, "!");
}

static void where_long_lines_are_cut_the_next_one_is_whole(void **state)
{
    (void)state;
    expect("abcdefghij\nxy\n", 4, true, "[abcd][xy]");
    expect("abc\r\r\nxy\n", 4, true, "[abc\r][xy]");
    expect("abcdefghij", 4, true, "<abcd>");
}

static void what_is_held_never_passes_the_cap(void **state)
{
    (void)state;
    struct lines lines;
    char piece[1000], *line;
    size_t line_len;

    lines_init(&lines, 2000, true);
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 1000; i++) {
        char *bytes = piece;
        size_t len = sizeof piece;

        assert_int_equal(lines_next(&lines, &bytes, &len, &line, &line_len), LINES_MORE);
        assert_true(lines.held.cap <= 2001);
    }
    lines_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_same_however_they_are_cut),
        cmocka_unit_test(a_carriage_return_belongs_to_the_end_of_the_line),
        cmocka_unit_test(a_line_of_exactly_the_cap_passes_and_one_more_byte_does_not),
        cmocka_unit_test(where_long_lines_are_cut_the_next_one_is_whole),
        cmocka_unit_test(what_is_held_never_passes_the_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
