#include "tests/unit/daemon/agent/mcp/client_rig.h"

#define LEGACY "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"serverInfo\":{\"name\":\"old\"}}"

static void test_a_modern_server_is_found_by_its_answer(void **state)
{
    struct rig *rig = *state;
    json_t *probe;
    const json_t *meta;

    rig_open(rig, NULL);
    probe = rig_expect(rig, "server/discover");
    meta = jsonx_obj(rig_params(probe), "_meta");
    assert_string_equal(jsonx_str(meta, "io.modelcontextprotocol/protocolVersion", ""), "2026-07-28");
    assert_non_null(jsonx_obj(jsonx_obj(meta, "io.modelcontextprotocol/clientCapabilities"), "elicitation"));
    assert_string_equal(jsonx_str(jsonx_obj(meta, "io.modelcontextprotocol/clientInfo"), "name", ""), "stoa");

    rig_result(rig, probe, RIG_DISCOVERED);

    rig_expect_event(rig, "ready 2026-07-28");
    assert_string_equal(rig->version, "2026-07-28 modern");
    assert_string_equal(mcp_client_info(rig->client)->name, "m");
    rig_expect(rig, "subscriptions/listen"); /* and no initialize */
}

static void test_a_legacy_server_answers_the_probe_with_an_error(void **state)
{
    struct rig *rig = *state;
    json_t *initialize;

    rig_open(rig, NULL);
    rig_error(rig, rig_expect(rig, "server/discover"), -32601, "null");

    initialize = rig_expect(rig, "initialize");
    assert_int_equal(rig->opened, 1);
    assert_string_equal(jsonx_str(rig_params(initialize), "protocolVersion", ""), "2025-11-25");
    assert_non_null(jsonx_obj(jsonx_obj(rig_params(initialize), "capabilities"), "roots"));
    rig_result(rig, initialize, LEGACY);

    rig_expect(rig, "notifications/initialized");
    rig_expect_event(rig, "ready 2025-06-18");
    assert_string_equal(rig->version, "2025-06-18");
}

static void test_a_legacy_server_may_give_a_result_that_is_no_discovery(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, NULL);
    rig_result(rig, rig_expect(rig, "server/discover"), "{}");
    rig_result(rig, rig_expect(rig, "initialize"), LEGACY);
    rig_expect_event(rig, "ready 2025-06-18");
}

static void test_a_server_that_dies_of_the_probe_is_started_anew(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, NULL);
    rig_expect(rig, "server/discover");
    rig_lose(rig, MCP_WHY_CRASHED);

    rig_result(rig, rig_expect(rig, "initialize"), LEGACY); /* not probed again */
    assert_int_equal(rig->opened, 2);
    rig_expect_event(rig, "ready");
}

static void test_a_server_that_dies_twice_is_lost(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, NULL);
    rig_expect(rig, "server/discover");
    rig_lose(rig, MCP_WHY_CRASHED);
    rig_expect(rig, "initialize");
    rig_lose(rig, MCP_WHY_CRASHED);
    rig_expect_event(rig, "lost crashed: exit code 3");
    assert_int_equal(rig->opened, 2);
}

static void test_a_silent_legacy_server_is_initialized_after_a_while(void **state)
{
    struct rig *rig = *state;

    rig->server.start_ms = 400;
    rig_open(rig, NULL);
    rig_expect(rig, "server/discover");
    rig_result(rig, rig_expect(rig, "initialize"), LEGACY);
    rig_expect_event(rig, "ready 2025-06-18");
}

static void test_a_slow_modern_server_is_taken_by_its_late_answer(void **state)
{
    struct rig *rig = *state;
    json_t *probe, *initialize;

    rig->server.start_ms = 1000;
    rig_open(rig, NULL);
    probe = rig_expect(rig, "server/discover");
    initialize = rig_expect(rig, "initialize");
    rig_result(rig, probe, RIG_DISCOVERED);
    rig_error(rig, initialize, -32601, "null");
    rig_expect_event(rig, "ready 2026-07-28");
}

