/* What session.max_age and limits.max_sessions need of the store. */
#include "store_rig.h"

static void put_archived(struct rig *rig, const char *sid, const char *owner, int64_t activity)
{
    struct store_session row = {.key = store_next_session_key(rig->store),
                                .sid = sid,
                                .owner = owner,
                                .title = "",
                                .run = "idle",
                                .model = "demo/stoa",
                                .created = 1000,
                                .activity = activity,
                                .archived = true};

    store_put_session(rig->store, &row);
}

/* All of them, joined. */
static void walk(struct rig *rig, char out[256])
{
    struct store_quiet at = {0};

    out[0] = '\0';
    while (store_next_quiet(rig->store, &at))
        snprintf(out + strlen(out), 256 - strlen(out), "%s%s@%d", out[0] ? " " : "", at.sid,
                 (int)at.activity);
}

static void an_empty_store_has_none(void **state)
{
    struct rig *rig = *state;
    struct store_quiet at = {0};

    assert_non_null(rig_open(rig));
    assert_false(store_next_quiet(rig->store, &at));
    assert_int_equal(store_count_open(rig->store), 0);
}

static void they_come_by_owner_the_longest_quiet_first_without_the_archived(void **state)
{
    struct rig *rig = *state;
    char out[256];

    assert_non_null(rig_open(rig));
    put_session(rig, "s_1", "bo", 30);
    put_session(rig, "s_2", "ann", 20);
    put_archived(rig, "s_3", "ann", 1);
    put_session(rig, "s_4", "ann", 10);
    put_session(rig, "s_5", "ann", 20); /* the same moment: by key */
    put_archived(rig, "s_6", "bea", 5); /* an owner with nothing else */
    put_session(rig, "s_7", "bo", 40);
    assert_int_equal(commit(rig), ERR_OK);
    walk(rig, out);
    assert_string_equal(out, "s_4@10 s_2@20 s_5@20 s_1@30 s_7@40");
    assert_int_equal(store_count_open(rig->store), 5);
}

static void the_rest_of_an_owner_can_be_left_out(void **state)
{
    struct rig *rig = *state;
    struct store_quiet at = {0};

    assert_non_null(rig_open(rig));
    put_session(rig, "s_1", "ann", 10);
    put_session(rig, "s_2", "ann", 20);
    put_session(rig, "s_3", "bo", 5);
    assert_int_equal(commit(rig), ERR_OK);
    assert_true(store_next_quiet(rig->store, &at));
    assert_string_equal(at.sid, "s_1");
    at.activity = INT64_MAX;
    assert_true(store_next_quiet(rig->store, &at));
    assert_string_equal(at.sid, "s_3");
    assert_false(store_next_quiet(rig->store, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_store_has_none, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(they_come_by_owner_the_longest_quiet_first_without_the_archived,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(the_rest_of_an_owner_can_be_left_out, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
