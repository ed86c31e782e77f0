/* What a misspelt name may have meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/nearest.h"
#include <cmocka.h>
#include <string.h>

static const char *const names[] = {"session.idle_timeout", "limits.max_live_agents", "log.level", "theme"};

static const char *nearest(const char *name)
{
    return nearest_name(name, names, sizeof names / sizeof *names);
}

static void a_slip_of_the_fingers_is_near(void **state)
{
    (void)state;
    assert_string_equal(nearest("thmee"), "theme");
    assert_string_equal(nearest("session.idle_timout"), "session.idle_timeout");
    assert_string_equal(nearest("log.levle"), "log.level");
}

static void the_last_part_of_a_dotted_name_is_near(void **state)
{
    (void)state;
    assert_string_equal(nearest("max_live_agents"), "limits.max_live_agents");
}

static void what_is_far_is_none(void **state)
{
    char longer[5000];

    (void)state;
    assert_null(nearest("colour"));
    static const char *const shorter[] = {"next"};
    assert_null(nearest_name("send", shorter, 1)); /* three of four letters are others */
    static const char *const others[] = {"questions", "queue", "store"};
    assert_null(nearest_name("sesions", others, 3));
    assert_null(nearest_name("theme", others, 3));
    assert_null(nearest_name("nope", others, 3));
    assert_null(nearest("agent.something_else"));
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_null(nearest(longer));
    assert_null(nearest_name("x", names, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_of_the_fingers_is_near),
        cmocka_unit_test(the_last_part_of_a_dotted_name_is_near),
        cmocka_unit_test(what_is_far_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
