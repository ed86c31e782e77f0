/* Servers that a host runs for many sessions, as a session's agent sees them: by requests to the daemon. */
#include "tests/unit/daemon/agent/servers_rig.h"

#define SHARED                                                                                               \
    "{\"servers\":[{\"name\":\"common\",\"variant\":\"test\",\"scope\":\"shared\",\"start\":\"lazy\","       \
    "\"start_ms\":1000,\"call_ms\":700,\"idle_ms\":0}]}"
#define INFO                                                                                                 \
    "{\"title\":\"Common\",\"version\":\"2\",\"protocol\":\"2025-11-25\",\"capabilities\":{\"tools\":{}}}"

static const json_t *newest(struct srig *rig)
{
    return json_array_get(rig->asked, json_array_size(rig->asked) - 1);
}

/* A call is under way; returns the relayed request. */
static const json_t *begin(struct srig *rig, struct outcome *outcome, struct servers_call **call)
{
    srig_open(rig);
    srig_define(rig, SHARED);
    *call = srig_call(rig, "common", "read", outcome);
    srig_turn(rig);
    assert_int_equal(fakes.opened, 0); /* no client of ours */
    assert_string_equal(jsonx_str(newest(rig), "op", ""), "relay_info");
    assert_string_equal(jsonx_str(newest(rig), "variant", ""), "test");
    srig_reply(rig, newest(rig), INFO);
    assert_string_equal(jsonx_str(newest(rig), "method", ""), "tools/list");
    srig_reply(rig, newest(rig), TWO_TOOLS);
    return srig_asked(rig, "relay");
}

static void a_call_goes_through_the_daemon(void **state)
{
    struct srig rig;
    struct outcome outcome;
    struct servers_call *call;
    const json_t *relay = begin(&rig, &outcome, &call);

    (void)state;
    assert_string_equal(rig.facts.data, "mcp.connected common");
    assert_string_equal(jsonx_str(rig.last[EVENT_MCP_CONNECTED], "title", ""), "Common");
    assert_string_equal(jsonx_str(rig.last[EVENT_MCP_CONNECTED], "variant", ""), "test");
    assert_string_equal(jsonx_str(relay, "method", ""), "tools/call");
    assert_string_equal(jsonx_str(relay, "server", ""), "common");
    assert_string_equal(jsonx_str(relay, "variant", ""), "test");
    assert_int_equal(jsonx_int(relay, "timeout_ms", 0), 1000);
    srig_send(&rig, LINK_NOTE,
              json_pack("{s:s,s:f,s:i}", "id", jsonx_str(relay, "id", ""), "progress", 0.25, "total", 1));
    assert_true(outcome.progress == 0.25);
    srig_reply(&rig, relay, "{\"content\":[]}");
    assert_int_equal(outcome.count, 1);
    assert_string_equal(outcome.result, "{\"content\":[]}");
    srig_close(&rig);
}

static void a_cancelled_call_is_cancelled_there(void **state)
{
    struct srig rig;
    struct outcome outcome;
    struct servers_call *call;
    const json_t *relay = begin(&rig, &outcome, &call);

    (void)state;
    servers_cancel(&call);
    srig_turn(&rig);
    assert_string_equal(json_string_value(json_array_get(rig.cancelled, 0)), jsonx_str(relay, "id", "?"));
    srig_close(&rig);
}

static void refuse(struct srig *rig, const json_t *request, const char *code, const char *text)
{
    srig_send(rig, LINK_REPLY,
              json_pack("{s:s,s:{s:s,s:s}}", "id", jsonx_str(request, "id", ""), "error", "code", code,
                        "text", text));
}

static void a_host_that_cant_begin_fails_the_call(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    srig_open(&rig);
    srig_define(&rig, SHARED);
    srig_call(&rig, "common", "read", &outcome);
    srig_turn(&rig);
    refuse(&rig, newest(&rig), "unavailable", "the host crashed");
    SRIG_UNTIL(&rig, outcome.count == 1);
    assert_string_equal(outcome.text, "MCP server 'common' failed: the host crashed");
    assert_false(outcome.sent);
    assert_string_equal(rig.facts.data, "mcp.disconnected common not_started");
    srig_close(&rig);
}

