/* Schemas: what fits, what differs and how that is said, what can't be used; and what hostile ones cost. */
#include "daemon/agent/mcp/json_schema.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    char error[160] = "";
    json_t *value = jsonx_parse(text, strlen(text), error);

    if (!value)
        fail_msg("%s: %s", text, error);
    return value;
}

static enum json_schema_result check(const char *schema, const char *value, char error[JSON_SCHEMA_ERROR_MAX])
{
    json_t *rules = parse(schema), *data = parse(value);
    enum json_schema_result result = json_schema_check(rules, data, error);

    json_decref(rules);
    json_decref(data);
    assert_true((result == JSON_SCHEMA_FITS) == (*error == '\0'));
    assert_true(utf8_valid(error, strlen(error)));
    return result;
}

static void every_keyword_tells_what_fits_from_what_differs(void **state)
{
    static const struct {
        const char *schema, *fits, *differs;
    } cases[] = {
        {"{\"type\":\"string\"}", "\"a\"", "1"},
        {"{\"type\":\"integer\"}", "1.0", "1.5"},
        {"{\"type\":\"number\"}", "1.5", "\"1\""},
        {"{\"type\":\"boolean\"}", "true", "0"},
        {"{\"type\":[\"null\",\"object\"]}", "null", "[]"},
        {"{\"enum\":[1,\"a\",{\"b\":[2]}]}", "{\"b\":[2.0]}", "{\"b\":[2,3]}"},
        {"{\"const\":{\"a\":1,\"b\":2}}", "{\"b\":2,\"a\":1}", "{\"a\":1}"},
        {"{\"minimum\":2}", "2", "1.999"},
        {"{\"maximum\":9007199254740993}", "9007199254740993", "9007199254740994"},
        {"{\"exclusiveMinimum\":2}", "2.5", "2"},
        {"{\"exclusiveMaximum\":2}", "1", "2"},
        {"{\"minimum\":2,\"exclusiveMinimum\":true}", "3", "2"},
        {"{\"multipleOf\":0.01}", "0.07", "0.075"},
        {"{\"multipleOf\":3}", "-9", "10"},
        {"{\"minLength\":2}", "\"\\u00e4\\u00e4\"", "\"\\u00e4\""},
        {"{\"maxLength\":1}", "\"\\ud83d\\ude00\"", "\"ab\""},
        {"{\"pattern\":\"^[a-z]\\\\d+\"}", "\"a12x\"", "\"12\""},
        {"{\"minItems\":1}", "[1]", "[]"},
        {"{\"maxItems\":1}", "[1]", "[1,2]"},
        {"{\"uniqueItems\":true}", "[1,\"1\",[1],{\"a\":1}]", "[{\"a\":1,\"b\":2},3,{\"b\":2.0,\"a\":1}]"},
        {"{\"minProperties\":1}", "{\"a\":1}", "{}"},
        {"{\"maxProperties\":1}", "{\"a\":1}", "{\"a\":1,\"b\":2}"},
        {"{\"required\":[\"a\"]}", "{\"a\":null}", "{\"b\":1}"},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1,\"b\":1}", "{\"a\":1}"},
        {"{\"dependentSchemas\":{\"a\":{\"required\":[\"b\"]}}}", "{\"b\":1}", "{\"a\":1}"},
        {"{\"dependencies\":{\"a\":[\"b\"],\"c\":{\"minProperties\":2}}}", "{\"a\":1,\"b\":1}", "{\"c\":1}"},
        {"{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"b\":1}", "{\"a\":1}"},
        {"{\"patternProperties\":{\"^n_\":{\"type\":\"number\"}}}", "{\"n_a\":1,\"b\":\"\"}",
         "{\"n_a\":\"\"}"},
        {"{\"properties\":{\"a\":true},\"patternProperties\":{\"^b\":true},\"additionalProperties\":false}",
         "{\"a\":1,\"bc\":2}", "{\"a\":1,\"c\":2}"},
        {"{\"additionalProperties\":{\"type\":\"null\"}}", "{\"x\":null}", "{\"x\":1}"},
        {"{\"propertyNames\":{\"maxLength\":2}}", "{\"ab\":1}", "{\"abc\":1}"},
        {"{\"items\":{\"type\":\"number\"}}", "[1,2]", "[1,\"2\"]"},
        {"{\"prefixItems\":[{\"const\":1}],\"items\":{\"const\":2}}", "[1,2,2]", "[1,2,1]"},
        {"{\"items\":[{\"const\":1}],\"additionalItems\":false}", "[1]", "[1,2]"},
        {"{\"contains\":{\"const\":1}}", "[2,1]", "[2]"},
        {"{\"contains\":{\"const\":1},\"minContains\":2,\"maxContains\":3}", "[1,1]", "[1]"},
        {"{\"contains\":{\"const\":1},\"maxContains\":1}", "[1]", "[1,1]"},
        {"{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "1", "3"},
        {"{\"anyOf\":[{\"minimum\":5},{\"type\":\"string\"}]}", "6", "1"},
        {"{\"oneOf\":[{\"minimum\":5},{\"maximum\":7}]}", "8", "6"},
        {"{\"not\":{\"type\":\"string\"}}", "1", "\"a\""},
        {"{\"if\":{\"minimum\":5},\"then\":{\"multipleOf\":5},\"else\":{\"multipleOf\":2}}", "4", "7"},
        {"{\"$ref\":\"#/$defs/a~1b/0\",\"$defs\":{\"a/b\":[{\"type\":\"string\"}]}}", "\"a\"", "1"},
        {"{\"$ref\":\"#/definitions/x%20y\",\"definitions\":{\"x y\":{\"type\":\"string\"}}}", "\"a\"", "1"},
        {"{\"$ref\":\"#it\",\"$defs\":{\"x\":{\"$anchor\":\"it\",\"type\":\"string\"}}}", "\"a\"", "1"},
        {"{\"$id\":\"https://e.org/dir/a\",\"$ref\":\"b\",\"$defs\":{\"x\":{\"$id\":\"../dir/"
         "b\",\"type\":\"string\"}}}",
         "\"a\"", "1"},
        {"{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"},\"n\":{\"type\":\"integer\"}}}",
         "{\"next\":{\"next\":{\"n\":1}}}", "{\"next\":{\"next\":{\"n\":\"\"}}}"},
        {"{\"$dynamicRef\":\"#n\",\"$defs\":{\"a\":{\"$dynamicAnchor\":\"n\",\"type\":\"string\"}}}", "\"a\"",
         "1"},
        {"{\"allOf\":[{\"properties\":{\"a\":true}}],\"unevaluatedProperties\":false}", "{\"a\":1}",
         "{\"b\":1}"},
        {"{\"prefixItems\":[true],\"contains\":{\"const\":7},\"unevaluatedItems\":false}", "[1,7]",
         "[1,7,2]"},
        {"{\"anyOf\":[{\"required\":[\"b\"],\"properties\":{\"b\":true}},{\"properties\":{\"a\":true}}],"
         "\"unevaluatedProperties\":false}",
         "{\"a\":1,\"b\":1}", "{\"b\":1,\"c\":1}"},
        {"{\"format\":\"email\",\"type\":\"string\"}", "\"no address\"", "1"},
        {"true", "1", NULL},
        {"false", NULL, "1"},
    };
    char error[JSON_SCHEMA_ERROR_MAX];
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].fits && check(cases[i].schema, cases[i].fits, error) != JSON_SCHEMA_FITS)
            fail_msg("%s with %s: %s", cases[i].schema, cases[i].fits, error);
        if (cases[i].differs && check(cases[i].schema, cases[i].differs, error) != JSON_SCHEMA_DIFFERS)
            fail_msg("%s takes %s %s", cases[i].schema, cases[i].differs, error);
    }
}

