/* A server may write as much as it likes for people; they get so many lines a second. */
#include "daemon/agent/mcp/talk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct ear {
    unsigned lines;
    char last[TALK_LINE_BYTES + 1];
    size_t last_len;
};

static void hear(void *arg, const char *line, size_t len)
{
    struct ear *ear = arg;

    assert_true(len <= TALK_LINE_BYTES);
    ear->lines++;
    ear->last_len = len;
    memcpy(ear->last, line, len);
    ear->last[len] = '\0';
}

static void say(struct talk *talk, const char *text)
{
    char *copy = strdup(text);

    talk_take(talk, copy, strlen(copy));
    free(copy);
}

static void lines_come_one_by_one_and_empty_ones_not_at_all(void **state)
{
    (void)state;
    struct ear ear = {0};
    struct talk talk;

    talk_init(&talk, hear, &ear);
    say(&talk, "one\n\ntwo\r\nthr");
    assert_int_equal(ear.lines, 2);
    assert_string_equal(ear.last, "two");
    say(&talk, "ee");
    talk_end(&talk);
    assert_int_equal(ear.lines, 3);
    assert_string_equal(ear.last, "three");
    talk_free(&talk);
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    struct ear ear = {0};
    struct talk talk;
    char *long_line = malloc(100001);

    memset(long_line, 'y', 100000);
    long_line[100000] = '\0';
    talk_init(&talk, hear, &ear);
    say(&talk, long_line);
    say(&talk, "\n");
    talk_line(&talk, long_line, 100000);
    assert_int_equal(ear.lines, 2);
    assert_int_equal(ear.last_len, TALK_LINE_BYTES);
    free(long_line);
    talk_free(&talk);
}

static void of_too_many_lines_the_number_is_told_once_a_second(void **state)
{
    (void)state;
    struct ear ear = {0};
    struct talk talk;

    talk_init(&talk, hear, &ear);
    for (int i = 0; i < TALK_LINES + 7; i++)
        say(&talk, "again\n");
    assert_int_equal(ear.lines, TALK_LINES);
    assert_true(talk_next_second(&talk));
    assert_int_equal(ear.lines, TALK_LINES + 1);
    assert_non_null(strstr(ear.last, "(7 more lines were left out"));
    say(&talk, "now\n");
    assert_string_equal(ear.last, "now");
    assert_true(talk_next_second(&talk));
    assert_false(talk_next_second(&talk));
    assert_string_equal(ear.last, "now");
    talk_free(&talk);
}

static void who_writes_too_much_has_to_wait_for_the_next_second(void **state)
{
    (void)state;
    struct ear ear = {0};
    struct talk talk;
    char *piece = calloc(1, 1 << 20);

    memset(piece, '\n', (1 << 20) - 1);
    talk_init(&talk, hear, &ear);
    for (int i = 0; i < 4; i++) {
        assert_false(talk_is_full(&talk));
        say(&talk, piece);
    }
    say(&talk, "12345");
    assert_true(talk_is_full(&talk));
    assert_true(talk_next_second(&talk));
    assert_false(talk_is_full(&talk));
    free(piece);
    talk_free(&talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_one_by_one_and_empty_ones_not_at_all),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(of_too_many_lines_the_number_is_told_once_a_second),
        cmocka_unit_test(who_writes_too_much_has_to_wait_for_the_next_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
