/* Names of tools for models: what APIs take, one for each tool, and readable where that is possible. */
#include "daemon/agent/tool_name.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *name_of(const char *server, const char *tool)
{
    static char names[4][TOOL_NAME_MAX + 1];
    static int next;
    char *name = names[next++ % 4];

    tool_name_make(server, tool, 0, name);
    assert_true(strlen(name) <= TOOL_NAME_MAX);
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
                     strlen(name));
    return name;
}

static void plain_names_are_kept(void **state)
{
    (void)state;
    assert_string_equal(name_of("files", "read_file"), "files__read_file");
    assert_string_equal(name_of("my-files", "a__b"), "my-files__a__b");
    assert_string_equal(name_of("", "list_sessions"), "list_sessions");
}

static void other_names_get_a_hash(void **state)
{
    const char *spaced = name_of("files", "read file"), *dotted = name_of("files", "read.file");

    (void)state;
    assert_int_equal(strncmp(spaced, "files__read_file_", 17), 0);
    assert_int_equal(strlen(spaced), 17 + 8);
    assert_string_not_equal(spaced, dotted);
    assert_string_equal(spaced, name_of("files", "read file")); /* always the same */
}

static void long_names_are_cut_and_stay_different(void **state)
{
    char one[257], two[257];

    (void)state;
    memset(one, 'x', 256);
    one[256] = '\0';
    strcpy(two, one);
    two[255] = 'y';
    assert_int_equal(strlen(name_of("files", one)), TOOL_NAME_MAX);
    assert_string_not_equal(name_of("files", one), name_of("files", two));
    assert_int_equal(strlen(name_of("01234567890123456789012345678901", "012345678901234567890123456789")),
                     64);
    name_of("01234567890123456789012345678901", "0123456789012345678901234567890");
    name_of("x", "\xe4\xbd\xa0\xe5\xa5\xbd");
}

static void no_two_tools_have_one_name(void **state)
{
    (void)state;
    assert_string_not_equal(name_of("a", "b__c"), name_of("a__b", "c"));
    assert_string_not_equal(name_of("a", "_b"), name_of("a_", "b"));
    char first[TOOL_NAME_MAX + 1], second[TOOL_NAME_MAX + 1];
    tool_name_make("a", "b", 0, first);
    tool_name_make("a", "b", 1, second);
    assert_string_not_equal(first, second);
}

static void a_name_tells_its_tool_where_it_is_exact(void **state)
{
    (void)state;
    assert_string_equal(tool_name_of_server("files", "files__read"), "read");
    assert_string_equal(tool_name_of_server("a", "a___b"), "_b");
    assert_null(tool_name_of_server("a_", "a___b"));
    assert_null(tool_name_of_server("a__b", "a__b__c"));
    assert_string_equal(tool_name_of_server("a", "a__b__c"), "b__c");
    assert_null(tool_name_of_server("files", "files__"));
    assert_null(tool_name_of_server("files", "files__a b"));
    assert_null(tool_name_of_server("files", "file__read"));
    assert_null(tool_name_of_server("", "list_sessions"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_names_are_kept),
        cmocka_unit_test(other_names_get_a_hash),
        cmocka_unit_test(long_names_are_cut_and_stay_different),
        cmocka_unit_test(no_two_tools_have_one_name),
        cmocka_unit_test(a_name_tells_its_tool_where_it_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
