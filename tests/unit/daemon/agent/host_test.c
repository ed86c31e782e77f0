/* The host role: one server, many sessions, and nothing of one that another one sees. */
#include "daemon/agent/host.h"
#include "tests/unit/daemon/agent/servers_rig.h"

struct hosting {
    struct srig rig; /* its link and requests alone */
    struct host *host;
};

static void on_request(void *arg, struct incoming *incoming, const json_t *json)
{
    struct hosting *hosting = arg;

    host_request(hosting->host, incoming, json);
}

#define SERVER                                                                                               \
    "{\"server\":{\"name\":\"common\",\"variant\":\"\",\"scope\":\"shared\",\"command\":[\"x\"],\"start_"    \
    "ms\":1000,"                                                                                             \
    "\"call_ms\":1000,\"idle_ms\":0}}"

static void begin(struct hosting *hosting)
{
    struct requests_handler handler = {hosting, on_request};
    struct host_options options;
    char error[256] = "";
    json_t *json = json_loads(SERVER, 0, NULL);

    memset(hosting, 0, sizeof *hosting);
    srig_open(&hosting->rig);
    servers_free(&hosting->rig.servers, srig_closed, &hosting->rig.closed);
    SRIG_UNTIL(&hosting->rig, hosting->rig.closed);
    requests_free(&hosting->rig.requests);
    hosting->rig.requests = requests_new(hosting->rig.link, &handler);
    options = (struct host_options){&hosting->rig.loop, hosting->rig.http, hosting->rig.requests};
    hosting->host = host_new(&options, json, error);
    assert_string_equal(error, hosting->host ? error : "?");
    json_decref(json);
}

static void end(struct hosting *hosting)
{
    hosting->rig.closed = false;
    host_free(&hosting->host, false, srig_closed, &hosting->rig.closed);
    SRIG_UNTIL(&hosting->rig, hosting->rig.closed);
    srig_close(&hosting->rig);
}

/* A request for one session. */
static void ask(struct hosting *hosting, const char *id, const char *method)
{
    srig_send(&hosting->rig, LINK_REQUEST,
              json_pack("{s:s,s:s,s:s,s:{s:s},s:i}", "id", id, "op", "mcp", "method", method, "params",
                        "name", id, "timeout_ms", 500));
}

static struct mcp_client *ready(struct hosting *hosting)
{
    struct mcp_client *client = fake_find("common");

    fake_ready(client);
    fake_answer(client, "tools/list", TWO_TOOLS);
    srig_turn(&hosting->rig);
    return client;
}

/* The request whose params name that session. */
static struct mcp_request *request_of(const struct mcp_client *client, const char *id)
{
    struct mcp_request *request = client->requests;

    while (request && strcmp(jsonx_str(request->params, "name", ""), id) != 0)
        request = request->next;
    return request;
}

static void answer(struct mcp_request *request, const char *text)
{
    json_t *json = json_pack("{s:s}", "said", text);
    struct mcp_reply reply = {.result = json, .sent = true};

    fake_reply(request, &reply);
    json_decref(json);
}

static void each_session_gets_its_own_answer(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    assert_int_equal(fakes.opened, 0); /* begun by the first request */
    ask(&hosting, "d1", "tools/call");
    ask(&hosting, "d2", "tools/call");
    struct mcp_client *client = ready(&hosting);
    assert_int_equal(fakes.opened, 1);
    assert_int_equal(request_of(client, "d1")->timeout_ms, 500);
    struct mcp_request *second = request_of(client, "d2");
    second->handler.progress(second->handler.arg, 0.5, -1, "half");
    answer(second, "two");
    answer(request_of(client, "d1"), "one");
    srig_turn(&hosting.rig);
    assert_int_equal(json_array_size(hosting.rig.notes), 1);
    assert_string_equal(jsonx_str(json_array_get(hosting.rig.notes, 0), "id", ""), "d2");
    assert_string_equal(jsonx_str(srig_ok(&hosting.rig, "d1"), "said", ""), "one");
    assert_string_equal(jsonx_str(srig_ok(&hosting.rig, "d2"), "said", ""), "two");
    end(&hosting);
}

static void what_the_server_is_and_has_is_told(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    srig_send(&hosting.rig, LINK_REQUEST, json_pack("{s:s,s:s}", "id", "d1", "op", "info"));
    assert_null(srig_ok(&hosting.rig, "d1")); /* when it is connected */
    ready(&hosting);
    assert_string_equal(jsonx_str(srig_ok(&hosting.rig, "d1"), "title", ""), "Fake");
    assert_string_equal(jsonx_str(srig_ok(&hosting.rig, "d1"), "protocol", ""), "2025-11-25");
    assert_non_null(jsonx_obj(jsonx_obj(srig_ok(&hosting.rig, "d1"), "capabilities"), "tools"));
    const json_t *remember = srig_asked(&hosting.rig, "remember");
    assert_string_equal(jsonx_str(remember, "server", ""), "common");
    assert_int_equal(json_array_size(jsonx_arr(remember, "tools")), 2);
    end(&hosting);
}

