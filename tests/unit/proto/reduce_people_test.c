/* Members of a session, and what terminals lend to it. */
#include "fold.h"

static enum fold share(struct state *state, const char *user, const char *role)
{
    return fold_json(state, EVENT_SESSION_SHARED,
                     json_pack("{s:s,s:s,s:s}", "user", user, "role", role, "by", "ann"));
}

static enum fold unshare(struct state *state, const char *user)
{
    return fold_json(state, EVENT_SESSION_UNSHARED, json_pack("{s:s}", "user", user));
}

static struct state *begun(void)
{
    struct state *state = state_new(FOLD_SESSION, FOLD_EPOCH);

    assert_int_equal(
        fold_json(state, EVENT_SESSION_STARTED,
                  json_pack("{s:s,s:s,s:s,s:i}", "owner", "ann", "title", "", "model", "a/b", "created", 1)),
        FOLD_OK);
    return state;
}

static void members_come_change_and_go(void **unused)
{
    struct state *state = begun();

    (void)unused;
    assert_int_equal(share(state, "cy", "viewer"), FOLD_OK);
    assert_int_equal(share(state, "bo", "approver"), FOLD_OK);
    assert_string_equal(state->members[0].user, "bo");
    assert_int_equal(state_role(state, "bo"), ROLE_APPROVER);
    assert_int_equal(state_role(state, "cy"), ROLE_VIEWER);
    assert_int_equal(state_role(state, "ann"), ROLE_OWNER);
    assert_int_equal(state_role(state, "zoe"), ROLE_NONE);
    assert_int_equal(state_role(state, ""), ROLE_NONE);
    assert_int_equal(share(state, "cy", "writer"), FOLD_OK);
    assert_int_equal(state->member_count, 2);
    assert_int_equal(state_role(state, "cy"), ROLE_WRITER);
    assert_int_equal(unshare(state, "bo"), FOLD_OK);
    assert_int_equal(unshare(state, "bo"), FOLD_BAD);
    assert_int_equal(state_role(state, "bo"), ROLE_NONE);
    state_free(&state);
}

static void what_is_no_share_is_refused(void **unused)
{
    struct state *state = begun();
    char name[16], longest[65];

    (void)unused;
    assert_int_equal(share(state, "ann", "viewer"), FOLD_BAD); /* the owner */
    assert_int_equal(share(state, "", "viewer"), FOLD_BAD);
    assert_int_equal(share(state, "bo", "owner"), FOLD_BAD);
    assert_int_equal(share(state, "bo", "none"), FOLD_BAD);
    memset(longest, 'x', 64);
    longest[64] = '\0';
    assert_int_equal(share(state, longest, "viewer"), FOLD_BAD);
    assert_int_equal(share(state, longest + 1, "viewer"), FOLD_OK);
    for (int i = 1; i < STATE_MEMBERS_MAX; i++) {
        snprintf(name, sizeof name, "user%d", i);
        assert_int_equal(share(state, name, "viewer"), FOLD_OK);
    }
    assert_int_equal(share(state, "bo", "viewer"), FOLD_BAD);
    assert_int_equal(share(state, "user1", "writer"), FOLD_OK);
    state_free(&state);
}

static void a_snapshot_has_them_and_a_malformed_one_is_refused(void **unused)
{
    static const char *const wrong[] = {"{}", "[{}]", "[{\"user\":\"bo\",\"role\":\"owner\"}]",
                                        "[{\"user\":\"ann\",\"role\":\"viewer\"}]", "[1]"};
    struct state *state = begun(), *again;
    char error[256];

    (void)unused;
    assert_int_equal(share(state, "bo", "approver"), FOLD_OK);
    json_t *snapshot = state_snapshot(state, 0, 0);
    assert_non_null(again = state_from_snapshot(snapshot, error));
    assert_int_equal(state_role(again, "bo"), ROLE_APPROVER);
    assert_string_equal(again->members[0].by, "ann");
    assert_true(again->members[0].ts > 0);
    state_free(&again);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_object_set_new(snapshot, "members", json_loads(wrong[i], 0, NULL));
        assert_null(state_from_snapshot(snapshot, error));
    }
    json_object_del(snapshot, "members"); /* of a daemon before there were any */
    assert_non_null(again = state_from_snapshot(snapshot, error));
    assert_int_equal(again->member_count, 0);
    state_free(&again);
    json_decref(snapshot);
    state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_change_and_go),
        cmocka_unit_test(what_is_no_share_is_refused),
        cmocka_unit_test(a_snapshot_has_them_and_a_malformed_one_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
