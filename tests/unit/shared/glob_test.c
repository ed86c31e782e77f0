/* Globs in which * stands for any text. */
#include "shared/glob.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void only_a_star_stands_for_more_than_itself(void **unused)
{
    (void)unused;
    static const struct {
        const char *glob, *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything/at all", true},
        {"a", "a", true},
        {"a", "A", false},
        {"a?", "ab", false},
        {"a?", "a?", true},
        {"local/*", "local/", true},
        {"local/*", "local", false},
        {"*/large", "x/large", true},
        {"*/large", "x/larger", false},
        {"a*b*c", "a1b2b3c", true},
        {"a*b*c", "a1c2b", false},
        {"**", "x", true},
        {"*a*", "bab", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (glob_matches(rows[i].glob, rows[i].text) != rows[i].matches)
            fail_msg("'%s' and '%s'", rows[i].glob, rows[i].text);
}

/* What would take for ever where each star is tried with each other one. */
static void many_stars_take_little(void **unused)
{
    (void)unused;
    char glob[129], text[4097];

    for (size_t i = 0; i < 128; i += 2)
        memcpy(glob + i, "*a", 2);
    strcpy(glob + 127, "b");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(glob_matches(glob, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_a_star_stands_for_more_than_itself),
                                       cmocka_unit_test(many_stars_take_little)};

    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
