/* The secrets of an agent: what came is there until the next come, filled in where it is named, and hidden in
 * what servers say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/agent/secrets.h"
#include "proto/link.h"
#include "shared/jsonx.h"
#include "shared/locked.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    const char *name, *value;
};

static bool give(const struct pair *pairs, size_t count)
{
    char payload[4096];
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += link_put_secret(payload + len, pairs[i].name, pairs[i].value, strlen(pairs[i].value));
    return secrets_take(payload, len);
}

#define GIVE(...)                                                                                            \
    do {                                                                                                     \
        const struct pair given[] = {__VA_ARGS__};                                                           \
        assert_true(give(given, sizeof given / sizeof given[0]));                                            \
    } while (0)

static int end(void **state)
{
    (void)state;
    secrets_forget();
    return 0;
}

static void each_frame_takes_the_place_of_the_one_before(void **state)
{
    (void)state;
    size_t before = locked_bytes();
    assert_null(secrets_get("a"));
    GIVE({"a", "one"}, {"provider:own", "key"}, {"long.name-1_", ""});
    assert_string_equal(secrets_get("a"), "one");
    assert_string_equal(secrets_get("provider:own"), "key");
    assert_string_equal(secrets_get("long.name-1_"), "");
    assert_true(locked_bytes() > before);
    GIVE({"b", "two"});
    assert_null(secrets_get("a"));
    assert_string_equal(secrets_get("b"), "two");
    assert_true(secrets_take("", 0));
    assert_null(secrets_get("b"));
    assert_int_equal(locked_bytes(), before);
}

static void a_damaged_frame_leaves_none(void **state)
{
    char payload[64];
    size_t len = link_put_secret(payload, "name", "value", 5);

    (void)state;
    assert_int_equal(len, link_secret_size("name", 5));
    for (size_t cut = 1; cut < len; cut++) {
        GIVE({"a", "one"});
        assert_false(secrets_take(payload, cut));
        assert_null(secrets_get("a"));
        assert_null(secrets_get("name"));
    }
    payload[0] = 0; /* no name */
    assert_false(secrets_take(payload, len));
    payload[0] = (char)200; /* a longer one than there can be */
    assert_false(secrets_take(payload, len));
    payload[0] = 4;
    payload[2] = '\0'; /* a NUL in the name */
    assert_false(secrets_take(payload, len));
}

static void pairs_are_filled_in(void **state)
{
    char error[256], *pairs[] = {(char[]){"A=1"}, (char[]){"B=2"}, NULL};
    json_t *parts = json_pack("{s:[s,{s:s},s],s:[{s:s},{s:s}]}", "C", "<", "secret", "a", ">", "D", "secret",
                              "a", "secret", "b");

    (void)state;
    GIVE({"a", "one"}, {"b", "two"});
    char **list = secrets_fill(pairs, parts, "=", error);
    assert_non_null(list);
    assert_string_equal(list[0], "A=1");
    assert_string_equal(list[1], "B=2");
    assert_string_equal(list[2], "C=<one>");
    assert_string_equal(list[3], "D=onetwo");
    assert_null(list[4]);
    secrets_wipe(&list);
    assert_null(list);
    list = secrets_fill(pairs, NULL, "=", error);
    assert_string_equal(list[1], "B=2");
    assert_null(list[2]);
    secrets_wipe(&list);
    GIVE({"a", "one"}); /* b was taken back */
    assert_null(secrets_fill(pairs, parts, "=", error));
    assert_non_null(strstr(error, "the secret 'b' was not handed over"));
    json_decref(parts);
}

static void expect_hidden(const char *text, const char *expected)
{
    char *hidden = secrets_hide(text);

    if (expected)
        assert_string_equal(hidden, expected);
    else
        assert_null(hidden);
    free(hidden);
}

static void what_is_said_of_them_is_hidden(void **state)
{
    (void)state;
    expect_hidden("no secrets yet: a-long-secret", NULL);
    GIVE({"key", "a-long-secret"}, {"longer", "a-long-secret-and-more"}, {"short", "1234567"},
         {"eight", "12345678"});
    expect_hidden("", NULL);
    expect_hidden("nothing of it", NULL);
    expect_hidden("a-long-secre", NULL);
    expect_hidden("1234567", NULL); /* too short to be looked for */
    expect_hidden("a-long-secret", "[secret key]");
    expect_hidden("x a-long-secret, a-long-secret.", "x [secret key], [secret key].");
    expect_hidden("a-long-secret-and-more", "[secret longer]");
    expect_hidden("a-long-secret-and-mor", "[secret key]-and-mor");
    expect_hidden("123456781234567812345678", "[secret eight][secret eight][secret eight]");
}

static void values_are_hidden_wherever_they_are_in_json(void **state)
{
    json_t *json = json_pack("{s:[s,{s:s}],s:i,s:n,s:s}", "list", "a-long-secret", "deep", "x a-long-secret",
                             "number", 5, "none", "a-long-secret", "kept");

    (void)state;
    GIVE({"key", "a-long-secret"});
    secrets_hide_json(json);
    char *text = jsonx_dump(json, NULL);
    assert_string_equal(text, "{\"list\":[\"[secret key]\",{\"deep\":\"x [secret key]\"}],\"number\":5,"
                              "\"none\":null,\"a-long-secret\":\"kept\"}");
    free(text);
    json_decref(json);
    secrets_hide_json(NULL);
}

static size_t dirty, wiped;

static void on_free(const unsigned char *bytes, size_t len)
{
    wiped++;
    for (size_t i = 0; i < len; i++)
        dirty += bytes[i] != 0;
}

static void what_is_taken_back_is_wiped(void **state)
{
    (void)state;
    GIVE({"a", "one"}, {"b", "two"});
    locked_set_hook(on_free);
    secrets_forget();
    locked_set_hook(NULL);
    assert_int_equal(wiped, 1);
    assert_int_equal(dirty, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_frame_takes_the_place_of_the_one_before, end),
        cmocka_unit_test_teardown(a_damaged_frame_leaves_none, end),
        cmocka_unit_test_teardown(pairs_are_filled_in, end),
        cmocka_unit_test_teardown(what_is_said_of_them_is_hidden, end),
        cmocka_unit_test_teardown(values_are_hidden_wherever_they_are_in_json, end),
        cmocka_unit_test_teardown(what_is_taken_back_is_wiped, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
