/* Names of folders that are a user's: whose they are is told from them again, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/mcp/folders.h"
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void a_name_tells_its_user(void **state)
{
    static const char *const users[] = {"ann", "a.b_c-d", "Ünï cödé", "%41", "..", "a/b"};
    char user[FOLDERS_USER_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        char *name = folders_name(users[i], "files.v2", "a");

        assert_true(folders_user_of(name, user));
        assert_string_equal(user, users[i]);
        free(name);
    }
}

static void what_is_no_users_tells_none(void **state)
{
    static const char *const names[] = {"",     ".",         "..",     ".files.", "ann",      "%41.files.",
                                        "%.f.", "%4.files.", "%FF.f.", "%00.f.",  "a%00b.f.", "a b.f."};
    char user[FOLDERS_USER_BYTES], longest[301];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_false(folders_user_of(names[i], user));
    memset(longest, '.', 300);
    longest[300] = '\0';
    char *name = folders_name(longest, "files", ""); /* too long to be in it */
    assert_false(folders_user_of(name, user));
    free(name);
    memset(longest, 'a', 299);
    assert_false(folders_user_of(longest, user));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_tells_its_user),
        cmocka_unit_test(what_is_no_users_tells_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
