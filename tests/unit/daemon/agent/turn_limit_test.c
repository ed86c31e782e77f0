/* What ends a turn though the model would go on: only what was said in this turn counts. */
#include "daemon/agent/turn_limit.h"
#include "tests/unit/daemon/agent/session.h"

#include <stdlib.h>
#include <string.h>

static struct state *talk(void)
{
    const struct session_message messages[] = {
        {"user", "complete", "a"},       {"assistant", "complete", "old"}, {"user", "complete", "b"},
        {"assistant", "complete", NULL}, {"assistant", "complete", NULL},  {NULL, NULL, NULL}};
    struct state *session = session_make(messages, "running_tools");

    for (size_t i = 0; i < session->message_count; i++) {
        session->messages[i]->ts = i < 3 ? 50 : 100 + (int64_t)i;
        session->messages[i]->usage = (struct usage){.input = 10, .output = 5};
    }
    session->turn_started = 100;
    return session;
}

static void expect(const char *order, const char *sentence)
{
    struct state *session = talk();
    json_t *json = json_loads(order, 0, NULL);
    char *seen = turn_limit_reached(session, json);

    if (sentence)
        assert_string_equal(seen, sentence);
    else
        assert_null(seen);
    free(seen);
    json_decref(json);
    state_free(&session);
}

static void only_this_turn_counts(void **state)
{
    (void)state;
    expect("{}", NULL);
    expect("{\"max_steps\":0,\"max_tokens_turn\":0}", NULL);
    expect("{\"max_steps\":3,\"max_tokens_turn\":31}", NULL);
    expect("{\"max_steps\":2}",
           "The turn reached its limit of 2 steps (turn.max_steps); send a message to go on.");
    expect("{\"max_tokens_turn\":30}",
           "The turn reached its limit of 30 tokens (turn.max_tokens); send a message to go on.");
    expect("{\"max_steps\":-1}", NULL);
}

static void the_window(void **state)
{
    static const struct {
        const char *order;
        int64_t tokens;
        bool full;
    } cases[] = {{"{\"context\":1000,\"compact_at\":80}", 799, false},
                 {"{\"context\":1000,\"compact_at\":80}", 800, true},
                 {"{\"context\":1000,\"compact_at\":0}", 5000, false},
                 {"{\"compact_at\":80}", 5000, false},
                 {"{\"context\":100000000,\"compact_at\":100}", 0, false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct state *session = talk();
        json_t *json = json_loads(cases[i].order, 0, NULL);
        session->context_tokens = cases[i].tokens;
        assert_int_equal(turn_limit_window(session, json), cases[i].full);
        json_decref(json);
        state_free(&session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_this_turn_counts),
        cmocka_unit_test(the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
