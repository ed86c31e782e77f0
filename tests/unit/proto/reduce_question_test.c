/* Questions, answers and rules in a state. */
#include "fold.h"

static json_t *question(int number, const char *kind, const char *text)
{
    char id[ID_MAX];

    return json_pack("{s:{s:s,s:s,s:s,s:s,s:i}}", "question", "id", fold_id("q_", number, id), "kind", kind,
                     "server", "files", "text", text, "asked", 1);
}

static enum fold ask(struct state *state, int number, const char *kind)
{
    return fold_json(state, EVENT_QUESTION_ASKED, question(number, kind, "?"));
}

static enum fold ask_about(struct state *state, int number, int block)
{
    json_t *json = question(number, "permission", "?"), *inner = json_object_get(json, "question");

    jsonx_set_str(inner, "message", FOLD_MESSAGE);
    jsonx_set_int(inner, "block", block);
    return fold_json(state, EVENT_QUESTION_ASKED, json);
}

static enum fold answer(struct state *state, int number, const char *decision, const char *by)
{
    char id[ID_MAX];
    json_t *json = json_pack("{s:s,s:s,s:s}", "question", fold_id("q_", number, id), "decision", decision,
                             "cause", by ? "person" : "deadline");

    jsonx_set_str(json, "by", by);
    return fold_json(state, EVENT_QUESTION_ANSWERED, json);
}

static const char *by_of(const struct state *state, int block)
{
    return state->messages[0]->blocks[block].call->by;
}

static void an_answer_takes_the_call_along(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(4);

    for (int block = 1; block <= 4; block++)
        assert_int_equal(ask_about(state, block, block), FOLD_OK);
    assert_int_equal(answer(state, 1, "allow", "ann"), FOLD_OK);
    assert_int_equal(answer(state, 2, "deny", "bob"), FOLD_OK);
    assert_int_equal(answer(state, 3, "cancel", "bob"), FOLD_OK);
    assert_int_equal(answer(state, 4, "deny", NULL), FOLD_OK);
    assert_int_equal(state_call(state, FOLD_MESSAGE, 1), CALL_ALLOWED);
    assert_string_equal(by_of(state, 1), "ann");
    /* until tool.ended says so to the model */
    for (int block = 2; block <= 4; block++)
        assert_int_equal(state_call(state, FOLD_MESSAGE, block), CALL_ASKED);
    assert_string_equal(by_of(state, 2), "bob");
    assert_null(by_of(state, 3));
    assert_null(by_of(state, 4));
    assert_int_equal(state->question_count, 0);
    struct state *copy = fold_reload(state);
    state_free(&copy);
    state_free(&state);
}

/* len bytes of an argument, "x" each. */
static enum fold answer_with(struct state *state, int id, const char *decision, size_t len)
{
    char q[ID_MAX], *text = calloc(1, len + 1);

    memset(text, 'x', len);
    json_t *data = json_pack("{s:s,s:s,s:s,s:s,s:{s:{s:s}}}", "question", fold_id("q_", id, q), "decision",
                             decision, "cause", "person", "by", "ann", "content", "arguments", "a", text);
    free(text);
    return fold_json(state, EVENT_QUESTION_ANSWERED, data);
}

static void a_person_may_change_the_arguments_of_a_call(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(3);

    for (int block = 1; block <= 3; block++)
        assert_int_equal(ask_about(state, block, block), FOLD_OK);
    size_t before = state->bytes;
    assert_int_equal(answer_with(state, 1, "allow", 3), FOLD_OK);
    const struct tool_call *call = state->messages[0]->blocks[1].call;
    assert_int_equal(call->state, CALL_ALLOWED);
    assert_string_equal(call->arguments, "{\"a\":\"xxx\"}");
    assert_int_equal(state->bytes, before + strlen("{\"a\":\"xxx\"}") + strlen("ann"));
    char *note = call_note(call, 100);
    assert_string_equal(note, "[ann changed the arguments of this call to {\"a\":\"xxx\"}]\n\n");
    free(note);
    note = call_note(call, 4);
    assert_string_equal(note, "[ann changed the arguments of this call to {\"a\" (and more)]\n\n");
    free(note);
    assert_int_equal(answer_with(state, 2, "allow", STATE_ARGUMENTS_MAX), FOLD_BAD);
    assert_int_equal(answer_with(state, 2, "allow", STATE_ARGUMENTS_MAX - 8), FOLD_OK);
    assert_int_equal(answer_with(state, 3, "deny", 3), FOLD_OK); /* then there is nothing to run */
    assert_null(state->messages[0]->blocks[3].call->arguments);
    assert_null(call_note(state->messages[0]->blocks[3].call, 100));
    assert_null(call_note(NULL, 100));
    struct state *copy = fold_reload(state);
    assert_string_equal(copy->messages[0]->blocks[1].call->arguments, "{\"a\":\"xxx\"}");
    assert_int_equal(copy->bytes, state->bytes);
    state_free(&copy);
    state_free(&state);
}

