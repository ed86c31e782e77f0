/* What the environment has for the client alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/cli/choose.h"
#include <stdlib.h>
#include <string.h>

static void a_token_leaves_the_environment_when_it_is_taken(void **unused)
{
    (void)unused;
    setenv("STOA_TOKEN", "t_secret", 1);
    const char *place = getenv("STOA_TOKEN");

    char *token = choose_take_token();

    assert_string_equal(token, "t_secret");
    assert_null(getenv("STOA_TOKEN"));
    assert_int_equal(system("test -z \"${STOA_TOKEN+set}\""), 0);
    for (size_t i = 0; i < strlen("t_secret"); i++)
        assert_int_equal(place[i], 0); /* what the process began with is shown to others */
    choose_forget_token(&token);
    assert_null(token);
}

static void no_token_and_an_empty_one_are_the_same(void **unused)
{
    (void)unused;
    assert_null(choose_take_token());
    setenv("STOA_TOKEN", "", 1);
    assert_null(choose_take_token());
    assert_null(getenv("STOA_TOKEN"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_token_leaves_the_environment_when_it_is_taken),
                                       cmocka_unit_test(no_token_and_an_empty_one_are_the_same)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
