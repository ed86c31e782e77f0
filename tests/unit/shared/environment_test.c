/* What a program that is started finds in its environment. */
#include "shared/environment.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *value_of(char *const *list, const char *name)
{
    size_t len = strlen(name);

    for (; *list; list++)
        if (strncmp(*list, name, len) == 0 && (*list)[len] == '=')
            return *list + len + 1;
    return NULL;
}

static int setup(void **unused)
{
    (void)unused;
    setenv("STOA_TEST_KEY", "secret", 1);
    setenv("STOA_TEST_KEY_ID", "a=b", 1);
    setenv("STOA_TEST_EMPTY", "", 1);
    unsetenv("STOA_TEST_ABSENT");
    return 0;
}

static void test_only_what_is_named_and_set(void **unused)
{
    (void)unused;
    static const char *const names[] = {"STOA_TEST_KEY_ID", "STOA_TEST_ABSENT", "STOA_TEST_EMPTY", NULL};
    char **list = environment_only(names);

    assert_string_equal(list[0], "STOA_TEST_KEY_ID=a=b");
    assert_string_equal(list[1], "STOA_TEST_EMPTY=");
    assert_null(list[2]);
    environment_free(&list);
    assert_null(list);
}

static void test_all_but_what_is_named(void **unused)
{
    (void)unused;
    static const char *const names[] = {"STOA_TEST_KEY", "STOA_TEST", "STOA_TEST_ABSENT", NULL};
    char **list = environment_without(names);

    assert_null(value_of(list, "STOA_TEST_KEY"));
    assert_string_equal(value_of(list, "STOA_TEST_KEY_ID"), "a=b");
    assert_string_equal(value_of(list, "STOA_TEST_EMPTY"), "");
    environment_free(&list);
}

static void test_what_is_added_comes_last(void **unused)
{
    (void)unused;
    static const char *const none[] = {NULL}, *const one[] = {"STOA_TEST_KEY", NULL};
    char **list = environment_only(none);

    assert_null(list[0]);
    environment_free(&list);
    list = environment_only(one);
    environment_add(&list, "A", "1");
    environment_add(&list, "B", "");
    assert_string_equal(list[0], "STOA_TEST_KEY=secret");
    assert_string_equal(list[1], "A=1");
    assert_string_equal(list[2], "B=");
    assert_null(list[3]);
    environment_free(&list);
    environment_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_named_and_set),
        cmocka_unit_test(test_all_but_what_is_named),
        cmocka_unit_test(test_what_is_added_comes_last),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