static void what_differs_is_said_with_place_value_and_rule(void **state)
{
    static const struct {
        const char *schema, *value, *error;
    } cases[] = {
        {"{\"properties\":{\"items\":{\"items\":{\"properties\":{\"age\":{\"minimum\":0}}}}}}",
         "{\"items\":[{},{},{\"age\":-1}]}", "/items/2/age is -1; it must be at least 0"},
        {"{\"type\":\"string\"}", "1", "the value is 1; it must be of type string"},
        {"{\"required\":[\"name\"]}", "{}", "the value is {}; it must have the member \"name\""},
        {"{\"properties\":{\"a\":{\"enum\":[\"x\",\"y\"]}}}", "{\"a\":\"z\"}",
         "/a is \"z\"; it must be one of \"x\", \"y\""},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "1",
         "the value is 1; it must fit one of 2 schemas, and fits none"},
        {"{\"additionalProperties\":false}", "{\"more\":1}",
         "the value is {\"more\":1}; it must not have the member \"more\""},
        {"{\"maxLength\":3}", "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\"",
         "the value is \"abcdefghijklmnopqrstuvwxyzabcdefghij...; it must have at most 3 characters"},
    };
    char error[JSON_SCHEMA_ERROR_MAX];
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(check(cases[i].schema, cases[i].value, error), JSON_SCHEMA_DIFFERS);
        assert_string_equal(error, cases[i].error);
    }
}

