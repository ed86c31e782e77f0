/* The agent's copy of its session: snapshots and events, and what is refused. */
#include "daemon/agent/follower.h"
#include "shared/jsonx.h"
#include "tests/unit/daemon/agent/session.h"

#include <stdlib.h>
#include <string.h>

static struct state *loaded(void)
{
    struct state *made = session_asked("one"), *state = NULL;
    json_t *load = json_pack("{s:o}", "snapshot", state_snapshot(made, 100, 1 << 20));
    size_t len;
    char error[256] = "", *text = jsonx_dump(load, &len);

    assert_true(follower_load(&state, text, len, error));
    assert_string_equal(error, "");
    json_decref(load);
    free(text);
    state_free(&made);
    return state;
}

static bool event(struct state *state, int seq, const char *type, const char *data, char error[256])
{
    char text[512];

    error[0] = '\0';
    snprintf(text, sizeof text,
             "{\"session\":\"%s\",\"epoch\":\"%s\",\"seq\":%d,\"ts\":1,\"type\":\"%s\",\"data\":%s}",
             SESSION_ID, SESSION_EPOCH, seq, type, data);
    return follower_event(state, text, strlen(text), error);
}

static void it_loads_and_follows(void **state)
{
    struct state *session = loaded();
    char error[256];

    (void)state;
    assert_int_equal(session->message_count, 1);
    assert_int_equal(session->window_messages, STATE_WINDOW_MESSAGES);
    assert_true(event(session, 2, "session.updated", "{\"system\":\"Be brief.\"}", error));
    assert_string_equal(session->system, "Be brief.");
    assert_true(event(session, 2, "session.updated", "{\"system\":\"again\"}", error)); /* known already */
    assert_string_equal(session->system, "Be brief.");
    assert_true(event(session, 3, "from.the_future", "{}", error));
    state_free(&session);
}

static void it_refuses_what_does_not_follow(void **state)
{
    struct state *session = loaded();
    char error[256];

    (void)state;
    assert_false(event(session, 5, "session.updated", "{\"title\":\"x\"}", error));
    assert_non_null(strstr(error, "gap"));
    assert_false(event(session, 2, "state.changed", "{\"new\":\"running_tools\"}", error));
    assert_non_null(strstr(error, "not possible"));
    assert_false(event(session, 2, "session.updated", "7", error));
    assert_string_not_equal(error, "");
    assert_false(follower_event(session, "{", 1, error));
    assert_non_null(strstr(error, "not JSON"));
    assert_int_equal(session->seq, 1);
    state_free(&session);
}

static void a_bad_snapshot_changes_nothing(void **state)
{
    struct state *session = loaded(), *before = session;
    char error[256];

    (void)state;
    assert_false(follower_load(&session, "{}", 2, error));
    assert_string_not_equal(error, "");
    assert_false(follower_load(&session, "nonsense", 8, error));
    assert_false(follower_load(&session, "{\"snapshot\":{}}", 15, error));
    assert_ptr_equal(session, before);
    state_free(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_loads_and_follows),
        cmocka_unit_test(it_refuses_what_does_not_follow),
        cmocka_unit_test(a_bad_snapshot_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