static void a_question_goes_to_the_session_that_it_is_for(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    ask(&hosting, "d1", "tools/call");
    ask(&hosting, "d2", "tools/call");
    struct mcp_client *client = ready(&hosting);
    fake_ask(client, MCP_ASK_FORM, "{\"message\":\"Who?\",\"fields\":[]}", request_of(client, "d2"));
    srig_turn(&hosting.rig);
    assert_int_equal(json_array_size(hosting.rig.notes), 1);
    const json_t *note = json_array_get(hosting.rig.notes, 0);
    assert_string_equal(jsonx_str(note, "id", ""), "d2");
    assert_string_equal(jsonx_str(note, "kind", ""), "form");
    assert_string_equal(jsonx_str(jsonx_obj(note, "params"), "message", ""), "Who?");
    json_int_t number = jsonx_int(note, "ask", 0);
    srig_send(&hosting.rig, LINK_NOTE,
              json_pack("{s:s,s:I,s:s}", "id", "d1", "ask", number, "action", "accept")); /* not yours */
    assert_string_equal(fakes.answered, "");
    srig_send(&hosting.rig, LINK_NOTE,
              json_pack("{s:s,s:I,s:s,s:{s:s}}", "id", "d2", "ask", number, "action", "accept", "content",
                        "n", "ann"));
    assert_string_equal(fakes.answered, "accept {\"n\":\"ann\"}");
    end(&hosting);
}

static void a_question_of_nobody_is_declined(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    ask(&hosting, "d1", "tools/call");
    struct mcp_client *client = ready(&hosting);
    fake_ask(client, MCP_ASK_FORM, "{\"message\":\"Who?\",\"fields\":[]}", NULL); /* of the only one */
    srig_turn(&hosting.rig);
    assert_string_equal(jsonx_str(json_array_get(hosting.rig.notes, 0), "id", ""), "d1");
    ask(&hosting, "d2", "tools/call");
    fake_ask(client, MCP_ASK_FORM, "{\"message\":\"Who?\",\"fields\":[]}", NULL); /* of which one? */
    srig_turn(&hosting.rig);
    assert_int_equal(json_array_size(hosting.rig.notes), 1);
    assert_string_equal(fakes.answered, "decline");
    fake_ask(client, MCP_ASK_SAMPLING, "{}", NULL);
    assert_string_equal(fakes.answered, "refused -1 nobody can be asked");
    end(&hosting);
}

static void a_cancelled_request_takes_its_question_along(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    ask(&hosting, "d1", "tools/call");
    struct mcp_client *client = ready(&hosting);
    fake_ask(client, MCP_ASK_FORM, "{\"message\":\"Who?\",\"fields\":[]}", request_of(client, "d1"));
    srig_send(&hosting.rig, LINK_CANCEL, json_pack("{s:s}", "id", "d1"));
    assert_string_equal(fakes.answered, "cancel");
    assert_null(client->requests);
    assert_null(json_object_get(hosting.rig.replies, "d1"));
    end(&hosting);
}

static void what_the_server_takes_back_is_told(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    ask(&hosting, "d1", "tools/call");
    struct mcp_client *client = ready(&hosting);
    fake_ask_void(fake_ask(client, MCP_ASK_FORM, "{\"fields\":[]}", request_of(client, "d1")));
    srig_turn(&hosting.rig);
    assert_string_equal(jsonx_str(json_array_get(hosting.rig.notes, 1), "kind", ""), "void");
    end(&hosting);
}

static void a_server_that_is_lost_fails_all_and_is_begun_again(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    ask(&hosting, "d1", "tools/call");
    ask(&hosting, "d2", "tools/call");
    fake_lost(ready(&hosting), MCP_WHY_CRASHED, "signal 9");
    srig_turn(&hosting.rig);
    assert_string_equal(srig_refusal(&hosting.rig, "d1"), "unavailable");
    assert_string_equal(srig_refusal(&hosting.rig, "d2"), "unavailable");
    ask(&hosting, "d3", "tools/call");
    assert_null(fake_find("common")); /* after a pause */
    SRIG_UNTIL(&hosting.rig, fake_find("common"));
    answer(request_of(ready(&hosting), "d3"), "three");
    srig_turn(&hosting.rig);
    assert_string_equal(jsonx_str(srig_ok(&hosting.rig, "d3"), "said", ""), "three");
    end(&hosting);
}

