#include "tests/unit/daemon/agent/mcp/client_rig.h"

static const json_t *arguments_of(const json_t *message, const char *key)
{
    return json_object_get(rig_params(message), key);
}

/* --- answers --- */

static void test_a_call_is_answered(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":1}}", 0);
    call = rig_expect(rig, "tools/call");
    assert_int_equal(jsonx_int(arguments_of(call, "arguments"), "a", 0), 1);
    assert_true(json_is_integer(json_object_get(jsonx_obj(rig_params(call), "_meta"), "progressToken")));
    rig_result(rig, call, "{\"content\":[]}");
    rig_expect_event(rig, "done ok {\"content\":[]}");
}

static void test_answers_that_nobody_waits_for_are_ignored(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "ping", NULL, 0);
    call = rig_expect(rig, "ping");
    rig_say(rig, "{\"id\":%lld,\"result\":{}}", rig_id(call) + 1);
    rig_say(rig, "{\"id\":\"%lld\",\"result\":{}}", rig_id(call));
    rig_say(rig, "{\"id\":%lld.0,\"result\":{}}", rig_id(call));
    rig_say(rig, "{\"id\":9223372036854775807,\"result\":{}}");
    rig_say(rig, "{\"id\":-1,\"result\":{}}");
    rig_say(rig, "{\"id\":[],\"result\":{}}");
    rig_say(rig, "{\"id\":null,\"error\":{}}");
    rig_say(rig, "{\"method\":7,\"id\":%lld,\"result\":{}}", rig_id(call));
    rig_expect_peace(rig, 20);
    rig_result(rig, call, "{}");
    rig_result(rig, call, "{\"twice\":true}");
    rig_expect_event(rig, "done ok {}");
    rig_expect_peace(rig, 20);
}

static void test_nonsense_is_said(void **state)
{
    static const char *const answers[][2] = {
        {"", "done protocol the answer of \"files\" makes no sense: it has no result and no error"},
        {",\"result\":[1]",
         "done protocol the answer of \"files\" makes no sense: its result is not an object"},
        {",\"result\":{},\"error\":{}", "done provider \"files\" answered with error 0: "},
        {",\"error\":\"so\"", "done provider \"files\" answered with error 0: so"},
        {",\"error\":{\"code\":\"x\",\"message\":4}", "done provider \"files\" answered with error 0: "},
        {",\"error\":{\"code\":-32602,\"message\":\"a\\u001bb\"}",
         "done bad_request \"files\" answered with error -32602: "},
        {",\"error\":{\"code\":-32601}", "done not_found"},
        {",\"error\":{\"code\":-32002}", "done not_found"}};
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        rig_request(rig, "prompts/get", "{\"name\":\"t\"}", 0);
        rig_say(rig, "{\"jsonrpc\":\"2.0\",\"id\":%lld%s}", rig_id(rig_expect(rig, "prompts/get")),
                answers[i][0]);
        rig_expect_event(rig, answers[i][1]);
    }
}

static void test_an_error_without_an_id_ends_the_request_whose_stream_brought_it(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig->is_http = true;
    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "ping", NULL, 0);
    call = rig_expect(rig, "ping");
    rig_say_during(rig, (uint64_t)rig_id(call),
                   "{\"id\":null,\"error\":{\"code\":-32700,\"message\":\"parse\"}}");
    rig_expect_event(rig, "done provider");
}

static void test_batches_are_of_one_version_only(void **state)
{
    struct rig *rig = *state;
    json_t *a, *b;

    rig_ready_legacy(rig, "2025-03-26");
    rig_request(rig, "ping", NULL, 0);
    rig_request(rig, "ping", NULL, 0);
    a = rig_expect(rig, "ping");
    b = rig_expect(rig, "ping");
    rig_say(rig, "[{\"id\":%lld,\"result\":{\"b\":1}},7,[],{\"id\":%lld,\"result\":{\"a\":1}}]", rig_id(b),
            rig_id(a));
    rig_expect_event(rig, "done ok {\"b\":1}");
    rig_expect_event(rig, "done ok {\"a\":1}");
}

static void test_later_versions_have_no_batches(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-06-18");
    rig_request(rig, "ping", NULL, 0);
    rig_say(rig, "[{\"id\":%lld,\"result\":{}}]", rig_id(rig_expect(rig, "ping")));
    rig_expect_peace(rig, 20);
}

