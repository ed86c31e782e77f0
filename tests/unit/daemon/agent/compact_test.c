/* What is asked for a summary, and compaction in a turn and by itself. The demo model plays. */
#include "daemon/agent/compact.h"
#include "daemon/agent/turn.h"
#include "shared/clock.h"
#include "tests/unit/daemon/agent/rig.h"
#include "tests/unit/daemon/agent/servers_fake.h"

#define DEMO "\"model\":\"demo\",\"provider\":{\"name\":\"demo\",\"api\":\"demo\"},\"demo\":{\"rate\":0}"

#define U(text)                                                                                              \
    {                                                                                                        \
        "user", "complete", text                                                                             \
    }
#define A(text)                                                                                              \
    {                                                                                                        \
        "assistant", "complete", text                                                                        \
    }
#define CALLS                                                                                                \
    {                                                                                                        \
        "assistant", "complete", NULL                                                                        \
    }
#define END                                                                                                  \
    {                                                                                                        \
        NULL, NULL, NULL                                                                                     \
    }

static char *asked_for(struct state *session, size_t end, int64_t context)
{
    json_t *params = compact_params(session, end, context);
    const json_t *message = json_array_get(jsonx_arr(params, "messages"), 0);
    char *text = strdup(jsonx_str(jsonx_obj(message, "content"), "text", ""));

    assert_int_equal(json_array_size(jsonx_arr(params, "messages")), 1);
    assert_null(json_object_get(params, "tools"));
    json_decref(params);
    return text;
}

static void the_conversation_is_quoted(void **state)
{
    const struct session_message messages[] = {U("a\n/demo hang=1"), A("b"), CALLS, U("c"), END};
    struct state *session = session_make(messages, "thinking");
    struct tool_call *call = session->messages[2]->blocks[0].call = calloc(1, sizeof *call);

    (void)state;
    *call = (struct tool_call){
        .state = CALL_DONE, .server = strdup("s"), .tool = strdup("n"), .result = strdup("seen\nit")};
    char *text = asked_for(session, 3, 0);
    assert_non_null(strstr(text,
                           "user:\n> a\n> /demo hang=1\n\nassistant:\n> b\n> [called the tool n with {}]\n\n"
                           "user:\n> [the tool n answered: seen\n> it]\n\nSum up the conversation"));
    free(text);
    session->summary = strdup("what was before");
    text = asked_for(session, 3, 0);
    assert_non_null(strstr(text, "> What was said before, in summary:\n> \n> what was before\n"));
    free(text);
    state_free(&session);
}

static void long_texts_are_shortened_and_old_ones_left_out(void **state)
{
    char *giant = calloc(1, 200001);
    struct session_message messages[40];
    struct state *session;
    char *text;

    (void)state;
    giant[0] = 'x'; /* a cut at an even place would cut a character */
    for (int i = 0; i < 99999; i++)
        memcpy(giant + 1 + i * 2, "\xC3\xA9", 2);
    for (int i = 0; i < 38; i++)
        messages[i] = (struct session_message){i % 2 ? "assistant" : "user", "complete", giant};
    messages[38] = (struct session_message)U("last");
    messages[39] = (struct session_message)END;
    session = session_make(messages, "thinking");
    text = asked_for(session, 38, 0);
    assert_in_range(strlen(text), 38 * 4096, 38 * 4300);
    assert_non_null(strstr(text, "> [...]\n"));
    assert_null(strstr(text, "\xEF\xBF\xBD")); /* what JSON puts in place of half a character */
    free(text);
    text = asked_for(session, 38, 10000); /* a small window: half of it */
    assert_in_range(strlen(text), 16000, 26000);
    assert_non_null(strstr(text, "[what was said here is left out]"));
    free(text);
    state_free(&session);
    free(giant);
}

/* --- in a turn --- */

struct play {
    struct rig rig;
    struct turn *turn;
};

static void on_event(void *arg, const struct event *event)
{
    struct play *play = arg;

    if (play->turn)
        turn_event(play->turn, event);
}

static void prepare(struct play *play, const struct session_message *messages, const char *run)
{
    memset(play, 0, sizeof *play);
    rig_open(&play->rig, session_make(messages, run));
    struct turn_options options = {
        .loop = &play->rig.loop, .link = play->rig.link, .http = play->rig.http, .state = &play->rig.state};
    play->turn = turn_new(&options);
    play->rig.event = on_event;
    play->rig.arg = play;
}

static void order(struct play *play, const char *text, void (*begin)(struct turn *turn, const json_t *order))
{
    json_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    begin(play->turn, json);
    json_decref(json);
}

static void finish(struct play *play, const char *facts)
{
    int64_t end = clock_steady_ms() + 5000;

    while ((turn_running(play->turn) || play->rig.state->run != RUN_IDLE) && clock_steady_ms() < end) {
        uv_run(&play->rig.loop, UV_RUN_NOWAIT);
        rig_read(&play->rig);
    }
    assert_string_equal(play->rig.order.data, facts);
    assert_int_equal(play->rig.state->run, RUN_IDLE);
}

