/* What a person asks of a session's servers: each method connects if need be, and answers as PROTOCOL.md
 * says. */
#include "tests/unit/daemon/agent/servers_rig.h"

static struct mcp_client *begin(struct srig *rig)
{
    struct mcp_client *client;

    srig_open(rig);
    srig_define(rig, ONE_SERVER);
    srig_offered(rig);
    client = srig_begun(rig, "files");
    fake_ready(client);
    fake_answer(client, "tools/list", TWO_TOOLS);
    srig_turn(rig);
    return client;
}

static void tools_are_listed_with_what_the_rules_say(void **state)
{
    struct srig rig;

    (void)state;
    srig_open(&rig);
    srig_define(&rig, "{\"servers\":[" FILES_DEF "}],\"rules\":[{\"origin\":\"config\",\"effect\":\"allow\","
                      "\"pattern\":\"files/read\"}]}");
    const char *id = srig_ask(&rig, "mcp.tools", "{\"server\":\"files\"}");
    assert_null(srig_ok(&rig, id)); /* it connects first */
    fake_ready(srig_begun(&rig, "files"));
    fake_answer(fake_find("files"), "tools/list", TWO_TOOLS);
    SRIG_UNTIL(&rig, srig_ok(&rig, id));
    const json_t *tools = jsonx_arr(srig_ok(&rig, id), "tools"), *tool = json_array_get(tools, 0);
    assert_int_equal(json_array_size(tools), 2);
    assert_string_equal(jsonx_str(tool, "server", ""), "files");
    assert_string_equal(jsonx_str(tool, "tool", ""), "read");
    assert_string_equal(jsonx_str(tool, "name", ""), "files__read");
    assert_string_equal(jsonx_str(tool, "description", ""), "Reads");
    assert_string_equal(jsonx_str(tool, "effect", ""), "allow");
    assert_non_null(strstr(jsonx_str(tool, "rule", ""), "files/read"));
    assert_true(jsonx_bool(tool, "read_only", false));
    assert_string_equal(jsonx_str(json_array_get(tools, 1), "effect", ""), "ask");
    srig_close(&rig);
}

static void the_tools_of_all_servers_come_with_those_built_in(void **state)
{
    struct srig rig;

    (void)state;
    srig_open(&rig);
    srig_define(&rig,
                "{\"servers\":[" FILES_DEF "},{\"name\":\"dead\",\"scope\":\"session\",\"command\":[\"x\"],"
                "\"start_ms\":1000,\"call_ms\":1000,\"idle_ms\":0},{\"name\":\"bad\",\"error\":\"no\"}]}");
    const char *id = srig_ask(&rig, "mcp.tools", "{}");
    fake_lost(srig_begun(&rig, "dead"), MCP_WHY_CRASHED, "signal 11"); /* costs the others nothing */
    srig_turn(&rig);
    assert_null(srig_ok(&rig, id));
    fake_ready(srig_begun(&rig, "files"));
    fake_answer(fake_find("files"), "tools/list", TWO_TOOLS);
    SRIG_UNTIL(&rig, srig_ok(&rig, id));
    assert_int_equal(json_array_size(jsonx_arr(srig_ok(&rig, id), "tools")), 5);
    srig_close(&rig);
}

static void a_call_is_said_before_and_after(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);

    (void)state;
    const char *id =
        srig_ask(&rig, "mcp.call",
                 "{\"server\":\"files\",\"tool\":\"write\",\"arguments\":{\"a\":1},\"timeout_ms\":5000}");
    const json_t *started = rig.last[EVENT_TOOL_STARTED];
    assert_string_equal(jsonx_str(started, "server", ""), "files");
    assert_string_equal(jsonx_str(started, "tool", ""), "write");
    assert_string_equal(jsonx_str(started, "arguments", ""), "{\"a\":1}");
    assert_string_equal(jsonx_str(started, "by", ""), "ann");
    assert_null(json_object_get(started, "message"));
    struct mcp_request *request = fake_request(client, "tools/call");
    assert_int_equal(request->timeout_ms, 5000);
    request->handler.progress(request->handler.arg, 1, 4, "half");
    srig_turn(&rig);
    assert_string_equal(jsonx_str(json_array_get(rig.notes, 0), "text", ""), "half");
    fake_answer(client, "tools/call", "{\"content\":[{\"type\":\"text\",\"text\":\"done it\"}]}");
    srig_turn(&rig);
    const json_t *ok = srig_ok(&rig, id), *ended = rig.last[EVENT_TOOL_ENDED];
    assert_string_equal(jsonx_str(ok, "text", ""), "done it");
    assert_false(jsonx_bool(ok, "failed", true));
    assert_non_null(jsonx_arr(jsonx_obj(ok, "result"), "content"));
    assert_true(jsonx_int(ok, "ms", -1) >= 0);
    assert_string_equal(jsonx_str(ended, "state", ""), "done");
    assert_string_equal(jsonx_str(ended, "result", ""), "done it");
    assert_string_equal(jsonx_str(ended, "by", ""), "ann");

    id = srig_ask(&rig, "mcp.call", "{\"server\":\"files\",\"tool\":\"write\"}");
    fake_answer(client, "tools/call", "{\"content\":[{\"type\":\"text\",\"text\":\"no\"}],\"isError\":true}");
    srig_turn(&rig);
    assert_true(jsonx_bool(srig_ok(&rig, id), "failed", false));
    assert_string_equal(jsonx_str(rig.last[EVENT_TOOL_ENDED], "state", ""), "failed");
    srig_close(&rig);
}