static void test_what_the_server_does_not_offer_is_not_asked_for(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, "2025-11-25");
    rig_result(rig, rig_expect(rig, "initialize"),
               "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}}");
    rig_expect(rig, "notifications/initialized");
    rig_expect_event(rig, "ready");
    rig_request(rig, "prompts/list", NULL, 0);
    rig_expect_event(rig, "done ok unsent {\"prompts\":[]}");
    rig_request(rig, "resources/read", "{\"uri\":\"a:b\"}", 0);
    rig_expect_event(rig, "done not_found unsent \"files\" does not offer resources/read");
    rig_request(rig, "no/such", NULL, 0);
    rig_expect_event(rig, "done bad_request unsent there is no request \"no/such\"");
    rig_expect_peace(rig, 10);
}

static void test_too_much_to_send_is_an_answer_too(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    rig->full = true;
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    rig_expect_event(rig, "done unavailable unsent");
}

/* --- pages --- */

static void test_pages_are_joined(void **state)
{
    struct rig *rig = *state;
    json_t *page;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "prompts/list", NULL, 0);
    page = rig_expect(rig, "prompts/list");
    assert_null(json_object_get(rig_params(page), "cursor"));
    rig_result(rig, page, "{\"prompts\":[{\"name\":\"a\"}],\"nextCursor\":\"\"}");
    page = rig_expect(rig, "prompts/list");
    assert_string_equal(jsonx_str(rig_params(page), "cursor", "-"), "");
    rig_result(rig, page, "{\"prompts\":[{\"name\":\"b\"}],\"nextCursor\":\"2\"}");
    page = rig_expect(rig, "prompts/list");
    assert_string_equal(jsonx_str(rig_params(page), "cursor", "-"), "2");
    rig_result(rig, page, "{\"prompts\":[]}");
    rig_expect_event(rig, "done ok {\"prompts\":[{\"name\":\"a\"},{\"name\":\"b\"}]}");
}

static void test_a_list_without_end_ends(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "prompts/list", NULL, 0);
    rig_result(rig, rig_expect(rig, "prompts/list"), "{\"prompts\":[],\"nextCursor\":\"x\"}");
    rig_result(rig, rig_expect(rig, "prompts/list"), "{\"prompts\":[],\"nextCursor\":\"x\"}");
    rig_expect_event(rig, "done protocol the list of \"files\" for prompts/list has no end");
    rig_request(rig, "prompts/list", NULL, 0);
    rig_result(rig, rig_expect(rig, "prompts/list"), "{\"prompts\":{}}");
    rig_expect_event(rig, "done protocol the list of \"files\" for prompts/list is missing");
}

static void test_what_is_no_tool_is_left_out(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/list", NULL, 0);
    rig_result(rig, rig_expect(rig, "tools/list"),
               "{\"tools\":[{\"name\":\"a\"},7,{\"name\":\"\"},{\"name\":\"a\",\"x\":1},{\"title\":\"b\"}]}");
    rig_expect_event(rig, "log warning: the tool \"a\" is left out: its name is there twice");
    rig_expect_event(rig, "done ok {\"tools\":[{\"name\":\"a\"}]}");
}

/* --- time --- */

static void test_a_late_answer_is_ignored_and_the_server_told(void **state)
{
    struct rig *rig = *state;
    json_t *call, *cancelled;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 60);
    call = rig_expect(rig, "tools/call");
    rig_expect_event(rig, "done timeout no answer from \"files\" to tools/call within 0.06 s");
    cancelled = rig_expect(rig, "notifications/cancelled");
    assert_int_equal(jsonx_int(rig_params(cancelled), "requestId", 0), rig_id(call));
    rig_result(rig, call, "{}");
    rig_expect_peace(rig, 20);
}

static void test_progress_prolongs_but_not_for_ever(void **state)
{
    struct rig *rig = *state;
    json_t *call;
    int64_t token, begun = clock_steady_ms();
    int told = 0;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 40);
    call = rig_expect(rig, "tools/call");
    token = jsonx_int(jsonx_obj(rig_params(call), "_meta"), "progressToken", 0);
    while (rig->event_read == rig->event_count || strncmp(rig->events[rig->event_read], "progress", 8) == 0) {
        rig->event_read = rig->event_count;
        rig_say(rig,
                "{\"method\":\"notifications/progress\",\"params\":{\"progressToken\":%lld,\"progress\":%d,"
                "\"total\":5,\"message\":\"m\"}}",
                (long long)token, ++told);
        rig_expect_event(rig, "progress");
        rig_turn(rig);
        assert_true(clock_steady_ms() < begun + RIG_PATIENCE_MS);
    }
    rig_expect_event(rig, "done timeout");
    assert_true(clock_steady_ms() >= begun + 400);
    assert_true(told > 10);
}

