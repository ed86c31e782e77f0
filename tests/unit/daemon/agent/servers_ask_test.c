/* What servers ask of people and of the model during calls: which question is shown, what the server is told,
 * and what becomes of it when the call, the server or the turn ends. */
#include "daemon/agent/sample.h"
#include "tests/unit/daemon/agent/servers_rig.h"

/* The model, played by the test. */
struct sample {
    struct sample_handler handler;
    json_t *params;
};
static struct sample *sampling;

struct sample *sample_start(uv_loop_t *loop, struct http *http, const json_t *order, const json_t *params,
                            const struct sample_handler *handler)
{
    (void)loop;
    (void)http;
    assert_string_equal(jsonx_str(order, "model", ""), "m");
    sampling = calloc(1, sizeof *sampling);
    sampling->handler = *handler;
    sampling->params = json_deep_copy(params);
    return sampling;
}

void sample_cancel(struct sample **sample)
{
    if (*sample) {
        json_decref((*sample)->params);
        free(*sample);
        sampling = NULL;
    }
    *sample = NULL;
}

static void sampled(const char *result, const char *why)
{
    struct sample *sample = sampling;
    json_t *json = result ? json_loads(result, 0, NULL) : NULL;

    sampling = NULL;
    sample->handler.done(sample->handler.arg, json, NULL, why);
    json_decref(json);
    json_decref(sample->params);
    free(sample);
}

struct asking {
    struct srig rig;
    struct outcome outcome;
    struct servers_call *call;
    struct mcp_client *client;
};

/* A call of the model's is under way. */
static void begin(struct asking *asking)
{
    memset(asking, 0, sizeof *asking);
    srig_open(&asking->rig);
    srig_define(&asking->rig, ONE_SERVER);
    asking->call = srig_call(&asking->rig, "files", "read", &asking->outcome);
    srig_turn(&asking->rig);
    asking->client = srig_begun(&asking->rig, "files");
    fake_ready(asking->client);
    fake_answer(asking->client, "tools/list", TWO_TOOLS);
    srig_turn(&asking->rig);
}

static struct mcp_request *the_call(const struct asking *asking)
{
    return fake_request(asking->client, "tools/call");
}

/* The only question that waits. */
static const struct question *question(const struct asking *asking)
{
    assert_int_equal(asking->rig.state->question_count, 1);
    return asking->rig.state->questions[0];
}

static void answer(struct asking *asking, const char *decision, json_t *content)
{
    json_t *data = json_pack("{s:s,s:s,s:s,s:s}", "question", question(asking)->id, "decision", decision,
                             "cause", "person", "by", "ann");

    if (content)
        json_object_set_new(data, "content", content);
    srig_event(&asking->rig, "question.answered", data);
    srig_turn(&asking->rig);
}

static void end(struct asking *asking)
{
    srig_close(&asking->rig);
    assert_null(sampling);
}

#define FORM                                                                                                 \
    "{\"message\":\"Which folder?\",\"fields\":[{\"name\":\"n\",\"type\":\"integer\",\"required\":true,"     \
    "\"min\":1,\"max\":9}]}"

static void a_form_is_shown_and_its_values_go_to_the_server(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, the_call(&asking));
    srig_turn(&asking.rig);
    assert_int_equal(question(&asking)->kind, QUESTION_FORM);
    assert_string_equal(question(&asking)->message, SRIG_MESSAGE);
    assert_int_equal(question(&asking)->block, 0);
    assert_string_equal(jsonx_str(question(&asking)->json, "server", ""), "files");
    assert_string_equal(jsonx_str(question(&asking)->json, "text", ""),
                        "MCP server 'files' asks: Which folder?");
    assert_int_equal(json_array_size(jsonx_arr(question(&asking)->json, "fields")), 1);
    answer(&asking, "allow", json_pack("{s:i}", "n", 3));
    assert_string_equal(fakes.answered, "accept {\"n\":3}");
    end(&asking);
}

static void values_that_do_not_fit_are_not_sent(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, the_call(&asking));
    srig_turn(&asking.rig);
    answer(&asking, "allow", json_pack("{s:i}", "n", 10));
    assert_string_equal(fakes.answered, "cancel");
    srig_turn(&asking.rig);
    assert_non_null(strstr(asking.rig.logs.data, "the answer was not taken"));
    end(&asking);
}

static void a_person_declines_or_cancels(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, the_call(&asking));
    srig_turn(&asking.rig);
    answer(&asking, "deny", NULL);
    assert_string_equal(fakes.answered, "decline");
    fake_ask(asking.client, MCP_ASK_FORM, FORM, the_call(&asking));
    srig_turn(&asking.rig);
    answer(&asking, "cancel", NULL);
    assert_string_equal(fakes.answered, "cancel");
    end(&asking);
}