static void a_call_that_has_no_answer_may_have_run(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);

    (void)state;
    const char *id = srig_ask(&rig, "mcp.call", "{\"server\":\"files\",\"tool\":\"write\"}");
    fake_fail(client, "tools/call", ERR_TIMEOUT, "no answer within 60 s");
    srig_turn(&rig);
    assert_string_equal(srig_refusal(&rig, id), "timeout");
    assert_string_equal(jsonx_str(rig.last[EVENT_TOOL_ENDED], "state", ""), "unknown");
    id = srig_ask(&rig, "mcp.call", "{\"server\":\"files\",\"tool\":\"write\"}");
    fake_fail(client, "tools/call", ERR_BAD_REQUEST, "no such tool");
    srig_turn(&rig);
    assert_string_equal(srig_refusal(&rig, id), "bad_request");
    assert_string_equal(jsonx_str(rig.last[EVENT_TOOL_ENDED], "state", ""), "failed");
    srig_close(&rig);
}

static void a_call_may_be_cancelled(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);

    (void)state;
    const char *id = srig_ask(&rig, "mcp.call", "{\"server\":\"files\",\"tool\":\"write\"}");
    srig_send(&rig, LINK_CANCEL, json_pack("{s:s}", "id", id));
    assert_null(client->requests);
    assert_string_equal(jsonx_str(rig.last[EVENT_TOOL_ENDED], "state", ""), "cancelled");
    assert_null(json_object_get(rig.replies, id));
    srig_close(&rig);
}

static void what_the_configuration_denies_nobody_may_call(void **state)
{
    struct srig rig;

    (void)state;
    srig_open(&rig);
    srig_define(&rig, "{\"servers\":[" FILES_DEF "}],\"rules\":[{\"origin\":\"config\",\"effect\":\"deny\","
                      "\"pattern\":\"files/write(path=/etc/*)\"},{\"origin\":\"user\",\"effect\":\"deny\","
                      "\"pattern\":\"files/write\"}]}");
    const char *id =
        srig_ask(&rig, "mcp.call",
                 "{\"server\":\"files\",\"tool\":\"write\",\"arguments\":{\"path\":\"/etc/passwd\"}}");
    assert_string_equal(srig_refusal(&rig, id), "denied");
    assert_string_equal(rig.facts.data, "");
    srig_ask(&rig, "mcp.call",
             "{\"server\":\"files\",\"tool\":\"write\",\"arguments\":{\"path\":\"/tmp/x\"}}");
    assert_string_equal(rig.facts.data, "tool.started files");
    srig_close(&rig);
}

static void calls_are_not_taken_faster_than_they_can_be_kept(void **state)
{
    struct srig rig;
    const char *id = "";

    (void)state;
    begin(&rig);
    for (int i = 0; i < 401; i++) {
        id = srig_ask(&rig, "mcp.call", "{\"server\":\"files\",\"tool\":\"write\"}");
        if (i < 400)
            fake_answer(fake_find("files"), "tools/call", "{\"content\":[]}");
    }
    assert_string_equal(srig_refusal(&rig, id), "busy");
    srig_close(&rig);
}

