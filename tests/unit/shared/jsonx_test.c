/* JSON from outside: what is refused and why, and getters that never surprise. */
#include "shared/jsonx.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static void any_single_value_is_read(void **state)
{
    static const char *const good[] = {"{}",     "[]",   "\"text\"", "1",
                                       "-2.5e3", "true", "null",     " {\"a\":[1,{}]}\n"};
    (void)state;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        json_decref(parse(good[i]));
}

static void what_is_not_strict_json_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"", "line 1"},
        {"{", "line 1"},
        {"{\n\n\"a\" 1}", "line 3"},
        {"{} {}", "end of file expected"},
        {"[1,]", "line 1"},
        {"{\"a\":1,\"a\":2}", "duplicate"},
        {"\"\xff\"", "line 1"},
        {"\"\xed\xa0\x80\"", "line 1"},
        {"\"\\ud800\"", "line 1"},
        {"\"a\\u0000b\"", "\\u0000"},
        {"{\"a\\u0000b\":1}", "\\u0000"},
        {"\"a\nb\"", "line 1"},
        {"[99999999999999999999999]", "line 1"},
        {"[1e999]", "line 1"},
        {"nul", "line 1"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char error[160] = "";

        if (jsonx_parse(bad[i].text, strlen(bad[i].text), error))
            fail_msg("taken: %s", bad[i].text);
        if (!strstr(error, bad[i].reason))
            fail_msg("%s: the reason is \"%s\"", bad[i].text, error);
        assert_null(jsonx_parse(bad[i].text, strlen(bad[i].text), NULL));
    }
}

static void nul_bytes_are_refused_wherever_they_stand(void **state)
{
    char error[160] = "";
    (void)state;

    assert_null(jsonx_parse("{}\0", 3, error));
    assert_non_null(strstr(error, "NUL"));
    assert_null(jsonx_parse("\"a\0b\"", 5, error));
    assert_null(jsonx_parse("\0", 1, NULL));
}

static char *nested(size_t depth)
{
    char *text = malloc(depth * 2 + 1);

    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[depth * 2] = '\0';
    return text;
}

static void nesting_is_bounded_before_it_can_hurt(void **state)
{
    char error[160] = "";
    char *most = nested(JSONX_DEPTH_MAX), *more = nested(JSONX_DEPTH_MAX + 1), *bomb = nested(1000000);
    (void)state;

    json_decref(parse(most));
    assert_null(jsonx_parse(more, strlen(more), error));
    assert_non_null(strstr(error, "nested deeper than 64"));
    assert_null(jsonx_parse(bomb, strlen(bomb), error));
    free(most);
    free(more);
    free(bomb);
}

static void values_are_counted_before_they_take_memory(void **state)
{
    static const char *const texts[] = {"[1,[],{}]", "{\"a\":1,\"b\":[2]}", "[[[[]]]]"};
    char error[160] = "";
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *value = jsonx_parse_few(texts[i], strlen(texts[i]), 6, NULL);
        assert_non_null(value);
        json_decref(value);
        assert_null(jsonx_parse_few(texts[i], strlen(texts[i]), 3, error));
        assert_string_equal(error, "more than 3 values");
    }
    json_t *value = jsonx_parse_few("\"[,[,{,\"", 8, 1, NULL); /* in a string they are none */
    assert_non_null(value);
    json_decref(value);
}

static void brackets_in_strings_are_no_nesting(void **state)
{
    char text[600] = "[\"\\\"";
    (void)state;
    memset(text + strlen(text), '[', 300);
    strcat(text, "\\\\\",{}]");

    json_decref(parse(text));
}

static void an_error_is_short_printable_text(void **state)
{
    char text[1000], error[160];
    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "[\x1b]0;owned\x07", 11);

    assert_null(jsonx_parse(text, sizeof text, error));

    assert_true(memchr(error, '\0', sizeof error) != NULL);
    for (const char *c = error; *c; c++)
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void getters_give_the_member_or_the_fallback(void **state)
{
    json_t *obj = parse("{\"s\":\"text\",\"e\":\"\",\"i\":-7,\"big\":9007199254740993,\"r\":2.5,\"t\":true,"
                        "\"f\":false,\"n\":null,\"o\":{\"x\":1},\"a\":[1]}");
    (void)state;

    assert_string_equal(jsonx_str(obj, "s", "none"), "text");
    assert_string_equal(jsonx_str(obj, "e", "none"), "");
    assert_int_equal(jsonx_int(obj, "i", 5), -7);
    assert_true(jsonx_int(obj, "big", 0) == INT64_C(9007199254740993));
    assert_true(fabs(jsonx_real(obj, "r", 0) - 2.5) < 1e-9);
    assert_true(fabs(jsonx_real(obj, "i", 0) + 7) < 1e-9);
    assert_true(jsonx_bool(obj, "t", false));
    assert_false(jsonx_bool(obj, "f", true));
    assert_int_equal(jsonx_int(jsonx_obj(obj, "o"), "x", 0), 1);
    assert_int_equal(json_array_size(jsonx_arr(obj, "a")), 1);
    json_decref(obj);
}

