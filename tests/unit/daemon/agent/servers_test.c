/* A session's servers: when they are connected, what is said of it, and what becomes of calls when one hangs,
 * crashes or is taken away. */
#include "tests/unit/daemon/agent/servers_rig.h"

static void begin(struct srig *rig, const char *definitions)
{
    srig_open(rig);
    srig_define(rig, definitions);
}

static void a_call_connects_first_and_is_answered(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    assert_int_equal(fakes.opened, 0); /* lazy */
    srig_call(&rig, "files", "read", &outcome);
    srig_turn(&rig);
    struct mcp_client *client = fake_find("files");
    assert_non_null(client);
    assert_string_equal(client->root, "/tmp");
    fake_ready(client);
    assert_null(fake_request(client, "tools/call")); /* its tools are listed first */
    fake_answer(client, "tools/list", TWO_TOOLS);
    struct mcp_request *request = fake_request(client, "tools/call");
    assert_non_null(request);
    assert_string_equal(jsonx_str(request->params, "name", ""), "read");
    assert_int_equal(jsonx_int(jsonx_obj(request->params, "arguments"), "a", 0), 1);
    assert_int_equal(request->timeout_ms, 1000);
    request->handler.progress(request->handler.arg, 0.5, 1, NULL);
    assert_true(outcome.progress == 0.5);
    fake_answer(client, "tools/call", "{\"content\":[]}");
    assert_int_equal(outcome.count, 1);
    assert_string_equal(outcome.result, "{\"content\":[]}");
    srig_turn(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected files");
    assert_int_equal(jsonx_int(rig.last[EVENT_MCP_CONNECTED], "tools", 0), 2);
    assert_string_equal(jsonx_str(rig.last[EVENT_MCP_CONNECTED], "title", ""), "Fake");
    const json_t *remember = srig_asked(&rig, "remember");
    assert_string_equal(jsonx_str(remember, "era", ""), "2025-11-25");
    assert_int_equal(json_array_size(jsonx_arr(remember, "tools")), 2);
    srig_close(&rig);
}

static void a_server_whose_tools_are_not_known_is_offered_as_a_tool_that_connects(void **state)
{
    struct srig rig;
    struct outcome outcome;
    struct servers_tool tool;

    (void)state;
    begin(&rig, ONE_SERVER);
    assert_string_equal(srig_offered(&rig), "files__connect");
    assert_non_null(srig_begun(&rig, "files")); /* a turn began: it is being connected, and nobody waits */
    assert_true(servers_find(rig.servers, "files__connect", &tool));
    assert_true(tool.connects);
    srig_call(&rig, tool.server, tool.tool, &outcome);
    fake_ready(srig_begun(&rig, "files"));
    fake_answer(fake_find("files"), "tools/list", TWO_TOOLS);
    SRIG_UNTIL(&rig, outcome.count == 1);
    assert_int_equal(outcome.code, ERR_OK);
    assert_non_null(strstr(outcome.result, "files__read: Reads"));
    assert_string_equal(srig_offered(&rig), "files__read files__write");
    assert_true(servers_find(rig.servers, "files__read", &tool));
    assert_true(tool.read_only && !tool.connects);
    assert_string_equal(tool.tool, "read");
    assert_int_equal(fakes.opened, 1);
    srig_close(&rig);
}

static void tools_that_are_remembered_are_offered_without_connecting(void **state)
{
    struct srig rig;
    struct servers_tool tool;

    (void)state;
    begin(&rig, "{\"servers\":[" FILES_DEF ",\"known\":{\"era\":\"2025-06-18\",\"tools\":[{\"name\":\"read\","
                "\"inputSchema\":{\"type\":\"object\"}}]}}],\"rules\":[]}");
    assert_string_equal(srig_offered(&rig), "files__read");
    assert_true(servers_find(rig.servers, "files__read", &tool));
    assert_false(servers_find(rig.servers, "other__read", &tool));
    assert_true(servers_find(rig.servers, "files__gone", &tool)); /* it looks like one: it was there before */
    assert_string_equal(tool.tool, "gone");
    assert_int_equal(fakes.opened, 0);
    srig_close(&rig);
}

static void built_in_tools_are_always_there(void **state)
{
    struct srig rig;
    struct servers_tool tools[8];
    struct outcome outcome;

    (void)state;
    begin(&rig, "{\"servers\":[]}");
    assert_int_equal(servers_tools(rig.servers, tools, 8), 3);
    assert_string_equal(tools[0].name, "get_session_info");
    assert_string_equal(tools[0].server, "");
    assert_string_equal(jsonx_str(tools[0].schema, "type", ""), "object");
    srig_call(&rig, "", "list_sessions", &outcome);
    srig_turn(&rig);
    const json_t *asked = srig_asked(&rig, "builtin");
    assert_string_equal(jsonx_str(asked, "tool", ""), "list_sessions");
    srig_reply(&rig, asked, "{\"text\":\"none\"}");
    assert_int_equal(outcome.count, 1);
    assert_string_equal(outcome.result, "{\"content\":[{\"type\":\"text\",\"text\":\"none\"}]}");
    srig_close(&rig);
}

static void an_eager_server_is_begun_at_once(void **state)
{
    struct srig rig;

    (void)state;
    begin(&rig, "{\"servers\":[{\"name\":\"e\",\"scope\":\"session\",\"start\":\"eager\",\"command\":[\"x\"],"
                "\"start_ms\":1000,\"call_ms\":1000,\"idle_ms\":0}]}");
    assert_non_null(fake_find("e"));
    srig_close(&rig);
}

static struct mcp_client *connect_files(struct srig *rig)
{
    struct mcp_client *client;

    srig_offered(rig);
    client = srig_begun(rig, "files");
    assert_non_null(client);
    fake_ready(client);
    fake_answer(client, "tools/list", TWO_TOOLS);
    srig_turn(rig);
    return client;
}

static void disconnect(struct srig *rig)
{
    srig_event(rig, "mcp.disconnected",
               json_pack("{s:s,s:s,s:s}", "server", "files", "cause", "off", "by", "ann"));
    srig_turn(rig);
}

static void a_definition_that_changes_begins_anew(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    connect_files(&rig);
    srig_call(&rig, "files", "read", &outcome);
    srig_define(&rig, ONE_SERVER); /* the same: nothing happens */
    assert_string_equal(rig.facts.data, "mcp.connected files");
    assert_int_equal(outcome.count, 0);
    srig_define(&rig, "{\"servers\":[{\"name\":\"files\",\"scope\":\"session\",\"start\":\"lazy\","
                      "\"command\":[\"other\"],\"start_ms\":1000,\"call_ms\":1000,\"idle_ms\":0}]}");
    assert_string_equal(rig.facts.data, "mcp.connected files, mcp.disconnected files config");
    assert_int_equal(outcome.count, 1);
    assert_int_equal(outcome.code, ERR_UNAVAILABLE);
    assert_true(outcome.sent);
    assert_string_equal(srig_offered(&rig), "files__connect");
    SRIG_UNTIL(&rig, fakes.opened == 2);
    srig_close(&rig);
}

static void a_server_that_is_not_defined_any_more_ends(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    connect_files(&rig);
    srig_call(&rig, "files", "read", &outcome);
    srig_define(&rig, "{\"servers\":[]}");
    assert_string_equal(rig.facts.data, "mcp.connected files, mcp.disconnected files config");
    assert_int_equal(outcome.count, 1);
    assert_int_equal(outcome.code, ERR_UNAVAILABLE);
    assert_int_equal(fakes.count, 0);
    srig_call(&rig, "files", "read", &outcome);
    SRIG_UNTIL(&rig, outcome.count == 1);
    assert_int_equal(outcome.code, ERR_NOT_FOUND);
    srig_close(&rig);
}

static void what_a_person_disconnects_stays_so_though_it_has_just_connected_or_crashed(void **state)
{
    struct srig rig;
    struct mcp_client *client;

    (void)state;
    begin(&rig, ONE_SERVER);
    srig_offered(&rig);
    client = srig_begun(&rig, "files");
    fake_ready(client);
    fake_answer(client, "tools/list", TWO_TOOLS); /* says that it is connected, before it hears: */
    disconnect(&rig);
    srig_turn(&rig);
    assert_true(state_server(rig.state, "files")->off);
    assert_false(state_server(rig.state, "files")->connected);
    assert_string_equal(rig.facts.data, "mcp.connected files, mcp.disconnected files off");
    srig_close(&rig);

    begin(&rig, ONE_SERVER);
    fake_lost(connect_files(&rig), MCP_WHY_CRASHED, "exit code 3");
    disconnect(&rig);
    srig_turn(&rig);
    assert_true(state_server(rig.state, "files")->off);
    srig_close(&rig);
}

static void a_definition_that_cant_be_used_says_why(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, "{\"servers\":[{\"name\":\"bad\",\"scope\":\"session\",\"error\":\"no variable NET\"}]}");
    assert_string_equal(rig.facts.data, "mcp.disconnected bad config");
    assert_string_equal(srig_offered(&rig), "");
    srig_call(&rig, "bad", "x", &outcome);
    SRIG_UNTIL(&rig, outcome.count == 1);
    assert_string_equal(outcome.text, "MCP server 'bad' can't be used: no variable NET");
    srig_define(&rig,
                "{\"servers\":[{\"name\":\"bad\",\"scope\":\"session\",\"error\":\"no variable NET\"}]}");
    assert_string_equal(rig.facts.data, "mcp.disconnected bad config"); /* said once */
    srig_close(&rig);
}