static void the_first_answer_is_the_one_that_counts(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(1);
    char id[ID_MAX];

    assert_int_equal(ask_about(state, 1, 1), FOLD_OK);
    assert_int_equal(answer(state, 1, "deny", "ann"), FOLD_OK);
    assert_int_equal(answer(state, 1, "allow", "bob"), FOLD_BAD);
    assert_int_equal(answer(state, 2, "allow", "bob"), FOLD_BAD);
    const struct answered *answered = state_answered(state, fold_id("q_", 1, id));
    assert_string_equal(answered->decision, "deny");
    assert_string_equal(answered->by, "ann");
    assert_int_equal(ask_about(state, 1, 1), FOLD_BAD); /* an id is used once */
    state_free(&state);
}

static void no_call_is_asked_about_twice(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(2);

    assert_int_equal(ask_about(state, 1, 1), FOLD_OK);
    assert_int_equal(ask_about(state, 2, 1), FOLD_BAD);
    assert_int_equal(ask_about(state, 2, 0), FOLD_BAD); /* a text */
    assert_int_equal(ask_about(state, 2, 3), FOLD_BAD); /* nothing */
    assert_int_equal(ask_about(state, 2, 2), FOLD_OK);
    state_free(&state);
}

static void only_so_many_questions_wait(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(0);
    char *text = calloc(1, 16001);

    for (int i = 0; i < STATE_QUESTIONS_MAX; i++)
        assert_int_equal(ask(state, i, "form"), FOLD_OK);
    assert_int_equal(ask(state, STATE_QUESTIONS_MAX, "form"), FOLD_BAD);
    assert_int_equal(answer(state, 0, "cancel", "ann"), FOLD_OK);
    assert_int_equal(ask(state, STATE_QUESTIONS_MAX, "form"), FOLD_OK);
    for (int i = 1; i <= STATE_QUESTIONS_MAX; i++)
        assert_int_equal(answer(state, i, "cancel", NULL), FOLD_OK);
    memset(text, 't', 16000);
    int large = 0;
    while (large < 32 &&
           fold_json(state, EVENT_QUESTION_ASKED, question(100 + large, "sampling", text)) == FOLD_OK)
        large++;
    assert_int_equal(large, STATE_QUESTIONS_BYTES / 16128); /* text, and what is around it */
    free(text);
    struct state *copy = fold_reload(state);
    state_free(&copy);
    state_free(&state);
}

static void the_newest_answers_are_remembered(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(0);
    char id[ID_MAX];

    for (int i = 0; i < STATE_ANSWERED_MAX + 2; i++) {
        assert_int_equal(ask(state, i, "url"), FOLD_OK);
        assert_int_equal(answer(state, i, "allow", "ann"), FOLD_OK);
    }
    assert_int_equal(state->answered_count, STATE_ANSWERED_MAX);
    assert_null(state_answered(state, fold_id("q_", 1, id)));
    assert_non_null(state_answered(state, fold_id("q_", 2, id)));
    struct state *copy = fold_reload(state);
    assert_non_null(state_answered(copy, fold_id("q_", STATE_ANSWERED_MAX + 1, id)));
    state_free(&copy);
    state_free(&state);
}