static void test_a_server_that_the_probe_confused_is_started_anew(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, NULL);
    rig_error(rig, rig_expect(rig, "server/discover"), -32600, "null");
    rig_error(rig, rig_expect(rig, "initialize"), -32600, "null");
    rig_result(rig, rig_expect(rig, "initialize"), LEGACY);
    assert_int_equal(rig->opened, 2);
    rig_expect_event(rig, "ready");
}

static void test_a_remembered_era_is_not_probed(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, "2024-11-05");
    rig_result(rig, rig_expect(rig, "initialize"), LEGACY);
    rig_expect_event(rig, "ready");
    assert_int_equal(rig->opened, 1);
}

static void test_a_remembered_era_that_is_wrong_is_probed(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, "2025-06-18");
    rig_error(rig, rig_expect(rig, "initialize"), -32601, "null");
    rig_result(rig, rig_expect(rig, "server/discover"), RIG_DISCOVERED);
    rig_expect_event(rig, "ready 2026-07-28");
    assert_int_equal(rig->opened, 2);
}

static void test_the_mutual_version_is_taken(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, NULL);
    rig_error(rig, rig_expect(rig, "server/discover"), -32022,
              "{\"supported\":[\"2027-01-01\",\"2025-06-18\",\"2024-11-05\"],\"requested\":\"2026-07-28\"}");
    rig_result(rig, rig_expect(rig, "initialize"), LEGACY);
    rig_expect_event(rig, "ready 2025-06-18");
}

static void test_no_mutual_version_is_said(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, NULL);
    rig_error(rig, rig_expect(rig, "server/discover"), -32022, "{\"supported\":[\"2027-01-01\"]}");
    rig_expect_event(rig,
                     "lost nonsense: it speaks versions of MCP that are not known here: [\"2027-01-01\"]");
}

static void test_an_initialize_answered_with_an_unknown_version_ends_it(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, "2025-11-25");
    rig_result(rig, rig_expect(rig, "initialize"),
               "{\"protocolVersion\":\"2019-01-01\",\"capabilities\":{}}");
    rig_expect_event(rig, "lost nonsense: it wants to speak version \"2019-01-01\"");
}

static void test_http_falls_back_twice(void **state)
{
    struct rig *rig = *state;

    rig->is_http = true;
    rig_open(rig, NULL);
    rig_fail(rig, rig_expect(rig, "server/discover"), MCP_WHY_REFUSED, 404, NULL);
    rig_fail(rig, rig_expect(rig, "initialize"), MCP_WHY_REFUSED, 405, NULL);
    rig_result(rig, rig_expect(rig, "initialize"), LEGACY);
    rig_expect_event(rig, "ready");
    assert_int_equal(rig->fell_back, 1);
    assert_int_equal(rig->opened, 1);
}

static void test_http_with_a_modern_error_does_not_fall_back(void **state)
{
    struct rig *rig = *state;

    rig->is_http = true;
    rig_open(rig, NULL);
    rig_fail(rig, rig_expect(rig, "server/discover"), MCP_WHY_REFUSED, 400,
             "{\"id\":1,\"error\":{\"code\":-32020,\"message\":\"header mismatch\"}}");
    rig_expect_event(rig, "lost refused: it answered server/discover with error -32020: header mismatch");
}

static void test_http_that_can_not_be_reached_is_lost_at_once(void **state)
{
    struct rig *rig = *state;

    rig->is_http = true;
    rig_open(rig, NULL);
    rig_fail(rig, rig_expect(rig, "server/discover"), MCP_WHY_NOT_STARTED, 0, NULL);
    rig_expect_event(rig, "lost not_started: the reason");
}

static void test_a_server_that_is_not_ready_in_time_is_lost(void **state)
{
    struct rig *rig = *state;

    rig->server.start_ms = 300;
    rig_open(rig, "2025-11-25");
    rig_request(rig, "tools/list", NULL, 0);
    rig_expect(rig, "initialize");
    rig_expect_event(rig, "done unavailable unsent \"files\" is gone: it was not ready within 0.3 s");
    rig_expect_event(rig, "lost deadline: it was not ready within 0.3 s");
    rig_expect_peace(rig, 20); /* never notifications/cancelled for initialize */
}

