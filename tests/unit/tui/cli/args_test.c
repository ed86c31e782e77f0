/* What people type, and what they are told when it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/cli/args.h"
#include <string.h>

enum { WORDS_MAX = 40 };

static const struct option_row globals[] = {{"json", 0, NULL, "JSON"},
                                            {"socket", 0, "PATH", "socket"},
                                            {"help", 'h', NULL, "help"},
                                            {NULL, 0, NULL, NULL}};
static const struct option_row send_options[] = {{"session", 's', "SESSION", "session"},
                                                 {"new", 'n', NULL, "new"},
                                                 {"mode", 0, "MODE", "mode"},
                                                 {NULL, 0, NULL, NULL}};
static const struct command commands[] = {
    {"archive", "SESSION", "", 1, 1, 0, NULL, NULL, NULL},
    {"ls", "", "", 0, 0, 0, NULL, NULL, NULL},
    {"send", "[PROMPT]", "", 0, -1, 0, NULL, send_options, NULL},
    {NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL},
};

static struct args args;
static char error[256];

/* Parses "stoa" and the words of the line, which are separated by blanks. */
static bool parse(const char *line)
{
    static char program[] = "stoa", copy[1024];
    char *argv[WORDS_MAX + 1] = {program};
    int argc = 1;

    args_clear(&args);
    *error = '\0';
    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    return args_parse(&args, commands, globals, argc, argv, error);
}

static void assert_refused(const char *line, const char *text)
{
    assert_false(parse(line));
    assert_string_equal(error, text);
}

static int forget(void **unused)
{
    (void)unused;
    args_clear(&args);
    return 0;
}

static void test_nothing_is_fine(void **unused)
{
    (void)unused;
    assert_true(parse(""));
    assert_null(args.command);
    assert_int_equal(args.word_count, 0);
}

static void test_options_stand_anywhere(void **unused)
{
    (void)unused;
    assert_true(parse("--json send hello -s abc world --mode=steer"));
    assert_string_equal(args.command->name, "send");
    assert_true(args_has(&args, "json"));
    assert_string_equal(args_value(&args, "session"), "abc");
    assert_string_equal(args_value(&args, "mode"), "steer");
    assert_int_equal(args.word_count, 2);
    assert_string_equal(args.words[0], "hello");
    assert_string_equal(args.words[1], "world");
}

static void test_letters_join_and_carry_values(void **unused)
{
    (void)unused;
    assert_true(parse("send -nsabc"));
    assert_true(args_has(&args, "new"));
    assert_string_equal(args_value(&args, "session"), "abc");
}

static void test_the_last_value_counts(void **unused)
{
    (void)unused;
    assert_true(parse("send -s a --session b"));
    assert_string_equal(args_value(&args, "session"), "b");
}

static void test_two_dashes_end_the_options(void **unused)
{
    (void)unused;
    assert_true(parse("send -- --json -x"));
    assert_false(args_has(&args, "json"));
    assert_int_equal(args.word_count, 2);
    assert_string_equal(args.words[1], "-x");
}

static void test_one_dash_is_an_argument(void **unused)
{
    (void)unused;
    assert_true(parse("send -"));
    assert_string_equal(args.words[0], "-");
}

static void test_a_key_that_begins_with_dashes_is_an_argument(void **unused)
{
    (void)unused;
    assert_true(parse("send -I6rRFkcTtULfACCKXvRNcOkeWLvrdw9bxlDiT3Sr0M --json"));
    assert_int_equal(args.word_count, 1);
    assert_true(args_has(&args, "json"));
    assert_true(parse("send --6rRFkcTtULfACCKXvRNcOkeWLvrdw9bxlDiT3Sr0M"));
    assert_string_equal(args.words[0], "--6rRFkcTtULfACCKXvRNcOkeWLvrdw9bxlDiT3Sr0M");
    assert_false(parse("send -I6rRFkcTtULfACCKXvRNcOkeWLvrdw9bxlDiT3Sr0"));
    assert_false(parse("-I6rRFkcTtULfACCKXvRNcOkeWLvrdw9bxlDiT3Sr0M"));
}

static void test_a_value_may_begin_with_a_dash(void **unused)
{
    (void)unused;
    assert_true(parse("send --session -x"));
    assert_string_equal(args_value(&args, "session"), "-x");
}

