#include "tests/unit/daemon/agent/mcp/client_rig.h"

#define FORM                                                                                                 \
    "{\"message\":\"who?\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"     \
    "\"string\"},\"n\":{\"type\":\"integer\",\"default\":3}},\"required\":[\"name\"]}}"

static int code_of(const json_t *message)
{
    return (int)jsonx_int(jsonx_obj(message, "error"), "code", 0);
}

/* --- requests of a legacy server --- */

static void test_the_server_s_ids_are_its_own(void **state)
{
    static const char *const ids[] = {"0", "1", "\"1\"", "\"a b\"", "-7", "9007199254740993"};
    struct rig *rig = *state;
    json_t *ping, *answer;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "ping", NULL, 0);
    ping = rig_expect(rig, "ping");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        json_t *id = json_loads(ids[i], JSON_DECODE_ANY, NULL);

        rig_say(rig, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"roots/list\"}", ids[i]);
        answer = rig_expect(rig, "");
        assert_true(json_equal(json_object_get(answer, "id"), id));
        json_decref(id);
    }
    rig_say(rig, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"ping\"}", rig_id(ping));
    rig_expect(rig, "");
    rig_expect_peace(rig, 10); /* ours waits still */
    rig_result(rig, ping, "{}");
    rig_expect_event(rig, "done ok");
}

static void test_the_root_is_a_uri(void **state)
{
    struct rig *rig = *state;
    const json_t *root;

    rig_ready_legacy(rig, "2025-11-25");
    rig_say(rig, "{\"id\":1,\"method\":\"roots/list\"}");
    root = json_array_get(jsonx_arr(jsonx_obj(rig_expect(rig, ""), "result"), "roots"), 0);
    assert_string_equal(jsonx_str(root, "uri", ""), "file:///home/a%20b");
    assert_string_equal(jsonx_str(root, "name", ""), "a b");
}

static void test_what_was_not_declared_is_refused(void **state)
{
    static const struct {
        const char *method, *params;
        int code;
    } cases[] = {{"tools/list", "{}", -32601},
                 {"sampling/createMessage", "{}", -32602},
                 {"sampling/createMessage",
                  "{\"messages\":[{\"role\":\"robot\",\"content\":{\"type\":\"text\"}}]}", -32602},
                 {"elicitation/create", "{}", -32602},
                 {"elicitation/create", "{\"mode\":\"mind\"}", -32602},
                 {"elicitation/create", "{\"mode\":\"url\",\"url\":\"file:///etc/passwd\"}", -32602},
                 {"elicitation/create",
                  "{\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\"}}}}",
                  -32602},
                 {"elicitation/create", "[]", -32602}};
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig_say(rig, "{\"id\":%zu,\"method\":\"%s\",\"params\":%s}", i, cases[i].method, cases[i].params);
        assert_int_equal(code_of(rig_expect(rig, "")), cases[i].code);
    }
    rig_expect_peace(rig, 10);
}

static void test_a_form_is_asked_and_its_defaults_filled_in(void **state)
{
    struct rig *rig = *state;
    const json_t *result;

    rig_ready_legacy(rig, "2025-11-25");
    rig_say(rig, "{\"id\":1,\"method\":\"elicitation/create\",\"params\":" FORM "}");
    rig_expect_event(rig, "ask 0 {\"message\":\"who?\",\"fields\":[{\"name\":\"name\"");
    rig_answer(rig, "accept", "{\"name\":\"ann\"}");
    result = jsonx_obj(rig_expect(rig, ""), "result");
    assert_string_equal(jsonx_str(result, "action", ""), "accept");
    assert_int_equal(jsonx_int(jsonx_obj(result, "content"), "n", 0), 3);
    rig_say(rig, "{\"id\":2,\"method\":\"elicitation/create\",\"params\":" FORM "}");
    rig_expect_event(rig, "ask 0");
    rig_answer(rig, "decline", NULL);
    result = jsonx_obj(rig_expect(rig, ""), "result");
    assert_string_equal(jsonx_str(result, "action", ""), "decline");
    assert_null(json_object_get(result, "content"));
    rig_say(rig, "{\"id\":3,\"method\":\"elicitation/create\",\"params\":" FORM "}");
    rig_expect_event(rig, "ask 0");
    rig_answer(rig, "accept", "{\"name\":7}"); /* what does not fit is never sent */
    assert_string_equal(jsonx_str(jsonx_obj(rig_expect(rig, ""), "result"), "action", ""), "cancel");
}

static void test_sampling_that_is_refused_is_an_error(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    rig_say(rig,
            "{\"id\":1,\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[{\"role\":\"user\","
            "\"content\":{\"type\":\"text\",\"text\":\"hi\"}}],\"maxTokens\":5}}");
    rig_expect_event(rig, "ask 2 ");
    mcp_ask_refuse(rig->ask, -1, "no");
    assert_int_equal(code_of(rig_expect(rig, "")), -1);
}

