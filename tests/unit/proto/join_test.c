/* Links as they are made, and all that looks like one and is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/join.h"
#include <stdio.h>
#include <string.h>

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define KEY     "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET  "abcDEF0123456789-_abcDEF01234567"

static struct join_link link;
static char error[256];

/* The link is refused, and what was said of it has that word and no secret. */
static void refused(const char *text, const char *word)
{
    *error = '\0';
    assert_false(join_parse(text, &link, error));
    if (!strstr(error, word))
        fail_msg("'%s' is not in: %s", word, error);
    assert_null(strstr(error, SECRET));
    assert_string_equal(link.secret, "");
}

static void test_a_link_is_read_and_written_back(void **state)
{
    static const char text[] = "stoa://lab.example:7117/" SESSION "#k=" KEY "&t=" SECRET "&r=approver";
    char back[JOIN_LINK_MAX];

    (void)state;
    assert_true(join_parse(text, &link, error));
    assert_string_equal(link.address.host, "lab.example");
    assert_int_equal(link.address.port, 7117);
    assert_string_equal(link.session, SESSION);
    assert_string_equal(link.secret, SECRET);
    assert_int_equal(link.role, ROLE_APPROVER);
    for (int i = 0; i < KEY_BYTES; i++)
        assert_int_equal(link.key[i], i);
    join_text(&link, back);
    assert_string_equal(back, text);
}

static void test_session_and_role_may_be_missing(void **state)
{
    static const char *const texts[] = {"stoa://[fe80::1%eth0]:9/#k=" KEY "&t=x",
                                        "stoa://[FE80::1%eth0]:9#t=x&k=" KEY};
    char back[JOIN_LINK_MAX];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(join_parse(texts[i], &link, error));
        assert_string_equal(link.address.host, "fe80::1%eth0");
        assert_string_equal(link.session, "");
        assert_int_equal(link.role, ROLE_NONE);
        join_text(&link, back);
        assert_string_equal(back, texts[0]);
    }
}

static void test_the_longest_link_fits(void **state)
{
    char text[JOIN_LINK_MAX], back[JOIN_LINK_MAX], host[JOIN_HOST_MAX + 1], secret[JOIN_SECRET_MAX + 1];

    (void)state;
    memset(host, 'h', sizeof host);
    host[JOIN_HOST_MAX] = '\0';
    memset(secret, 't', sizeof secret);
    secret[JOIN_SECRET_MAX] = '\0';
    assert_in_range(
        snprintf(text, sizeof text, "stoa://%s:65535/" SESSION "#k=" KEY "&t=%s&r=approver", host, secret), 1,
        JOIN_LINK_MAX - 1);
    assert_true(join_parse(text, &link, error));
    join_text(&link, back);
    assert_string_equal(back, text);
}

static void test_what_is_no_link_is_refused_and_said_why(void **state)
{
    char text[JOIN_LINK_MAX + 16];

    (void)state;
    assert_false(join_is_link("s_01j8"));
    assert_true(join_is_link("stoa://"));
    refused("", "stoa://");
    refused("http://h:1/#k=" KEY "&t=" SECRET, "stoa://");
    refused("stoa://", "host");
    refused("stoa://-h:1/#k=" KEY "&t=" SECRET, "host");
    refused("stoa://a b:1/#k=" KEY "&t=" SECRET, "'a b'");
    refused("stoa://[::1:1/#k=" KEY "&t=" SECRET, "']'");
    refused("stoa://[lab]:1/#k=" KEY "&t=" SECRET, "'lab'");
    refused("stoa://h/#k=" KEY "&t=" SECRET, "no port");
    refused("stoa://h:/#k=" KEY "&t=" SECRET, "65535");
    refused("stoa://h:0/#k=" KEY "&t=" SECRET, "'0'");
    refused("stoa://h:65536/#k=" KEY "&t=" SECRET, "'65536'");
    refused("stoa://h:1x/#k=" KEY "&t=" SECRET, "'1x'");
    refused("stoa://h:1/s_short#k=" KEY "&t=" SECRET, "'s_short'");
    refused("stoa://h:1/" SESSION "/more#k=" KEY "&t=" SECRET, "session");
    refused("stoa://h:1/", "(k=)");
    refused("stoa://h:1/#t=" SECRET, "(k=)");
    refused("stoa://h:1/#k=" KEY, "(t=)");
    refused("stoa://h:1/#k=" KEY "x&t=" SECRET, "k=");
    refused("stoa://h:1/#k=" SECRET "&t=" SECRET, "k=");
    refused("stoa://h:1/#k=" KEY "&t=", "t=");
    refused("stoa://h:1/#k=" KEY "&t=" SECRET "!", "t=");
    refused("stoa://h:1/#k=" KEY "&t=" SECRET SECRET "x", "t=");
    refused("stoa://h:1/#k=" KEY "&t=" SECRET "&r=owner", "'owner'");
    refused("stoa://h:1/#k=" KEY "&t=" SECRET "&r=admin", "'admin'");
    refused("stoa://h:1/#k=" KEY "&t=" SECRET "&t=" SECRET, "twice");
    refused("stoa://h:1/#k=" KEY "&t=" SECRET "&x=1", "none of");
    refused("stoa://h:1/#k=" KEY "&t=" SECRET "&", "none of");
    refused("stoa://h:1/#k=" KEY "&t=" SECRET "&r=\x1b[2J", "role");
    assert_null(strchr(error, '\x1b'));
    memset(text, 'x', sizeof text);
    memcpy(text, "stoa://", 7);
    text[sizeof text - 1] = '\0';
    refused(text, "longer");
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {"lab:7117",  "tcp://", "tcp://:7117",   "tcp://lab:", "tcp://lab:99999",
                                      "tcp://*:1", "",       "tcp://lab:1/x", "ipc:///x",   "tcp://::1:7"};
    struct join_address address;
    char text[JOIN_ADDRESS_MAX];

    (void)state;
    assert_true(join_address_parse("tcp://LAB", &address, error));
    join_address_text(&address, text);
    assert_string_equal(text, "tcp://lab:7117");
    assert_true(join_address_parse("tcp://[::1]:80", &address, error));
    assert_string_equal(address.host, "::1");
    join_address_text(&address, text);
    assert_string_equal(text, "tcp://[::1]:80");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        *error = '\0';
        if (join_address_parse(bad[i], &address, error))
            fail_msg("'%s' was taken", bad[i]);
        assert_true(strlen(error) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_link_is_read_and_written_back),
        cmocka_unit_test(test_session_and_role_may_be_missing),
        cmocka_unit_test(test_the_longest_link_fits),
        cmocka_unit_test(test_what_is_no_link_is_refused_and_said_why),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
