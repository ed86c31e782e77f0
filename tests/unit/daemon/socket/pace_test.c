/* How often something may happen, and what an address is. */
#include "daemon/socket/pace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1000000 };

static struct address from(const char *text)
{
    struct address address;
    assert_true(address_of_text(text, &address));
    return address;
}

static int take_all(struct pace *pace, const char *text, int64_t now)
{
    struct address address = from(text);
    int count = 0;
    while (count < 10000 && pace_take(pace, &address, now))
        count++;
    return count;
}

static struct pace pace;

static void begin(int all, int all_burst, int each, int each_burst)
{
    pace = (struct pace){.all = {all, all_burst}, .each = {each, each_burst}};
}

static void test_a_burst_and_then_a_steady_pace(void **unused)
{
    (void)unused;
    begin(1000, 1000, 10, 20);
    assert_int_equal(take_all(&pace, "10.0.0.1", NOW), 20);
    assert_int_equal(take_all(&pace, "10.0.0.1", NOW + 99), 0);
    assert_int_equal(take_all(&pace, "10.0.0.1", NOW + 100), 1);
    assert_int_equal(take_all(&pace, "10.0.0.1", NOW + 1100), 10);
    assert_int_equal(take_all(&pace, "10.0.0.1", NOW + 1000000), 20);
}

static void test_who_is_too_fast_takes_nothing_from_others(void **unused)
{
    (void)unused;
    begin(10, 30, 10, 20);
    assert_int_equal(take_all(&pace, "10.0.0.1", NOW), 20);
    assert_int_equal(take_all(&pace, "10.0.0.1", NOW), 0);
    assert_int_equal(take_all(&pace, "10.0.0.2", NOW), 10);
}

static void test_all_together_have_a_pace_too(void **unused)
{
    (void)unused;
    begin(10, 50, 10, 20);
    int count = 0;
    for (int i = 0; i < 100; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.0.1.%d", i);
        count += take_all(&pace, text, NOW);
    }
    assert_int_equal(count, 50);
}

static void test_more_addresses_than_are_remembered(void **unused)
{
    (void)unused;
    begin(1000000, 1000000, 1, 2);
    for (int i = 0; i < 20000; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        assert_in_range(take_all(&pace, text, NOW), 2, 2);
    }
}

enum spread { APART, NEAR, NEAR_IPV6 };

/* So many hosts try for that long as often as they can. */
static void flood(int hosts, enum spread spread, int64_t from_ms, int64_t to_ms)
{
    for (int64_t now = from_ms; now < to_ms; now += 10)
        for (int i = 0; i < hosts; i++) {
            char text[32];
            if (spread == APART)
                snprintf(text, sizeof text, "10.1.%d.1", i);
            else if (spread == NEAR)
                snprintf(text, sizeof text, "10.2.0.%d", i);
            else
                snprintf(text, sizeof text, "2001:db8:1:%x::1", (unsigned)i);
            struct address address = from(text);
            pace_take(&pace, &address, now);
        }
}

static void begin_with_share(void)
{
    begin(10, 20, 5, 20);
    pace.seldom = (struct pace_limit){20, 40};
    pace.nearby = (struct pace_limit){10, 20};
}

static void test_a_flood_from_many_leaves_a_share_to_those_who_come_seldom(void **unused)
{
    (void)unused;
    begin_with_share();
    flood(100, APART, NOW, NOW + 20000);
    assert_in_range(take_all(&pace, "10.2.0.1", NOW + 20000), PACE_SELDOM, PACE_SELDOM + 1);
    assert_int_equal(take_all(&pace, "10.1.7.1", NOW + 20000), 0); /* one of theirs has no part in it */
    flood(100, APART, NOW + 20000, NOW + 21000);
    assert_in_range(take_all(&pace, "10.2.1.1", NOW + 21000), PACE_SELDOM, PACE_SELDOM + 1);
    /* who has ended is as any other soon */
    assert_int_equal(take_all(&pace, "10.1.7.1", NOW + 40000), 20);
}

static void test_one_neighbourhood_has_a_part_of_that_share(void **unused)
{
    (void)unused;
    begin_with_share();
    flood(100, APART, NOW, NOW + 20000); /* nothing is left of what is for all */
    flood(200, NEAR, NOW + 20000, NOW + 20001);
    assert_int_equal(take_all(&pace, "10.2.0.201", NOW + 20001), 0);
    assert_int_equal(take_all(&pace, "10.3.0.1", NOW + 20001), PACE_SELDOM);
    flood(200, NEAR_IPV6, NOW + 40000, NOW + 40001);
    assert_int_equal(take_all(&pace, "2001:db8:1:ff::1", NOW + 40001), 0);
    assert_int_equal(take_all(&pace, "2001:db8:2::1", NOW + 40001), PACE_SELDOM);
}

static void test_addresses_in_a_row_are_all_remembered(void **unused)
{
    (void)unused;
    begin(1000000, 1000000, 1, 2);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 200; i++) {
            char text[32];
            snprintf(text, sizeof text, "10.1.%d.1", i);
            assert_int_equal(take_all(&pace, text, NOW), round == 0 ? 2 : 0);
        }
}

static void test_an_ipv6_network_is_one_address(void **unused)
{
    (void)unused;
    struct address a = from("fd77:1:2:3::1"), b = from("fd77:1:2:3:ffff::9%eth0"), c = from("fd77:1:2:4::1");
    assert_true(address_equal(&a, &b));
    assert_false(address_equal(&a, &c));
    struct address d = from("::ffff:10.0.0.1"), e = from("10.0.0.1"), f = from("10.0.0.2");
    assert_true(address_equal(&d, &e));
    assert_false(address_equal(&e, &f));
    assert_false(address_of_text("localhost:0:0:1", &a));
    assert_false(address_of_text("", &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_and_then_a_steady_pace),
        cmocka_unit_test(test_who_is_too_fast_takes_nothing_from_others),
        cmocka_unit_test(test_all_together_have_a_pace_too),
        cmocka_unit_test(test_more_addresses_than_are_remembered),
        cmocka_unit_test(test_a_flood_from_many_leaves_a_share_to_those_who_come_seldom),
        cmocka_unit_test(test_one_neighbourhood_has_a_part_of_that_share),
        cmocka_unit_test(test_addresses_in_a_row_are_all_remembered),
        cmocka_unit_test(test_an_ipv6_network_is_one_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