static void test_progress_that_does_not_rise_is_none(void **state)
{
    struct rig *rig = *state;
    json_t *call;
    long long token;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    call = rig_expect(rig, "tools/call");
    token = (long long)jsonx_int(jsonx_obj(rig_params(call), "_meta"), "progressToken", 0);
#define PROGRESS "{\"method\":\"notifications/progress\",\"params\":{\"progressToken\":%lld,\"progress\":%s}}"
    rig_say(rig, PROGRESS, token, "2.5");
    rig_say(rig, PROGRESS, token, "2.5");
    rig_say(rig, PROGRESS, token, "1");
    rig_say(rig, PROGRESS, token, "\"3\"");
    rig_say(rig, PROGRESS, token + 1, "4");
    rig_say(rig, "{\"method\":\"notifications/progress\",\"params\":[]}");
    rig_say(rig, "{\"method\":\"notifications/progress\"}");
    rig_expect_event(rig, "progress 2.5/-1 ");
    rig_expect_peace(rig, 10);
}

static void test_a_cancelled_request_is_never_answered(void **state)
{
    struct rig *rig = *state;
    struct mcp_request *request;
    json_t *call, *cancelled;

    rig_ready_legacy(rig, "2025-11-25");
    request = rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    call = rig_expect(rig, "tools/call");
    mcp_request_cancel(&request, "the user has seen enough");
    assert_null(request);
    cancelled = rig_expect(rig, "notifications/cancelled");
    assert_string_equal(jsonx_str(rig_params(cancelled), "reason", ""), "the user has seen enough");
    rig_result(rig, call, "{}");
    rig_expect_peace(rig, 20);
    mcp_request_cancel(&request, NULL);
}

static void test_http_of_the_modern_era_is_cancelled_by_its_stream(void **state)
{
    struct rig *rig = *state;
    struct mcp_request *request;

    rig->is_http = true;
    rig_ready_modern(rig);
    request = rig_request(rig, "prompts/get", "{\"name\":\"p\"}", 0);
    rig_expect(rig, "prompts/get");
    assert_string_equal(rig->names[rig->sent_read - 1], "p");
    rig->cancelled = 0;
    mcp_request_cancel(&request, "no");
    assert_int_equal(rig->cancelled, 1);
    rig_expect_peace(rig, 10);
}

/* --- the end --- */

static void test_what_waits_fails_before_the_end_is_told(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    rig_expect(rig, "tools/call");
    rig_say(rig,
            "{\"id\":5,\"method\":\"elicitation/create\",\"params\":{\"message\":\"m\",\"requestedSchema\":"
            "{\"type\":\"object\",\"properties\":{}}}}");
    rig_expect_event(rig, "ask 0");
    rig_lose(rig, MCP_WHY_CRASHED);
    rig_expect_event(rig, "done unavailable \"files\" did not answer: exit code 3");
    rig_expect_event(rig, "void");
    rig_expect_event(rig, "lost crashed: exit code 3");
    rig_request(rig, "ping", NULL, 0);
    rig_expect_event(rig, "done unavailable unsent \"files\" is not there any more");
}

/* --- once more --- */

#define LISTED                                                                                               \
    "{\"tools\":[{\"name\":\"read\",\"annotations\":{\"readOnlyHint\":true}},{\"name\":\"write\"},"          \
    "{\"name\":\"long\",\"execution\":{\"taskSupport\":\"required\"}},{\"name\":\"typed\",\"outputSchema\":" \
    "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}},"             \
    "{\"name\":\"head\",\"inputSchema\":{\"properties\":{\"r\":{\"type\":\"string\",\"x-mcp-header\":\"R\"}" \
    "}}}]}"

static void list_tools(struct rig *rig)
{
    rig_request(rig, "tools/list", NULL, 0);
    rig_result(rig, rig_expect(rig, "tools/list"), LISTED);
    rig_expect_event(rig, "done ok");
}

