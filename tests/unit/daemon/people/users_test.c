/* Who is there, by which keys, and what outlasts the daemon. */
#include "users_rig.h"

static void names_are_checked(void **state)
{
    static const struct {
        const char *name;
        enum err code;
        const char *says;
    } table[] = {
        {"bo", ERR_OK, ""},
        {"0", ERR_OK, ""},
        {"a.b_c-d9", ERR_OK, ""},
        {"", ERR_BAD_REQUEST, "can't be a user's name"},
        {"Bo", ERR_BAD_REQUEST, "'Bo' can't be a user's name: it takes 1 to 63 of a-z 0-9 . _ -"},
        {".bo", ERR_BAD_REQUEST, "begins with a letter or digit"},
        {"-bo", ERR_BAD_REQUEST, "begins with a letter or digit"},
        {"b o", ERR_BAD_REQUEST, "can't be"},
        {"b\xc3\xb6", ERR_BAD_REQUEST, "can't be"},
        {"b\033[31m", ERR_BAD_REQUEST, "can't be"},
        {"Ann Owner", ERR_CONFLICT, "there is a user 'Ann Owner' already"},
        {"123456789012345678901234567890123456789012345678901234567890123", ERR_OK, ""},
        {"1234567890123456789012345678901234567890123456789012345678901234", ERR_BAD_REQUEST, "can't be"},
    };
    struct people *people = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        people->error[0] = '\0';
        enum err code = users_create(people->users, table[i].name, false, NULL, people->error);
        if (code != table[i].code || !strstr(people->error, table[i].says) || strchr(people->error, '\033'))
            fail_msg("'%s': %s %s", table[i].name, err_name(code), people->error);
        assert_int_equal(users_find(people->users, table[i].name) != NULL, code != ERR_BAD_REQUEST);
    }
    assert_int_equal(users_create(people->users, "bo", true, NULL, people->error), ERR_CONFLICT);
    assert_false(user_is_admin(users_find(people->users, "bo")));
}

static void a_free_name_is_made_of_what_is_wanted(void **state)
{
    static const struct {
        const char *wanted, *name;
    } table[] = {
        {"cy", "cy"},
        {"bo", "bo-2"},
        {"Bo", "bo-2"},
        {"..Cy D.  Ex!", "cy-d.-ex"},
        {"", "guest"},
        {"!!!", "guest"},
        {"\xe4\xb8\xad\xe6\x96\x87", "guest"},
        {"1234567890123456789012345678901234567890123456789012345678901234567890",
         "1234567890123456789012345678901234567890123456789012345"},
    };
    struct people *people = *state;
    char name[USER_NAME_MAX + 1];
    add(people, "bo", 1);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        users_free_name(people->users, table[i].wanted, name);
        assert_string_equal(name, table[i].name);
    }
}

/* Who came by a ticket must not get what another of that name left. */
static void a_name_that_owns_sessions_is_not_free(void **state)
{
    struct people *people = *state;
    char name[USER_NAME_MAX + 1];
    struct store_session row = {.key = store_next_session_key(people->server.store),
                                .sid = "s_one",
                                .owner = "cy",
                                .title = "",
                                .run = "idle",
                                .model = "demo/stoa"};
    store_put_session(people->server.store, &row);
    people_again(people);
    users_free_name(people->users, "cy", name);
    assert_string_equal(name, "cy-2");
}

static void a_key_is_of_one_user(void **state)
{
    struct people *people = *state;
    add(people, "bo", 1);
    add(people, "cy", 2);
    assert_string_equal(user_name(users_of_key(people->users, key_of(1))), "bo");
    assert_int_equal(users_add_key(people->users, "cy", key_of(1), "", people->error), ERR_CONFLICT);
    assert_non_null(strstr(people->error, "is bo's already"));
    assert_int_equal(users_add_key(people->users, "cy", "short", "", people->error), ERR_BAD_REQUEST);
    assert_int_equal(users_add_key(people->users, "di", key_of(3), "", people->error), ERR_NOT_FOUND);
    assert_null(users_of_key(people->users, key_of(3)));
    assert_int_equal(users_revoke_key(people->users, key_of(1), people->error), ERR_OK);
    assert_int_equal(users_revoke_key(people->users, key_of(1), people->error), ERR_NOT_FOUND);
    assert_false(users_knows_key(people->users, key_of(1)));
    assert_true(users_knows_key(people->users, key_of(2)));
    assert_int_equal(users_add_key(people->users, "cy", key_of(1), "", people->error), ERR_OK);
    assert_string_equal(user_name(users_of_key(people->users, key_of(1))), "cy");
}

static void a_user_has_so_many_keys_and_no_more(void **state)
{
    struct people *people = *state;
    add(people, "bo", 0);
    for (unsigned char i = 1; i < USER_KEYS_MAX; i++)
        assert_int_equal(users_add_key(people->users, "bo", key_of(i), "", people->error), ERR_OK);
    assert_int_equal(users_add_key(people->users, "bo", key_of(200), "", people->error), ERR_LIMIT);
    assert_int_equal(users_revoke_key(people->users, key_of(7), people->error), ERR_OK);
    assert_int_equal(users_add_key(people->users, "bo", key_of(200), "", people->error), ERR_OK);
}

