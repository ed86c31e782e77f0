/* What a rewind leaves of a state, and where a fork says that it comes from. */
#include "fold.h"

static struct state *session;

static const char *id_of(int number)
{
    static char ids[4][ID_MAX];
    static int next;

    return fold_id("m_", number, ids[next++ % 4]);
}

static void say(int from, int to)
{
    for (int i = from; i < to; i++)
        assert_int_equal(
            fold_text(session, EVENT_MESSAGE_ADDED,
                      "{\"message\":{\"id\":\"%s\",\"role\":\"user\",\"author\":\"ann\",\"ts\":1,"
                      "\"status\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"%d\"}]}}",
                      id_of(i), i),
            FOLD_OK);
}

static void begin(int messages)
{
    session = state_new(FOLD_SESSION, FOLD_EPOCH);
    assert_int_equal(fold_text(session, EVENT_SESSION_STARTED,
                               "{\"owner\":\"ann\",\"title\":\"\",\"model\":\"m\",\"created\":1}"),
                     FOLD_OK);
    say(0, messages);
}

static enum fold rewind_to(int message, int removed, const char *more)
{
    return fold_text(session, EVENT_SESSION_REWOUND, "{\"message\":\"%s\",\"removed\":%d%s}", id_of(message),
                     removed, more);
}

static void expect(size_t kept, size_t total)
{
    assert_int_equal(session->message_count, kept);
    assert_int_equal(session->messages_total, total);
    size_t bytes = 0;
    for (size_t i = 0; i < kept; i++)
        bytes += session->messages[i]->bytes;
    assert_int_equal(session->bytes, bytes);
}

static void what_came_after_is_gone(void **state)
{
    (void)state;
    begin(10);
    assert_int_equal(fold_text(session, EVENT_ERROR_OCCURRED, "{\"kind\":\"agent\",\"text\":\"t\"}"),
                     FOLD_OK);
    session->context_tokens = 7;
    assert_int_equal(rewind_to(3, 6, ",\"by\":\"ann\""), FOLD_OK);
    expect(4, 4);
    assert_string_equal(session->messages[3]->id, id_of(3));
    assert_null(session->error_kind);
    assert_int_equal(session->error_ts, 0);
    assert_int_equal(session->context_tokens, 0);
    say(4, 6); /* it goes on from there, with the same ids again */
    expect(6, 6);
    assert_int_equal(fold_text(session, EVENT_SESSION_REWOUND, "{\"message\":null,\"removed\":6}"), FOLD_OK);
    expect(0, 0);
    state_free(&session);
}

static void a_count_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    begin(10);
    assert_int_equal(rewind_to(3, 5, ""), FOLD_BAD);
    assert_int_equal(rewind_to(3, 7, ""), FOLD_BAD);
    assert_int_equal(rewind_to(9, 0, ""), FOLD_BAD);
    assert_int_equal(rewind_to(77, 3, ""), FOLD_BAD);  /* not there, and fewer than are here */
    assert_int_equal(rewind_to(77, 10, ""), FOLD_BAD); /* not there, and none would be left */
    assert_int_equal(fold_text(session, EVENT_SESSION_REWOUND, "{\"message\":null,\"removed\":9}"), FOLD_BAD);
    assert_int_equal(fold_text(session, EVENT_SESSION_REWOUND, "{\"removed\":10}"), FOLD_BAD);
    expect(10, 10);
    state_free(&session);
}

static void nothing_is_dropped_while_the_session_is_at_work(void **state)
{
    (void)state;
    begin(3);
    assert_int_equal(fold_text(session, EVENT_STATE_CHANGED, "{\"new\":\"thinking\"}"), FOLD_OK);
    assert_int_equal(rewind_to(0, 2, ""), FOLD_BAD);
    assert_int_equal(fold_text(session, EVENT_STATE_CHANGED, "{\"new\":\"idle\"}"), FOLD_OK);
    assert_int_equal(fold_text(session, EVENT_QUESTION_ASKED,
                               "{\"question\":{\"id\":\"q_" FOLD_ULID
                               "\",\"kind\":\"authorize\",\"server\":\"s\",\"text\":\"t\",\"asked\":1}}"),
                     FOLD_OK);
    assert_int_equal(rewind_to(0, 2, ""), FOLD_BAD);
    state_free(&session);
}

