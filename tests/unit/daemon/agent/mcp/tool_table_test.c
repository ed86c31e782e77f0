/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include "daemon/agent/mcp/param_headers.h"
#include "daemon/agent/mcp/sampling.h"
#include "daemon/agent/mcp/tool_table.h"
#include <string.h>

static json_t *json_of(const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

    assert_non_null(json);
    return json;
}

/* --- headers of arguments --- */

#define PROPERTY(rest) "{\"type\":\"object\",\"properties\":{\"a\":{" rest "}}}"

static void test_annotations_that_are_right(void **state)
{
    static const char *const right[] = {
        "{}",
        "true",
        PROPERTY("\"type\":\"string\",\"x-mcp-header\":\"Region\""),
        PROPERTY("\"type\":[\"integer\",\"null\"],\"x-mcp-header\":\"a!#$%&'*+-.^_`|~9\""),
        PROPERTY("\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"boolean\",\"x-mcp-header\":\"B\"}}"),
        PROPERTY("\"default\":{\"x-mcp-header\":\"data\"}"),
        "{\"properties\":{\"x-mcp-header\":{\"type\":\"string\"}}}"};
    char error[256];

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        json_t *schema = json_of(right[i]);

        if (!param_headers_check(schema, error))
            fail_msg("%s: %s", right[i], error);
        json_decref(schema);
    }
}

static void test_annotations_that_make_a_tool_invalid(void **state)
{
    static const char *const wrong[] = {
        PROPERTY("\"type\":\"string\",\"x-mcp-header\":\"\""),
        PROPERTY("\"type\":\"string\",\"x-mcp-header\":\"a b\""),
        PROPERTY("\"type\":\"string\",\"x-mcp-header\":\"a:\""),
        PROPERTY("\"type\":\"string\",\"x-mcp-header\":\"a\\r\\nb\""),
        PROPERTY("\"type\":\"string\",\"x-mcp-header\":\"\\u00e9\""),
        PROPERTY("\"type\":\"string\",\"x-mcp-header\":7"),
        PROPERTY("\"type\":\"number\",\"x-mcp-header\":\"a\""),
        PROPERTY("\"type\":\"array\",\"x-mcp-header\":\"a\""),
        PROPERTY("\"type\":[\"string\",\"integer\"],\"x-mcp-header\":\"a\""),
        PROPERTY("\"x-mcp-header\":\"a\""),
        "{\"x-mcp-header\":\"a\",\"type\":\"object\"}",
        "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"X\"},\"b\":{\"type\":\"string\","
        "\"x-mcp-header\":\"x\"}}}",
        PROPERTY("\"type\":\"array\",\"items\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}"),
        "{\"anyOf\":[{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}}}]}",
        "{\"$defs\":{\"d\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}}}",
        "{\"if\":{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}}}}",
        "{\"additionalProperties\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}}"};
    char error[256];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *schema = json_of(wrong[i]);

        if (param_headers_check(schema, error))
            fail_msg("taken: %s", wrong[i]);
        json_decref(schema);
    }
}

static void test_values_become_headers(void **state)
{
    static const char *const expected[] = {"Mcp-Param-S: plain value", "Mcp-Param-I: -7", "Mcp-Param-W: 42",
                                           "Mcp-Param-B: false", "Mcp-Param-N: =?base64?w6k=?="};
    json_t *schema =
        json_of("{\"properties\":{\"s\":{\"type\":\"string\",\"x-mcp-header\":\"S\"},\"i\":{\"type\":"
                "\"integer\",\"x-mcp-header\":\"I\"},\"w\":{\"type\":\"integer\",\"x-mcp-header\":\"W\"},"
                "\"b\":{\"type\":\"boolean\",\"x-mcp-header\":\"B\"},\"o\":{\"type\":\"object\","
                "\"properties\":{\"n\":{\"type\":\"string\",\"x-mcp-header\":\"N\"}}},\"gone\":{\"type\":"
                "\"string\",\"x-mcp-header\":\"G\"},\"null\":{\"type\":\"string\",\"x-mcp-header\":\"Z\"}}}");
    json_t *arguments = json_of("{\"s\":\"plain value\",\"i\":-7,\"w\":42.0,\"b\":false,\"o\":{\"n\":"
                                "\"\\u00e9\"},\"null\":null,\"else\":1}");
    char **headers = param_headers_make(schema, arguments);

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(headers[i], expected[i]);
    assert_null(headers[5]);
    param_headers_free(headers);
    assert_null(param_headers_make(NULL, arguments));
    json_decref(schema);
    json_decref(arguments);
}

