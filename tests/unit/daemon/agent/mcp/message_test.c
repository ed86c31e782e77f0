/* What is a message, and what it answers. */
#include "daemon/agent/mcp/message.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reads_len(const char *text, size_t len, const char *expected)
{
    char error[160] = "", *exact = malloc(len + 1);
    json_t *message;

    memcpy(exact, text, len); /* no NUL after it that could hide reading on */
    exact = realloc(exact, len ? len : 1);
    message = mcp_message_parse(exact, len, error);
    free(exact);
    if (expected) {
        char *written = message ? jsonx_dump(message, NULL) : NULL;
        assert_string_equal(error, "");
        assert_string_equal(written, expected);
        free(written);
    } else {
        assert_null(message);
        assert_string_not_equal(error, "");
    }
    json_decref(message);
}

static void reads(const char *text, const char *expected)
{
    reads_len(text, strlen(text), expected);
}

static void objects_and_arrays_of_objects(void **state)
{
    (void)state;
    reads(" {\"a\":1}\n", "{\"a\":1}");
    reads("[{},{\"a\":1}]", "[{},{\"a\":1}]");
    reads("[]", NULL);
    reads("[1]", NULL);
    reads("[{},[]]", NULL);
    reads("\"text\"", NULL);
    reads("null", NULL);
    reads("", NULL);
    reads("{\"a\":1}{", NULL);
    reads("{\"a\":\"\xC0\x80\"}", NULL);
    reads_len("{\"a\":1}\0", 8, NULL);
}

static void nested(int depth, bool fits)
{
    char text[512];
    int len = 0;

    for (int i = 0; i < depth; i++)
        len += sprintf(text + len, "{\"a\":");
    len += sprintf(text + len, "1");
    memset(text + len, '}', (size_t)depth);
    text[len + depth] = '\0';
    reads(text, fits ? text : NULL);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    nested(JSONX_DEPTH_MAX, true);
    nested(JSONX_DEPTH_MAX + 1, false);
}

static void escapes_that_are_no_characters_are_replaced(void **state)
{
    (void)state;
    reads("{\"a\":\"x\\u0000y\"}", "{\"a\":\"x\xEF\xBF\xBDy\"}");
    reads("{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\xF0\x9F\x98\x80\"}");
    reads("{\"a\":\"\\uD83D\"}", "{\"a\":\"\xEF\xBF\xBD\"}");
    reads("{\"a\":\"\\uD83D!\"}", "{\"a\":\"\xEF\xBF\xBD!\"}");
    reads("{\"a\":\"\\ude00\\ud83d\"}", "{\"a\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}");
    reads("{\"a\":\"\\ud83d\\ud83d\\ude00\"}", "{\"a\":\"\xEF\xBF\xBD\xF0\x9F\x98\x80\"}");
    reads("{\"a\":\"\\\\u0000\"}", "{\"a\":\"\\\\u0000\"}");
    reads("{\"a\":\"\\\\\\u0000\"}", "{\"a\":\"\\\\\xEF\xBF\xBD\"}");
    reads("{\"a\":\"\\u00\"}", NULL);
    reads("{\"a\":\"\\u0000", NULL);
    reads("{\"a\":\"\\ud83d\\u", NULL);
    reads("{\"a\":\"\\", NULL);
}

static bool answers(const char *text, const char *id, bool nameless)
{
    json_t *message = jsonx_parse(text, strlen(text), NULL), *expected = jsonx_parse(id, strlen(id), NULL);
    bool does = mcp_message_answers(message, expected, nameless);

    assert_non_null(message);
    json_decref(message);
    json_decref(expected);
    return does;
}

static void answers_go_by_their_ids(void **state)
{
    (void)state;
    assert_true(answers("{\"id\":1,\"result\":{}}", "1", false));
    assert_true(answers("{\"id\":1.0,\"result\":{}}", "1", false));
    assert_true(answers("{\"id\":\"a\",\"error\":{}}", "\"a\"", false));
    assert_false(answers("{\"id\":\"1\",\"result\":{}}", "1", true));
    assert_false(answers("{\"id\":2,\"result\":{}}", "1", true));
    assert_false(answers("{\"id\":1}", "1", true));
    /* a request of the server's own may have the same id */
    assert_false(answers("{\"id\":1,\"method\":\"ping\",\"result\":{}}", "1", true));
    assert_true(answers("{\"id\":null,\"error\":{}}", "1", true));
    assert_true(answers("{\"error\":{}}", "1", true));
    assert_false(answers("{\"id\":null,\"error\":{}}", "1", false));
    assert_false(answers("{\"id\":null,\"result\":{}}", "1", true));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_and_arrays_of_objects),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(escapes_that_are_no_characters_are_replaced),
        cmocka_unit_test(answers_go_by_their_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
