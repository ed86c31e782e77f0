/* Token buckets, against a clock that the test turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/bucket.h"
#include <cmocka.h>

#define SECOND INT64_C(1000000)

/* How many of so many, all at that moment, are let through. */
static int64_t through(struct bucket *bucket, struct bucket_rate rate, int64_t count, int64_t now)
{
    int64_t taken = 0, wait;
    for (int64_t i = 0; i < count; i++)
        taken += bucket_take(bucket, rate, 1, now, &wait);
    return taken;
}

static void a_burst_passes_and_then_the_rate(void **state)
{
    static const struct {
        int64_t count, per_ms, burst_ms, burst, after_ms, more;
    } table[] = {
        {200, 1000, 5000, 1000, 1000, 200},   /* a connection's */
        {200, 1000, 5000, 1000, 60000, 1000}, /* never more than a burst */
        {60, 60000, 60000, 60, 1000, 1},      /* a user's, by the minute */
        {1, 60000, 60000, 1, 59999, 0},
        {1, 60000, 60000, 1, 60000, 1},
        {1, 1000, 10, 1, 1000, 1}, /* a burst is one at least */
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bucket bucket = {0};
        struct bucket_rate rate = bucket_rate(table[i].count, table[i].per_ms, table[i].burst_ms);
        int64_t now = 77 * SECOND;
        assert_int_equal(through(&bucket, rate, 5000, now), table[i].burst);
        assert_int_equal(through(&bucket, rate, 5000, now + table[i].after_ms * 1000), table[i].more);
    }
}

static void who_is_refused_is_told_how_long_to_wait(void **state)
{
    struct bucket bucket = {0};
    struct bucket_rate rate = bucket_rate(10, 1000, 500);
    int64_t now = SECOND, wait;
    (void)state;
    assert_int_equal(through(&bucket, rate, 9, now), 5);
    assert_false(bucket_take(&bucket, rate, 1, now, &wait));
    assert_int_equal(wait, SECOND / 10);
    assert_false(bucket_take(&bucket, rate, 1, now + wait - 1, &wait));
    assert_int_equal(wait, 1);
    assert_true(bucket_take(&bucket, rate, 1, now + SECOND / 10, &wait));
    assert_int_equal(wait, 0);
}

static void what_is_refused_takes_nothing(void **state)
{
    struct bucket bucket = {0};
    struct bucket_rate rate = bucket_rate(10, 1000, 1000);
    int64_t now = SECOND, wait;
    (void)state;
    assert_true(bucket_take(&bucket, rate, 8, now, &wait));
    assert_false(bucket_take(&bucket, rate, 3, now, &wait));
    assert_true(bucket_take(&bucket, rate, 2, now, &wait));
}

static void what_is_larger_than_a_burst_takes_a_whole_one(void **state)
{
    struct bucket bucket = {0};
    struct bucket_rate rate = bucket_rate(10, 1000, 1000);
    int64_t now = SECOND, wait;
    (void)state;
    assert_true(bucket_take(&bucket, rate, INT64_MAX / 2, now, &wait));
    assert_false(bucket_take(&bucket, rate, 1000, now, &wait));
    assert_int_equal(wait, SECOND);
    assert_true(bucket_take(&bucket, rate, 1000, now + wait, &wait));
}

static void without_a_rate_there_is_no_limit(void **state)
{
    struct bucket bucket = {0};
    (void)state;
    assert_int_equal(through(&bucket, bucket_rate(0, 1000, 5000), 100000, 1), 100000);
    assert_true(bucket_is_full(&bucket, 1));
}

static void a_drained_one_fills_as_any_other(void **state)
{
    struct bucket bucket = {0};
    struct bucket_rate rate = bucket_rate(100, 1000, 1000);
    int64_t now = SECOND;
    (void)state;
    bucket_drain(&bucket, rate, 10, now);
    assert_false(bucket_is_full(&bucket, now));
    assert_int_equal(through(&bucket, rate, 1000, now), 10);
    bucket_drain(&bucket, rate, 10, now); /* gives nothing back */
    assert_int_equal(through(&bucket, rate, 1000, now), 0);
    assert_int_equal(through(&bucket, rate, 1000, now + SECOND / 2), 50);
    assert_true(bucket_is_full(&bucket, now + 2 * SECOND));
}

/* A reload may lower the rate: what was used by the old one does not lock anybody out. */
static void another_rate_leaves_no_greater_debt(void **state)
{
    struct bucket bucket = {0};
    struct bucket_rate slow = bucket_rate(1, 60000, 600000), fast = bucket_rate(100, 1000, 1000);
    int64_t now = SECOND, wait;
    (void)state;
    assert_int_equal(through(&bucket, slow, 100, now), 10);
    assert_false(bucket_take(&bucket, fast, 1, now, &wait));
    assert_int_equal(wait, SECOND / 100);
    assert_int_equal(through(&bucket, fast, 1000, now + SECOND), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_and_then_the_rate),
        cmocka_unit_test(who_is_refused_is_told_how_long_to_wait),
        cmocka_unit_test(what_is_refused_takes_nothing),
        cmocka_unit_test(what_is_larger_than_a_burst_takes_a_whole_one),
        cmocka_unit_test(without_a_rate_there_is_no_limit),
        cmocka_unit_test(a_drained_one_fills_as_any_other),
        cmocka_unit_test(another_rate_leaves_no_greater_debt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