static void what_is_no_question_is_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {
        "{}",
        "{\"id\":\"q_1\",\"kind\":\"form\",\"server\":\"\",\"text\":\"\",\"asked\":1}",
        "{\"id\":\"m_" FOLD_ULID "\",\"kind\":\"form\",\"server\":\"\",\"text\":\"\",\"asked\":1}",
        "{\"id\":\"q_" FOLD_ULID "\",\"kind\":\"wish\",\"server\":\"\",\"text\":\"\",\"asked\":1}",
        "{\"id\":\"q_" FOLD_ULID "\",\"kind\":\"form\",\"server\":\"\",\"text\":\"\"}",
        "{\"id\":\"q_" FOLD_ULID
        "\",\"kind\":\"form\",\"server\":\"\",\"text\":\"\",\"asked\":1,\"block\":1}",
        "{\"id\":\"q_" FOLD_ULID "\",\"kind\":\"form\",\"server\":\"\",\"text\":\"\",\"asked\":1,\"message\":"
        "\"" FOLD_MESSAGE "\"}",
        "{\"id\":\"q_" FOLD_ULID "\",\"kind\":\"form\",\"server\":\"\",\"text\":\"\",\"asked\":1,\"message\":"
        "\"x\",\"block\":1}",
        "{\"id\":\"q_" FOLD_ULID "\",\"kind\":\"form\",\"server\":"
        "\"012345678901234567890123456789012\",\"text\":\"\",\"asked\":1}",
        "{\"id\":\"q_" FOLD_ULID
        "\",\"kind\":\"form\",\"server\":\"\",\"text\":\"\",\"asked\":1,\"deadline\":\"soon\"}",
    };
    struct state *state = fold_calls(1);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fold_text(state, EVENT_QUESTION_ASKED, "{\"question\":%s}", bad[i]) != FOLD_BAD)
            fail_msg("taken: %s", bad[i]);
    assert_null(question_from_json(NULL));
    state_free(&state);
}

static enum fold add_rule(struct state *state, int number, const char *effect, const char *pattern)
{
    char id[ID_MAX];

    return fold_json(state, EVENT_RULE_ADDED,
                     json_pack("{s:{s:s,s:s,s:s,s:s,s:i}}", "rule", "id", fold_id("u_", number, id), "effect",
                               effect, "pattern", pattern, "by", "ann", "ts", 1));
}

static void rules_come_and_go(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(0);
    char id[ID_MAX];

    assert_int_equal(add_rule(state, 0, "never", "*"), FOLD_BAD);
    assert_int_equal(add_rule(state, 0, "deny", ""), FOLD_BAD);
    for (int i = 0; i < STATE_RULES_MAX; i++)
        assert_int_equal(add_rule(state, i, "ask", "files/*"), FOLD_OK);
    assert_int_equal(add_rule(state, STATE_RULES_MAX, "ask", "*"), FOLD_BAD);
    assert_int_equal(fold_text(state, EVENT_RULE_REMOVED, "{\"rule\":\"%s\"}", fold_id("u_", 7, id)),
                     FOLD_OK);
    assert_int_equal(fold_text(state, EVENT_RULE_REMOVED, "{\"rule\":\"%s\"}", fold_id("u_", 7, id)),
                     FOLD_BAD);
    assert_int_equal(add_rule(state, 8, "ask", "*"), FOLD_BAD); /* is there */
    assert_int_equal(add_rule(state, 7, "deny", "*"), FOLD_OK);
    assert_string_equal(state->rules[STATE_RULES_MAX - 1].effect, "deny");
    struct state *copy = fold_reload(state);
    assert_int_equal(copy->rule_count, STATE_RULES_MAX);
    state_free(&copy);
    state_free(&state);
}

static void a_snapshot_with_a_malformed_one_is_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *member, *json;
    } bad[] = {
        {"questions", "[{}]"},
        {"questions", "{}"},
        {"answered", "[{\"id\":\"q_1\"}]"},
        {"rules", "[{\"id\":\"u_" FOLD_ULID "\",\"effect\":\"allow\"}]"},
        {"rules", "7"},
        {"servers", "[{\"server\":\"\"}]"},
        {"servers", "[7]"},
        {"variables", "{\"A\":1}"},
        {"variants", "{\"files\":\"012345678901234567890123456789012\"}"},
        {"compacted", "{\"summary\":\"\",\"upto\":\"x\"}"},
    };
    struct state *state = fold_calls(1);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char error[256];
        json_t *json = state_snapshot(state, 10, SIZE_MAX);
        json_object_set_new(json, bad[i].member, jsonx_parse(bad[i].json, strlen(bad[i].json), NULL));
        struct state *copy = state_from_snapshot(json, error);
        if (copy)
            fail_msg("taken: %s %s", bad[i].member, bad[i].json);
        json_decref(json);
    }
    state_free(&state);
}