static void resources_are_listed_with_their_templates(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);

    (void)state;
    const char *id = srig_ask(&rig, "mcp.resources", "{\"server\":\"files\"}");
    fake_answer(client, "resources/list", "{\"resources\":[{\"uri\":\"a:1\"}]}");
    fake_answer(client, "resources/templates/list", "{\"resourceTemplates\":[{\"uriTemplate\":\"a:{x}\"}]}");
    srig_turn(&rig);
    assert_int_equal(json_array_size(jsonx_arr(srig_ok(&rig, id), "resources")), 1);
    assert_int_equal(json_array_size(jsonx_arr(srig_ok(&rig, id), "templates")), 1);
    id = srig_ask(&rig, "mcp.resources", "{\"server\":\"files\"}");
    fake_answer(client, "resources/list", "{\"resources\":[]}");
    fake_fail(client, "resources/templates/list", ERR_NOT_FOUND, "no such method");
    srig_turn(&rig);
    assert_int_equal(json_array_size(jsonx_arr(srig_ok(&rig, id), "templates")), 0);
    srig_close(&rig);
}

static void a_resource_is_read(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);

    (void)state;
    const char *id = srig_ask(&rig, "mcp.read", "{\"server\":\"files\",\"uri\":\"a:1\"}");
    assert_string_equal(jsonx_str(fake_request(client, "resources/read")->params, "uri", ""), "a:1");
    fake_answer(client, "resources/read", "{\"contents\":[{\"uri\":\"a:1\",\"text\":\"hello\"}]}");
    srig_turn(&rig);
    assert_string_equal(jsonx_str(srig_ok(&rig, id), "text", ""), "hello");
    assert_int_equal(json_array_size(jsonx_arr(srig_ok(&rig, id), "contents")), 1);
    id = srig_ask(&rig, "mcp.read", "{\"server\":\"files\",\"uri\":\"a:2\"}");
    fake_fail(client, "resources/read", ERR_NOT_FOUND, "no resource a:2");
    srig_turn(&rig);
    assert_string_equal(srig_refusal(&rig, id), "not_found");
    srig_close(&rig);
}

static void what_is_too_large_or_too_deep_is_refused(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);
    struct buf text;

    (void)state;
    buf_init(&text, 8 << 20);
    const char *id = srig_ask(&rig, "mcp.read", "{\"server\":\"files\",\"uri\":\"a:1\"}");
    buf_puts(&text, "{\"contents\":[{\"text\":\"");
    for (int i = 0; i < 5 << 20; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "\"}]}");
    fake_answer(client, "resources/read", text.data);
    srig_turn(&rig);
    assert_string_equal(srig_refusal(&rig, id), "too_large");

    id = srig_ask(&rig, "mcp.read", "{\"server\":\"files\",\"uri\":\"a:1\"}");
    buf_clear(&text);
    buf_puts(&text, "{\"contents\":[{\"text\":\"x\",\"_meta\":{\"a\":");
    for (int i = 0; i < 100; i++)
        buf_putc(&text, '[');
    for (int i = 0; i < 100; i++)
        buf_putc(&text, ']');
    buf_puts(&text, "}}]}");
    fake_answer(client, "resources/read", text.data);
    srig_turn(&rig);
    assert_string_equal(srig_refusal(&rig, id), "too_large");
    buf_free(&text);
    srig_close(&rig);
}

static void a_resource_is_followed_over_a_restart_of_the_server(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);

    (void)state;
    client->callbacks.updated(client->callbacks.arg, "a:1"); /* nobody wanted to know */
    const char *id = srig_ask(&rig, "mcp.subscribe", "{\"server\":\"files\",\"uri\":\"a:1\"}");
    fake_answer(client, "resources/subscribe", "{}");
    srig_turn(&rig);
    assert_non_null(srig_ok(&rig, id));
    client->callbacks.updated(client->callbacks.arg, "a:1");
    srig_turn(&rig);
    assert_string_equal(rig.logs.data, "files notice: resource a:1 has changed\n");
    fake_lost(client, MCP_WHY_CRASHED, "signal 9");
    srig_turn(&rig);
    srig_ask(&rig, "mcp.connect", "{\"server\":\"files\"}");
    SRIG_UNTIL(&rig, (client = fake_find("files")));
    fake_ready(client);
    fake_answer(client, "tools/list", TWO_TOOLS);
    assert_string_equal(jsonx_str(fake_request(client, "resources/subscribe")->params, "uri", ""), "a:1");
    fake_answer(client, "resources/subscribe", "{}");
    srig_ask(&rig, "mcp.subscribe", "{\"server\":\"files\",\"uri\":\"a:1\",\"subscribe\":false}");
    fake_answer(client, "resources/unsubscribe", "{}");
    srig_close(&rig);
}

