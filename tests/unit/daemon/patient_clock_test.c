/* What time is believed when the wall clock jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/patient_clock.h"
#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOON   (INT64_C(1700000000) * 1000)

static void a_clock_that_goes_right_is_believed(void **state)
{
    struct patient_clock clock;

    (void)state;
    patient_clock_start(&clock, NOON, 5);
    for (int64_t i = 1; i < 100; i++)
        assert_int_equal(patient_clock_look(&clock, NOON + i * DAY, 5 + i * DAY), NOON + i * DAY);
    /* adjusted a little, each time */
    patient_clock_start(&clock, NOON, 0);
    for (int64_t i = 1; i < 100; i++)
        assert_int_equal(patient_clock_look(&clock, NOON + i * (DAY + 50000), i * DAY),
                         NOON + i * (DAY + 50000));
}

static void a_day_ahead_and_back_is_as_if_it_had_not_been(void **state)
{
    struct patient_clock clock;

    (void)state;
    patient_clock_start(&clock, NOON, 0);
    assert_int_equal(patient_clock_look(&clock, NOON + DAY + HOUR, HOUR), NOON + HOUR);
    assert_int_equal(patient_clock_look(&clock, NOON + DAY + 20 * HOUR, 20 * HOUR), NOON + 20 * HOUR);
    assert_int_equal(patient_clock_look(&clock, NOON + 21 * HOUR, 21 * HOUR), NOON + 21 * HOUR);
    /* the next jump is doubted as long as the first */
    assert_int_equal(patient_clock_look(&clock, NOON + DAY + 22 * HOUR, 22 * HOUR), NOON + 22 * HOUR);
    assert_int_equal(patient_clock_look(&clock, NOON + DAY + 40 * HOUR, 40 * HOUR), NOON + 40 * HOUR);
}

static void one_that_stays_ahead_is_believed_after_a_day(void **state)
{
    struct patient_clock clock;

    (void)state;
    patient_clock_start(&clock, NOON, 0); /* a machine that did not know what day it was */
    assert_int_equal(patient_clock_look(&clock, NOON + 900 * DAY, HOUR), NOON + HOUR);
    assert_int_equal(patient_clock_look(&clock, NOON + 901 * DAY, DAY), NOON + DAY);
    assert_int_equal(patient_clock_look(&clock, NOON + 901 * DAY + HOUR, DAY + HOUR),
                     NOON + 901 * DAY + HOUR);
    assert_int_equal(patient_clock_look(&clock, NOON + 902 * DAY, 2 * DAY), NOON + 902 * DAY);
}

static void one_that_goes_back_is_believed_at_once(void **state)
{
    struct patient_clock clock;

    (void)state;
    patient_clock_start(&clock, NOON, 0);
    assert_int_equal(patient_clock_look(&clock, NOON - DAY, HOUR), NOON - DAY);
    assert_int_equal(patient_clock_look(&clock, NOON - DAY + HOUR, 2 * HOUR), NOON - DAY + HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_goes_right_is_believed),
        cmocka_unit_test(a_day_ahead_and_back_is_as_if_it_had_not_been),
        cmocka_unit_test(one_that_stays_ahead_is_believed_after_a_day),
        cmocka_unit_test(one_that_goes_back_is_believed_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