static void test_unknown_options_are_named_with_the_nearest(void **unused)
{
    (void)unused;
    assert_refused("send --sesion x", "unknown option '--sesion'; did you mean --session?");
    assert_refused("send --mod=x", "unknown option '--mod'; did you mean --mode?");
    assert_refused("--jsno", "unknown option '--jsno'; did you mean --json?");
    assert_refused("ls --frobnicate", "unknown option '--frobnicate'; see: stoa help ls");
    assert_refused("--frobnicate ls", "unknown option '--frobnicate'; see: stoa help");
    assert_refused("ls -x", "unknown option '-x'; see: stoa help ls");
}

static void test_options_of_another_command_are_unknown(void **unused)
{
    (void)unused;
    assert_refused("ls --new", "unknown option '--new'; see: stoa help ls");
    assert_false(parse("--new send"));
}

static void test_unknown_commands_are_named_with_the_nearest(void **unused)
{
    (void)unused;
    assert_refused("sned hello", "unknown command 'sned'; did you mean send?");
    assert_refused("arch x", "unknown command 'arch'; did you mean archive?");
    assert_refused("frobnicate", "unknown command 'frobnicate'; see: stoa help");
}

static void test_values_are_needed_or_refused(void **unused)
{
    (void)unused;
    assert_refused("send --session", "option --session needs a value: --session SESSION");
    assert_refused("send -s", "option --session needs a value: --session SESSION");
    assert_refused("--json=yes", "option --json takes no value");
}

static void test_the_number_of_arguments_is_checked(void **unused)
{
    (void)unused;
    assert_true(parse("archive"));
    assert_false(args_check_count(&args, error));
    assert_string_equal(error, "archive needs SESSION; see: stoa help archive");
    assert_true(parse("archive a b"));
    assert_false(args_check_count(&args, error));
    assert_string_equal(error, "archive does not take 'b'; see: stoa help archive");
    assert_true(parse("archive a"));
    assert_true(args_check_count(&args, error));
    assert_true(parse("send a b c d"));
    assert_true(args_check_count(&args, error));
}

static void test_numbers_are_checked(void **unused)
{
    (void)unused;
    long number;

    assert_true(parse("send"));
    assert_true(args_number(&args, "session", 1, 9, 4, &number, error));
    assert_int_equal(number, 4);
    assert_true(parse("send -s 9"));
    assert_true(args_number(&args, "session", 1, 9, 4, &number, error));
    assert_int_equal(number, 9);
    for (size_t i = 0; i < 4; i++) {
        static const char *const wrong[] = {"send -s 10", "send -s 0", "send -s 3x", "send --session="};

        assert_true(parse(wrong[i]));
        assert_false(args_number(&args, "session", 1, 9, 4, &number, error));
        assert_non_null(strstr(error, "it must be a number from 1 to 9"));
    }
}

static void test_too_many_options_are_refused(void **unused)
{
    (void)unused;
    assert_false(parse("send -nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"));
    assert_string_equal(error, "more than 32 options are given");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nothing_is_fine, forget),
        cmocka_unit_test_teardown(test_options_stand_anywhere, forget),
        cmocka_unit_test_teardown(test_letters_join_and_carry_values, forget),
        cmocka_unit_test_teardown(test_the_last_value_counts, forget),
        cmocka_unit_test_teardown(test_two_dashes_end_the_options, forget),
        cmocka_unit_test_teardown(test_one_dash_is_an_argument, forget),
        cmocka_unit_test_teardown(test_a_key_that_begins_with_dashes_is_an_argument, forget),
        cmocka_unit_test_teardown(test_a_value_may_begin_with_a_dash, forget),
        cmocka_unit_test_teardown(test_unknown_options_are_named_with_the_nearest, forget),
        cmocka_unit_test_teardown(test_options_of_another_command_are_unknown, forget),
        cmocka_unit_test_teardown(test_unknown_commands_are_named_with_the_nearest, forget),
        cmocka_unit_test_teardown(test_values_are_needed_or_refused, forget),
        cmocka_unit_test_teardown(test_the_number_of_arguments_is_checked, forget),
        cmocka_unit_test_teardown(test_numbers_are_checked, forget),
        cmocka_unit_test_teardown(test_too_many_options_are_refused, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