static void a_host_that_is_lost_fails_the_call_and_is_found_again(void **state)
{
    struct srig rig;
    struct outcome outcome, second;
    struct servers_call *call;
    const json_t *relay = begin(&rig, &outcome, &call);

    (void)state;
    refuse(&rig, relay, "unavailable", "the host was killed");
    assert_int_equal(outcome.count, 1);
    assert_int_equal(outcome.code, ERR_UNAVAILABLE);
    assert_true(outcome.sent);
    srig_turn(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected common, mcp.disconnected common broken");
    srig_call(&rig, "common", "read", &second);
    SRIG_UNTIL(&rig, strcmp(jsonx_str(newest(&rig), "op", ""), "relay_info") == 0);
    srig_close(&rig);
}

static void another_failure_leaves_it_connected(void **state)
{
    struct srig rig;
    struct outcome outcome;
    struct servers_call *call;
    const json_t *relay = begin(&rig, &outcome, &call);

    (void)state;
    refuse(&rig, relay, "timeout", "no answer within 1 s");
    assert_int_equal(outcome.code, ERR_TIMEOUT);
    srig_turn(&rig);
    assert_string_equal(rig.facts.data, "mcp.connected common");
    srig_close(&rig);
}

static void ask_form(struct srig *rig, const json_t *relay, int number)
{
    srig_send(rig, LINK_NOTE,
              json_pack("{s:s,s:i,s:s,s:{s:s,s:[{s:s,s:s,s:b}]}}", "id", jsonx_str(relay, "id", ""), "ask",
                        number, "kind", "form", "params", "message", "Who?", "fields", "name", "n", "type",
                        "text", "required", 1));
    srig_turn(rig);
}

static void what_the_server_asks_is_asked_here_and_answered_there(void **state)
{
    struct srig rig;
    struct outcome outcome;
    struct servers_call *call;
    const json_t *relay = begin(&rig, &outcome, &call);

    (void)state;
    ask_form(&rig, relay, 4);
    assert_int_equal(rig.state->question_count, 1);
    assert_string_equal(rig.state->questions[0]->message, SRIG_MESSAGE);
    srig_event(&rig, "question.answered",
               json_pack("{s:s,s:s,s:s,s:{s:s}}", "question", rig.state->questions[0]->id, "decision",
                         "allow", "cause", "person", "content", "n", "ann"));
    srig_turn(&rig);
    const json_t *note = json_array_get(rig.notes, 0);
    assert_string_equal(jsonx_str(note, "id", ""), jsonx_str(relay, "id", "?"));
    assert_int_equal(jsonx_int(note, "ask", 0), 4);
    assert_string_equal(jsonx_str(note, "action", ""), "accept");
    assert_string_equal(jsonx_str(jsonx_obj(note, "content"), "n", ""), "ann");
    srig_close(&rig);
}

static void an_ask_ends_when_it_is_void_or_its_call_ends(void **state)
{
    struct srig rig;
    struct outcome outcome;
    struct servers_call *call;
    const json_t *relay = begin(&rig, &outcome, &call);

    (void)state;
    ask_form(&rig, relay, 1);
    srig_send(&rig, LINK_NOTE,
              json_pack("{s:s,s:i,s:s}", "id", jsonx_str(relay, "id", ""), "ask", 1, "kind", "void"));
    assert_int_equal(rig.state->question_count, 0);
    ask_form(&rig, relay, 2);
    assert_int_equal(rig.state->question_count, 1);
    srig_reply(&rig, relay, "{}");
    assert_int_equal(rig.state->question_count, 0);
    assert_string_equal(rig.state->answered[1].cause, "server");
    srig_close(&rig);
}

static void an_interrupted_call_leaves_no_question(void **state)
{
    struct srig rig;
    struct outcome outcome;
    struct servers_call *call;
    const json_t *relay = begin(&rig, &outcome, &call);

    (void)state;
    ask_form(&rig, relay, 1);
    servers_cancel(&call);
    srig_turn(&rig);
    assert_int_equal(rig.state->question_count, 0);
    assert_string_equal(rig.state->answered[0].cause, "interrupted");
    assert_string_equal(jsonx_str(json_array_get(rig.notes, 0), "action", ""), "cancel");
    srig_close(&rig);
}

static void a_person_lets_the_host_use_a_server(void **state)
{
    struct srig rig;
    struct outcome outcome;
    char id[ID_MAX];

    (void)state;
    srig_open(&rig);
    srig_define(&rig, SHARED);
    srig_call(&rig, "common", "read", &outcome);
    srig_turn(&rig);
    const json_t *asked = newest(&rig);
    srig_send(&rig, LINK_NOTE,
              json_pack("{s:s,s:i,s:s,s:{s:s}}", "id", jsonx_str(asked, "id", ""), "ask", 1, "kind",
                        "authorize", "params", "url", "https://auth.example/"));
    assert_int_equal(rig.state->question_count, 1);
    assert_int_equal(rig.state->questions[0]->kind, QUESTION_AUTHORIZE);
    strcpy(id, rig.state->questions[0]->id);
    srig_send(&rig, LINK_REQUEST,
              json_pack("{s:s,s:s,s:s,s:s}", "id", "d1", "op", "authorized", "question", id, "redirect",
                        "http://x/"));
    assert_non_null(srig_ok(&rig, "d1"));
    assert_string_equal(jsonx_str(jsonx_obj(json_array_get(rig.notes, 0), "content"), "redirect", ""),
                        "http://x/");
    srig_send(&rig, LINK_NOTE,
              json_pack("{s:s,s:i,s:s,s:b}", "id", jsonx_str(asked, "id", ""), "ask", 1, "kind", "void",
                        "done", 1));
    assert_int_equal(rig.state->question_count, 0);
    assert_string_equal(rig.state->answered[0].decision, "allow");
    srig_reply(&rig, asked, INFO);
    srig_close(&rig);
}

static void notes_that_make_no_sense_are_skipped(void **state)
{
    struct srig rig;
    struct outcome outcome;
    struct servers_call *call;
    const json_t *relay = begin(&rig, &outcome, &call);
    const char *id = jsonx_str(relay, "id", "");

    (void)state;
    srig_send(&rig, LINK_NOTE, json_pack("{s:s,s:s}", "id", id, "progress", "x"));
    srig_send(&rig, LINK_NOTE, json_pack("{s:s,s:i,s:s}", "id", id, "ask", 1, "kind", "riddle"));
    srig_send(&rig, LINK_NOTE, json_pack("{s:s,s:i,s:s}", "id", id, "ask", 2, "kind", "form"));
    srig_send(&rig, LINK_NOTE, json_pack("{s:s,s:i,s:s,s:{}}", "id", id, "ask", 3, "kind", "url", "params"));
    assert_int_equal(outcome.count, 0);
    srig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_goes_through_the_daemon),
        cmocka_unit_test(a_cancelled_call_is_cancelled_there),
        cmocka_unit_test(a_host_that_cant_begin_fails_the_call),
        cmocka_unit_test(a_host_that_is_lost_fails_the_call_and_is_found_again),
        cmocka_unit_test(another_failure_leaves_it_connected),
        cmocka_unit_test(what_the_server_asks_is_asked_here_and_answered_there),
        cmocka_unit_test(an_ask_ends_when_it_is_void_or_its_call_ends),
        cmocka_unit_test(an_interrupted_call_leaves_no_question),
        cmocka_unit_test(a_person_lets_the_host_use_a_server),
        cmocka_unit_test(notes_that_make_no_sense_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
