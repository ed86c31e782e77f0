/* Which unknown keys come in, and what the ZAP handler says to whom. */
#include "daemon/socket/strangers.h"
#include "daemon/socket/zap.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW = 1000000, PATIENCE = 30000 };

static struct strangers *strangers;

static int begin(void **unused)
{
    (void)unused;
    strangers = strangers_new();
    strangers_limit(strangers, 4, PATIENCE);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    strangers_free(&strangers);
    return 0;
}

static int displaced;

static bool admit_at(const char *key, const char *address, int64_t now)
{
    return strangers_admit(strangers, key, address, now, &displaced);
}

/* With so much as the first message the daemon knows by which connection. */
static void come_in(const char *key, const char *address, int fd, int64_t now)
{
    assert_true(admit_at(key, address, now));
    assert_true(strangers_has(strangers, key, fd, now));
}

static void test_one_address_has_half_of_the_places(void **unused)
{
    (void)unused;
    assert_true(admit_at("a", "10.0.0.1", NOW));
    assert_true(admit_at("b", "10.0.0.1", NOW));
    assert_false(admit_at("c", "10.0.0.1", NOW));
    assert_true(admit_at("d", "10.0.0.2", NOW));
    assert_int_equal(displaced, -1);
}

static void test_who_leaves_or_stays_too_long_makes_room(void **unused)
{
    (void)unused;
    strangers_limit(strangers, 1, PATIENCE);
    come_in("a", "10.0.0.1", 7, NOW);
    assert_false(admit_at("b", "10.0.0.2", NOW));
    strangers_leave(strangers, "other", 7);
    strangers_leave(strangers, "a", 8);
    assert_false(admit_at("b", "10.0.0.2", NOW));
    strangers_leave(strangers, "a", 7);
    assert_true(admit_at("b", "10.0.0.2", NOW));
    strangers_limit(strangers, 0, PATIENCE);
    assert_false(admit_at("c", "10.0.0.3", NOW + PATIENCE));
    assert_false(strangers_has(strangers, "b", 9, NOW + PATIENCE));
}

static void test_the_oldest_makes_room_of_the_address_that_has_most(void **unused)
{
    (void)unused;
    come_in("a", "10.0.0.1", 11, NOW);
    come_in("b", "10.0.0.2", 12, NOW);
    come_in("c", "10.0.0.2", 13, NOW + 1);
    come_in("d", "10.0.0.1", 14, NOW + 2);
    assert_true(admit_at("e", "10.0.0.3", NOW + 3));
    assert_int_equal(displaced, 11);
    assert_false(strangers_has(strangers, "a", 11, NOW + 3));
    assert_true(strangers_has(strangers, "d", 14, NOW + 3));
    assert_true(strangers_has(strangers, "e", 15, NOW + 3));
    assert_true(admit_at("f", "10.0.0.4", NOW + 3));
    assert_int_equal(displaced, 12);
    /* all have one now: a moment is everybody's */
    assert_false(admit_at("g", "10.0.0.5", NOW + STRANGERS_MOMENT_MS));
    assert_true(admit_at("g", "10.0.0.5", NOW + 1 + STRANGERS_MOMENT_MS));
    assert_int_equal(displaced, 13);
    /* one more of an address that would have more than any is no reason */
    assert_false(admit_at("h", "10.0.0.5", NOW + PATIENCE - 1));
}

static void test_addresses_of_one_neighbourhood_are_counted_together(void **unused)
{
    (void)unused;
    come_in("a", "2001:db8:1:1::1", 11, NOW);
    come_in("b", "2001:db8:1:2::1", 12, NOW);
    come_in("c", "10.0.0.1", 13, NOW);
    come_in("d", "2001:db8:1:3::1", 14, NOW);
    assert_false(admit_at("e", "2001:db8:1:4::1", NOW));
    assert_true(admit_at("e", "2001:db8:2:1::1", NOW));
    assert_int_equal(displaced, 11);
    assert_true(admit_at("f", "192.0.2.1", NOW + STRANGERS_MOMENT_MS));
    assert_int_equal(displaced, 12);
    assert_true(strangers_has(strangers, "c", 13, NOW));
}

static void test_who_has_said_nothing_yet_is_found_out_when_it_does(void **unused)
{
    (void)unused;
    assert_true(admit_at("a", "10.0.0.1", NOW));
    assert_true(admit_at("b", "10.0.0.1", NOW));
    come_in("c", "10.0.0.2", 13, NOW);
    come_in("d", "10.0.0.3", 14, NOW);
    assert_true(admit_at("e", "10.0.0.4", NOW));
    assert_int_equal(displaced, -1);
    assert_int_not_equal(strangers_has(strangers, "a", 11, NOW), strangers_has(strangers, "b", 12, NOW));
}

