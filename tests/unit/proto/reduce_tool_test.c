/* Calls and servers in a state: each way that a call may go, and no other. */
#include "fold.h"

#define CALL "\"message\":\"" FOLD_MESSAGE "\",\"block\":1"

static enum fold start(struct state *state)
{
    return fold_text(state, EVENT_TOOL_STARTED, "{" CALL ",\"server\":\"files\",\"tool\":\"read\"}");
}

static enum fold end(struct state *state, const char *how)
{
    return fold_text(state, EVENT_TOOL_ENDED, "{" CALL ",\"state\":\"%s\",\"result\":\"42\"}", how);
}

static enum fold ask(struct state *state)
{
    return fold_text(state, EVENT_QUESTION_ASKED,
                     "{\"question\":{\"id\":\"q_" FOLD_ULID "\",\"kind\":\"permission\"," CALL
                     ",\"server\":\"files\",\"tool\":\"read\",\"text\":\"\",\"asked\":1}}");
}

static enum fold answer(struct state *state, const char *decision)
{
    return fold_text(state, EVENT_QUESTION_ANSWERED,
                     "{\"question\":\"q_" FOLD_ULID
                     "\",\"decision\":\"%s\",\"cause\":\"person\",\"by\":\"ann\"}",
                     decision);
}

/* Brings block 1 to that state. */
static struct state *at(enum call_state wanted)
{
    struct state *state = fold_calls(1);

    if (wanted == CALL_ASKED || wanted == CALL_ALLOWED)
        assert_int_equal(ask(state), FOLD_OK);
    if (wanted == CALL_ALLOWED)
        assert_int_equal(answer(state, "allow"), FOLD_OK);
    if (wanted == CALL_RUNNING)
        assert_int_equal(start(state), FOLD_OK);
    if (call_ended(wanted))
        assert_int_equal(end(state, call_state_name(wanted)), FOLD_OK);
    assert_int_equal(state_call(state, FOLD_MESSAGE, 1), wanted);
    assert_int_equal(state_open_calls(state) != NULL, !call_ended(wanted));
    return state;
}

static void a_call_goes_its_way_and_no_other(void **unused)
{
    (void)unused;
    static const struct {
        bool asked, started, ended;
    } may[CALL_STATE_COUNT] = {
        [CALL_NONE] = {true, true, true},
        [CALL_ASKED] = {false, false, false},
        [CALL_ALLOWED] = {false, true, true},
        [CALL_RUNNING] = {false, false, true},
    };

    for (enum call_state from = CALL_NONE; from < CALL_STATE_COUNT; from++) {
        struct state *state = at(from);
        assert_int_equal(ask(state) == FOLD_OK, may[from].asked);
        state_free(&state);
        state = at(from);
        assert_int_equal(start(state) == FOLD_OK, may[from].started);
        state_free(&state);
        state = at(from);
        assert_int_equal(end(state, "done") == FOLD_OK, may[from].ended);
        state_free(&state);
    }
}

static void every_state_of_a_call_is_in_a_snapshot(void **unused)
{
    (void)unused;
    for (enum call_state call = CALL_NONE; call < CALL_STATE_COUNT; call++) {
        struct state *state = at(call), *copy = fold_reload(state);
        assert_int_equal(state_call(copy, FOLD_MESSAGE, 1), call);
        assert_int_equal(copy->bytes, state->bytes);
        assert_int_equal(call_state_parse(call_state_name(call)), call);
        state_free(&state);
        state_free(&copy);
    }
    assert_int_equal(call_state_parse("over"), CALL_STATE_COUNT);
}

