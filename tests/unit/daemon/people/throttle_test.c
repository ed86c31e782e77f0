/* How often rights may be changed. */
#include "users_rig.h"

#include "daemon/people/throttle.h"

enum { SECOND_US = 1000000 };
#define START (INT64_C(1000) * SECOND_US)

static int set_up(void **state)
{
    int failed = people_setup(state);
    struct people *people = *state;
    if (failed == 0)
        people->server.throttle = throttle_open(&people->server);
    return failed;
}

static int tear_down(void **state)
{
    struct people *people = *state;
    throttle_close(&people->server.throttle);
    return people_teardown(state);
}

static bool may(struct people *people, const char *user, enum method method, int64_t now_us, int *retry_ms)
{
    return throttle_rights(people->server.throttle, user, method, now_us, retry_ms, people->error);
}

/* How many of them pass at once. */
static int passing(struct people *people, const char *user, enum method method, int tries)
{
    int passed = 0, retry_ms;
    for (int i = 0; i < tries; i++)
        passed += may(people, user, method, START, &retry_ms);
    return passed;
}

static void so_many_changes_of_rights_pass_at_once_and_then_as_they_come_back(void **state)
{
    struct people *people = *state;
    int retry_ms = 0;

    assert_int_equal(passing(people, "bo", METHOD_SESSION_SHARE, 40), 40);
    assert_int_equal(passing(people, "bo", METHOD_SESSION_UNSHARE, 1000), 20); /* of the same bucket */
    assert_false(may(people, "bo", METHOD_TOKEN_ISSUE, START, &retry_ms));
    assert_int_equal(retry_ms, 1001);
    assert_non_null(strstr(people->error, "bo changes rights more than 60 times a minute"));
    assert_true(may(people, "bo", METHOD_TOKEN_ISSUE, START + 1001 * 1000, &retry_ms));
    assert_false(may(people, "bo", METHOD_TOKEN_ISSUE, START + 1002 * 1000, &retry_ms));
}

static void another_user_and_what_changes_no_rights_are_not_touched(void **state)
{
    struct people *people = *state;

    assert_int_equal(passing(people, "bo", METHOD_RULE_ADD, 100), 60);
    assert_int_equal(passing(people, "cy", METHOD_RULE_ADD, 100), 60);
    assert_int_equal(passing(people, "bo", METHOD_MESSAGE_SEND, 1000), 1000);
    assert_int_equal(passing(people, "bo", METHOD_SESSION_LIST, 1000), 1000);
}

static void an_answer_counts_as_a_fifth(void **state)
{
    struct people *people = *state;

    assert_int_equal(passing(people, "bo", METHOD_QUESTION_ANSWER, 1000), 60 * THROTTLE_RIGHTS);
    assert_int_equal(passing(people, "bo", METHOD_SECRET_SET, 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(so_many_changes_of_rights_pass_at_once_and_then_as_they_come_back,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_user_and_what_changes_no_rights_are_not_touched, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_answer_counts_as_a_fifth, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