static void a_summary_of_what_is_dropped_goes_too(void **state)
{
    (void)state;
    begin(10);
    assert_int_equal(
        fold_text(session, EVENT_SESSION_COMPACTED, "{\"summary\":\"s\",\"upto\":\"%s\"}", id_of(5)),
        FOLD_OK);
    assert_int_equal(rewind_to(6, 3, ""), FOLD_OK);
    assert_string_equal(session->summary, "s");
    assert_int_equal(rewind_to(5, 1, ""), FOLD_OK);
    assert_string_equal(session->summary, "s");
    assert_int_equal(rewind_to(4, 1, ""), FOLD_BAD); /* it would stand for what is not there */
    assert_int_equal(rewind_to(4, 1, ",\"uncompacted\":true"), FOLD_OK);
    assert_null(session->summary);
    assert_string_equal(session->compacted_upto, "");
    state_free(&session);
}

/* The daemon then brings the window from its history; a terminal takes a new snapshot. */
static void a_target_before_the_window_leaves_none_of_it(void **state)
{
    (void)state;
    begin(10);
    state_set_window(session, 4, 0);
    assert_int_equal(rewind_to(2, 3, ""), FOLD_BAD);
    assert_int_equal(rewind_to(2, 7, ""), FOLD_OK);
    expect(0, 3);
    state_free(&session);

    begin(10);
    state_set_window(session, 4, 0);
    assert_int_equal(rewind_to(7, 2, ""), FOLD_OK); /* in it: its end */
    expect(2, 8);
    say(10, 11);
    expect(3, 9);
    state_free(&session);
}

/* --- forks --- */

#define FROM "\"from\":{\"session\":\"s_" FOLD_ULID "\",\"message\":\"m_" FOLD_ULID "\",\"messages\":7}"

static enum fold start(const char *from)
{
    session = state_new(FOLD_SESSION, FOLD_EPOCH);
    return fold_text(session, EVENT_SESSION_STARTED,
                     "{\"owner\":\"ann\",\"title\":\"t (fork)\",\"model\":\"m\",\"created\":1%s%s}",
                     *from ? "," : "", from);
}

static void a_fork_knows_its_origin(void **state)
{
    (void)state;
    assert_int_equal(start(FROM), FOLD_OK);
    expect(0, 7);
    struct state *copy = fold_reload(session);
    assert_string_equal(copy->from_session, "s_" FOLD_ULID);
    assert_string_equal(copy->from_message, "m_" FOLD_ULID);
    assert_int_equal(copy->from_messages, 7);
    state_free(&copy);
    say(0, 2);
    expect(2, 9);
    state_free(&session);

    assert_int_equal(start("\"from\":{\"session\":\"s_" FOLD_ULID "\",\"messages\":0}"), FOLD_OK);
    copy = fold_reload(session);
    assert_string_equal(copy->from_message, "");
    state_free(&copy);
    state_free(&session);

    assert_int_equal(start(""), FOLD_OK);
    copy = fold_reload(session);
    assert_string_equal(copy->from_session, "");
    state_free(&copy);
    state_free(&session);
}

static void an_origin_that_cannot_be_is_refused(void **state)
{
    static const char *const origins[] = {
        "\"from\":{}",
        "\"from\":{\"session\":\"x\",\"messages\":0}",
        "\"from\":{\"session\":\"s_" FOLD_ULID "\"}",
        "\"from\":{\"session\":\"s_" FOLD_ULID "\",\"messages\":-1}",
        "\"from\":{\"session\":\"s_" FOLD_ULID "\",\"messages\":3}",
        "\"from\":{\"session\":\"s_" FOLD_ULID "\",\"message\":\"m_" FOLD_ULID "\",\"messages\":0}",
        "\"from\":{\"session\":\"s_" FOLD_ULID "\",\"message\":\"nonsense\",\"messages\":3}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        assert_int_equal(start(origins[i]), FOLD_BAD);
        state_free(&session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_after_is_gone),
        cmocka_unit_test(a_count_that_does_not_fit_is_refused),
        cmocka_unit_test(nothing_is_dropped_while_the_session_is_at_work),
        cmocka_unit_test(a_summary_of_what_is_dropped_goes_too),
        cmocka_unit_test(a_target_before_the_window_leaves_none_of_it),
        cmocka_unit_test(a_fork_knows_its_origin),
        cmocka_unit_test(an_origin_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
