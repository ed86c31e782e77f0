/* What a summary would stand for: the daemon's agent and a terminal's preview must agree about it. */
#include "fold.h"

static struct state *session;
static int messages;

/* One message a letter: u of a user, a answer, c an answer with a call. */
static void say(const char *roles)
{
    for (const char *role = roles; *role; role++) {
        char id[ID_MAX];
        const char *call = *role == 'c'
                               ? "{\"type\":\"tool_call\",\"id\":\"c\",\"name\":\"n\",\"input\":\"{}\"}"
                               : "{\"type\":\"text\",\"text\":\"t\"}";

        assert_int_equal(fold_text(session, EVENT_MESSAGE_ADDED,
                                   "{\"message\":{\"id\":\"%s\",\"role\":\"%s\",\"author\":\"ann\",\"ts\":1,"
                                   "\"status\":\"complete\",\"content\":[%s]}}",
                                   fold_id("m_", messages++, id), *role == 'u' ? "user" : "assistant", call),
                         FOLD_OK);
    }
}

static void begin(const char *roles)
{
    session = state_new(FOLD_SESSION, FOLD_EPOCH);
    messages = 0;
    assert_int_equal(fold_text(session, EVENT_SESSION_STARTED,
                               "{\"owner\":\"ann\",\"title\":\"\",\"model\":\"m\",\"created\":1}"),
                     FOLD_OK);
    say(roles);
}

static void compact(int upto)
{
    char id[ID_MAX];

    assert_int_equal(fold_text(session, EVENT_SESSION_COMPACTED, "{\"summary\":\"s\",\"upto\":\"%s\"}",
                               fold_id("m_", upto, id)),
                     FOLD_OK);
}

static void expect_end(const char *roles, size_t end)
{
    begin(roles);
    assert_int_equal(state_compact_end(session), end);
    state_free(&session);
}

static void all_but_the_newest_question_is_summed_up(void **state)
{
    (void)state;
    expect_end("", 0);
    expect_end("u", 0);
    expect_end("ua", 0);
    expect_end("uau", 2);
    expect_end("uaua", 2);
    expect_end("uauu", 2);
    expect_end("uccc", 3);
    expect_end("uc", 0);
}

static void what_is_summed_up_already_is_not_again(void **state)
{
    (void)state;
    begin("uauau");
    assert_int_equal(state_compact_begin(session), 0);
    compact(1);
    assert_int_equal(state_compact_begin(session), 2);
    assert_int_equal(state_compact_end(session), 4);
    compact(3);
    assert_int_equal(state_compact_begin(session), 4);
    assert_int_equal(state_compact_end(session), 0);
    state_free(&session);
}

static void a_window_may_lack_what_was_summed_up(void **state)
{
    (void)state;
    begin("uauaua");
    compact(1);
    state_set_window(session, 3, 0);
    assert_int_equal(state_compact_begin(session), 0);
    assert_int_equal(session->message_count, 3);
    state_free(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_the_newest_question_is_summed_up),
        cmocka_unit_test(what_is_summed_up_already_is_not_again),
        cmocka_unit_test(a_window_may_lack_what_was_summed_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