static void a_waiting_message_is_changed_in_its_place(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(0);
    char id[ID_MAX];

    for (int i = 0; i < 3; i++)
        assert_int_equal(fold_json(state, EVENT_QUEUE_CHANGED,
                                   json_pack("{s:o,s:b}", "added",
                                             message_user_json(fold_id("m_", i, id), "ann", 1, "old", NULL),
                                             "front", i == 1)),
                         FOLD_OK);
    fold_id("m_", 1, id);
    assert_int_equal(fold_json(state, EVENT_QUEUE_CHANGED,
                               json_pack("{s:o}", "replaced", message_user_json(id, "ann", 1, "new", NULL))),
                     FOLD_OK);
    char *text = message_text(state->queue[0]);
    assert_string_equal(text, "new");
    free(text);
    assert_string_equal(state->queue[0]->id, id);
    assert_true(state->queue[0]->steer);
    assert_int_equal(state->queue_count, 3);
    assert_int_equal(fold_json(state, EVENT_QUEUE_CHANGED,
                               json_pack("{s:o}", "replaced",
                                         message_user_json(fold_id("m_", 9, id), "ann", 1, "x", NULL))),
                     FOLD_BAD);
    assert_int_equal(
        fold_json(state, EVENT_QUEUE_CHANGED,
                  json_pack("{s:o,s:[s]}", "replaced",
                            message_user_json(fold_id("m_", 1, id), "ann", 1, "x", NULL), "removed", id)),
        FOLD_BAD);
    state_free(&state);
}

static void what_a_newer_daemon_says_counts_and_changes_nothing(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(1);
    struct event event = {
        .type = EVENT_COUNT, .session = state->id, .epoch = state->epoch, .seq = state->seq + 1};
    struct event old = event, gap = event, transient = event, strange = event;
    char *before, *after;

    old.seq = state->seq;
    gap.seq = state->seq + 2;
    transient.seq = 0;
    strange.type = (enum event_type)(EVENT_COUNT + 1);
    assert_int_equal(state_fold(state, &old), FOLD_OLD);
    assert_int_equal(state_fold(state, &gap), FOLD_GAP);
    assert_int_equal(state_fold(state, &transient), FOLD_OLD);
    assert_int_equal(state_fold(state, &strange), FOLD_BAD);
    state->seq++;
    event.ts = state->activity;
    before = fold_dump(state);
    state->seq--;
    assert_int_equal(state_fold(state, &event), FOLD_OK);
    after = fold_dump(state);
    assert_string_equal(before, after);
    free(before);
    free(after);
    state_free(&state);
}

static enum fold ask_two(struct state *state, int number, int block)
{
    json_t *json = question(number, "permission", "?"), *inner = json_object_get(json, "question");

    jsonx_set_str(inner, "message", FOLD_MESSAGE);
    jsonx_set_int(inner, "block", block);
    json_object_set_new(inner, "two_person", json_true());
    return fold_json(state, EVENT_QUESTION_ASKED, json);
}

static enum fold approve(struct state *state, int number, const char *by)
{
    char id[ID_MAX];
    return fold_json(state, EVENT_QUESTION_APPROVED,
                     json_pack("{s:s,s:s}", "question", fold_id("q_", number, id), "by", by));
}