static void another_type_null_or_nothing_gives_the_fallback(void **state)
{
    json_t *obj = parse("{\"s\":\"1\",\"i\":1,\"r\":2.5,\"n\":null,\"o\":{},\"a\":[]}");
    json_t *list = parse("[1]");
    const json_t *const not_objects[] = {NULL, list};
    (void)state;

    assert_null(jsonx_str(obj, "i", NULL));
    assert_string_equal(jsonx_str(obj, "n", "none"), "none");
    assert_int_equal(jsonx_int(obj, "s", 5), 5);
    assert_int_equal(jsonx_int(obj, "r", 5), 5);
    assert_true(fabs(jsonx_real(obj, "s", 1.5) - 1.5) < 1e-9);
    assert_true(jsonx_bool(obj, "i", true));
    assert_null(jsonx_obj(obj, "a"));
    assert_null(jsonx_arr(obj, "o"));
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(jsonx_str(not_objects[i], "x", "none"), "none");
        assert_int_equal(jsonx_int(not_objects[i], "x", 5), 5);
        assert_null(jsonx_obj(not_objects[i], "x"));
    }
    json_decref(obj);
    json_decref(list);
}

static void dumped_text_is_compact_and_keeps_the_order(void **state)
{
    json_t *obj = parse("{ \"z\" : 1, \"a\" : [ true, null, \"h\xc3\xa9\" ] }");
    json_t *word = json_string("x");
    size_t len;
    (void)state;

    char *text = jsonx_dump(obj, &len);
    char *scalar = jsonx_dump(word, NULL);

    assert_string_equal(text, "{\"z\":1,\"a\":[true,null,\"h\xc3\xa9\"]}");
    assert_int_equal(len, strlen(text));
    assert_string_equal(scalar, "\"x\"");
    free(text);
    free(scalar);
    json_decref(obj);
    json_decref(word);
}

/* Chains of hashes and stored texts rest on it. */
static void dumped_text_is_as_jansson_writes_it(void **state)
{
    json_t *obj = parse("{\"\":{},\"a\\\"b\\u0007\":[[],{\"n\":null}],\"t\":[true,false],"
                        "\"i\":[0,-9223372036854775808,9223372036854775807],"
                        "\"r\":[1.0,-0.0,0.1,1e300,2.5e-8,12345678901234567890.0],"
                        "\"s\":\"\\\\/ \\b\\f\\n\\r\\t\\u001f\\u007f \\u00e9\\ud83d\\ude00\"}");
    (void)state;
    json_object_set_new(obj, "nul", json_stringn("a\0b", 3));

    char *ours = jsonx_dump(obj, NULL), *theirs = json_dumps(obj, JSON_COMPACT);

    assert_string_equal(ours, theirs);
    free(ours);
    free(theirs);
    json_decref(obj);
}

static void a_dump_fits_whole_or_not_at_all(void **state)
{
    json_t *obj = parse("{\"a\":[1,2,3],\"b\":\"text\"}");
    const char *expected = "> {\"a\":[1,2,3],\"b\":\"text\"}";
    (void)state;

    for (size_t max = 2; max <= strlen(expected); max++) {
        struct buf out;
        buf_init(&out, max);
        assert_true(buf_puts(&out, "> "));

        bool fits = jsonx_dump_buf(obj, &out);

        assert_int_equal(fits, max == strlen(expected));
        assert_string_equal(out.data, fits ? expected : "> ");
        buf_free(&out);
    }
    json_decref(obj);
}

static void set_text_is_made_valid(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *stored;
    } cases[] = {
        {"plain h\xc3\xa9", 9, "plain h\xc3\xa9"},
        {"a\xff"
         "b",
         3,
         "a\xef\xbf\xbd"
         "b"},
        {"cut \xe6\xbc", 6, "cut \xef\xbf\xbd"},
        {"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"a\0b", 3,
         "a\xef\xbf\xbd"
         "b"},
        {"", 0, ""},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *obj = json_object();

        jsonx_set_strn(obj, "k", cases[i].text, cases[i].len);

        assert_string_equal(jsonx_str(obj, "k", NULL), cases[i].stored);
        char *dump = jsonx_dump(obj, NULL);
        json_decref(parse(dump));
        free(dump);
        json_decref(obj);
    }
}

static void no_text_leaves_the_member_out(void **state)
{
    json_t *obj = json_object();
    (void)state;

    jsonx_set_str(obj, "a", "one");
    jsonx_set_int(obj, "b", INT64_MIN);
    jsonx_set_str(obj, "c", NULL);
    jsonx_set_strn(obj, "d", NULL, 0);
    char *dump = jsonx_dump(obj, NULL);

    assert_string_equal(dump, "{\"a\":\"one\",\"b\":-9223372036854775808}");
    free(dump);
    json_decref(obj);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_single_value_is_read),
        cmocka_unit_test(what_is_not_strict_json_is_refused_with_a_reason),
        cmocka_unit_test(nul_bytes_are_refused_wherever_they_stand),
        cmocka_unit_test(nesting_is_bounded_before_it_can_hurt),
        cmocka_unit_test(values_are_counted_before_they_take_memory),
        cmocka_unit_test(brackets_in_strings_are_no_nesting),
        cmocka_unit_test(an_error_is_short_printable_text),
        cmocka_unit_test(getters_give_the_member_or_the_fallback),
        cmocka_unit_test(another_type_null_or_nothing_gives_the_fallback),
        cmocka_unit_test(dumped_text_is_compact_and_keeps_the_order),
        cmocka_unit_test(dumped_text_is_as_jansson_writes_it),
        cmocka_unit_test(a_dump_fits_whole_or_not_at_all),
        cmocka_unit_test(set_text_is_made_valid),
        cmocka_unit_test(no_text_leaves_the_member_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
