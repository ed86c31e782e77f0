/* The clocks. */
#include "shared/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void the_steady_clock_moves_and_never_goes_back(void **state)
{
    (void)state;
    int64_t first = clock_steady_us(), last = first;

    for (int i = 0; i < 1000 || last == first; i++) {
        int64_t now = clock_steady_us();
        assert_true(now >= last);
        last = now;
    }
}

static void milliseconds_and_microseconds_are_of_one_clock(void **state)
{
    (void)state;
    int64_t before = clock_steady_us() / 1000;
    int64_t ms = clock_steady_ms();
    int64_t after = clock_steady_us() / 1000;

    assert_true(before <= ms && ms <= after);
}

static void the_wall_clock_is_the_systems(void **state)
{
    struct timespec before, after;
    (void)state;
    clock_gettime(CLOCK_REALTIME, &before);

    int64_t now = clock_wall_ms();

    clock_gettime(CLOCK_REALTIME, &after);
    assert_true(before.tv_sec * 1000 + before.tv_nsec / 1000000 <= now);
    assert_true(now <= after.tv_sec * 1000 + after.tv_nsec / 1000000);
}

static void the_boot_clock_is_not_behind_the_steady_one(void **state)
{
    (void)state;
    int64_t steady = clock_steady_ms(), boot = clock_boot_ms();

    assert_true(boot >= steady);
    assert_true(clock_boot_ms() >= boot);
}

static void a_moment_is_said_in_local_time(void **state)
{
    char text[CLOCK_TEXT];
    (void)state;
    setenv("TZ", "XXX-2", 1); /* two hours east */
    tzset();

    assert_string_equal(clock_local(0, CLOCK_SECOND, text), "1970-01-01 02:00:00");
    assert_string_equal(clock_local(1767225540999, CLOCK_MINUTE, text), "2026-01-01 01:59");
    assert_string_equal(clock_local(1767225540999, CLOCK_DAY, text), "2026-01-01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_steady_clock_moves_and_never_goes_back),
        cmocka_unit_test(milliseconds_and_microseconds_are_of_one_clock),
        cmocka_unit_test(the_wall_clock_is_the_systems),
        cmocka_unit_test(the_boot_clock_is_not_behind_the_steady_one),
        cmocka_unit_test(a_moment_is_said_in_local_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