static void a_server_that_crashes_fails_its_calls_and_is_begun_again_after_a_pause(void **state)
{
    struct srig rig;
    struct outcome outcome, second;

    (void)state;
    begin(&rig, ONE_SERVER);
    struct mcp_client *client = connect_files(&rig);
    srig_call(&rig, "files", "read", &outcome);
    fake_lost(client, MCP_WHY_CRASHED, "exit code 3");
    srig_turn(&rig);
    assert_int_equal(outcome.count, 1);
    assert_true(outcome.sent);
    assert_string_equal(rig.facts.data, "mcp.connected files, mcp.disconnected files crashed");
    assert_string_equal(jsonx_str(rig.last[EVENT_MCP_DISCONNECTED], "text", ""), "exit code 3");
    assert_string_equal(srig_offered(&rig), "files__read files__write"); /* they stay known */

    int64_t begun = clock_steady_ms();
    srig_call(&rig, "files", "read", &second);
    srig_turn(&rig);
    assert_null(fake_find("files"));
    SRIG_UNTIL(&rig, fake_find("files"));
    assert_true(clock_steady_ms() - begun > 700);
    fake_ready(fake_find("files"));
    fake_answer(fake_find("files"), "tools/list", TWO_TOOLS);
    fake_answer(fake_find("files"), "tools/call", "{}");
    assert_int_equal(second.code, ERR_OK);
    assert_int_equal(second.count, 1);
    srig_close(&rig);
}

