/* What is an address to listen at, and what is none. */
#include "shared/listen.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct listen_address addresses[LISTEN_MAX];
static char error[256];

static void test_nothing_is_no_address(void **unused)
{
    (void)unused;
    assert_int_equal(listen_parse("", addresses, error), 0);
    assert_int_equal(listen_parse(" ,\t ", addresses, error), 0);
}

static void check_one(const char *text, const char *expected, bool ipv6)
{
    assert_int_equal(listen_parse(text, addresses, error), 1);
    assert_string_equal(addresses[0].text, expected);
    assert_int_equal(addresses[0].ipv6, ipv6);
}

static void test_addresses_of_each_kind(void **unused)
{
    (void)unused;
    check_one("tcp://127.0.0.1:7000", "tcp://127.0.0.1:7000", false);
    check_one("tcp://10.0.0.1", "tcp://10.0.0.1:7117", false);
    check_one("tcp://*:1", "tcp://*:1", true);
    check_one("tcp://*", "tcp://*:7117", true);
    check_one("tcp://[::1]:0", "tcp://[::1]:0", true);
    check_one(" tcp://[fd77:0:0:0:1:2:3:4], ", "tcp://[fd77:0:0:0:1:2:3:4]:7117", true);
    check_one("tcp://1.2.3.4:65535", "tcp://1.2.3.4:65535", false);
    check_one("tcp://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
              "tcp://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", true);
}

static void test_several_are_separated_by_spaces_or_commas(void **unused)
{
    (void)unused;
    assert_int_equal(listen_parse("tcp://1.2.3.4:1,tcp://1.2.3.4:2  tcp://*:3", addresses, error), 3);
    assert_string_equal(addresses[1].text, "tcp://1.2.3.4:2");
    assert_string_equal(addresses[2].text, "tcp://*:3");
}

static void test_the_one_that_is_none_is_named(void **unused)
{
    (void)unused;
    static const char *const bad[] = {
        "tcp://",           "tcp://:1",         "tcp://den:1",   "tcp://1.2.3:1",     "tcp://1.2.3.4:65536",
        "tcp://1.2.3.4:",   "tcp://1.2.3.4:x",  "tcp://fd77::1", "tcp://[fd77::1:80", "tcp://[1.2.3.4]:1",
        "tcp://[]:1",       "tcp://[::1]x:1",   "ipc:///tmp/x",  "TCP://1.2.3.4:1",   "1.2.3.4:1",
        "tcp://1.2.3.4:-1", "tcp://1.2.3.4:+1", "tcp://**:1",    "tcp://[*]:1",       "tcp://1.2.3.4:1/x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "tcp://*:1 %s", bad[i]);
        assert_int_equal(listen_parse(text, addresses, error), -1);
        assert_non_null(strstr(error, bad[i]));
    }
}

static void test_long_and_many_are_refused(void **unused)
{
    (void)unused;
    char text[1024] = "tcp://";
    memset(text + 6, '1', 1000);
    assert_int_equal(listen_parse(text, addresses, error), -1);
    text[0] = '\0';
    for (int i = 0; i <= LISTEN_MAX; i++)
        strcat(text, "tcp://*:1 ");
    assert_int_equal(listen_parse(text, addresses, error), -1);
    assert_non_null(strstr(error, "more than 8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_no_address),
        cmocka_unit_test(test_addresses_of_each_kind),
        cmocka_unit_test(test_several_are_separated_by_spaces_or_commas),
        cmocka_unit_test(test_the_one_that_is_none_is_named),
        cmocka_unit_test(test_long_and_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