static void test_only_what_does_no_harm_is_repeated_after_a_broken_stream(void **state)
{
    struct rig *rig = *state;
    json_t *first, *second;

    rig->is_http = true;
    rig_ready_modern(rig);
    list_tools(rig);
    rig_request(rig, "tools/call", "{\"name\":\"write\"}", 0);
    rig_fail(rig, rig_expect(rig, "tools/call"), MCP_WHY_BROKEN, 0, NULL);
    rig_expect_event(rig, "done unavailable \"files\" did not answer: the reason"); /* sent */
    rig_request(rig, "tools/call", "{\"name\":\"read\"}", 0);
    first = rig_expect(rig, "tools/call");
    rig_fail(rig, first, MCP_WHY_BROKEN, 0, NULL);
    second = rig_expect(rig, "tools/call");
    assert_true(rig_id(first) != rig_id(second));
    rig_result(rig, second, "{\"content\":[]}");
    rig_expect_event(rig, "done ok");
    rig_request(rig, "prompts/get", "{\"name\":\"p\"}", 0);
    for (int i = 0; i < 3; i++)
        rig_fail(rig, rig_expect(rig, "prompts/get"), MCP_WHY_BROKEN, 0, NULL);
    rig_expect_event(rig, "done unavailable");
}

static void test_a_header_mismatch_lists_the_tools_and_tries_once_more(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig->is_http = true;
    rig_ready_modern(rig);
    list_tools(rig);
    rig_request(rig, "tools/call", "{\"name\":\"head\",\"arguments\":{\"r\":\" x\"}}", 0);
    call = rig_expect(rig, "tools/call");
    assert_string_equal(rig->headers[rig->sent_read - 1], "Mcp-Param-R: =?base64?IHg=?=");
    assert_string_equal(rig->names[rig->sent_read - 1], "head");
    rig_fail(rig, call, MCP_WHY_REFUSED, 400, "{\"error\":{\"code\":-32020,\"message\":\"mismatch\"}}");
    rig_result(rig, rig_expect(rig, "tools/list"),
               "{\"tools\":[{\"name\":\"head\",\"inputSchema\":{\"properties\":{\"r\":{\"type\":\"string\","
               "\"x-mcp-header\":\"Q\"}}}}]}");
    call = rig_expect(rig, "tools/call");
    assert_string_equal(rig->headers[rig->sent_read - 1], "Mcp-Param-Q: =?base64?IHg=?=");
    rig_fail(rig, call, MCP_WHY_REFUSED, 400, "{\"error\":{\"code\":-32020,\"message\":\"mismatch\"}}");
    rig_expect_event(rig, "done provider \"files\" answered with error -32020: mismatch");
}

static void test_tools_that_are_not_known_are_listed_before_the_first_call(void **state)
{
    struct rig *rig = *state;

    rig->is_http = true;
    rig_ready_modern(rig);
    rig_request(rig, "tools/call", "{\"name\":\"head\",\"arguments\":{\"r\":\"eu\"}}", 0);
    rig_result(rig, rig_expect(rig, "tools/list"), "{\"tools\":[],\"nextCursor\":\"2\"}");
    rig_result(rig, rig_expect(rig, "tools/list"), LISTED);
    rig_expect(rig, "tools/call");
    assert_string_equal(rig->headers[rig->sent_read - 1], "Mcp-Param-R: eu");
}

static void test_a_server_that_speaks_another_version_now_is_asked_anew(void **state)
{
    struct rig *rig = *state;

    rig->is_http = true;
    rig_ready_modern(rig);
    rig_request(rig, "prompts/list", NULL, 0);
    rig_fail(rig, rig_expect(rig, "prompts/list"), MCP_WHY_REFUSED, 400,
             "{\"error\":{\"code\":-32022,\"message\":\"no\",\"data\":{\"supported\":[\"2025-11-25\"]}}}");
    rig_error(rig, rig_expect(rig, "server/discover"), -32022, "{\"supported\":[\"2025-11-25\"]}");
    rig_result(rig, rig_expect(rig, "initialize"),
               "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":" RIG_CAPABILITIES "}");
    rig_expect(rig, "notifications/initialized");
    rig_result(rig, rig_expect(rig, "prompts/list"), "{\"prompts\":[]}");
    rig_expect_event(rig, "done ok");
    assert_string_equal(mcp_client_info(rig->client)->protocol, "2025-11-25");
}

/* --- results --- */