static void a_page_is_shown_with_its_whole_address(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_URL,
             "{\"message\":\"Pay\",\"url\":\"https://pay.example/x?y=1\",\"id\":\"1\"}", the_call(&asking));
    srig_turn(&asking.rig);
    assert_int_equal(question(&asking)->kind, QUESTION_URL);
    assert_string_equal(jsonx_str(question(&asking)->json, "url", ""), "https://pay.example/x?y=1");
    answer(&asking, "allow", NULL);
    assert_string_equal(fakes.answered, "accept");
    end(&asking);
}

#define SAMPLING "{\"messages\":[],\"systemPrompt\":\"Be brief\",\"maxTokens\":5}"

static void sampling_asks_the_model_once_it_is_allowed(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_SAMPLING, SAMPLING, the_call(&asking));
    srig_turn(&asking.rig);
    assert_int_equal(question(&asking)->kind, QUESTION_SAMPLING);
    assert_string_equal(jsonx_str(question(&asking)->json, "arguments", ""), SAMPLING);
    assert_null(srig_asked(&asking.rig, "order"));
    answer(&asking, "allow", NULL);
    assert_non_null(srig_asked(&asking.rig, "order"));
    srig_reply(&asking.rig, srig_asked(&asking.rig, "order"), "{\"model\":\"m\"}");
    assert_non_null(sampling);
    assert_int_equal(jsonx_int(sampling->params, "maxTokens", 0), 5);
    sampled("{\"role\":\"assistant\"}", NULL);
    assert_string_equal(fakes.answered, "accept {\"role\":\"assistant\"}");
    end(&asking);
}

static void sampling_that_fails_says_why(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_SAMPLING, SAMPLING, the_call(&asking));
    srig_turn(&asking.rig);
    answer(&asking, "allow", NULL);
    srig_reply(&asking.rig, srig_asked(&asking.rig, "order"), "{\"model\":\"m\"}");
    sampled(NULL, "the model's server failed");
    assert_string_equal(fakes.answered, "refused -1 the model's server failed");
    fake_ask(asking.client, MCP_ASK_SAMPLING, SAMPLING, the_call(&asking));
    srig_turn(&asking.rig);
    answer(&asking, "deny", NULL);
    assert_string_equal(fakes.answered, "refused -1 a person declined it");
    end(&asking);
}

static void sampling_ends_at_each_step_with_its_call(void **state)
{
    struct asking asking;

    (void)state;
    for (int steps = 0; steps < 3; steps++) {
        begin(&asking);
        fake_ask(asking.client, MCP_ASK_SAMPLING, SAMPLING, the_call(&asking));
        srig_turn(&asking.rig);
        if (steps > 0)
            answer(&asking, "allow", NULL);
        if (steps > 1)
            srig_reply(&asking.rig, srig_asked(&asking.rig, "order"), "{\"model\":\"m\"}");
        servers_cancel(&asking.call);
        srig_turn(&asking.rig);
        assert_string_equal(fakes.answered, "refused -1 the call was cancelled");
        assert_null(sampling);
        assert_int_equal(asking.rig.state->question_count, 0);
        assert_int_equal(json_array_size(asking.rig.cancelled), steps == 1);
        if (steps == 0)
            assert_string_equal(asking.rig.state->answered[0].cause, "interrupted");
        end(&asking);
    }
}

static void what_the_server_takes_back_is_not_asked_any_more(void **state)
{
    struct asking asking;
    struct mcp_ask *ask;

    (void)state;
    begin(&asking);
    ask = fake_ask(asking.client, MCP_ASK_FORM, FORM, the_call(&asking));
    srig_turn(&asking.rig);
    fake_ask_void(ask);
    srig_turn(&asking.rig);
    assert_int_equal(asking.rig.state->question_count, 0);
    assert_string_equal(asking.rig.state->answered[0].decision, "cancel");
    assert_string_equal(asking.rig.state->answered[0].cause, "server");
    end(&asking);
}

static void a_server_that_crashes_leaves_no_question(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, the_call(&asking));
    fake_ask(asking.client, MCP_ASK_FORM, FORM, NULL);
    srig_turn(&asking.rig);
    assert_int_equal(asking.rig.state->question_count, 2);
    fake_lost(asking.client, MCP_WHY_CRASHED, "signal 9");
    srig_turn(&asking.rig);
    assert_int_equal(asking.rig.state->question_count, 0);
    end(&asking);
}

static void a_server_that_is_closed_leaves_no_question(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, the_call(&asking));
    srig_turn(&asking.rig);
    srig_define(&asking.rig, "{\"servers\":[]}");
    assert_int_equal(asking.rig.state->question_count, 0);
    end(&asking);
}