static void test_a_person_takes_longer_than_a_server_may(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 50);
    call = rig_expect(rig, "tools/call");
    rig_say(rig, "{\"id\":1,\"method\":\"elicitation/create\",\"params\":" FORM "}");
    rig_expect_event(rig, "ask 0");
    assert_non_null(rig->during);
    rig_expect_peace(rig, 150); /* three time-outs */
    rig_answer(rig, "accept", "{\"name\":\"ann\"}");
    rig_expect(rig, "");
    rig_result(rig, call, "{\"content\":[]}");
    rig_expect_event(rig, "done ok");
}

static void test_an_ask_is_void_when_the_server_takes_it_back_or_its_call_ends(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig_ready_legacy(rig, "2025-11-25");
    rig_say(rig, "{\"id\":\"q\",\"method\":\"elicitation/create\",\"params\":" FORM "}");
    rig_expect_event(rig, "ask 0");
    rig_say(rig, "{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"q\"}}");
    rig_expect_event(rig, "void");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    call = rig_expect(rig, "tools/call");
    rig_say(rig, "{\"id\":2,\"method\":\"elicitation/create\",\"params\":" FORM "}");
    rig_expect_event(rig, "ask 0");
    rig_result(rig, call, "{\"content\":[]}");
    rig_expect_event(rig, "done ok");
    rig_expect_event(rig, "void");
    rig_expect_peace(rig, 10);
}

static void test_questions_are_bounded(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    for (int i = 0; i < 32; i++) {
        rig_say(rig, "{\"id\":%d,\"method\":\"elicitation/create\",\"params\":" FORM "}", i);
        rig_expect_event(rig, "ask 0");
    }
    rig_say(rig, "{\"id\":99,\"method\":\"elicitation/create\",\"params\":" FORM "}");
    assert_int_equal(code_of(rig_expect(rig, "")), -32603);
}

/* --- URLs --- */

#define NEEDED(id)                                                                                           \
    "{\"elicitations\":[{\"mode\":\"url\",\"url\":\"https://example.com/"                                    \
    "a\",\"message\":\"go\",\"elicitationId\":\"" id "\"}]}"

static void test_a_call_that_needs_a_url_is_made_again_once_somebody_was_there(void **state)
{
    struct rig *rig = *state;
    json_t *first, *second;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    first = rig_expect(rig, "tools/call");
    rig_error(rig, first, -32042, NEEDED("e1"));
    rig_expect_event(rig, "ask 1 {\"message\":\"go\",\"url\":\"https://example.com/a\",\"id\":\"e1\"}");
    rig_answer(rig, "accept", NULL);
    rig_say(rig, "{\"method\":\"notifications/elicitation/complete\",\"params\":{\"elicitationId\":\"e1\"}}");
    second = rig_expect(rig, "tools/call");
    assert_true(rig_id(first) != rig_id(second));
    rig_error(rig, second, -32042, NEEDED("e2"));
    rig_expect_event(rig, "ask 1");
    rig_say(rig, "{\"method\":\"notifications/elicitation/complete\",\"params\":{\"elicitationId\":\"e2\"}}");
    rig_expect_event(rig, "void"); /* done in the browser: no answer is needed */
    rig_result(rig, rig_expect(rig, "tools/call"), "{\"content\":[]}");
    rig_expect_event(rig, "done ok");
}

static void test_a_url_that_is_declined_ends_the_call(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    rig_error(rig, rig_expect(rig, "tools/call"), -32042, NEEDED("e1"));
    rig_expect_event(rig, "ask 1");
    rig_answer(rig, "decline", NULL);
    rig_expect_event(rig, "done denied");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    rig_error(rig, rig_expect(rig, "tools/call"), -32042, "{\"elicitations\":[]}");
    rig_expect_event(rig, "done protocol");
}

/* --- input rounds --- */

#define INPUT(state)                                                                                         \
    "{\"resultType\":\"input_required\",\"inputRequests\":{\"k\":{\"method\":\"elicitation/"                 \
    "create\",\"params\":" FORM "},\"r\":{\"method\":\"roots/list\"}}" state "}"

