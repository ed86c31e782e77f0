/* Fields: what fits, what does not, and what the error says. */
#include "proto/schema.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct field one_of_each[] = {{"text", FIELD_STRING, false, false, 2, 4, NULL},
                                           {"count", FIELD_INT, false, false, -1, 9, NULL},
                                           {"warmth", FIELD_REAL, false, true, 0, 2, NULL},
                                           {"loud", FIELD_BOOL, false, false, 0, 0, NULL},
                                           {"thing", FIELD_OBJECT, false, false, 0, 0, NULL},
                                           {"things", FIELD_ARRAY, false, false, 1, 2, NULL},
                                           {"names", FIELD_STRINGS, false, false, 1, 2, NULL},
                                           {"mode", FIELD_ENUM, false, false, 0, 0, "queue|steer|wait"},
                                           {NULL}};
static const struct field needed[] = {{"text", FIELD_STRING, true, false, 1, 10, NULL}, {NULL}};

static bool check(const struct field *fields, const char *text, bool strict, char error[256])
{
    json_t *json = jsonx_parse(text, strlen(text), NULL);

    assert_non_null(json);
    error[0] = '\0';
    bool fits = schema_check(fields, json, strict, error);
    assert_int_equal(fits, error[0] == '\0');
    assert_true(utf8_valid(error, strlen(error)));
    json_decref(json);
    return fits;
}

static void what_is_within_its_bounds_fits(void **unused)
{
    (void)unused;
    static const char *const good[] = {
        "{}",
        "{\"text\":\"ab\"}",
        "{\"text\":\"abcd\"}",
        "{\"text\":\"\\u00fc\"}",
        "{\"count\":-1}",
        "{\"count\":9}",
        "{\"warmth\":0}",
        "{\"warmth\":2}",
        "{\"warmth\":1.999}",
        "{\"warmth\":null}",
        "{\"loud\":false}",
        "{\"thing\":{}}",
        "{\"things\":[null]}",
        "{\"things\":[1,\"2\"]}",
        "{\"names\":[\"a\"]}",
        "{\"names\":[\"0123456789012345678901234567890123456789012345678901234567890123\",\"b\"]}",
        "{\"mode\":\"queue\"}",
        "{\"mode\":\"steer\"}",
        "{\"mode\":\"wait\"}",
    };
    char error[256];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!check(one_of_each, good[i], true, error))
            fail_msg("%s: %s", good[i], error);
}

static void what_is_not_is_refused_with_name_value_and_what_is_right(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *value, *right;
    } bad[] = {
        {"{\"text\":\"a\"}", "'text' is \"a\"", "a string of 2 to 4 bytes"},
        {"{\"text\":\"abcde\"}", "'text' is \"abcde\"", "a string of 2 to 4 bytes"},
        {"{\"text\":\"\\u00fc\\u00fca\"}", "'text' is \"\\u00FC\\u00FCa\"", "a string of 2 to 4 bytes"},
        {"{\"text\":17}", "'text' is 17", "a string"},
        {"{\"text\":null}", "'text' is null", "a string"},
        {"{\"count\":-2}", "'count' is -2", "an integer from -1 to 9"},
        {"{\"count\":10}", "'count' is 10", "an integer from -1 to 9"},
        {"{\"count\":1.0}", "'count' is 1.0", "an integer"},
        {"{\"count\":\"1\"}", "'count' is \"1\"", "an integer"},
        {"{\"warmth\":-0.001}", "'warmth' is -0.001", "a number from 0 to 2, or null"},
        {"{\"warmth\":2.5}", "'warmth' is 2.5", "a number from 0 to 2, or null"},
        {"{\"warmth\":3}", "'warmth' is 3", "a number"},
        {"{\"warmth\":\"hot\"}", "'warmth' is \"hot\"", "a number"},
        {"{\"loud\":0}", "'loud' is 0", "true or false"},
        {"{\"loud\":null}", "'loud' is null", "true or false"},
        {"{\"thing\":[]}", "'thing' is []", "an object"},
        {"{\"things\":[]}", "'things' is []", "an array of 1 to 2 elements"},
        {"{\"things\":[1,2,3]}", "'things' is [1,2,3]", "an array of 1 to 2 elements"},
        {"{\"things\":{}}", "'things' is {}", "an array"},
        {"{\"names\":[]}", "'names' is []", "1 to 2 strings of 1 to 64 bytes"},
        {"{\"names\":[\"a\",\"b\",\"c\"]}", "'names' is [\"a\",\"b\",\"c\"]", "1 to 2 strings"},
        {"{\"names\":[\"a\",5]}", "'names' is [\"a\",5]", "strings of 1 to 64 bytes"},
        {"{\"names\":[\"\"]}", "'names' is [\"\"]", "strings of 1 to 64 bytes"},
        {"{\"names\":[\"01234567890123456789012345678901234567890123456789012345678901234\"]}",
         "'names' is [\"0123", "strings of 1 to 64 bytes"},
        {"{\"mode\":\"\"}", "'mode' is \"\"", "one of queue|steer|wait"},
        {"{\"mode\":\"steers\"}", "'mode' is \"steers\"", "one of queue|steer|wait"},
        {"{\"mode\":\"stee\"}", "'mode' is \"stee\"", "one of queue|steer|wait"},
        {"{\"mode\":\"queue|steer\"}", "'mode' is \"queue|steer\"", "one of queue|steer|wait"},
        {"{\"mode\":1}", "'mode' is 1", "one of queue|steer|wait"},
        {"{\"what\":1}", "unknown parameter 'what'", ""},
        {"{\"\":1}", "unknown parameter ''", ""},
        {"{\"text\":\"ab\",\"texts\":\"ab\"}", "unknown parameter 'texts'", ""},
        {"[]", "the parameters are []", "an object"},
        {"null", "the parameters are null", "an object"},
        {"\"text\"", "the parameters are \"text\"", "an object"},
    };
    char error[256];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (check(one_of_each, bad[i].text, true, error))
            fail_msg("%s was taken", bad[i].text);
        if (!strstr(error, bad[i].value) || !strstr(error, bad[i].right))
            fail_msg("%s: the error is '%s'", bad[i].text, error);
    }
}