static void test_a_server_that_can_not_be_started_is_said(void **state)
{
    struct rig *rig = *state;

    rig->opened = -1;
    rig_open(rig, NULL);
    rig_expect_event(rig, "lost not_started: can't be started");
}

static void test_ping_is_answered_before_it_is_ready(void **state)
{
    struct rig *rig = *state;
    json_t *pong;

    rig_open(rig, "2025-11-25");
    rig_expect(rig, "initialize");
    rig_say(rig, "{\"jsonrpc\":\"2.0\",\"id\":\"p-1\",\"method\":\"ping\"}");
    pong = rig_expect(rig, "");
    assert_string_equal(jsonx_str(pong, "id", ""), "p-1");
    assert_non_null(jsonx_obj(pong, "result"));
    rig_say(rig, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}");
    assert_int_equal(jsonx_int(jsonx_obj(rig_expect(rig, ""), "error"), "code", 0), -32600);
}

static void test_requests_wait_until_it_is_ready(void **state)
{
    struct rig *rig = *state;

    rig_open(rig, "2025-11-25");
    rig_request(rig, "ping", NULL, 0);
    rig_result(rig, rig_expect(rig, "initialize"), LEGACY);
    rig_expect(rig, "notifications/initialized");
    rig_expect_event(rig, "ready");
    rig_result(rig, rig_expect(rig, "ping"), "{}");
    rig_expect_event(rig, "done ok {}");
}

static void test_a_session_that_expired_is_begun_anew(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig->is_http = true;
    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "logging/setLevel", "{\"level\":\"error\"}", 0);
    rig_result(rig, rig_expect(rig, "logging/setLevel"), "{}");
    rig_expect_event(rig, "done ok");
    rig_request(rig, "resources/subscribe", "{\"uri\":\"a:b\"}", 0);
    rig_result(rig, rig_expect(rig, "resources/subscribe"), "{}");
    rig_expect_event(rig, "done ok");

    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    call = rig_expect(rig, "tools/call");
    rig_fail(rig, call, MCP_WHY_EXPIRED, 404, NULL);

    assert_int_equal(rig->forgot, 1);
    rig_result(rig, rig_expect(rig, "initialize"),
               "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":" RIG_CAPABILITIES "}");
    rig_expect(rig, "notifications/initialized");
    rig_expect(rig, "resources/subscribe");
    rig_expect(rig, "logging/setLevel");
    call = rig_expect(rig, "tools/call"); /* it was refused, so not run: once more */
    rig_fail(rig, call, MCP_WHY_EXPIRED, 404, NULL);
    rig_expect_event(rig, "done unavailable unsent"); /* but not for ever */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(test_a_modern_server_is_found_by_its_answer),
        rig_test(test_a_legacy_server_answers_the_probe_with_an_error),
        rig_test(test_a_legacy_server_may_give_a_result_that_is_no_discovery),
        rig_test(test_a_server_that_dies_of_the_probe_is_started_anew),
        rig_test(test_a_server_that_dies_twice_is_lost),
        rig_test(test_a_silent_legacy_server_is_initialized_after_a_while),
        rig_test(test_a_slow_modern_server_is_taken_by_its_late_answer),
        rig_test(test_a_server_that_the_probe_confused_is_started_anew),
        rig_test(test_a_remembered_era_is_not_probed),
        rig_test(test_a_remembered_era_that_is_wrong_is_probed),
        rig_test(test_the_mutual_version_is_taken),
        rig_test(test_no_mutual_version_is_said),
        rig_test(test_an_initialize_answered_with_an_unknown_version_ends_it),
        rig_test(test_http_falls_back_twice),
        rig_test(test_http_with_a_modern_error_does_not_fall_back),
        rig_test(test_http_that_can_not_be_reached_is_lost_at_once),
        rig_test(test_a_server_that_is_not_ready_in_time_is_lost),
        rig_test(test_a_server_that_can_not_be_started_is_said),
        rig_test(test_ping_is_answered_before_it_is_ready),
        rig_test(test_requests_wait_until_it_is_ready),
        rig_test(test_a_session_that_expired_is_begun_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
