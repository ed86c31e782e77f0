/* How long things take, by buckets. */
#include "daemon/histogram.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void each_time_is_in_the_first_bucket_that_holds_it(void **unused)
{
    (void)unused;
    struct histogram histogram = {{0}, 0};

    for (size_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++)
        assert_true(histogram_bound_us(i) < histogram_bound_us(i + 1));
    histogram_add(&histogram, histogram_bound_us(3));
    histogram_add(&histogram, histogram_bound_us(3) + 1);
    histogram_add(&histogram, INT64_C(3600000000));
    histogram_add(&histogram, -5); /* a clock that was set: no time */
    assert_int_equal(histogram.counts[3], 1);
    assert_int_equal(histogram.counts[4], 1);
    assert_int_equal(histogram.counts[HISTOGRAM_BUCKETS], 1);
    assert_int_equal(histogram.counts[0], 1);
    assert_int_equal(histogram_count(&histogram), 4);
    assert_int_equal(histogram.sum_us, 2 * histogram_bound_us(3) + 1 + INT64_C(3600000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_time_is_in_the_first_bucket_that_holds_it)};

    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