static void test_structured_content_that_does_not_fit_is_an_error_of_the_tool(void **state)
{
    struct rig *rig = *state;
    const char *event;

    rig_ready_legacy(rig, "2025-11-25");
    list_tools(rig);
    rig_request(rig, "tools/call", "{\"name\":\"typed\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"), "{\"content\":[],\"structuredContent\":{\"n\":1}}");
    rig_expect_event(rig, "done ok {\"content\":[],\"structuredContent\":{\"n\":1}}");
    rig_request(rig, "tools/call", "{\"name\":\"typed\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"),
               "{\"content\":[{\"type\":\"text\",\"text\":\"kept\"}],\"structuredContent\":{\"n\":\"x\"}}");
    event = rig_event(rig);
    assert_non_null(strstr(event, "\"isError\":true"));
    assert_non_null(strstr(event, "the structured result is not as the tool's output schema says"));
    assert_non_null(strstr(event, "kept"));
    assert_null(strstr(event, "structuredContent"));
}

static void test_a_result_of_unknown_type_is_nonsense(void **state)
{
    struct rig *rig = *state;

    rig_ready_modern(rig);
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"), "{\"resultType\":\"maybe\"}");
    rig_expect_event(rig, "done protocol");
    rig_request(rig, "prompts/list", NULL, 0);
    rig_result(rig, rig_expect(rig, "prompts/list"),
               "{\"resultType\":\"input_required\",\"requestState\":\"x\"}");
    rig_expect_event(rig, "done protocol");
}

/* --- tasks --- */

#define TASK(status) "{\"taskId\":\"t1\",\"status\":\"" status "\",\"pollInterval\":20,\"pollIntervalMs\":20}"

static void test_a_tool_that_must_be_a_task_is_one(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig_ready_legacy(rig, "2025-11-25");
    list_tools(rig);
    rig_request(rig, "tools/call", "{\"name\":\"long\"}", 0);
    call = rig_expect(rig, "tools/call");
    assert_true(json_is_object(arguments_of(call, "task")));
    rig_result(rig, call, "{\"task\":" TASK("working") "}");
    rig_result(rig, rig_expect(rig, "tasks/get"), TASK("working"));
    rig_result(rig, rig_expect(rig, "tasks/get"), TASK("input_required"));
    call = rig_expect(rig, "tasks/result");
    assert_string_equal(jsonx_str(rig_params(call), "taskId", ""), "t1");
    rig_say(rig,
            "{\"id\":0,\"method\":\"elicitation/create\",\"params\":{\"message\":\"m\",\"requestedSchema\":"
            "{\"type\":\"object\",\"properties\":{}},\"_meta\":{\"io.modelcontextprotocol/related-task\":"
            "{\"taskId\":\"t1\"}}}}");
    rig_expect_event(rig, "ask 0");
    assert_non_null(rig->during);
    rig_answer(rig, "accept", "{}");
    rig_expect(rig, "");
    rig_result(rig, call, "{\"content\":[]}");
    rig_expect_event(rig, "done ok {\"content\":[]}");
}

static void test_a_task_is_cancelled_as_a_task(void **state)
{
    struct rig *rig = *state;
    struct mcp_request *request;

    rig_ready_legacy(rig, "2025-11-25");
    list_tools(rig);
    request = rig_request(rig, "tools/call", "{\"name\":\"long\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"), "{\"task\":" TASK("working") "}");
    rig_expect(rig, "tasks/get");
    mcp_request_cancel(&request, "no");
    assert_string_equal(jsonx_str(rig_params(rig_expect(rig, "tasks/cancel")), "taskId", ""), "t1");
    rig_expect_peace(rig, 50);
}

static void test_a_modern_task_brings_its_result_with_its_status(void **state)
{
    struct rig *rig = *state;
    json_t *update;

    rig_ready_modern(rig);
    rig_request(rig, "tools/call", "{\"name\":\"any\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"),
               "{\"resultType\":\"task\",\"taskId\":\"t1\",\"status\":\"working\",\"pollIntervalMs\":20}");
    rig_result(
        rig, rig_expect(rig, "tasks/get"),
        "{\"taskId\":\"t1\",\"status\":\"input_required\",\"pollIntervalMs\":20,\"inputRequests\":{\"k\":"
        "{\"method\":\"roots/list\"}}}");
    update = rig_expect(rig, "tasks/update");
    assert_string_equal(rig->names[rig->sent_read - 1], "t1");
    assert_non_null(jsonx_obj(jsonx_obj(rig_params(update), "inputResponses"), "k"));
    rig_result(rig, update, "{}");
    rig_result(
        rig, rig_expect(rig, "tasks/get"), /* not answered a second time */
        "{\"taskId\":\"t1\",\"status\":\"input_required\",\"pollIntervalMs\":20,\"inputRequests\":{\"k\":"
        "{\"method\":\"roots/list\"}}}");
    rig_result(rig, rig_expect(rig, "tasks/get"),
               "{\"taskId\":\"t1\",\"status\":\"completed\",\"result\":{\"content\":[]}}");
    rig_expect_event(rig, "done ok {\"content\":[]}");
}

