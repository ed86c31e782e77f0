/* What servers ask of people: said as facts, answered by events, taken back. */
#include "daemon/agent/questions.h"
#include "tests/unit/daemon/agent/rig.h"

struct asking {
    struct rig rig;
    struct questions *questions;
    char answered[256];
    unsigned count;
};

static void on_answered(void *arg, const json_t *data)
{
    struct asking *asking = arg;

    asking->count++;
    snprintf(asking->answered, sizeof asking->answered, "%s %s", jsonx_str(data, "decision", ""),
             jsonx_str(data, "by", "-"));
}

static void begin(struct asking *asking)
{
    memset(asking, 0, sizeof *asking);
    rig_open(&asking->rig, session_asked("x"));
    asking->questions = questions_new(asking->rig.link);
}

static void end(struct asking *asking)
{
    questions_free(&asking->questions);
    rig_close(&asking->rig);
}

static bool ask(struct asking *asking, const char *text, char id[ID_MAX], char error[256])
{
    json_t *json = json_pack("{s:s,s:s,s:s,s:[]}", "kind", "form", "server", "files", "text", text, "fields");

    error[0] = '\0';
    return questions_ask(asking->questions, asking->rig.state, json, on_answered, asking, id, error);
}

/* The fact has come back as an event. */
static void echo(struct asking *asking, enum event_type type)
{
    struct event event = {.type = type, .data = asking->rig.last[type]};

    rig_read(&asking->rig);
    event.data = asking->rig.last[type];
    questions_event(asking->questions, &event);
}

static void answer(struct asking *asking, const char *id, const char *decision)
{
    json_t *data =
        json_pack("{s:s,s:s,s:s,s:s}", "question", id, "decision", decision, "cause", "person", "by", "ann");
    struct event event = {.type = EVENT_QUESTION_ANSWERED, .data = data};

    questions_event(asking->questions, &event);
    json_decref(data);
}

static void a_question_is_answered_once(void **state)
{
    struct asking asking;
    char id[ID_MAX], error[256];

    (void)state;
    begin(&asking);
    assert_true(ask(&asking, "how many?", id, error));
    assert_true(id_valid(id, "q_"));
    echo(&asking, EVENT_QUESTION_ASKED);
    assert_non_null(state_question(asking.rig.state, id));
    assert_true(jsonx_int(state_question(asking.rig.state, id)->json, "asked", 0) > 0);
    answer(&asking, "q_01j8zq4k3n0000000000000000", "allow"); /* another one's */
    assert_int_equal(asking.count, 0);
    answer(&asking, id, "allow");
    answer(&asking, id, "deny");
    assert_int_equal(asking.count, 1);
    assert_string_equal(asking.answered, "allow ann");
    questions_withdraw(asking.questions, id, "server"); /* too late: nothing is said */
    rig_read(&asking.rig);
    assert_string_equal(asking.rig.order.data, "question.asked");
    end(&asking);
}

static void a_question_is_taken_back(void **state)
{
    struct asking asking;
    char id[ID_MAX], error[256];

    (void)state;
    begin(&asking);
    assert_true(ask(&asking, "how many?", id, error));
    echo(&asking, EVENT_QUESTION_ASKED);
    questions_withdraw(asking.questions, id, "interrupted");
    rig_read(&asking.rig);
    assert_null(state_question(asking.rig.state, id));
    assert_string_equal(state_answered(asking.rig.state, id)->decision, "cancel");
    assert_string_equal(state_answered(asking.rig.state, id)->cause, "interrupted");
    echo(&asking, EVENT_QUESTION_ANSWERED);
    assert_int_equal(asking.count, 0);
    end(&asking);
}

/* The daemon leaves out what is asked while a turn is being interrupted: such a one can't be taken back. */
static void a_question_is_taken_back_only_once_it_is_there(void **state)
{
    struct asking asking;
    char id[ID_MAX], error[256];

    (void)state;
    begin(&asking);
    assert_true(ask(&asking, "how many?", id, error));
    questions_withdraw(asking.questions, id, "server");
    rig_read(&asking.rig);
    assert_string_equal(asking.rig.order.data, "question.asked");
    echo(&asking, EVENT_QUESTION_ASKED);
    rig_read(&asking.rig);
    assert_string_equal(asking.rig.order.data, "question.asked question.answered");
    assert_int_equal(asking.rig.state->question_count, 0);
    end(&asking);
}

static void what_does_not_fit_is_not_asked(void **state)
{
    struct asking asking;
    char id[ID_MAX], error[256], *large = malloc(12001);
    int count = 0;

    (void)state;
    begin(&asking);
    memset(large, 'x', 12000);
    large[12000] = '\0';
    while (ask(&asking, large, id, error)) /* none of them is in the state yet */
        count++;
    assert_in_range(count, 10, 24);
    assert_non_null(strstr(error, "too many questions"));
    while (asking.rig.state->question_count < (size_t)count) { /* each of them fits when it is folded */
        uv_run(&asking.rig.loop, UV_RUN_NOWAIT);
        rig_read(&asking.rig);
    }
    assert_int_equal(asking.rig.state->question_count, count);
    assert_false(ask(&asking, "small", id, error) && ask(&asking, large, id, error) &&
                 ask(&asking, large, id, error));
    free(large);
    end(&asking);
}

static void what_was_taken_back_counts_until_it_is_gone_and_too_many_in_a_while_are_refused(void **state)
{
    struct asking asking;
    char id[ID_MAX], error[256];
    unsigned count = 0;

    (void)state;
    begin(&asking);
    while (ask(&asking, "x", id, error)) {
        questions_withdraw(asking.questions, id, "server"); /* not there yet: it is still on its way */
        assert_true(++count <= STATE_QUESTIONS_MAX);
    }
    assert_string_equal(error, "the session has too many questions that wait for an answer");
    end(&asking);

    begin(&asking);
    for (count = 0; ask(&asking, "x", id, error); count++) {
        echo(&asking, EVENT_QUESTION_ASKED);
        questions_withdraw(asking.questions, id, "server");
        echo(&asking, EVENT_QUESTION_ANSWERED);
        assert_true(count < 1000);
    }
    assert_string_equal(error, "more than 100 questions within 10 s");
    assert_int_equal(count, 100);
    end(&asking);
}

static void what_terminals_cant_show_is_not_asked(void **state)
{
    struct asking asking;
    char id[ID_MAX], error[256] = "";

    (void)state;
    begin(&asking);
    assert_false(questions_ask(asking.questions, asking.rig.state, json_pack("{s:s}", "kind", "riddle"),
                               on_answered, &asking, id, error));
    assert_string_not_equal(error, "");
    rig_read(&asking.rig);
    assert_string_equal(asking.rig.order.data, "");
    end(&asking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_answered_once),
        cmocka_unit_test(a_question_is_taken_back),
        cmocka_unit_test(a_question_is_taken_back_only_once_it_is_there),
        cmocka_unit_test(what_does_not_fit_is_not_asked),
        cmocka_unit_test(what_was_taken_back_counts_until_it_is_gone_and_too_many_in_a_while_are_refused),
        cmocka_unit_test(what_terminals_cant_show_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