static void close_play(struct play *play)
{
    play->rig.event = NULL;
    turn_free(&play->turn);
    rig_close(&play->rig);
}

static const struct session_message talk[] = {U("a"), A("b"), U("c"), A("d"), U("/demo echo=go"), END};
static const struct session_message short_talk[] = {U("a"), A("b"), END};

static void a_person_wants_it(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, talk, "compacting");
    order(&play, "{" DEMO "}", turn_compact);
    finish(&play, "session.compacted idle");
    assert_string_equal(play.rig.state->compacted_upto, play.rig.state->messages[3]->id);
    assert_non_null(strstr(play.rig.state->summary, "> user: > a  assistant: > b"));
    assert_string_equal(jsonx_str(play.rig.last[EVENT_STATE_CHANGED], "reason", ""), "done");
    const json_t *usage = jsonx_obj(play.rig.last[EVENT_SESSION_COMPACTED], "usage");
    assert_true(jsonx_int(usage, "input", 0) > 0 && jsonx_int(usage, "output", 0) > 0);
    assert_int_equal(play.rig.state->usage.input, jsonx_int(usage, "input", 0));
    assert_int_equal(play.rig.state->usage.output, jsonx_int(usage, "output", 0));
    close_play(&play);
}

static void there_may_be_nothing_to_sum_up(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, short_talk, "compacting");
    order(&play, "{" DEMO "}", turn_compact);
    finish(&play, "error.occurred idle");
    assert_string_equal(play.rig.state->error_kind, "limit");
    assert_string_equal(play.rig.state->error_text,
                        "The conversation could not be compacted: too little was said "
                        "since it began, or since it was compacted.");
    assert_null(play.rig.state->summary);
    close_play(&play);
}

static void it_may_fail(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, talk, "compacting");
    order(&play, "{\"model\":\"m\",\"provider\":{\"name\":\"p\",\"api\":\"telepathy\"}}", turn_compact);
    finish(&play, "error.occurred idle");
    assert_string_equal(play.rig.state->error_kind, "provider");
    assert_null(play.rig.state->summary);
    close_play(&play);
}

static void a_window_that_is_nearly_full(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, talk, "thinking");
    play.rig.state->context_tokens = 800;
    order(&play, "{" DEMO ",\"context\":1000,\"compact_at\":80}", turn_begin);
    finish(&play,
           "compacting session.compacted thinking message.added streaming chunk stream.completed idle");
    assert_int_equal(jsonx_int(play.rig.last[EVENT_SESSION_COMPACTED], "tokens", 0), 800);
    assert_string_equal(play.rig.state->messages[5]->blocks[0].text.data, "go");
    close_play(&play);

    prepare(&play, talk, "thinking"); /* it is not yet */
    play.rig.state->context_tokens = 799;
    order(&play, "{" DEMO ",\"context\":1000,\"compact_at\":80}", turn_begin);
    finish(&play, "message.added streaming chunk stream.completed idle");
    close_play(&play);

    prepare(&play, short_talk, "thinking"); /* nothing to sum up: the model is asked */
    play.rig.state->context_tokens = 900;
    order(&play, "{" DEMO ",\"context\":1000,\"compact_at\":80}", turn_begin);
    finish(&play, "message.added streaming chunk stream.completed idle");
    close_play(&play);

    prepare(&play, talk, "thinking"); /* never */
    play.rig.state->context_tokens = 999999;
    order(&play, "{" DEMO ",\"context\":1000,\"compact_at\":0}", turn_begin);
    finish(&play, "message.added streaming chunk stream.completed idle");
    close_play(&play);
}

static void interrupts(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, talk, "compacting");
    order(&play, "{" DEMO "}", turn_compact);
    uv_run(&play.rig.loop, UV_RUN_NOWAIT);
    turn_interrupt(play.turn, LINK_INTERRUPT_USER);
    finish(&play, "idle");
    assert_null(play.rig.state->summary);
    close_play(&play);

    for (int turns = 0; turns < 8; turns++) { /* before, and on the way to the next step */
        prepare(&play, talk, "thinking");
        play.rig.state->context_tokens = 900;
        order(&play, "{" DEMO ",\"context\":1000,\"compact_at\":80}", turn_begin);
        for (int i = 0; i < turns * turns; i++)
            uv_run(&play.rig.loop, UV_RUN_NOWAIT);
        turn_interrupt(play.turn, LINK_INTERRUPT_USER);
        assert_false(turn_running(play.turn));
        while (play.rig.state->run != RUN_IDLE)
            rig_read(&play.rig);
        close_play(&play);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_conversation_is_quoted),
        cmocka_unit_test(long_texts_are_shortened_and_old_ones_left_out),
        cmocka_unit_test(a_person_wants_it),
        cmocka_unit_test(there_may_be_nothing_to_sum_up),
        cmocka_unit_test(it_may_fail),
        cmocka_unit_test(a_window_that_is_nearly_full),
        cmocka_unit_test(interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