static void only_calls_are_calls(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(1);

    for (int block = 0; block < 4; block += 2)
        assert_int_equal(fold_text(state, EVENT_TOOL_STARTED,
                                   "{\"message\":\"" FOLD_MESSAGE
                                   "\",\"block\":%d,\"server\":\"f\",\"tool\":\"t\"}",
                                   block),
                         FOLD_BAD);
    assert_int_equal(fold_text(state, EVENT_TOOL_STARTED,
                               "{\"message\":\"" FOLD_MESSAGE "\",\"server\":\"f\",\"tool\":\"t\"}"),
                     FOLD_BAD);
    assert_int_equal(state_call(state, FOLD_MESSAGE, 0), CALL_STATE_COUNT);
    assert_int_equal(state_call(state, FOLD_MESSAGE, -1), CALL_STATE_COUNT);
    assert_int_equal(state_call(state, "m_01j8zq4k3n0000000000000001", 1), CALL_STATE_COUNT);
    /* a person's own call, and one of a message that this state does not hold, change nothing else */
    assert_int_equal(fold_text(state, EVENT_TOOL_STARTED, "{\"server\":\"f\",\"tool\":\"t\",\"by\":\"ann\"}"),
                     FOLD_OK);
    assert_int_equal(fold_text(state, EVENT_TOOL_ENDED,
                               "{\"message\":\"m_01j8zq4k3n0000000000000001\",\"block\":1,\"state\":\"done\","
                               "\"result\":\"\"}"),
                     FOLD_OK);
    state_free(&state);
}

static void what_became_of_a_call_is_told(void **unused)
{
    (void)unused;
    struct state *state = at(CALL_ALLOWED);
    const struct tool_call *call = state->messages[0]->blocks[1].call;

    assert_string_equal(call->by, "ann");
    assert_int_equal(start(state), FOLD_OK);
    assert_string_equal(call->by, "ann");
    assert_string_equal(call->server, "files");
    assert_true(call->started > 0);
    assert_int_equal(
        fold_text(state, EVENT_TOOL_PROGRESS, "{" CALL ",\"progress\":1,\"total\":4,\"text\":\"a quarter\"}"),
        FOLD_OK);
    assert_true(call->progress > 0.9 && call->total > 3.9);
    assert_string_equal(call->text, "a quarter");
    assert_int_equal(fold_text(state, EVENT_TOOL_ENDED,
                               "{" CALL ",\"state\":\"failed\",\"result\":\"no\",\"file\":\"r/1\",\"ms\":7}"),
                     FOLD_OK);
    assert_string_equal(call->result, "no");
    assert_string_equal(call->file, "r/1");
    assert_int_equal(call->ms, 7);
    assert_null(call->text);
    assert_int_equal(fold_text(state, EVENT_TOOL_PROGRESS, "{" CALL ",\"progress\":2}"), FOLD_BAD);
    state_free(&state);
}

static json_t *ended(int block, size_t size)
{
    char *result = malloc(size + 1);

    assert_non_null(result);
    memset(result, 'r', size);
    result[size] = '\0';
    json_t *json = json_pack("{s:s,s:i,s:s,s:s}", "message", FOLD_MESSAGE, "block", block, "state", "done",
                             "result", result);
    free(result);
    return json;
}

static void results_fill_a_message_up_to_its_bound_and_every_call_can_end(void **unused)
{
    (void)unused;
    enum { CALLS = 200 };
    struct state *state = fold_calls(CALLS);
    size_t before = state->messages[0]->bytes;

    assert_int_equal(fold_json(state, EVENT_TOOL_ENDED, ended(1, 1 << 20)), FOLD_OK);
    size_t left = STATE_MESSAGE_BYTES - state->messages[0]->bytes;
    assert_int_equal(fold_json(state, EVENT_TOOL_ENDED, ended(2, left + 1)), FOLD_BAD);
    assert_int_equal(fold_json(state, EVENT_TOOL_ENDED, ended(2, left)), FOLD_OK);
    assert_int_equal(fold_json(state, EVENT_TOOL_ENDED, ended(3, STATE_NOTE_MAX + 1)), FOLD_BAD);
    for (int block = 3; block <= CALLS; block++)
        assert_int_equal(fold_json(state, EVENT_TOOL_ENDED, ended(block, STATE_NOTE_MAX)), FOLD_OK);
    assert_null(state_open_calls(state));
    assert_int_equal(state->messages[0]->bytes,
                     before + (1 << 20) + left + (CALLS - 2) * (size_t)STATE_NOTE_MAX);
    struct state *copy = fold_reload(state);
    assert_int_equal(copy->bytes, state->bytes);
    state_free(&copy);
    state_free(&state);
}

