/* The agent's copy of its session: snapshots and events, and what is refused. */
#include "daemon/agent/follower.h"
#include "shared/jsonx.h"
#include "tests/unit/daemon/agent/session.h"

#include <stdlib.h>
#include <string.h>

static struct state *loaded(void)
{
    struct state *made = session_asked("one"), *state = NULL;
    json_t *load = json_pack("{s:o,s:s}", "snapshot", state_snapshot(made, 100, 1 << 20), "folder", "/tmp/s");
    size_t len;
    char *folder = NULL, error[256] = "", *text = jsonx_dump(load, &len);

    assert_true(follower_load(&state, text, len, &folder, error));
    assert_string_equal(folder, "/tmp/s");
    free(folder);
    assert_string_equal(error, "");
    json_decref(load);
    free(text);
    state_free(&made);
    return state;
}

static bool event(struct state *state, int seq, const char *type, const char *data, char error[256])
{
    char text[512];
    struct event taken;
    bool good;

    error[0] = '\0';
    snprintf(text, sizeof text,
             "{\"session\":\"%s\",\"epoch\":\"%s\",\"seq\":%d,\"ts\":1,\"type\":\"%s\",\"data\":%s}",
             SESSION_ID, SESSION_EPOCH, seq, type, data);
    good = follower_event(state, text, strlen(text), &taken, error);
    event_clear(&taken);
    return good;
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
    struct event taken;
    char error[256];

    (void)state;
    assert_false(event(session, 5, "session.updated", "{\"title\":\"x\"}", error));
    assert_non_null(strstr(error, "gap"));
    assert_false(event(session, 2, "state.changed", "{\"new\":\"running_tools\"}", error));
    assert_non_null(strstr(error, "not possible"));
    assert_false(event(session, 2, "session.updated", "7", error));
    assert_string_not_equal(error, "");
    assert_false(follower_event(session, "{", 1, &taken, error));
    assert_null(taken.json);
    assert_non_null(strstr(error, "not JSON"));
    assert_int_equal(session->seq, 1);
    state_free(&session);
}

static void what_has_changed_the_state_is_told(void **state)
{
    struct state *session = loaded();
    struct event taken;
    char error[256], text[256];

    (void)state;
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text,
                 "{\"session\":\"%s\",\"epoch\":\"%s\",\"seq\":2,\"ts\":1,\"type\":\"session.updated\","
                 "\"data\":{\"title\":\"x\"}}",
                 SESSION_ID, SESSION_EPOCH);
        assert_true(follower_event(session, text, strlen(text), &taken, error));
        assert_int_equal(taken.json != NULL, i == 0); /* the second time it is known already */
        if (taken.json)
            assert_int_equal(taken.type, EVENT_SESSION_UPDATED);
        event_clear(&taken);
    }
    state_free(&session);
}

static void a_bad_snapshot_changes_nothing(void **state)
{
    struct state *session = loaded(), *before = session;
    char *folder = NULL, error[256];

    (void)state;
    assert_false(follower_load(&session, "{}", 2, &folder, error));
    assert_string_not_equal(error, "");
    assert_false(follower_load(&session, "nonsense", 8, &folder, error));
    assert_false(follower_load(&session, "{\"snapshot\":{}}", 15, &folder, error));
    assert_ptr_equal(session, before);
    assert_null(folder);
    state_free(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_loads_and_follows),
        cmocka_unit_test(it_refuses_what_does_not_follow),
        cmocka_unit_test(what_has_changed_the_state_is_told),
        cmocka_unit_test(a_bad_snapshot_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