static void test_input_is_given_with_the_exact_state_and_a_new_id(void **state)
{
    struct rig *rig = *state;
    json_t *first, *second, *third;
    const json_t *responses;

    rig_ready_modern(rig);
    rig_request(rig, "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":1}}", 0);
    first = rig_expect(rig, "tools/call");
    rig_result(rig, first, INPUT(",\"requestState\":\" \\u0001\\\"\\u00e9\\ud83d\\ude00/\\\\ \""));
    rig_expect_event(rig, "ask 0");
    rig_answer(rig, "accept", "{\"name\":\"ann\"}");
    second = rig_expect(rig, "tools/call");
    assert_true(rig_id(first) != rig_id(second));
    assert_string_equal(jsonx_str(rig_params(second), "requestState", ""),
                        " \x01\"\xc3\xa9\xf0\x9f\x98\x80/\\ ");
    assert_int_equal(jsonx_int(jsonx_obj(rig_params(second), "arguments"), "a", 0), 1);
    responses = jsonx_obj(rig_params(second), "inputResponses");
    assert_string_equal(jsonx_str(jsonx_obj(responses, "k"), "action", ""), "accept");
    assert_non_null(jsonx_arr(jsonx_obj(responses, "r"), "roots"));
    rig_result(rig, second, INPUT(""));
    rig_expect_event(rig, "ask 0");
    rig_answer(rig, "cancel", NULL);
    third = rig_expect(rig, "tools/call");
    assert_null(json_object_get(rig_params(third), "requestState")); /* it is of the last round only */
    rig_result(rig, third, "{\"content\":[]}");
    rig_expect_event(rig, "done ok");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    assert_null(json_object_get(rig_params(rig_expect(rig, "tools/call")), "inputResponses"));
}

static void test_a_state_without_questions_is_sent_back(void **state)
{
    struct rig *rig = *state;
    json_t *again;

    rig_ready_modern(rig);
    rig_request(rig, "resources/read", "{\"uri\":\"a:b\"}", 0);
    rig_result(rig, rig_expect(rig, "resources/read"),
               "{\"resultType\":\"input_required\",\"requestState\":\"s\"}");
    again = rig_expect(rig, "resources/read");
    assert_string_equal(jsonx_str(rig_params(again), "requestState", ""), "s");
    assert_null(json_object_get(rig_params(again), "inputResponses"));
    rig_result(rig, again, "{\"resultType\":\"input_required\"}");
    rig_expect_event(rig, "done protocol \"files\" wants input, but does not say which");
}

static void test_rounds_are_bounded(void **state)
{
    struct rig *rig = *state;

    rig_ready_modern(rig);
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    for (int i = 0; i < 17; i++) {
        rig_result(
            rig, rig_expect(rig, "tools/call"),
            "{\"resultType\":\"input_required\",\"inputRequests\":{\"r\":{\"method\":\"roots/list\"}}}");
    }
    rig_expect_event(rig, "done protocol \"files\" asks again and again");
}

static void test_input_that_can_not_be_had_ends_the_call(void **state)
{
    struct rig *rig = *state;

    rig_ready_modern(rig);
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"),
               "{\"resultType\":\"input_required\",\"inputRequests\":{\"k\":{\"method\":\"tools/list\"}}}");
    rig_expect_event(rig, "done protocol \"files\" asks for what it can't have");
}

static void test_a_call_that_is_cancelled_takes_its_questions_with_it(void **state)
{
    struct rig *rig = *state;
    struct mcp_request *request;

    rig_ready_modern(rig);
    request = rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"), INPUT(""));
    rig_expect_event(rig, "ask 0");
    rig->in_call = true;
    mcp_request_cancel(&request, "no");
    rig->in_call = false;
    rig_expect_event(rig, "void");
    rig_expect_peace(rig, 10);
}

static void test_an_answer_to_a_void_ask_does_nothing(void **state)
{
    struct rig *rig = *state;
    struct mcp_request *request;

    rig_ready_modern(rig);
    request = rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"), INPUT(""));
    rig_expect_event(rig, "ask 0");
    mcp_request_cancel(&request, "no");
    rig_answer(rig, "accept", "{\"name\":\"ann\"}"); /* the loop has not told yet that it is void */
    rig_expect_peace(rig, 10);
}

static void test_the_modern_era_has_no_requests_of_servers(void **state)
{
    struct rig *rig = *state;

    rig_ready_modern(rig);
    rig_say(rig, "{\"id\":1,\"method\":\"roots/list\"}");
    rig_say(rig, "{\"id\":2,\"method\":\"ping\"}");
    rig_expect_peace(rig, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(test_the_server_s_ids_are_its_own),
        rig_test(test_the_root_is_a_uri),
        rig_test(test_what_was_not_declared_is_refused),
        rig_test(test_a_form_is_asked_and_its_defaults_filled_in),
        rig_test(test_sampling_that_is_refused_is_an_error),
        rig_test(test_a_person_takes_longer_than_a_server_may),
        rig_test(test_an_ask_is_void_when_the_server_takes_it_back_or_its_call_ends),
        rig_test(test_questions_are_bounded),
        rig_test(test_a_call_that_needs_a_url_is_made_again_once_somebody_was_there),
        rig_test(test_a_url_that_is_declined_ends_the_call),
        rig_test(test_input_is_given_with_the_exact_state_and_a_new_id),
        rig_test(test_a_state_without_questions_is_sent_back),
        rig_test(test_rounds_are_bounded),
        rig_test(test_input_that_can_not_be_had_ends_the_call),
        rig_test(test_a_call_that_is_cancelled_takes_its_questions_with_it),
        rig_test(test_an_answer_to_a_void_ask_does_nothing),
        rig_test(test_the_modern_era_has_no_requests_of_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
