/* What servers list as their tools: bounded, each name once, and what is left out is said. */
#include "daemon/agent/outside.h"
#include "daemon/agent/tool_list.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *tool(const char *name)
{
    return json_pack("{s:s,s:{s:s}}", "name", name, "inputSchema", "type", "object");
}

/* Steals. */
static json_t *read_tools(json_t *tools, char left[256])
{
    json_t *list = tool_list_read(tools, left);

    assert_non_null(list);
    json_decref(tools);
    return list;
}

static char *text_of(size_t len)
{
    char *text = malloc(len + 1);

    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

static void what_is_used_is_kept_and_nothing_else(void **state)
{
    char left[256];
    json_t *list = read_tools(
        json_loads(
            "[{\"name\":\"a\",\"title\":\"A\",\"description\":\"d\",\"inputSchema\":{\"properties\":{}},"
            "\"outputSchema\":{},\"icons\":[],\"annotations\":{\"readOnlyHint\":true,\"idempotentHint\":1,"
            "\"title\":\"T\",\"x\":2}}]",
            0, NULL),
        left);
    json_t *expected =
        json_loads("[{\"name\":\"a\",\"title\":\"A\",\"description\":\"d\",\"inputSchema\":"
                   "{\"type\":\"object\",\"properties\":{}},\"annotations\":{\"readOnlyHint\":true,"
                   "\"title\":\"T\"}}]",
                   0, NULL);

    (void)state;
    assert_true(json_equal(list, expected));
    assert_string_equal(left, "");
    json_decref(list);
    json_decref(expected);
}

static void tools_that_cant_be_called_are_left_out(void **state)
{
    char left[256], *name = text_of(257);
    json_t *tools = json_array(), *list;

    (void)state;
    json_array_append_new(tools, tool("good"));
    json_array_append_new(tools, tool(""));
    json_array_append_new(tools, tool(name));
    json_array_append_new(tools, json_integer(7));
    json_array_append_new(tools, tool("good"));
    json_array_append_new(tools, json_pack("{s:s,s:{s:s}}", "name", "bad", "inputSchema", "type", "string"));
    list = read_tools(tools, left);
    assert_int_equal(json_array_size(list), 1);
    assert_non_null(strstr(left, "5 of 6 tools are left out"));
    assert_non_null(strstr(left, "no name of 1 to 256 bytes, and others"));
    json_decref(list);
    free(name);
}

static void a_large_schema_leaves_its_tool_out(void **state)
{
    char left[256], *text = text_of(TOOL_LIST_SCHEMA_MAX);
    json_t *large = tool("large"), *list;

    (void)state;
    jsonx_set_str(json_object_get(large, "inputSchema"), "description", text);
    list = read_tools(json_pack("[o,o]", large, tool("small")), left);
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(left, "1 of 2 tools are left out: 'large' has a schema of more than 64 KiB");
    json_decref(list);
    free(text);
}

static void a_deep_schema_leaves_its_tool_out(void **state)
{
    char left[256];
    json_t *deep = tool("deep"), *at = json_object_get(deep, "inputSchema"), *list;

    (void)state;
    for (int i = 0; i < 100; i++) {
        json_object_set_new(at, "not", json_object());
        at = json_object_get(at, "not");
    }
    list = read_tools(json_pack("[o]", deep), left);
    assert_int_equal(json_array_size(list), 0);
    assert_non_null(strstr(left, "nested too deep"));
    json_decref(list);
}

static void a_long_description_is_cut_between_characters(void **state)
{
    char left[256], *text = text_of(TOOL_LIST_DESCRIPTION_MAX + 10);
    json_t *described = tool("a"), *list;

    (void)state;
    memcpy(text + TOOL_LIST_DESCRIPTION_MAX - 1, "\xc3\xa4", 2);
    json_object_set_new(described, "description", json_string(text));
    list = read_tools(json_pack("[o]", described), left);
    assert_int_equal(strlen(jsonx_str(json_array_get(list, 0), "description", "")),
                     TOOL_LIST_DESCRIPTION_MAX - 1);
    json_decref(list);
    free(text);
}

static void all_of_them_are_bounded(void **state)
{
    char left[256], name[16], *text = text_of(4000);
    json_t *tools = json_array(), *list;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "t%d", i);
        json_array_append_new(tools, tool(name));
    }
    list = read_tools(tools, left);
    assert_int_equal(json_array_size(list), TOOL_LIST_MAX);
    assert_non_null(strstr(left, "488 of 1000 tools are left out"));
    json_decref(list);

    tools = json_array();
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "t%d", i);
        json_t *large = tool(name);
        jsonx_set_str(large, "description", text);
        json_array_append_new(tools, large);
    }
    list = read_tools(tools, left);
    assert_true(outside_bytes(list) <= TOOL_LIST_BYTES_MAX + 1024);
    assert_in_range(json_array_size(list), 100, 140);
    json_decref(list);
    free(text);
}

static void what_is_no_list_is_an_empty_one(void **state)
{
    char left[256];
    json_t *list = tool_list_read(NULL, left);

    (void)state;
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_used_is_kept_and_nothing_else),
        cmocka_unit_test(tools_that_cant_be_called_are_left_out),
        cmocka_unit_test(a_large_schema_leaves_its_tool_out),
        cmocka_unit_test(a_deep_schema_leaves_its_tool_out),
        cmocka_unit_test(a_long_description_is_cut_between_characters),
        cmocka_unit_test(all_of_them_are_bounded),
        cmocka_unit_test(what_is_no_list_is_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
