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

static void test_one_address_has_half_of_the_places(void **unused)
{
    (void)unused;
    assert_true(strangers_admit(strangers, "a", "10.0.0.1", NOW));
    assert_true(strangers_admit(strangers, "b", "10.0.0.1", NOW));
    assert_false(strangers_admit(strangers, "c", "10.0.0.1", NOW));
    assert_true(strangers_admit(strangers, "d", "10.0.0.2", NOW));
    assert_true(strangers_admit(strangers, "d", "10.0.0.3", NOW));
    assert_false(strangers_admit(strangers, "e", "10.0.0.4", NOW));
}

static void test_who_leaves_or_stays_too_long_makes_room(void **unused)
{
    (void)unused;
    strangers_limit(strangers, 1, PATIENCE);
    assert_true(strangers_admit(strangers, "a", "10.0.0.1", NOW));
    assert_false(strangers_admit(strangers, "b", "10.0.0.2", NOW));
    strangers_leave(strangers, "other");
    assert_false(strangers_admit(strangers, "b", "10.0.0.2", NOW));
    strangers_leave(strangers, "a");
    assert_true(strangers_admit(strangers, "b", "10.0.0.2", NOW));
    assert_false(strangers_admit(strangers, "c", "10.0.0.3", NOW + PATIENCE - 1));
    assert_true(strangers_admit(strangers, "c", "10.0.0.3", NOW + PATIENCE));
}

static void test_they_come_at_a_pace(void **unused)
{
    (void)unused;
    int came = 0;
    for (int i = 0; i < 100; i++)
        if (strangers_admit(strangers, "a", "10.0.0.1", NOW)) {
            came++;
            strangers_leave(strangers, "a");
        }
    assert_int_equal(came, STRANGERS_ADDRESS_BURST);
    assert_true(strangers_admit(strangers, "b", "10.0.0.2", NOW));
}

static void test_none_may_come(void **unused)
{
    (void)unused;
    strangers_limit(strangers, 0, PATIENCE);
    assert_false(strangers_admit(strangers, "a", "10.0.0.1", NOW));
    strangers_limit(strangers, 4, PATIENCE);
    assert_false(strangers_admit(strangers, "a", "no address", NOW));
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
        cmocka_unit_test_setup_teardown(test_they_come_at_a_pace, begin, end),
        cmocka_unit_test_setup_teardown(test_none_may_come, begin, end),
        cmocka_unit_test(test_who_is_let_in),
        cmocka_unit_test(test_no_key_comes_in_where_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