static void test_a_place_is_one_connection_s_also_where_several_have_the_key(void **unused)
{
    (void)unused;
    come_in("a", "10.0.0.1", 11, NOW);
    come_in("a", "10.0.0.1", 12, NOW);
    assert_false(strangers_has(strangers, "a", 13, NOW));
    strangers_leave(strangers, "a", 11);
    strangers_leave(strangers, "a", 11);
    assert_true(strangers_has(strangers, "a", 12, NOW));
    assert_false(strangers_has(strangers, "a", 11, NOW));
}

static void test_they_come_at_a_pace(void **unused)
{
    (void)unused;
    int came = 0;
    for (int i = 0; i < 100; i++)
        if (admit_at("a", "10.0.0.1", NOW)) {
            came++;
            strangers_leave(strangers, "a", -1);
        }
    assert_int_equal(came, STRANGERS_ADDRESS_BURST);
    assert_true(admit_at("b", "10.0.0.2", NOW));
}

static void test_none_may_come(void **unused)
{
    (void)unused;
    strangers_limit(strangers, 0, PATIENCE);
    assert_false(admit_at("a", "10.0.0.1", NOW));
    strangers_limit(strangers, 4, PATIENCE);
    assert_false(admit_at("a", "no address", NOW));
}

/* --- ZAP --- */

static const char *asked;

static bool admit(void *arg, const char *key, const char *address)
{
    asked = key;
    return strcmp(address, arg) == 0;
}

static enum zap_entry judge(const char *mechanism, const char *address, int len)
{
    static const char key[KEY_BYTES + 1] = "01234567890123456789012345678901";
    char text[KEY_TEXT_LEN + 1] = "", host[] = "10.0.0.1";
    asked = NULL;
    const struct zap_request request = {mechanism, address, key, len};
    enum zap_entry entry = zap_judge(&request, admit, host, text);
    if (asked)
        assert_string_equal(text, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE");
    return entry;
}

static void test_who_is_let_in(void **unused)
{
    (void)unused;
    char own[64], other[64];
    snprintf(own, sizeof own, "localhost:%u:0:1", (unsigned)getuid());
    snprintf(other, sizeof other, "localhost:%u:0:1", (unsigned)getuid() + 1);
    assert_int_equal(judge("NULL", own, 0), ZAP_LOCAL);
    assert_int_equal(judge("NULL", other, 0), ZAP_REFUSED);
    assert_int_equal(judge("NULL", "10.0.0.1", 0), ZAP_REFUSED);
    assert_int_equal(judge("PLAIN", own, 0), ZAP_REFUSED);
    assert_int_equal(judge("PLAIN", "10.0.0.1", KEY_BYTES), ZAP_REFUSED);
    assert_int_equal(judge("", "10.0.0.1", KEY_BYTES), ZAP_REFUSED);
    assert_null(asked);
    assert_int_equal(judge("CURVE", "10.0.0.1", KEY_BYTES), ZAP_KEY);
    assert_int_equal(judge("CURVE", "10.0.0.2", KEY_BYTES), ZAP_CROWDED);
    assert_int_equal(judge("CURVE", "10.0.0.1", KEY_BYTES - 1), ZAP_REFUSED);
    assert_int_equal(judge("CURVE", "10.0.0.1", 0), ZAP_REFUSED);
}

static void test_no_key_comes_in_where_nobody_is_asked(void **unused)
{
    (void)unused;
    char text[KEY_TEXT_LEN + 1];
    const struct zap_request request = {"CURVE", "10.0.0.1", "01234567890123456789012345678901", KEY_BYTES};
    assert_int_equal(zap_judge(&request, NULL, NULL, text), ZAP_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_address_has_half_of_the_places, begin, end),
        cmocka_unit_test_setup_teardown(test_who_leaves_or_stays_too_long_makes_room, begin, end),
        cmocka_unit_test_setup_teardown(test_the_oldest_makes_room_of_the_address_that_has_most, begin, end),
        cmocka_unit_test_setup_teardown(test_addresses_of_one_neighbourhood_are_counted_together, begin, end),
        cmocka_unit_test_setup_teardown(test_who_has_said_nothing_yet_is_found_out_when_it_does, begin, end),
        cmocka_unit_test_setup_teardown(test_a_place_is_one_connection_s_also_where_several_have_the_key,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_they_come_at_a_pace, begin, end),
        cmocka_unit_test_setup_teardown(test_none_may_come, begin, end),
        cmocka_unit_test(test_who_is_let_in),
        cmocka_unit_test(test_no_key_comes_in_where_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