static void prompts_are_listed_and_filled_in(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);

    (void)state;
    const char *id = srig_ask(&rig, "mcp.prompts", "{\"server\":\"files\"}");
    fake_answer(client, "prompts/list", "{\"prompts\":[{\"name\":\"p\"}]}");
    srig_turn(&rig);
    assert_int_equal(json_array_size(jsonx_arr(srig_ok(&rig, id), "prompts")), 1);
    id = srig_ask(&rig, "mcp.prompt",
                  "{\"server\":\"files\",\"name\":\"p\",\"arguments\":{\"city\":\"Rome\"}}");
    const json_t *params = fake_request(client, "prompts/get")->params;
    assert_string_equal(jsonx_str(jsonx_obj(params, "arguments"), "city", ""), "Rome");
    fake_answer(client, "prompts/get",
                "{\"description\":\"D\",\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\","
                "\"text\":\"Go\"}}]}");
    srig_turn(&rig);
    assert_string_equal(jsonx_str(srig_ok(&rig, id), "description", ""), "D");
    assert_string_equal(jsonx_str(srig_ok(&rig, id), "text", ""), "user:\n\nGo");
    srig_close(&rig);
}

static void values_are_completed(void **state)
{
    struct srig rig;
    struct mcp_client *client = begin(&rig);

    (void)state;
    const char *id =
        srig_ask(&rig, "mcp.complete",
                 "{\"server\":\"files\",\"ref\":{\"type\":\"ref/prompt\"},\"argument\":{\"name\":\"a\"}}");
    fake_answer(client, "completion/complete",
                "{\"completion\":{\"values\":[\"x\",\"y\"],\"hasMore\":true}}");
    srig_turn(&rig);
    assert_int_equal(json_array_size(jsonx_arr(srig_ok(&rig, id), "values")), 2);
    assert_true(jsonx_bool(srig_ok(&rig, id), "more", false));
    srig_close(&rig);
}

static void what_is_not_there_is_said(void **state)
{
    struct srig rig;

    (void)state;
    begin(&rig);
    assert_string_equal(srig_refusal(&rig, srig_ask(&rig, "mcp.read", "{\"server\":\"x\",\"uri\":\"a\"}")),
                        "not_found");
    assert_string_equal(srig_refusal(&rig, srig_ask(&rig, "mcp.dance", "{}")), "not_found");
    srig_close(&rig);
}

static void a_server_that_goes_away_meanwhile_is_said(void **state)
{
    struct srig rig;

    (void)state;
    begin(&rig);
    const char *id = srig_ask(&rig, "mcp.resources", "{\"server\":\"files\"}");
    srig_define(&rig, "{\"servers\":[]}");
    SRIG_UNTIL(&rig, strcmp(srig_refusal(&rig, id), "unavailable") == 0);
    srig_close(&rig);
}

static void requests_that_wait_at_the_end_are_forgotten(void **state)
{
    struct srig rig;

    (void)state;
    begin(&rig);
    srig_ask(&rig, "mcp.call", "{\"server\":\"files\",\"tool\":\"write\"}");
    srig_ask(&rig, "mcp.resources", "{\"server\":\"files\"}");
    srig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tools_are_listed_with_what_the_rules_say),
        cmocka_unit_test(the_tools_of_all_servers_come_with_those_built_in),
        cmocka_unit_test(a_call_is_said_before_and_after),
        cmocka_unit_test(a_call_that_has_no_answer_may_have_run),
        cmocka_unit_test(a_call_may_be_cancelled),
        cmocka_unit_test(what_the_configuration_denies_nobody_may_call),
        cmocka_unit_test(calls_are_not_taken_faster_than_they_can_be_kept),
        cmocka_unit_test(resources_are_listed_with_their_templates),
        cmocka_unit_test(a_resource_is_read),
        cmocka_unit_test(what_is_too_large_or_too_deep_is_refused),
        cmocka_unit_test(a_resource_is_followed_over_a_restart_of_the_server),
        cmocka_unit_test(prompts_are_listed_and_filled_in),
        cmocka_unit_test(values_are_completed),
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(a_server_that_goes_away_meanwhile_is_said),
        cmocka_unit_test(requests_that_wait_at_the_end_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