static void what_would_change_it_for_others_is_refused(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    ask(&hosting, "d1", "logging/setLevel");
    assert_string_equal(srig_refusal(&hosting.rig, "d1"), "not_found");
    ask(&hosting, "d2", "resources/subscribe");
    assert_string_equal(srig_refusal(&hosting.rig, "d2"), "not_found");
    srig_send(&hosting.rig, LINK_REQUEST, json_pack("{s:s,s:s}", "id", "d3", "op", "dance"));
    assert_string_equal(srig_refusal(&hosting.rig, "d3"), "not_found");
    assert_int_equal(fakes.opened, 0);
    end(&hosting);
}

static void one_of_the_sessions_is_asked_to_let_us_use_it(void **state)
{
    struct hosting hosting;

    (void)state;
    begin(&hosting);
    ask(&hosting, "d1", "tools/call");
    struct mcp_client *client = fake_find("common");
    client->callbacks.authorize(client->callbacks.arg, "https://auth.example/", "http://127.0.0.1:9/", false);
    srig_turn(&hosting.rig);
    const json_t *note = json_array_get(hosting.rig.notes, 0);
    assert_string_equal(jsonx_str(note, "id", ""), "d1");
    assert_string_equal(jsonx_str(note, "kind", ""), "authorize");
    ask(&hosting, "d2", "tools/call");
    srig_send(&hosting.rig, LINK_CANCEL,
              json_pack("{s:s}", "id", "d1")); /* it does not wait: the next one is */
    note = json_array_get(hosting.rig.notes, 1);
    assert_string_equal(jsonx_str(note, "id", ""), "d2");
    srig_send(&hosting.rig, LINK_NOTE,
              json_pack("{s:s,s:I,s:s,s:{s:s}}", "id", "d2", "ask", (json_int_t)jsonx_int(note, "ask", 0),
                        "action", "accept", "content", "redirect", "http://127.0.0.1:9/?code=1"));
    assert_string_equal(fakes.redirected, "http://127.0.0.1:9/?code=1");
    client->callbacks.authorize(client->callbacks.arg, "", NULL, true);
    srig_turn(&hosting.rig);
    assert_true(jsonx_bool(json_array_get(hosting.rig.notes, 2), "done", false));
    assert_string_equal(jsonx_str(json_array_get(hosting.rig.notes, 2), "kind", ""), "void");
    answer(request_of(ready(&hosting), "d2"), "two");
    end(&hosting);
}

static void what_is_too_deep_does_not_break_the_link(void **state)
{
    struct hosting hosting;
    json_t *deep = json_object(), *at = deep;

    (void)state;
    begin(&hosting);
    ask(&hosting, "d1", "tools/call");
    struct mcp_client *client = ready(&hosting);
    for (int i = 0; i < 100; i++) {
        json_object_set_new(at, "x", json_object());
        at = json_object_get(at, "x");
    }
    struct mcp_reply reply = {.result = deep, .sent = true};
    fake_reply(request_of(client, "d1"), &reply);
    srig_turn(&hosting.rig);
    assert_string_equal(srig_refusal(&hosting.rig, "d1"), "too_large");
    json_decref(deep);
    end(&hosting);
}

static void a_host_without_a_server_is_none(void **state)
{
    struct host_options options = {NULL, NULL, NULL};
    json_t *json = json_object();
    char error[256];

    (void)state;
    assert_null(host_new(&options, json, error));
    assert_string_equal(error, "HOST defines no server");
    json_decref(json);
    json = json_pack("{s:{s:s,s:s}}", "server", "name", "wiki", "scope", "shared");
    assert_null(host_new(&options, json, error));
    assert_string_equal(error, "HOST defines MCP server \"wiki\" without a command or a url");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_session_gets_its_own_answer),
        cmocka_unit_test(what_the_server_is_and_has_is_told),
        cmocka_unit_test(a_question_goes_to_the_session_that_it_is_for),
        cmocka_unit_test(a_question_of_nobody_is_declined),
        cmocka_unit_test(a_cancelled_request_takes_its_question_along),
        cmocka_unit_test(what_the_server_takes_back_is_told),
        cmocka_unit_test(a_server_that_is_lost_fails_all_and_is_begun_again),
        cmocka_unit_test(what_would_change_it_for_others_is_refused),
        cmocka_unit_test(one_of_the_sessions_is_asked_to_let_us_use_it),
        cmocka_unit_test(what_is_too_deep_does_not_break_the_link),
        cmocka_unit_test(a_host_without_a_server_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