static void a_schema_that_cannot_be_used_is_said_not_guessed(void **state)
{
    static const struct {
        const char *schema, *error;
    } cases[] = {
        {"{\"$ref\":\"https://example.org/schema.json\"}",
         "the schema's \"$ref\" leads to https://example.org/schema.json, which is not within the schema"},
        {"{\"$ref\":\"#/$defs/none\"}", "not within the schema"},
        {"{\"$ref\":7}", "not within the schema"},
        {"{\"$schema\":\"https://example.org/own\"}", "dialect"},
        {"{\"type\":\"text\"}", "type"},
        {"{\"type\":7}", "type"},
        {"{\"pattern\":\"(a)\\\\1\"}", "\"pattern\" can't be used, it has a back reference: (a)\\1"},
        {"{\"minLength\":-1}", "count"},
        {"{\"multipleOf\":0}", "above 0"},
        {"{\"allOf\":{}}", "list"},
        {"{\"not\":7}", "no schema"},
        {"7", "no schema"},
        {"{\"anyOf\":[{\"$ref\":\"elsewhere\"},true]}", "elsewhere"},
        {"{\"not\":{\"$ref\":\"elsewhere\"}}", "elsewhere"},
    };
    char error[JSON_SCHEMA_ERROR_MAX];
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (check(cases[i].schema, "\"aa\"", error) != JSON_SCHEMA_UNUSABLE || !strstr(error, cases[i].error))
            fail_msg("%s: %s", cases[i].schema, error);
    }
}

static void what_stands_beside_a_reference_counts_only_since_2019(void **state)
{
    char error[JSON_SCHEMA_ERROR_MAX];
    (void)state;

    assert_int_equal(check("{\"$ref\":\"#/$defs/a\",\"maximum\":1,\"$defs\":{\"a\":true}}", "2", error),
                     JSON_SCHEMA_DIFFERS);
    assert_int_equal(check("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"properties\":{\"a\":"
                           "{\"$ref\":\"#/definitions/a\",\"maximum\":1}},\"definitions\":{\"a\":true}}",
                           "{\"a\":2}", error),
                     JSON_SCHEMA_FITS);
}

static void a_schema_that_never_ends_is_unusable(void **state)
{
    /* Each level asks the next one twice: 2^40 checks, were they not counted. */
    char text[8192] = "{\"$ref\":\"#/$defs/a0\",\"$defs\":{";
    char error[JSON_SCHEMA_ERROR_MAX];
    (void)state;

    assert_int_equal(check("{\"$ref\":\"#\"}", "1", error), JSON_SCHEMA_UNUSABLE);
    assert_non_null(strstr(error, "too deeply"));
    for (int i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "\"a%d\":{\"allOf\":[{\"$ref\":\"#/$defs/a%d\"},{\"$ref\":\"#/$defs/a%d\"}]},", i, i + 1,
                 i + 1);
    strcat(text, "\"a40\":true}}");
    assert_int_equal(check(text, "1", error), JSON_SCHEMA_UNUSABLE);
    assert_non_null(strstr(error, "too long"));
}

static void a_large_array_of_different_items_is_no_square(void **state)
{
    json_t *schema = parse("{\"uniqueItems\":true}"), *array = json_array();
    char error[JSON_SCHEMA_ERROR_MAX];
    (void)state;

    for (int i = 0; i < 200000; i++)
        json_array_append_new(array, json_integer(i));
    assert_int_equal(json_schema_check(schema, array, error), JSON_SCHEMA_FITS);
    json_array_append_new(array, json_real(77));
    assert_int_equal(json_schema_check(schema, array, error), JSON_SCHEMA_DIFFERS);
    json_decref(schema);
    json_decref(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_keyword_tells_what_fits_from_what_differs),
        cmocka_unit_test(what_differs_is_said_with_place_value_and_rule),
        cmocka_unit_test(a_schema_that_cannot_be_used_is_said_not_guessed),
        cmocka_unit_test(what_stands_beside_a_reference_counts_only_since_2019),
        cmocka_unit_test(a_schema_that_never_ends_is_unusable),
        cmocka_unit_test(a_large_array_of_different_items_is_no_square),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