static void a_connection_is_its_keys_users_while_they_may(void **state)
{
    struct people *people = *state;
    struct principal own, bo, stranger;
    bool yes = true, no = false;
    add(people, "bo", 1);
    users_principal(people->users, "", &own);
    users_principal(people->users, key_of(1), &bo);
    users_principal(people->users, key_of(9), &stranger);
    assert_string_equal(own.user, "Ann Owner");
    assert_true(own.admin);
    assert_string_equal(bo.user, "bo");
    assert_false(bo.admin);
    assert_string_equal(stranger.user, "");
    assert_int_equal(auth_role(&own, NULL), ROLE_ADMIN);
    assert_int_equal(auth_role(&bo, NULL), ROLE_VIEWER);
    assert_int_equal(auth_role(&stranger, NULL), ROLE_NONE);

    assert_int_equal(users_update(people->users, "bo", &yes, NULL, NULL, people->error), ERR_OK);
    assert_true(users_renew(people->users, &bo));
    assert_int_equal(auth_role(&bo, NULL), ROLE_ADMIN);

    assert_int_equal(users_update(people->users, "bo", &no, &yes, NULL, people->error), ERR_OK);
    assert_false(users_renew(people->users, &bo));
    assert_false(users_knows_key(people->users, key_of(1)));
    users_principal(people->users, key_of(1), &bo);
    assert_string_equal(bo.user, "");

    assert_int_equal(users_update(people->users, "bo", NULL, &no, NULL, people->error), ERR_OK);
    assert_true(users_renew(people->users, &bo));
    assert_string_equal(bo.user, "bo");

    assert_int_equal(users_revoke_key(people->users, key_of(1), people->error), ERR_OK);
    assert_false(users_renew(people->users, &bo));
    assert_int_equal(users_create(people->users, "cy", false, NULL, people->error), ERR_OK);
    assert_int_equal(users_add_key(people->users, "cy", key_of(1), "", people->error), ERR_OK);
    assert_false(users_renew(people->users, &bo)); /* another's now */

    assert_true(users_renew(people->users, &stranger));
    assert_string_equal(stranger.user, "");
    assert_int_equal(users_add_key(people->users, "cy", key_of(9), "", people->error), ERR_OK);
    assert_true(users_renew(people->users, &stranger));
    assert_string_equal(stranger.user, "cy");
}

static void the_daemons_own_user_stays(void **state)
{
    struct people *people = *state;
    bool yes = true, no = false;
    json_t *settings = json_of("{\"quota.sessions\":5}");
    const char *own = "Ann Owner";
    assert_int_equal(users_update(people->users, own, &no, NULL, NULL, people->error), ERR_CONFLICT);
    assert_int_equal(users_update(people->users, own, NULL, &yes, NULL, people->error), ERR_CONFLICT);
    assert_non_null(strstr(people->error, "is the daemon's own user"));
    assert_int_equal(users_may_delete(people->users, own, people->error), ERR_CONFLICT);
    assert_int_equal(users_update(people->users, own, &yes, &no, settings, people->error), ERR_OK);
    assert_int_equal(users_add_key(people->users, own, key_of(1), "far away", people->error), ERR_OK);
    people_again(people);
    assert_int_equal(users_quota(people->users, own, QUOTA_SESSIONS), 5);
    assert_string_equal(user_name(users_of_key(people->users, key_of(1))), own);
    json_decref(settings);
}

static void all_of_it_is_there_after_a_restart(void **state)
{
    struct people *people = *state;
    bool yes = true;
    json_t *settings = json_of("{\"quota.sessions\":2,\"models\":[\"demo/*\"]}");
    assert_int_equal(users_create(people->users, "bo", true, settings, people->error), ERR_OK);
    assert_int_equal(users_add_key(people->users, "bo", key_of(1), "lap\033[0mtop", people->error), ERR_OK);
    add(people, "cy", 2);
    add(people, "di", 3);
    assert_int_equal(users_update(people->users, "cy", NULL, &yes, NULL, people->error), ERR_OK);
    users_delete(people->users, "di");
    json_t *before = user_json(users_find(people->users, "bo"));
    people_again(people);
    json_t *after = user_json(users_find(people->users, "bo"));
    assert_true(json_equal(before, after));
    assert_true(user_is_admin(users_find(people->users, "bo")));
    assert_true(user_is_disabled(users_find(people->users, "cy")));
    assert_false(users_knows_key(people->users, key_of(2)));
    assert_null(users_find(people->users, "di"));
    assert_null(users_of_key(people->users, key_of(3)));
    assert_null(
        strchr(json_string_value(json_object_get(json_array_get(json_object_get(after, "keys"), 0), "label")),
               '\033'));
    json_decref(before);
    json_decref(after);
    json_decref(settings);
}

