/* The table of subcommands, and the help that is made from it. */
#include "tui/cli/command.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SUMMARIES = 27 /* the column that they begin at */, LINE_MAX_CELLS = 110 };

static char *text; /* of the help that was asked for last; teardown frees it */
static size_t text_len;

static void help_on(const struct command *command)
{
    struct out out;

    free(text);
    out_init(&out, open_memstream(&text, &text_len));
    command_help_on(&out, command);
    fclose(out.file);
}

static int teardown(void **unused)
{
    (void)unused;
    free(text);
    text = NULL;
    return 0;
}

static void test_summaries_stand_below_each_other(void **unused)
{
    (void)unused;
    help_on(NULL);

    for (const struct command *command = command_table; command->name; command++) {
        const char *at = strstr(text, command->summary), *line = at;

        assert_non_null(at);
        while (line > text && line[-1] != '\n')
            line--;
        assert_int_equal(at - line, SUMMARIES);
    }
}

static void test_help_fits_a_terminal(void **unused)
{
    (void)unused;
    const struct command *command = command_table;
    bool more = true;

    while (more) {
        more = command->name != NULL;
        help_on(more ? command++ : NULL);
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
            assert_true(strcspn(line, "\n") <= LINE_MAX_CELLS);
    }
}

/* They make the manual, and are of no use to anybody else. */
static void test_words_that_make_the_manual_are_not_told_of(void **unused)
{
    (void)unused;
    help_on(NULL);
    assert_null(strstr(text, "man-keys"));
    help_on(args_command(command_table, "config"));
    assert_null(strstr(text, "man-keys"));
    assert_non_null(strstr(text, "example"));
}

/* So that help can be read like a list. */
static void test_the_table_is_in_order(void **unused)
{
    (void)unused;
    for (const struct command *command = command_table; command[1].name; command++)
        assert_true(strcmp(command[0].name, command[1].name) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_summaries_stand_below_each_other, teardown),
        cmocka_unit_test_teardown(test_help_fits_a_terminal, teardown),
        cmocka_unit_test_teardown(test_words_that_make_the_manual_are_not_told_of, teardown),
        cmocka_unit_test(test_the_table_is_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