static void what_two_persons_must_allow_is_allowed_by_two(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(3);
    char id[ID_MAX], error[256];

    assert_int_equal(ask_two(state, 1, 1), FOLD_OK);
    assert_int_equal(ask_about(state, 2, 2), FOLD_OK);
    assert_int_equal(answer(state, 1, "allow", "ann"), FOLD_BAD);
    assert_int_equal(approve(state, 2, "ann"), FOLD_BAD); /* one is enough for that one */
    assert_int_equal(approve(state, 9, "ann"), FOLD_BAD);
    assert_int_equal(approve(state, 1, "ann"), FOLD_OK);
    assert_int_equal(approve(state, 1, "ann"), FOLD_BAD);
    assert_int_equal(answer(state, 1, "allow", "ann"), FOLD_BAD);
    assert_int_equal(answer(state, 1, "allow", NULL), FOLD_BAD);
    assert_int_equal(
        fold_json(state, EVENT_QUESTION_ANSWERED,
                  json_pack("{s:s,s:s,s:s,s:s,s:{s:{}}}", "question", fold_id("q_", 1, id), "decision",
                            "allow", "cause", "person", "by", "bo", "content", "arguments")),
        FOLD_BAD);
    json_t *snapshot = state_snapshot(state, SIZE_MAX, SIZE_MAX); /* it survives a restart */
    struct state *again = state_from_snapshot(snapshot, error);
    json_decref(snapshot);
    assert_int_equal(answer(again, 1, "allow", "ann"), FOLD_BAD);
    assert_int_equal(approve(again, 1, "bo"), FOLD_OK); /* in ann's place */
    assert_int_equal(answer(again, 1, "allow", "cy"), FOLD_OK);
    assert_string_equal(by_of(again, 1), "cy");
    assert_string_equal(again->messages[0]->blocks[1].call->first, "bo");
    state_free(&again);
    assert_int_equal(answer(state, 1, "deny", "ann"), FOLD_OK); /* no second one is needed for that */
    assert_null(state->messages[0]->blocks[1].call->first);
    state_free(&state);
}

static enum fold share(struct state *state, const char *user, const char *role)
{
    return fold_json(state, EVENT_SESSION_SHARED,
                     json_pack("{s:s,s:s,s:s}", "user", user, "role", role, "by", "ann"));
}

static const char *first_of(struct state *state, int number)
{
    char id[ID_MAX];
    return jsonx_str(state_question(state, fold_id("q_", number, id))->json, "approved_by", "nobody");
}

static void a_first_approval_ends_with_the_right_to_give_it(void **unused)
{
    (void)unused;
    struct state *state = fold_calls(3);

    assert_int_equal(share(state, "bo", "approver"), FOLD_OK);
    assert_int_equal(share(state, "cy", "approver"), FOLD_OK);
    assert_int_equal(ask_two(state, 1, 1), FOLD_OK);
    assert_int_equal(ask_two(state, 2, 2), FOLD_OK);
    assert_int_equal(approve(state, 1, "bo"), FOLD_OK);
    assert_int_equal(approve(state, 2, "cy"), FOLD_OK);

    /* when bo is out, and in again */
    assert_int_equal(
        fold_json(state, EVENT_SESSION_UNSHARED, json_pack("{s:s,s:s}", "user", "bo", "by", "ann")), FOLD_OK);
    assert_string_equal(first_of(state, 1), "nobody");
    assert_string_equal(first_of(state, 2), "cy");
    assert_int_equal(share(state, "bo", "approver"), FOLD_OK);
    assert_string_equal(first_of(state, 1), "nobody");
    assert_int_equal(answer(state, 1, "allow", "cy"), FOLD_BAD);

    /* when cy may less, and as much as before */
    assert_int_equal(share(state, "cy", "approver"), FOLD_OK);
    assert_string_equal(first_of(state, 2), "cy");
    assert_int_equal(share(state, "cy", "writer"), FOLD_OK);
    assert_int_equal(share(state, "cy", "approver"), FOLD_OK);
    assert_int_equal(answer(state, 2, "allow", "bo"), FOLD_BAD);
    assert_int_equal(approve(state, 2, "bo"), FOLD_OK);
    assert_int_equal(answer(state, 2, "allow", "cy"), FOLD_OK);
    state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_approval_ends_with_the_right_to_give_it),
        cmocka_unit_test(an_answer_takes_the_call_along),
        cmocka_unit_test(a_person_may_change_the_arguments_of_a_call),
        cmocka_unit_test(the_first_answer_is_the_one_that_counts),
        cmocka_unit_test(no_call_is_asked_about_twice),
        cmocka_unit_test(only_so_many_questions_wait),
        cmocka_unit_test(the_newest_answers_are_remembered),
        cmocka_unit_test(what_is_no_question_is_refused),
        cmocka_unit_test(rules_come_and_go),
        cmocka_unit_test(a_snapshot_with_a_malformed_one_is_refused),
        cmocka_unit_test(a_waiting_message_is_changed_in_its_place),
        cmocka_unit_test(what_two_persons_must_allow_is_allowed_by_two),
        cmocka_unit_test(what_a_newer_daemon_says_counts_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
