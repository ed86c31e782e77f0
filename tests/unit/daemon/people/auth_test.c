/* Roles of principals, and each method of the table by each role. */
#include "daemon/people/auth.h"
#include "tests/unit/proto/fold.h"

static struct state *session_of(const char *id)
{
    static const char *const users[] = {"val", "wes", "app"}, *const roles[] = {"viewer", "writer",
                                                                                "approver"};
    struct state *state = state_new(id, FOLD_EPOCH);

    assert_int_equal(
        fold_json(state, EVENT_SESSION_STARTED,
                  json_pack("{s:s,s:s,s:s,s:i}", "owner", "ann", "title", "", "model", "a/b", "created", 1)),
        FOLD_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fold_json(state, EVENT_SESSION_SHARED,
                                   json_pack("{s:s,s:s}", "user", users[i], "role", roles[i])),
                         FOLD_OK);
    return state;
}

static struct principal somebody(const char *user)
{
    struct principal principal = {.most = ROLE_ADMIN};

    strcpy(principal.user, user);
    return principal;
}

static void each_has_the_role_that_the_session_gives(void **unused)
{
    struct state *state = session_of(FOLD_SESSION);
    struct principal stranger = somebody(""), ann = somebody("ann"), val = somebody("val"),
                     bo = somebody("bo");

    (void)unused;
    assert_int_equal(auth_role(&ann, state), ROLE_OWNER);
    assert_int_equal(auth_role(&val, state), ROLE_VIEWER);
    assert_int_equal(auth_role(&bo, state), ROLE_NONE);
    assert_int_equal(auth_role(&stranger, state), ROLE_NONE);
    assert_int_equal(auth_role(&stranger, NULL), ROLE_NONE);
    assert_int_equal(auth_role(&bo, NULL), ROLE_VIEWER);
    bo.admin = true;
    assert_int_equal(auth_role(&bo, NULL), ROLE_ADMIN);
    assert_int_equal(auth_role(&bo, state), ROLE_NONE); /* an admin is nobody in others' sessions */
    state_free(&state);
}

static void a_token_makes_less_of_everybody(void **unused)
{
    struct state *state = session_of(FOLD_SESSION), *other = session_of("s_01j8zq4k3n0000000000000001");
    struct principal ann = somebody("ann"), app = somebody("app");

    (void)unused;
    assert_true(auth_is_whole(&ann));
    ann.most = ROLE_WRITER;
    app.most = ROLE_WRITER;
    assert_int_equal(auth_role(&ann, state), ROLE_WRITER);
    assert_int_equal(auth_role(&app, state), ROLE_WRITER);
    assert_false(auth_is_whole(&ann));
    ann.most = ROLE_ADMIN;
    strcpy(ann.session, state->id);
    assert_int_equal(auth_role(&ann, state), ROLE_OWNER);
    assert_int_equal(auth_role(&ann, other), ROLE_NONE);
    assert_false(auth_is_whole(&ann));
    ann.session[0] = '\0';
    ann.admin = true;
    ann.most = ROLE_OWNER;
    assert_int_equal(auth_role(&ann, NULL), ROLE_OWNER); /* no admin by that token */
    assert_true(auth_is_whole(&ann));
    ann.most = ROLE_ADMIN;
    assert_int_equal(auth_role(&ann, NULL), ROLE_ADMIN);
    strcpy(ann.session, state->id);
    assert_int_equal(auth_role(&ann, NULL), ROLE_VIEWER); /* of that session alone, whoever the user is */
    assert_int_equal(auth_role(&ann, state), ROLE_OWNER);
    state_free(&state);
    state_free(&other);
}

/* What a request changes in a session is no viewer's; what ends it, or decides who is there, is its owner's
 * alone. */
static void the_table_gives_each_role_no_more_than_the_page_says(void **unused)
{
    static const enum method owners[] = {METHOD_SESSION_ARCHIVE, METHOD_SESSION_DELETE, METHOD_SESSION_REWIND,
                                         METHOD_SESSION_SHARE, METHOD_SESSION_TICKET};
    /* for themselves, or their handlers look closer */
    static const enum method viewers[] = {METHOD_SESSION_COMMAND, METHOD_SESSION_FORK,
                                          METHOD_SESSION_UNSHARE};
    struct state *state = session_of(FOLD_SESSION);
    struct principal stranger = somebody(""), bo = somebody("bo"), val = somebody("val"),
                     app = somebody("app");

    (void)unused;
    for (enum method method = 0; method < METHOD_COUNT; method++) {
        const struct request_row *row = request_row(method);
        bool owner = false, viewer = false;
        for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++)
            owner = owner || owners[i] == method;
        for (size_t i = 0; i < sizeof viewers / sizeof viewers[0]; i++)
            viewer = viewer || viewers[i] == method;
        if (row->role > ROLE_NONE)
            assert_false(auth_may(&stranger, row->session ? state : NULL, row->role));
        if (!row->session)
            continue;
        assert_false(auth_may(&bo, state, row->role));
        assert_int_equal(auth_may(&app, state, row->role), !owner);
        if (row->changes && !viewer && auth_may(&val, state, row->role))
            fail_msg("%s changes a session, and a viewer may", row->name);
    }
    state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_the_role_that_the_session_gives),
        cmocka_unit_test(a_token_makes_less_of_everybody),
        cmocka_unit_test(the_table_gives_each_role_no_more_than_the_page_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
