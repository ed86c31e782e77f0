#include "tests/unit/daemon/agent/mcp/client_rig.h"

static const json_t *filter_of(const json_t *listen)
{
    return jsonx_obj(rig_params(listen), "notifications");
}

static void acknowledge(struct rig *rig, const json_t *listen, const char *filter)
{
    rig_say(rig,
            "{\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"_meta\":"
            "{\"io.modelcontextprotocol/subscriptionId\":%lld},\"notifications\":%s}}",
            rig_id(listen), filter);
}

/* --- changes, in both eras --- */

static void test_a_burst_of_changes_is_told_once(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    for (int i = 0; i < 5; i++)
        rig_say(rig, "{\"method\":\"notifications/tools/list_changed\"}");
    rig_say(rig, "{\"method\":\"notifications/resources/list_changed\",\"params\":{}}");
    rig_expect_event(rig, "changed 0");
    rig_expect_event(rig, "changed 2");
    rig_expect_peace(rig, 80);
    rig_say(rig, "{\"method\":\"notifications/prompts/list_changed\"}");
    rig_expect_event(rig, "changed 1");
}

static void test_log_messages_are_text(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    rig_say(rig, "{\"method\":\"notifications/"
                 "message\",\"params\":{\"level\":\"error\",\"logger\":\"db\",\"data\":\"broken\"}}");
    rig_expect_event(rig, "log error: db: broken");
    rig_say(rig,
            "{\"method\":\"notifications/message\",\"params\":{\"level\":\"odd\",\"data\":{\"a\":[1]}}}");
    rig_expect_event(rig, "log info: {\"a\":[1]}");
    rig_say(rig, "{\"method\":\"notifications/message\",\"params\":{\"level\":7}}");
    rig_say(rig, "{\"method\":\"notifications/unheard_of\",\"params\":{}}");
    rig_say(
        rig,
        "{\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:b\"}}"); /* not subscribed */
    rig_expect_peace(rig, 20);
}

static void test_what_it_writes_for_people_is_made_text(void **state)
{
    struct rig *rig = *state;
    static char line[8192];

    rig_ready_legacy(rig, "2025-11-25");
    rig->transport->handler.said(rig->transport->handler.arg, "a\xff\0b", 4);
    rig_expect_event(rig, "log stderr: a\xef\xbf\xbd\xef\xbf\xbd"
                          "b");
    for (size_t i = 0; i < sizeof line; i++)
        line[i] = (char)(i % 2 ? 0xa9 : 0xc3);
    rig->transport->handler.said(rig->transport->handler.arg, line, sizeof line);
    assert_true(strlen(rig_event(rig)) <= 4096);
}

static void test_a_legacy_server_is_subscribed_by_request(void **state)
{
    struct rig *rig = *state;

    rig_ready_legacy(rig, "2025-11-25");
    rig_request(rig, "resources/subscribe", "{\"uri\":\"a:b\"}", 0);
    rig_result(rig, rig_expect(rig, "resources/subscribe"), "{}");
    rig_expect_event(rig, "done ok");
    rig_say(rig, "{\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:b/c\"}}");
    rig_expect_event(rig, "updated a:b/c");
    rig_say(rig, "{\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":5}}");
    rig_expect_peace(rig, 10);
}

/* --- the modern era --- */

static void test_lists_are_listened_to_from_the_beginning(void **state)
{
    struct rig *rig = *state;
    json_t *listen = rig_ready_modern(rig);

    assert_true(jsonx_bool(filter_of(listen), "toolsListChanged", false));
    assert_false(jsonx_bool(filter_of(listen), "promptsListChanged", false)); /* not declared */
    assert_true(jsonx_bool(filter_of(listen), "resourcesListChanged", false));
    assert_null(json_object_get(filter_of(listen), "resourceSubscriptions"));
    acknowledge(rig, listen, "{\"toolsListChanged\":true}");
    rig_expect_peace(rig, 80);
}