static void test_a_task_is_never_begun_twice(void **state)
{
    struct rig *rig = *state;
    json_t *poll;

    rig->is_http = true;
    rig_ready_legacy(rig, "2025-11-25");
    list_tools(rig);
    rig_request(rig, "tools/call", "{\"name\":\"long\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"), "{\"task\":" TASK("working") "}");
    rig_fail(rig, rig_expect(rig, "tasks/get"), MCP_WHY_BROKEN, 0, NULL);
    poll = rig_expect(rig, "tasks/get"); /* looking after it again does no harm */
    rig_fail(rig, poll, MCP_WHY_EXPIRED, 404, NULL);
    rig_result(rig, rig_expect(rig, "initialize"),
               "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":" RIG_CAPABILITIES "}");
    rig_expect(rig, "notifications/initialized");
    rig_error(rig, rig_expect(rig, "tasks/get"), -32602, "null"); /* no tools/call */
    rig_expect_event(rig, "done bad_request");
}

static void test_tasks_that_end_badly_are_said(void **state)
{
    static const char *const ends[][2] = {
        {"{\"status\":\"failed\",\"error\":{\"code\":-5,\"message\":\"why\"}}",
         "done provider \"files\" answered with error -5: why"},
        {"{\"status\":\"cancelled\"}",
         "done provider \"files\" answered with error 0: its task was cancelled"},
        {"{\"status\":\"completed\"}", "done protocol"},
        {"{\"status\":\"odd\"}", "done protocol"},
        {"{}", "done protocol"}};
    struct rig *rig = *state;

    rig_ready_modern(rig);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        rig_request(rig, "tools/call", "{\"name\":\"any\"}", 0);
        rig_result(
            rig, rig_expect(rig, "tools/call"),
            "{\"resultType\":\"task\",\"taskId\":\"t1\",\"status\":\"working\",\"pollIntervalMs\":20}");
        rig_result(rig, rig_expect(rig, "tasks/get"), ends[i][0]);
        rig_expect_event(rig, ends[i][1]);
    }
    rig_request(rig, "tools/call", "{\"name\":\"any\"}", 0);
    rig_result(rig, rig_expect(rig, "tools/call"), "{\"resultType\":\"task\"}");
    rig_expect_event(rig, "done protocol");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(test_a_call_is_answered),
        rig_test(test_answers_that_nobody_waits_for_are_ignored),
        rig_test(test_nonsense_is_said),
        rig_test(test_an_error_without_an_id_ends_the_request_whose_stream_brought_it),
        rig_test(test_batches_are_of_one_version_only),
        rig_test(test_later_versions_have_no_batches),
        rig_test(test_what_the_server_does_not_offer_is_not_asked_for),
        rig_test(test_too_much_to_send_is_an_answer_too),
        rig_test(test_pages_are_joined),
        rig_test(test_a_list_without_end_ends),
        rig_test(test_what_is_no_tool_is_left_out),
        rig_test(test_a_late_answer_is_ignored_and_the_server_told),
        rig_test(test_progress_prolongs_but_not_for_ever),
        rig_test(test_progress_that_does_not_rise_is_none),
        rig_test(test_a_cancelled_request_is_never_answered),
        rig_test(test_http_of_the_modern_era_is_cancelled_by_its_stream),
        rig_test(test_what_waits_fails_before_the_end_is_told),
        rig_test(test_only_what_does_no_harm_is_repeated_after_a_broken_stream),
        rig_test(test_a_header_mismatch_lists_the_tools_and_tries_once_more),
        rig_test(test_tools_that_are_not_known_are_listed_before_the_first_call),
        rig_test(test_a_server_that_speaks_another_version_now_is_asked_anew),
        rig_test(test_structured_content_that_does_not_fit_is_an_error_of_the_tool),
        rig_test(test_a_result_of_unknown_type_is_nonsense),
        rig_test(test_a_tool_that_must_be_a_task_is_one),
        rig_test(test_a_task_is_cancelled_as_a_task),
        rig_test(test_a_modern_task_brings_its_result_with_its_status),
        rig_test(test_a_task_is_never_begun_twice),
        rig_test(test_tasks_that_end_badly_are_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