static void a_server_that_cant_be_reached_any_more_is_not_connected(void **state)
{
    struct srig rig;
    struct outcome outcome, second;

    (void)state;
    begin(&rig, ONE_SERVER);
    struct mcp_client *client = connect_files(&rig);
    srig_call(&rig, "files", "read", &outcome);
    srig_call(&rig, "files", "read", &second);
    fake_fail(client, "tools/call", ERR_UNAVAILABLE, "connection refused");
    srig_turn(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected files"); /* the other call may be answered */
    fake_answer(client, "tools/call", "{}");
    srig_turn(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected files"); /* so it is there */
    assert_int_equal(second.code, ERR_OK);
    srig_call(&rig, "files", "read", &outcome);
    fake_fail(client, "tools/call", ERR_UNAVAILABLE, "connection refused");
    SRIG_UNTIL(&rig, !fake_find("files"));
    srig_turn(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected files, mcp.disconnected files broken");
    assert_string_equal(jsonx_str(rig.last[EVENT_MCP_DISCONNECTED], "text", ""), "connection refused");
    srig_close(&rig);
}

static void a_server_that_never_gets_ready_is_tried_ever_more_rarely(void **state)
{
    struct srig rig;
    struct outcome outcome;
    int64_t failed = 0;

    (void)state;
    begin(&rig, ONE_SERVER);
    for (int i = 0; i < 4; i++) {
        srig_call(&rig, "files", "read", &outcome);
        if (i == 3)
            break;
        SRIG_UNTIL(&rig, fake_find("files"));
        assert_true(clock_steady_ms() - failed > (i == 2 ? 1800 : i == 1 ? 900 : 0));
        failed = clock_steady_ms();
        fake_lost(fake_find("files"), MCP_WHY_NOT_STARTED, "no such program");
        SRIG_UNTIL(&rig, outcome.count == 1);
        assert_string_equal(outcome.text, "MCP server 'files' failed: no such program");
        assert_false(outcome.sent);
    }
    srig_turn(&rig); /* 1 + 2 s have passed, 4 s are to come: still waited for */
    assert_null(fake_find("files"));
    assert_int_equal(fakes.opened, 3);
    const char *id = srig_ask(&rig, "mcp.connect", "{\"server\":\"files\"}"); /* a person does not wait */
    SRIG_UNTIL(&rig, fake_find("files"));
    fake_lost(fake_find("files"), MCP_WHY_NOT_STARTED, "no such program");
    SRIG_UNTIL(&rig, srig_refusal(&rig, id)[0] == 'u');
    srig_close(&rig);
}

static void a_server_that_hangs_at_the_start_is_given_up(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig,
          "{\"servers\":[{\"name\":\"files\",\"scope\":\"session\",\"start\":\"lazy\",\"command\":[\"x\"],"
          "\"start_ms\":20,\"call_ms\":1000,\"idle_ms\":0}]}");
    srig_call(&rig, "files", "read", &outcome);
    srig_turn(&rig);
    fake_ready(srig_begun(&rig, "files")); /* and then it does not list its tools */
    SRIG_UNTIL(&rig, outcome.count == 1);
    assert_int_equal(outcome.code, ERR_UNAVAILABLE);
    assert_string_equal(rig.facts.data, "mcp.disconnected files deadline");
    srig_close(&rig);
}

static void an_idle_server_ends_and_is_begun_again_for_the_next_call(void **state)
{
    struct srig rig;
    struct outcome outcome, second;

    (void)state;
    begin(&rig,
          "{\"servers\":[{\"name\":\"files\",\"scope\":\"session\",\"start\":\"lazy\",\"command\":[\"x\"],"
          "\"start_ms\":1000,\"call_ms\":1000,\"idle_ms\":40}]}");
    struct mcp_client *client = connect_files(&rig);
    srig_call(&rig, "files", "read", &second);
    srig_call(&rig, "files", "read", &outcome);
    fake_answer(client, "tools/call", "{}");
    for (int64_t end = clock_steady_ms() + 100; clock_steady_ms() < end;)
        srig_turn(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected files"); /* a call is under way */
    fake_answer(client, "tools/call", "{}");
    SRIG_UNTIL(&rig, !fake_find("files"));
    srig_turn(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected files, mcp.disconnected files idle");
    assert_string_equal(srig_offered(&rig), "files__read files__write");
    srig_call(&rig, "files", "read", &outcome);
    SRIG_UNTIL(&rig, fake_find("files"));
    srig_close(&rig);
}

static void a_new_process_begins_only_when_the_old_one_is_gone(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    connect_files(&rig);
    struct mcp_client *client;
    disconnect(&rig);
    srig_ask(&rig, "mcp.connect", "{\"server\":\"files\"}");
    SRIG_UNTIL(&rig, (client = fake_find("files")));
    json_t *json = json_loads("{\"servers\":[{\"name\":\"files\",\"scope\":\"session\",\"command\":[\"y\"],"
                              "\"start_ms\":1000,\"call_ms\":1000,\"idle_ms\":0}]}",
                              0, NULL);
    char error[256];
    assert_true(servers_define(rig.servers, json, error));
    json_decref(json);
    srig_call(&rig, "files", "read", &outcome);
    assert_true(client->closing);
    uv_run(&rig.loop, UV_RUN_NOWAIT);
    assert_null(fake_find("files"));
    fakes_close();
    uv_run(&rig.loop, UV_RUN_NOWAIT);
    assert_non_null(srig_begun(&rig, "files"));
    srig_close(&rig);
}

static void a_server_that_a_person_disconnected_stays_so(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    connect_files(&rig);
    srig_call(&rig, "files", "read", &outcome);
    disconnect(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected files"); /* the daemon has said the rest */
    assert_int_equal(outcome.count, 1);
    assert_string_equal(srig_offered(&rig), "");
    srig_call(&rig, "files", "read", &outcome);
    SRIG_UNTIL(&rig, outcome.count == 1);
    assert_int_equal(outcome.code, ERR_CONFLICT);
    assert_int_equal(fakes.opened, 1);

    const char *id = srig_ask(&rig, "mcp.connect", "{\"server\":\"files\"}");
    fake_ready(srig_begun(&rig, "files"));
    fake_answer(fake_find("files"), "tools/list", TWO_TOOLS);
    SRIG_UNTIL(&rig, srig_ok(&rig, id));
    assert_string_equal(srig_offered(&rig), "files__read files__write");
    assert_false(state_server(rig.state, "files")->off);
    srig_close(&rig);
}

static void a_server_is_begun_when_the_daemon_has_let_it(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    rig.holds = true;
    srig_call(&rig, "files", "read", &outcome);
    SRIG_UNTIL(&rig, srig_asked(&rig, "start"));
    assert_string_equal(jsonx_str(srig_asked(&rig, "start"), "server", ""), "files");
    srig_turn(&rig);
    assert_int_equal(fakes.opened, 0);
    srig_admit(&rig, srig_asked(&rig, "start"));
    SRIG_UNTIL(&rig, fake_find("files"));
    assert_int_equal(outcome.count, 0);
    srig_close(&rig);
}

static void a_server_that_the_daemon_does_not_let_start_is_said_with_the_reason(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    rig.holds = true;
    srig_call(&rig, "files", "read", &outcome);
    SRIG_UNTIL(&rig, srig_asked(&rig, "start"));
    srig_send(&rig, LINK_REPLY,
              json_pack("{s:s,s:{s:s,s:s}}", "id", jsonx_str(srig_asked(&rig, "start"), "id", ""), "error",
                        "code", "limit", "text", "ann has 1 MCP servers running already"));
    SRIG_UNTIL(&rig, outcome.count == 1);
    assert_int_equal(outcome.code, ERR_UNAVAILABLE);
    assert_string_equal(rig.facts.data, "mcp.disconnected files config");
    assert_string_equal(jsonx_str(rig.last[EVENT_MCP_DISCONNECTED], "text", ""),
                        "ann has 1 MCP servers running already");
    assert_int_equal(fakes.opened, 0);
    srig_close(&rig);
}

/* The daemon may have said that it starts after it was said to be off. */
static void a_server_that_was_not_let_start_yet_is_off_at_once(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    rig.holds = true;
    srig_call(&rig, "files", "read", &outcome);
    SRIG_UNTIL(&rig, srig_asked(&rig, "start"));
    disconnect(&rig);
    SRIG_UNTIL(&rig, outcome.count == 1);
    SRIG_UNTIL(&rig, strcmp(rig.facts.data, "mcp.disconnected files off") == 0);
    assert_int_equal(json_array_size(rig.cancelled), 1);
    assert_int_equal(fakes.opened, 0);
    srig_close(&rig);
}

static void a_server_that_was_off_before_this_agent_is_not_begun(void **state)
{
    struct srig rig;

    (void)state;
    srig_open(&rig);
    srig_event(&rig, "mcp.disconnected", json_pack("{s:s,s:s}", "server", "files", "cause", "off"));
    srig_define(&rig, ONE_SERVER);
    assert_string_equal(srig_offered(&rig), "");
    assert_int_equal(fakes.opened, 0);
    srig_close(&rig);
}

static void many_changes_of_the_tools_are_listed_once(void **state)
{
    struct srig rig;

    (void)state;
    begin(&rig, ONE_SERVER);
    struct mcp_client *client = connect_files(&rig);
    for (int i = 0; i < 5; i++)
        client->callbacks.changed(client->callbacks.arg, MCP_CHANGED_TOOLS);
    SRIG_UNTIL(&rig, client->requests);
    assert_null(client->requests->next);
    fake_answer(client, "tools/list",
                "{\"tools\":[{\"name\":\"new\",\"inputSchema\":{\"type\":\"object\"}}]}");
    srig_turn(&rig);
    assert_null(client->requests);
    assert_string_equal(srig_offered(&rig), "files__new");
    assert_int_equal(json_array_size(jsonx_arr(srig_asked(&rig, "remember"), "tools")), 1);
    srig_close(&rig);
}

static void tools_whose_time_is_over_are_listed_anew_with_the_next_use(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    srig_offered(&rig);
    struct mcp_client *client = srig_begun(&rig, "files");
    fake_ready(client);
    fake_answer(client, "tools/list", "{\"ttlMs\":30,\"tools\":[]}");
    srig_turn(&rig);
    for (int64_t until = clock_steady_ms() + 50; clock_steady_ms() < until;)
        srig_turn(&rig);
    srig_turn(&rig);               /* the loop knows the time of its last turn, which may have been long */
    assert_null(client->requests); /* nobody has used it */
    srig_call(&rig, "files", "read", &outcome);
    SRIG_UNTIL(&rig, fake_request(client, "tools/list"));
    assert_non_null(fake_request(client, "tools/call")); /* which does not wait for that */
    fake_answer(client, "tools/list", TWO_TOOLS);        /* for as long as nothing else is said */
    fake_answer(client, "tools/call", "{}");
    srig_turn(&rig);
    assert_string_equal(srig_offered(&rig), "files__read files__write");
    srig_close(&rig);
}

static void a_server_that_floods_its_log_is_cut_short(void **state)
{
    struct srig rig;
    size_t lines = 0;

    (void)state;
    begin(&rig, ONE_SERVER);
    struct mcp_client *client = connect_files(&rig);
    for (int i = 0; i < 1000; i++)
        client->callbacks.log(client->callbacks.arg, "stderr", "again");
    SRIG_UNTIL(&rig, strstr(rig.logs.data, "files warning: 980 more lines in this second are left out\n"));
    for (const char *at = rig.logs.data; (at = strstr(at, "again")); at++)
        lines++;
    assert_int_equal(lines, 20);
    srig_close(&rig);
}

static void a_state_that_says_connected_is_corrected(void **state)
{
    struct srig rig;

    (void)state;
    srig_open(&rig);
    srig_event(&rig, "mcp.connected",
               json_pack("{s:s,s:s,s:i}", "server", "files", "protocol", "2025-11-25", "tools", 1));
    srig_define(&rig, ONE_SERVER);
    assert_string_equal(rig.facts.data, "mcp.disconnected files agent");
    srig_close(&rig);
}

static void a_cancelled_call_tells_the_server(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    begin(&rig, ONE_SERVER);
    struct mcp_client *client = connect_files(&rig);
    struct servers_call *call = srig_call(&rig, "files", "read", &outcome);
    servers_cancel(&call);
    assert_null(call);
    assert_null(client->requests);
    assert_string_equal(fakes.cancelled, "tools/call: the turn was interrupted");
    srig_turn(&rig);
    assert_int_equal(outcome.count, 0);
    srig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_connects_first_and_is_answered),
        cmocka_unit_test(a_server_whose_tools_are_not_known_is_offered_as_a_tool_that_connects),
        cmocka_unit_test(tools_that_are_remembered_are_offered_without_connecting),
        cmocka_unit_test(built_in_tools_are_always_there),
        cmocka_unit_test(an_eager_server_is_begun_at_once),
        cmocka_unit_test(a_definition_that_changes_begins_anew),
        cmocka_unit_test(a_server_that_is_not_defined_any_more_ends),
        cmocka_unit_test(what_a_person_disconnects_stays_so_though_it_has_just_connected_or_crashed),
        cmocka_unit_test(a_definition_that_cant_be_used_says_why),
        cmocka_unit_test(a_server_that_crashes_fails_its_calls_and_is_begun_again_after_a_pause),
        cmocka_unit_test(a_server_that_cant_be_reached_any_more_is_not_connected),
        cmocka_unit_test(a_server_that_never_gets_ready_is_tried_ever_more_rarely),
        cmocka_unit_test(a_server_that_hangs_at_the_start_is_given_up),
        cmocka_unit_test(an_idle_server_ends_and_is_begun_again_for_the_next_call),
        cmocka_unit_test(a_new_process_begins_only_when_the_old_one_is_gone),
        cmocka_unit_test(a_server_that_a_person_disconnected_stays_so),
        cmocka_unit_test(a_server_is_begun_when_the_daemon_has_let_it),
        cmocka_unit_test(a_server_that_the_daemon_does_not_let_start_is_said_with_the_reason),
        cmocka_unit_test(a_server_that_was_not_let_start_yet_is_off_at_once),
        cmocka_unit_test(a_server_that_was_off_before_this_agent_is_not_begun),
        cmocka_unit_test(many_changes_of_the_tools_are_listed_once),
        cmocka_unit_test(tools_whose_time_is_over_are_listed_anew_with_the_next_use),
        cmocka_unit_test(a_server_that_floods_its_log_is_cut_short),
        cmocka_unit_test(a_state_that_says_connected_is_corrected),
        cmocka_unit_test(a_cancelled_call_tells_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
