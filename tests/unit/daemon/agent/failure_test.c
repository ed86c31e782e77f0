/* The sentences that a person reads when a model's server fails. */
#include "daemon/agent/failure.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct failure_server server_of(const char *url, const char *key)
{
    struct failure_server server;

    failure_server_init(&server, "local", url, key);
    return server;
}

static void expect(char *seen, const char *expected)
{
    assert_string_equal(seen, expected);
    free(seen);
}

static char *answer(const struct failure_server *server, int status, const char *body)
{
    struct http_response response = {.status = status};
    struct http_result result = {.response = &response, .why = "", .body = body, .body_len = strlen(body)};

    return failure_answer(server, &result);
}

static void the_server_s_own_words_in_all_their_forms(void **state)
{
    struct failure_server server = server_of("http://h/v1", NULL);

    (void)state;
    expect(answer(&server, 429, "{\"error\":{\"message\":\"slow down\",\"type\":\"t\"}}"),
           "provider local answered 429 Too Many Requests: slow down");
    expect(
        answer(&server, 529,
               "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}"),
        "provider local answered 529 Overloaded: Overloaded");
    expect(answer(&server, 400, "{\"error\":\"flat\"}"), "provider local answered 400 Bad Request: flat");
    expect(answer(&server, 418, "{\"message\":\"teapot\"}"), "provider local answered 418: teapot");
    expect(answer(&server, 422, "{\"detail\":\"no\"}"),
           "provider local answered 422 Unprocessable Content: no");
    expect(answer(&server, 400, "[{\"error\":{\"message\":\"listed\"}}]"),
           "provider local answered 400 Bad Request: listed");
    expect(answer(&server, 500, "<html>"), "provider local answered 500 Internal Server Error");
    expect(answer(&server, 503, ""), "provider local answered 503 Service Unavailable");
    failure_server_clear(&server);
}

static void one_line_of_printable_text(void **state)
{
    struct failure_server server = server_of("http://h/v1", NULL);
    char body[5000];

    (void)state;
    expect(answer(&server, 400, "{\"error\":\"a\\nb\\u001b[31m \\u202e \xC3\xA9 \xE6\x97\xA5\"}"),
           "provider local answered 400 Bad Request: a b  \xC3\xA9 \xE6\x97\xA5");
    memset(body, 'x', sizeof body);
    memcpy(body, "{\"error\":\"", 10);
    memcpy(body + sizeof body - 3, "\"}", 3);
    char *seen = answer(&server, 400, body);
    assert_in_range(strlen(seen), 100, 900);
    free(seen);
    failure_server_clear(&server);
}

static void the_key_is_never_said(void **state)
{
    struct failure_server server = server_of("http://h/v1", "sk-1234");

    (void)state;
    expect(answer(&server, 401, "{\"error\":\"no such key: sk-1234, sk-1234\"}"),
           "provider local answered 401 Unauthorized (is the key right?): no such key: *******, *******");
    expect(failure_stream(&server, "sk-1234"), "provider local: *******");
    expect(failure_stream(&server, "sk\001-1\342\200\213234"), "provider local: *******");
    failure_server_clear(&server);
}

static void a_url_is_shown_without_its_user(void **state)
{
    struct failure_server server = server_of("http://ann:pass@host:8080/v1/chat?x=y@z", NULL);
    struct http_response response = {0};
    struct http_result result = {
        .end = HTTP_UNREACHABLE, .response = &response, .why = "Connection refused", .body = ""};

    (void)state;
    expect(failure_answer(&server, &result), "provider local at http://host:8080: Connection refused");
    failure_server_clear(&server);
    server = server_of("nonsense", NULL);
    expect(failure_answer(&server, &result), "provider local at nonsense: Connection refused");
    failure_server_clear(&server);
}

static void a_redirect_says_where_to(void **state)
{
    struct failure_server server = server_of("http://h/v1", NULL);
    struct http_response response = {.status = 301, .location = "https://h/v1/"};
    struct http_result result = {.response = &response, .why = "", .body = ""};

    (void)state;
    expect(failure_answer(&server, &result),
           "provider local answered 301, moved to https://h/v1/: set base_url to the new address");
    failure_server_clear(&server);
}

static void a_key_must_fit_a_header(void **state)
{
    (void)state;
    assert_true(failure_key_usable(NULL));
    assert_true(failure_key_usable("sk-1"));
    assert_false(failure_key_usable("a\nb"));
    assert_false(failure_key_usable("a\r"));
    assert_false(failure_key_usable("\x7f"));
}

static bool too_long(int status, const char *body)
{
    struct http_response response = {.status = status};
    struct http_result result = {
        .response = &response, .why = "", .body = *body ? body : NULL, .body_len = strlen(body)};

    return failure_answer_too_long(&result);
}

static void what_does_not_fit_into_the_window_is_known(void **state)
{
    static const char *const bodies[] = {
        "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens. However, your "
        "messages resulted in "
        "9001 tokens.\",\"code\":\"context_length_exceeded\"}}",
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: "
        "210000 tokens "
        "> 200000 maximum\"}}",
        "{\"error\":{\"message\":\"input length and `max_tokens` exceed context limit: 199000 + 8192 > "
        "200000\"}}",
        "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size, try "
        "increasing it\"}}",
        "{\"error\":\"The model is loaded with a context length of only 4096 tokens, which is not enough\"}",
        "{\"message\":\"Prompt contains 40000 tokens, too large for model with 32768 maximum context "
        "length\"}",
        "{\"error\":{\"message\":\"The input token count (1200000) exceeds the maximum number of tokens "
        "allowed\"}}",
        "{\"error\":{\"message\":\"Please reduce the length of the messages or completion.\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        assert_true(too_long(400, bodies[i]));
    assert_true(too_long(413, ""));
    assert_true(too_long(500, bodies[3]));
    assert_false(too_long(400, ""));
    assert_false(too_long(400, "{\"error\":{\"message\":\"max_tokens must be positive\"}}"));
    assert_false(too_long(401, bodies[0]));
    assert_false(too_long(429, bodies[0])); /* tokens a minute are another matter */
    assert_false(failure_too_long(NULL));
}

static void a_model_that_takes_no_tools(void **state)
{
    static const char hint[] = "; the session offers tools, and this model takes none: choose another model";
    static const char *const said[] = {
        "gemma3 does not support tools", "No endpoints found that support tool use",
        "tools param requires --jinja flag", "`tool calling` is not supported with this model"};
    struct failure_server server = server_of("http://h/v1", NULL);
    char body[256];

    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        snprintf(body, sizeof body, "{\"error\":{\"message\":\"%s\"}}", said[i]);
        server.tools = true;
        char *text = answer(&server, 400, body);
        assert_non_null(strstr(text, hint));
        free(text);
        server.tools = false;
        text = answer(&server, 400, body);
        assert_null(strstr(text, hint));
        free(text);
    }
    server.tools = true;
    expect(answer(&server, 400, "{\"error\":\"tools.0.input_schema: JSON schema is invalid\"}"),
           "provider local answered 400 Bad Request: tools.0.input_schema: JSON schema is invalid");
    failure_server_clear(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_s_own_words_in_all_their_forms),
        cmocka_unit_test(one_line_of_printable_text),
        cmocka_unit_test(the_key_is_never_said),
        cmocka_unit_test(a_url_is_shown_without_its_user),
        cmocka_unit_test(a_redirect_says_where_to),
        cmocka_unit_test(a_key_must_fit_a_header),
        cmocka_unit_test(what_does_not_fit_into_the_window_is_known),
        cmocka_unit_test(a_model_that_takes_no_tools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
