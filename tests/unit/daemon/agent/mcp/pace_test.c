/* A burst passes, a flood is slowed down. */
#include "daemon/agent/mcp/pace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_burst_is_taken_at_once_and_paid_off(void **state)
{
    (void)state;
    struct pace pace = {0};
    pace_take(&pace, 100000, 20 << 20);
    assert_false(pace_is_full(&pace));
    for (int second = 1; second < 100000 / PACE_LINES; second++)
        assert_true(pace_next_second(&pace));
    assert_false(pace_next_second(&pace));
}

static void a_flood_of_lines_gets_so_many_a_second(void **state)
{
    (void)state;
    struct pace pace = {0};
    size_t taken = 0;
    for (int second = 0; second < 100; second++) {
        for (; !pace_is_full(&pace); taken += 1000)
            pace_take(&pace, 1000, 1000);
        pace_next_second(&pace);
    }
    assert_in_range(taken, PACE_LINES_MAX + 99 * PACE_LINES, PACE_LINES_MAX + 99 * PACE_LINES + 1000);
}

static void a_flood_of_bytes_is_slowed_down_too(void **state)
{
    (void)state;
    struct pace pace = {0};
    pace_take(&pace, 1, PACE_BYTES_MAX + 5);
    assert_true(pace_is_full(&pace));
    assert_true(pace_next_second(&pace));
    assert_false(pace_is_full(&pace));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_taken_at_once_and_paid_off),
        cmocka_unit_test(a_flood_of_lines_gets_so_many_a_second),
        cmocka_unit_test(a_flood_of_bytes_is_slowed_down_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