static void servers_are_known_by_name_and_are_not_without_number(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(0);

    assert_int_equal(
        fold_text(state, EVENT_MCP_CONNECTED,
                  "{\"server\":\"b\",\"protocol\":\"2025-11-25\",\"tools\":2,\"variant\":\"test\"}"),
        FOLD_OK);
    assert_int_equal(
        fold_text(state, EVENT_MCP_CONNECTED, "{\"server\":\"\",\"protocol\":\"2025-11-25\",\"tools\":2}"),
        FOLD_BAD);
    assert_true(state_server(state, "b")->connected);
    assert_int_equal(fold_text(state, EVENT_MCP_DISCONNECTED, "{\"server\":\"b\",\"cause\":\"off\"}"),
                     FOLD_OK);
    assert_true(!state_server(state, "b")->connected && state_server(state, "b")->off);
    assert_int_equal(fold_text(state, EVENT_MCP_STARTING, "{\"server\":\"b\"}"), FOLD_OK);
    assert_true(state_server(state, "b")->starting && state_server(state, "b")->off);
    assert_int_equal(fold_text(state, EVENT_MCP_DISCONNECTED, "{\"server\":\"b\",\"cause\":\"crashed\"}"),
                     FOLD_OK);
    assert_false(state_server(state, "b")->starting);
    assert_int_equal(fold_text(state, EVENT_MCP_STARTING, "{\"server\":\"b\"}"), FOLD_OK);
    char epoch[ID_MAX];
    memcpy(epoch, state->epoch, sizeof epoch);
    state_begin_epoch(state, epoch); /* nobody of before starts it any more; why it failed stays */
    assert_false(state_server(state, "b")->starting);
    assert_string_equal(state_server(state, "b")->cause, "crashed");
    assert_int_equal(fold_text(state, EVENT_MCP_DISCONNECTED, "{\"server\":\"b\",\"cause\":\"off\"}"),
                     FOLD_OK);
    for (int i = 1; i < STATE_SERVERS_MAX; i++)
        assert_int_equal(
            fold_text(state, EVENT_MCP_DISCONNECTED, "{\"server\":\"a%d\",\"cause\":\"refused\"}", i),
            FOLD_OK);
    assert_int_equal(fold_text(state, EVENT_MCP_DISCONNECTED, "{\"server\":\"one more\",\"cause\":\"idle\"}"),
                     FOLD_BAD);
    assert_null(state_server(state, "one more"));
    assert_string_equal(state->servers[STATE_SERVERS_MAX - 1].name, "b"); /* in order */
    struct state *copy = fold_reload(state);
    assert_true(state_server(copy, "b")->off);
    state_free(&copy);
    state_free(&state);
}

static void settings_are_strings_of_which_there_are_not_too_many(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(0);

    assert_int_equal(fold_text(state, EVENT_SESSION_UPDATED, "{\"variables\":{\"A\":\"1\",\"B\":\"2\"}}"),
                     FOLD_OK);
    assert_int_equal(fold_text(state, EVENT_SESSION_UPDATED, "{\"variables\":{\"A\":null,\"C\":1}}"),
                     FOLD_BAD);
    assert_int_equal(fold_text(state, EVENT_SESSION_UPDATED, "{\"variables\":{\"A\":null,\"C\":\"3\"}}"),
                     FOLD_OK);
    assert_null(json_object_get(state->variables, "A"));
    for (int i = 2; i < STATE_VARIABLES_MAX; i++)
        assert_int_equal(fold_text(state, EVENT_SESSION_UPDATED, "{\"variables\":{\"V%d\":\"\"}}", i),
                         FOLD_OK);
    assert_int_equal(fold_text(state, EVENT_SESSION_UPDATED, "{\"variables\":{\"more\":\"\"}}"), FOLD_BAD);
    assert_int_equal(
        fold_text(state, EVENT_SESSION_UPDATED, "{\"title\":\"x\",\"variables\":{\"more\":\"\"}}"), FOLD_BAD);
    state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_goes_its_way_and_no_other),
        cmocka_unit_test(every_state_of_a_call_is_in_a_snapshot),
        cmocka_unit_test(only_calls_are_calls),
        cmocka_unit_test(what_became_of_a_call_is_told),
        cmocka_unit_test(results_fill_a_message_up_to_its_bound_and_every_call_can_end),
        cmocka_unit_test(servers_are_known_by_name_and_are_not_without_number),
        cmocka_unit_test(settings_are_strings_of_which_there_are_not_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