static void what_is_too_large_is_said_with_its_size(void **unused)
{
    (void)unused;
    static const struct field fields[] = {{"text", FIELD_STRING, true, false, 1, 10, NULL},
                                          {"list", FIELD_ARRAY, false, false, 1, 2, NULL},
                                          {NULL, 0, false, false, 0, 0, NULL}};
    char error[256];

    assert_false(check(fields, "{\"text\":\"12345678901\"}", true, error));
    assert_string_equal(
        error, "parameter 'text' is \"12345678901\", of 11 bytes; it must be a string of 1 to 10 bytes");
    assert_false(check(fields, "{\"text\":\"\"}", true, error));
    assert_string_equal(error, "parameter 'text' is \"\"; it must be a string of 1 to 10 bytes");
    assert_false(check(fields, "{\"text\":\"a\",\"list\":[1,2,3]}", true, error));
    assert_string_equal(error,
                        "parameter 'list' is [1,2,3], of 3 elements; it must be an array of 1 to 2 elements");
}

static void a_required_member_that_is_missing_is_said(void **unused)
{
    (void)unused;
    char error[256];

    assert_false(check(needed, "{}", true, error));
    assert_string_equal(error, "parameter 'text' is missing; it must be a string of 1 to 10 bytes");
    assert_false(schema_check(needed, NULL, true, error));
    assert_string_equal(error, "the parameters are missing; they must be an object");
}

static void other_members_are_skipped_when_not_strict(void **unused)
{
    (void)unused;
    char error[256];

    assert_true(check(needed, "{\"text\":\"a\",\"new\":[{}]}", false, error));
    assert_false(check(needed, "{\"text\":\"a\",\"new\":[{}]}", true, error));
    assert_false(check(needed, "{\"new\":1}", false, error));
}

static void a_long_value_or_name_is_cut_and_stays_text(void **unused)
{
    (void)unused;
    char error[256], text[1000] = "{\"text\":\"", name[1000] = "{\"text\":\"a\",\"x";

    for (int i = 0; i < 100; i++) {
        strcat(text, "\xf0\x9f\x98\x80");
        strcat(name, "\xf0\x9f\x98\x80");
    }
    strcat(text, "\"}");
    strcat(name, "\":1}");

    assert_false(check(needed, text, true, error));
    assert_non_null(strstr(error, "..., of 400 bytes; it must be a string"));
    assert_false(check(needed, name, true, error));
    assert_non_null(strstr(error, "unknown parameter 'x\xf0\x9f\x98\x80"));
}

/* What a secret is, no error repeats. */
static void a_secret_is_checked_and_never_shown(void **state)
{
    static const struct field fields[] = {{"value", FIELD_SECRET, true, false, 1, 4, NULL}, {NULL}};
    char error[256] = "";

    (void)state;
    json_t *json = json_pack("{s:s}", "value", "abcd");
    assert_true(schema_check(fields, json, true, error));
    json_object_set_new(json, "value", json_string("hidden"));
    assert_false(schema_check(fields, json, true, error));
    assert_string_equal(
        error, "parameter 'value' is another string, of 6 bytes; it must be a string of 1 to 4 bytes");
    json_object_set_new(json, "value", json_pack("[s]", "hidden"));
    assert_false(schema_check(fields, json, true, error));
    assert_string_equal(error, "parameter 'value' is no string; it must be a string of 1 to 4 bytes");
    json_object_del(json, "value");
    assert_false(schema_check(fields, json, true, error));
    assert_string_equal(error, "parameter 'value' is missing; it must be a string of 1 to 4 bytes");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_within_its_bounds_fits),
        cmocka_unit_test(what_is_not_is_refused_with_name_value_and_what_is_right),
        cmocka_unit_test(what_is_too_large_is_said_with_its_size),
        cmocka_unit_test(a_required_member_that_is_missing_is_said),
        cmocka_unit_test(other_members_are_skipped_when_not_strict),
        cmocka_unit_test(a_long_value_or_name_is_cut_and_stays_text),
        cmocka_unit_test(a_secret_is_checked_and_never_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