/* --- the list --- */

static void on_dropped(void *arg, const char *name, const char *why)
{
    (void)why;
    strcat(arg, name);
}

static void test_only_what_can_be_used_stays_in_the_list(void **state)
{
    const char *list = "[{\"name\":\"a\",\"inputSchema\":{\"x-mcp-header\":\"r\"}},{\"name\":\"b\"},[],"
                       "{\"name\":\"b\"},{\"name\":\"c\",\"inputSchema\":null}]";
    json_t *tools = json_of(list);
    char dropped[64] = "";

    (void)state;
    tool_list_clean(tools, true, on_dropped, dropped);
    assert_int_equal(json_array_size(tools), 2);
    assert_string_equal(dropped, "ab");
    json_decref(tools);
    tools = json_of(list);
    *dropped = '\0';
    tool_list_clean(tools, false, on_dropped, dropped); /* not over HTTP: annotations don't matter */
    assert_int_equal(json_array_size(tools), 3);
    assert_string_equal(dropped, "b");
    json_decref(tools);
}

/* --- sampling --- */

#define USE(id)        "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"n\",\"input\":{}}"
#define RESULT(id)     "{\"type\":\"tool_result\",\"toolUseId\":\"" id "\",\"content\":[]}"
#define TEXT           "{\"type\":\"text\",\"text\":\"t\"}"
#define USER(content)  "{\"role\":\"user\",\"content\":" content "}"
#define MODEL(content) "{\"role\":\"assistant\",\"content\":" content "}"

static void test_messages_to_sample_from(void **state)
{
    static const struct {
        const char *messages;
        bool right;
    } cases[] = {
        {"[" USER(TEXT) "]", true},
        {"[" USER("[" TEXT "," TEXT "]") "]", true},
        {"[" USER(TEXT) "," MODEL("[" USE("1") "," USE("2") "]") "," USER(
             "[" RESULT("2") "," RESULT("1") "]") "]",
         true},
        {"[]", false},
        {"{}", false},
        {"[" USER("[]") "]", false},
        {"[{\"role\":\"system\",\"content\":" TEXT "}]", false},
        {"[" USER(RESULT("1")) "]", false},
        {"[" USER(USE("1")) "]", false},
        {"[" USER(TEXT) "," MODEL(USE("1")) "]", false},
        {"[" USER(TEXT) "," MODEL(USE("1")) "," USER(TEXT) "]", false},
        {"[" USER(TEXT) "," MODEL(USE("1")) "," USER(RESULT("2")) "]", false},
        {"[" USER(TEXT) "," MODEL(USE("1")) "," USER("[" RESULT("1") "," TEXT "]") "]", false},
        {"[" USER(TEXT) "," MODEL(USE("1")) "," USER("[" RESULT("1") "," RESULT("2") "]") "]", false}};
    char error[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *params = json_object();

        json_object_set_new(params, "messages", json_of(cases[i].messages));
        if (sampling_check(params, error) != cases[i].right)
            fail_msg("%s", cases[i].messages);
        json_decref(params);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_annotations_that_are_right),
        cmocka_unit_test(test_annotations_that_make_a_tool_invalid),
        cmocka_unit_test(test_values_become_headers),
        cmocka_unit_test(test_only_what_can_be_used_stays_in_the_list),
        cmocka_unit_test(test_messages_to_sample_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