static void an_ask_of_no_known_call_is_about_the_only_one(void **state)
{
    struct asking asking;
    struct outcome second;

    (void)state;
    begin(&asking);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, NULL);
    srig_turn(&asking.rig);
    assert_string_equal(question(&asking)->message, SRIG_MESSAGE);
    answer(&asking, "deny", NULL);
    srig_call(&asking.rig, "files", "write", &second);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, NULL); /* of one of two: not known which */
    srig_turn(&asking.rig);
    assert_string_equal(question(&asking)->message, "");
    answer(&asking, "deny", NULL);
    end(&asking);
}

static void what_cant_be_asked_is_answered_at_once(void **state)
{
    struct asking asking;

    (void)state;
    begin(&asking);
    for (int i = 0; i < 30; i++) {
        fakes.answered[0] = '\0';
        fake_ask(asking.client, MCP_ASK_FORM, FORM, the_call(&asking));
    }
    assert_string_equal(fakes.answered, "cancel");
    srig_turn(&asking.rig);
    assert_non_null(strstr(asking.rig.logs.data, "too many questions"));
    end(&asking);
}

static void who_has_called_nothing_is_not_asked(void **state)
{
    struct asking asking;
    struct outcome outcome;

    (void)state;
    memset(&asking, 0, sizeof asking);
    srig_open(&asking.rig);
    srig_define(&asking.rig, ONE_SERVER);
    srig_offered(&asking.rig);
    asking.client = srig_begun(&asking.rig, "files");
    fake_ready(asking.client);
    fake_answer(asking.client, "tools/list", TWO_TOOLS);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, NULL);
    srig_turn(&asking.rig);
    assert_int_equal(asking.rig.state->question_count, 0);
    struct servers_call *call = srig_call(&asking.rig, "files", "read", &outcome);
    srig_turn(&asking.rig);
    servers_cancel(&call); /* interrupted: what the server asks now comes too late */
    fake_ask(asking.client, MCP_ASK_FORM, FORM, NULL);
    srig_turn(&asking.rig);
    assert_int_equal(asking.rig.state->question_count, 0);
    end(&asking);
}

static void an_idle_deadline_waits_for_the_answer(void **state)
{
    struct asking asking;
    struct outcome outcome;

    (void)state;
    memset(&asking, 0, sizeof asking);
    srig_open(&asking.rig);
    srig_define(&asking.rig, "{\"servers\":[{\"name\":\"files\",\"scope\":\"session\",\"command\":[\"x\"],"
                             "\"start_ms\":1000,\"call_ms\":1000,\"idle_ms\":30}]}");
    srig_offered(&asking.rig);
    asking.client = srig_begun(&asking.rig, "files");
    fake_ready(asking.client);
    fake_answer(asking.client, "tools/list", TWO_TOOLS);
    srig_call(&asking.rig, "files", "read", &outcome);
    srig_turn(&asking.rig);
    fake_ask(asking.client, MCP_ASK_FORM, FORM, NULL);
    fake_answer(asking.client, "tools/call", "{}"); /* what it asks outlives the call */
    for (int64_t until = clock_steady_ms() + 90; clock_steady_ms() < until;)
        srig_turn(&asking.rig);
    assert_non_null(fake_find("files"));
    answer(&asking, "deny", NULL);
    SRIG_UNTIL(&asking.rig, !fake_find("files"));
    end(&asking);
}

/* --- OAuth --- */

#define HTTP_SERVER                                                                                          \
    "{\"servers\":[{\"name\":\"web\",\"scope\":\"session\",\"url\":\"http://127.0.0.1:1/"                    \
    "mcp\",\"start_ms\":20,"                                                                                 \
    "\"call_ms\":1000,\"idle_ms\":0}]}"

static void begin_authorize(struct asking *asking)
{
    memset(asking, 0, sizeof *asking);
    srig_open(&asking->rig);
    srig_define(&asking->rig, HTTP_SERVER);
    asking->call = srig_call(&asking->rig, "web", "look", &asking->outcome);
    srig_turn(&asking->rig);
    asking->client = srig_begun(&asking->rig, "web");
    asking->client->callbacks.authorize(asking->client->callbacks.arg, "https://auth.example/?state=1",
                                        "http://127.0.0.1:9/", false);
    srig_turn(&asking->rig);
}