static void test_a_resource_is_subscribed_without_a_gap(void **state)
{
    struct rig *rig = *state;
    json_t *first = rig_ready_modern(rig), *second, *cancelled;

    acknowledge(rig, first, "{\"toolsListChanged\":true}");
    rig_request(rig, "resources/subscribe", "{\"uri\":\"a:b\"}", 0);
    second = rig_expect(rig, "subscriptions/listen");
    assert_string_equal(
        json_string_value(json_array_get(jsonx_arr(filter_of(second), "resourceSubscriptions"), 0)), "a:b");
    rig_expect_peace(rig, 10); /* the first one lives until the second is acknowledged */
    acknowledge(rig, second, "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"a:b\"]}");
    cancelled = rig_expect(rig, "notifications/cancelled");
    assert_int_equal(jsonx_int(rig_params(cancelled), "requestId", 0), rig_id(first));
    rig_expect_event(rig, "done ok");
    rig_say(rig, "{\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:b\"}}");
    rig_expect_event(rig, "updated a:b");
    rig_request(rig, "resources/unsubscribe", "{\"uri\":\"a:b\"}", 0);
    rig_expect(rig, "subscriptions/listen");
    rig_expect_event(rig, "done ok");
}

static void test_a_subscription_that_is_not_acknowledged_is_said(void **state)
{
    struct rig *rig = *state;

    acknowledge(rig, rig_ready_modern(rig), "{}");
    rig_request(rig, "resources/subscribe", "{\"uri\":\"a:b\"}", 0);
    acknowledge(rig, rig_expect(rig, "subscriptions/listen"), "{\"resourceSubscriptions\":[\"c:d\"]}");
    rig_expect(rig, "notifications/cancelled");
    rig_expect_event(rig, "done not_found");
}

static void test_a_server_without_subscriptions_is_left_in_peace(void **state)
{
    struct rig *rig = *state;

    rig_error(rig, rig_ready_modern(rig), -32601, "null");
    rig_request(rig, "resources/subscribe", "{\"uri\":\"a:b\"}", 0);
    rig_expect_event(rig, "done not_found");
    rig_expect_peace(rig, 50);
}

static void test_a_subscription_that_ended_is_begun_anew_and_all_is_told(void **state)
{
    struct rig *rig = *state;
    json_t *listen = rig_ready_modern(rig);

    acknowledge(rig, listen, "{\"toolsListChanged\":true}");
    rig_result(rig, listen, "{\"resultType\":\"complete\"}");
    listen = rig_expect(rig, "subscriptions/listen"); /* after a second */
    acknowledge(rig, listen, "{\"toolsListChanged\":true}");
    rig_expect_event(rig, "changed 0");
    rig_expect_event(rig, "changed 2");
    rig_say(rig, "{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%lld}}", rig_id(listen));
    rig_expect(rig, "subscriptions/listen");
}

static void test_the_level_of_logging_goes_with_each_request(void **state)
{
    struct rig *rig = *state;
    json_t *call;

    rig_ready_modern(rig);
    rig_request(rig, "logging/setLevel", "{\"level\":\"warning\"}", 0);
    rig_expect_event(rig, "done ok unsent {}");
    rig_request(rig, "tools/call", "{\"name\":\"t\"}", 0);
    call = rig_expect(rig, "tools/call");
    assert_string_equal(
        jsonx_str(jsonx_obj(rig_params(call), "_meta"), "io.modelcontextprotocol/logLevel", ""), "warning");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(test_a_burst_of_changes_is_told_once),
        rig_test(test_log_messages_are_text),
        rig_test(test_what_it_writes_for_people_is_made_text),
        rig_test(test_a_legacy_server_is_subscribed_by_request),
        rig_test(test_lists_are_listened_to_from_the_beginning),
        rig_test(test_a_resource_is_subscribed_without_a_gap),
        rig_test(test_a_subscription_that_is_not_acknowledged_is_said),
        rig_test(test_a_server_without_subscriptions_is_left_in_peace),
        rig_test(test_a_subscription_that_ended_is_begun_anew_and_all_is_told),
        rig_test(test_the_level_of_logging_goes_with_each_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