static void quotas_are_the_users_else_the_configurations(void **state)
{
    struct people *people = *state;
    static const char *const sets[] = {"quota.sessions=4", "quota.cost_day=3"};
    json_t *some = json_of("{\"quota.sessions\":2}"), *none = json_of("{\"quota.sessions\":\"any\"}"),
           *nothing = json_of("{\"quota.sessions\":0}"), *standard = json_of("{\"quota.sessions\":null}");
    config_free(&people->server.config);
    people->server.config = config_load(NULL, sets, 2, people->error);
    assert_non_null(people->server.config);
    add(people, "bo", 1);
    assert_int_equal(users_create(people->users, "cy", true, NULL, people->error), ERR_OK);
    assert_int_equal(users_quota(people->users, "bo", QUOTA_SESSIONS), 4);
    assert_int_equal(users_quota(people->users, "bo", QUOTA_COST_DAY), 3000000);
    assert_int_equal(users_quota(people->users, "bo", QUOTA_AGENTS), 0);
    assert_int_equal(users_quota(people->users, "cy", QUOTA_SESSIONS), 0); /* admins */
    assert_int_equal(users_quota(people->users, "Ann Owner", QUOTA_SESSIONS), 0);
    assert_int_equal(users_quota(people->users, "nobody", QUOTA_SESSIONS), 4);
    assert_int_equal(users_update(people->users, "bo", NULL, NULL, some, people->error), ERR_OK);
    assert_int_equal(users_quota(people->users, "bo", QUOTA_SESSIONS), 2);
    assert_int_equal(users_update(people->users, "bo", NULL, NULL, none, people->error), ERR_OK);
    assert_int_equal(users_quota(people->users, "bo", QUOTA_SESSIONS), 0);
    assert_int_equal(users_update(people->users, "bo", NULL, NULL, nothing, people->error), ERR_OK);
    assert_true(users_quota(people->users, "bo", QUOTA_SESSIONS) < 0);
    assert_int_equal(users_update(people->users, "bo", NULL, NULL, standard, people->error), ERR_OK);
    assert_int_equal(users_quota(people->users, "bo", QUOTA_SESSIONS), 4);
    json_decref(some);
    json_decref(none);
    json_decref(nothing);
    json_decref(standard);
}

static void lists_say_who_may_use_what(void **state)
{
    struct people *people = *state;
    json_t *settings = json_of("{\"models\":[\"demo/*\"],\"servers\":[\"git\"]}");
    assert_int_equal(users_create(people->users, "bo", false, settings, people->error), ERR_OK);
    assert_true(users_may_model(people->users, "bo", "demo/stoa", people->error));
    assert_false(users_may_model(people->users, "bo", "big/one", people->error));
    assert_string_equal(people->error,
                        "bo may not use the model 'big/one'; an admin can allow it: stoa user set "
                        "bo --models");
    assert_true(users_may_server(people->users, "bo", "git", people->error));
    assert_false(users_may_server(people->users, "bo", "mail", people->error));
    assert_true(users_may_server(people->users, "Ann Owner", "mail", people->error));
    json_decref(settings);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

static void let_in(struct people *people, const char *name, const char *by)
{
    json_t *settings = json_pack("{s:s}", SETTING_LET_IN_BY, users_let_in_by(people->users, by));
    assert_int_equal(users_create(people->users, name, false, settings, people->error), ERR_OK);
    json_decref(settings);
}

static void whom_tickets_connect_may_be_one_person(void **state)
{
    struct people *people = *state;
    json_t *vouched = json_of("{\"let_in_by\":null}");
    add(people, "ann", 1);
    add(people, "dee", 2);
    let_in(people, "bo", "ann");
    let_in(people, "cy", "bo"); /* by a ticket of a guest */
    let_in(people, "eve", "dee");
    people_again(people);

    struct {
        const char *one, *other;
        bool may;
    } table[] = {{"ann", "ann", true}, {"ann", "dee", false}, {"ann", "bo", true},  {"ann", "cy", true},
                 {"bo", "cy", true},   {"bo", "dee", false},  {"bo", "eve", false}, {"nobody", "ann", false}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (users_may_be_one(people->users, table[i].one, table[i].other) != table[i].may ||
            users_may_be_one(people->users, table[i].other, table[i].one) != table[i].may)
            fail_msg("%s and %s", table[i].one, table[i].other);

    /* who is gone leaves the others connected */
    users_delete(people->users, "bo");
    assert_true(users_may_be_one(people->users, "ann", "cy"));
    /* an admin vouches */
    assert_int_equal(users_update(people->users, "cy", NULL, NULL, vouched, people->error), ERR_OK);
    assert_false(users_may_be_one(people->users, "ann", "cy"));
    json_decref(vouched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whom_tickets_connect_may_be_one_person),
        TEST(names_are_checked),
        TEST(a_free_name_is_made_of_what_is_wanted),
        TEST(a_name_that_owns_sessions_is_not_free),
        TEST(a_key_is_of_one_user),
        TEST(a_user_has_so_many_keys_and_no_more),
        TEST(a_connection_is_its_keys_users_while_they_may),
        TEST(the_daemons_own_user_stays),
        TEST(all_of_it_is_there_after_a_restart),
        TEST(quotas_are_the_users_else_the_configurations),
        TEST(lists_say_who_may_use_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
