/* What is said to a model of a session's messages. */
#include "daemon/agent/context.h"
#include "tests/unit/daemon/agent/session.h"

#include "shared/jsonx.h"
#include <stdlib.h>

static void expect(const struct session_message *messages, const char *expected)
{
    struct state *session = session_make(messages, "thinking");
    json_t *context = context_messages(session);
    char *seen = jsonx_dump(context, NULL);

    assert_string_equal(seen, expected);
    free(seen);
    json_decref(context);
    state_free(&session);
}

static void messages_alternate(void **state)
{
    const struct session_message messages[] = {
        {"user", "complete", "one"},       {"user", "complete", "two"},  {"assistant", "complete", "three"},
        {"assistant", "complete", "four"}, {"user", "complete", "five"}, {NULL, NULL, NULL}};

    (void)state;
    expect(messages, "[{\"role\":\"user\",\"content\":\"one\\n\\ntwo\"},{\"role\":\"assistant\",\"content\":"
                     "\"three\\n\\nfour\"},"
                     "{\"role\":\"user\",\"content\":\"five\"}]");
}

static void what_was_said_before_a_failure_counts(void **state)
{
    const struct session_message messages[] = {
        {"user", "complete", "one"},     {"assistant", "interrupted", "half"}, {"user", "complete", "two"},
        {"assistant", "failed", "part"}, {"user", "complete", "three"},        {NULL, NULL, NULL}};

    (void)state;
    expect(messages, "[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"assistant\",\"content\":\"half\"},"
                     "{\"role\":\"user\","
                     "\"content\":\"two\"},{\"role\":\"assistant\",\"content\":\"part\"},{\"role\":\"user\","
                     "\"content\":\"three\"}]");
}

static void empty_messages_and_calls_are_left_out(void **state)
{
    const struct session_message messages[] = {
        {"user", "complete", "one"},     {"assistant", "failed", " \n\t"}, {"user", "complete", "two"},
        {"assistant", "complete", NULL}, {"user", "complete", "three"},    {NULL, NULL, NULL}};

    (void)state;
    expect(messages, "[{\"role\":\"user\",\"content\":\"one\\n\\ntwo\\n\\nthree\"}]");
}

static void the_first_one_is_a_user_s(void **state)
{
    const struct session_message messages[] = {{"assistant", "complete", "left over"},
                                               {"assistant", "complete", "too"},
                                               {"user", "complete", "one"},
                                               {NULL, NULL, NULL}};
    const struct session_message none[] = {{NULL, NULL, NULL}};

    (void)state;
    expect(messages, "[{\"role\":\"user\",\"content\":\"one\"}]");
    expect(none, "[]");
}

static void the_newest_question(void **state)
{
    const struct session_message messages[] = {{"user", "complete", "one"},
                                               {"user", "complete", "two"},
                                               {"assistant", "complete", "x"},
                                               {NULL, NULL, NULL}};
    const struct session_message none[] = {{NULL, NULL, NULL}};
    struct state *session = session_make(messages, "idle"), *empty = session_make(none, "idle");
    char *asked = context_asked(session), *nothing = context_asked(empty);

    (void)state;
    assert_string_equal(asked, "two");
    assert_string_equal(nothing, "");
    free(asked);
    free(nothing);
    state_free(&session);
    state_free(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_alternate),
        cmocka_unit_test(what_was_said_before_a_failure_counts),
        cmocka_unit_test(empty_messages_and_calls_are_left_out),
        cmocka_unit_test(the_first_one_is_a_user_s),
        cmocka_unit_test(the_newest_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