static void a_person_lets_us_use_a_server_and_no_deadline_runs_meanwhile(void **state)
{
    struct asking asking;

    (void)state;
    begin_authorize(&asking);
    assert_int_equal(question(&asking)->kind, QUESTION_AUTHORIZE);
    assert_string_equal(jsonx_str(question(&asking)->json, "url", ""), "https://auth.example/?state=1");
    uv_update_time(&asking.rig.loop);
    for (int64_t until = clock_steady_ms() + 1100; clock_steady_ms() < until;) /* start_ms and its grace */
        srig_turn(&asking.rig);
    assert_int_equal(asking.outcome.count, 0);
    asking.client->callbacks.authorize(asking.client->callbacks.arg, "", NULL, true);
    srig_turn(&asking.rig);
    assert_int_equal(asking.rig.state->question_count, 0);
    assert_string_equal(asking.rig.state->answered[0].decision, "allow");
    assert_string_equal(asking.rig.state->answered[0].cause, "agent");
    fake_ready(asking.client);
    fake_answer(asking.client, "tools/list", TWO_TOOLS);
    fake_answer(asking.client, "tools/call", "{}");
    assert_int_equal(asking.outcome.code, ERR_OK);
    end(&asking);
}

static void an_attempt_that_fails_ends_its_question(void **state)
{
    struct asking asking;

    (void)state;
    begin_authorize(&asking);
    asking.client->callbacks.authorize(asking.client->callbacks.arg, NULL, NULL, true);
    fake_lost(asking.client, MCP_WHY_REFUSED, "access_denied");
    srig_turn(&asking.rig);
    assert_int_equal(asking.rig.state->question_count, 0);
    assert_string_equal(asking.rig.state->answered[0].decision, "cancel");
    assert_non_null(strstr(asking.outcome.text, "access_denied"));
    end(&asking);
}

static void the_address_may_be_pasted(void **state)
{
    struct asking asking;
    char id[ID_MAX];

    (void)state;
    begin_authorize(&asking);
    strcpy(id, question(&asking)->id);
    answer(&asking, "allow", NULL);
    srig_send(&asking.rig, LINK_REQUEST,
              json_pack("{s:s,s:s,s:s,s:s}", "id", "d7", "op", "authorized", "question", id, "redirect",
                        "http://127.0.0.1:9/?code=7"));
    assert_string_equal(fakes.redirected, "http://127.0.0.1:9/?code=7");
    assert_non_null(srig_ok(&asking.rig, "d7"));
    srig_send(&asking.rig, LINK_REQUEST,
              json_pack("{s:s,s:s,s:s,s:s}", "id", "d8", "op", "authorized", "question", id, "redirect",
                        "nonsense"));
    assert_string_equal(srig_refusal(&asking.rig, "d8"), "bad_request");
    srig_send(&asking.rig, LINK_REQUEST,
              json_pack("{s:s,s:s,s:s,s:s}", "id", "d9", "op", "authorized", "question",
                        "q_01j8zq4k3n0000000000000000", "redirect", "http://127.0.0.1:9/"));
    assert_string_equal(srig_refusal(&asking.rig, "d9"), "conflict");
    end(&asking);
}

static void a_person_does_not_let_us(void **state)
{
    struct asking asking;

    (void)state;
    begin_authorize(&asking);
    answer(&asking, "deny", NULL);
    SRIG_UNTIL(&asking.rig, asking.outcome.count == 1);
    assert_non_null(strstr(asking.outcome.text, "a person declined to let us use it"));
    assert_string_equal(asking.rig.facts.data, "question.asked, mcp.disconnected web refused");
    srig_offered(&asking.rig); /* a turn begins: it is not asked again */
    srig_turn(&asking.rig);
    assert_null(fake_find("web"));
    end(&asking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_shown_and_its_values_go_to_the_server),
        cmocka_unit_test(values_that_do_not_fit_are_not_sent),
        cmocka_unit_test(a_person_declines_or_cancels),
        cmocka_unit_test(a_page_is_shown_with_its_whole_address),
        cmocka_unit_test(sampling_asks_the_model_once_it_is_allowed),
        cmocka_unit_test(sampling_that_fails_says_why),
        cmocka_unit_test(sampling_ends_at_each_step_with_its_call),
        cmocka_unit_test(what_the_server_takes_back_is_not_asked_any_more),
        cmocka_unit_test(a_server_that_crashes_leaves_no_question),
        cmocka_unit_test(a_server_that_is_closed_leaves_no_question),
        cmocka_unit_test(an_ask_of_no_known_call_is_about_the_only_one),
        cmocka_unit_test(what_cant_be_asked_is_answered_at_once),
        cmocka_unit_test(who_has_called_nothing_is_not_asked),
        cmocka_unit_test(an_idle_deadline_waits_for_the_answer),
        cmocka_unit_test(a_person_lets_us_use_a_server_and_no_deadline_runs_meanwhile),
        cmocka_unit_test(an_attempt_that_fails_ends_its_question),
        cmocka_unit_test(the_address_may_be_pasted),
        cmocka_unit_test(a_person_does_not_let_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
