/* What programs log in with: shown once, kept as a hash, gone when it is over. */
#include "shared/clock.h"
#include "users_rig.h"

static struct token_wish wish_of(const char *user)
{
    return (struct token_wish){.user = user, .label = "job", .ttl_ms = 60000, .most = ROLE_ADMIN};
}

static void a_secret_lets_its_user_in(void **state)
{
    struct people *people = *state;
    struct token_wish wish = wish_of("bo");
    const struct token *token;
    struct principal principal = {.most = ROLE_ADMIN};
    char secret[TOKEN_SECRET_LEN + 1], other[TOKEN_SECRET_LEN + 1];
    add(people, "bo", 1);
    assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_OK);
    assert_int_equal(strncmp(secret, "stoa_", 5), 0);
    assert_int_equal(strlen(secret), TOKEN_SECRET_LEN);
    assert_true(id_valid(token_id(token), "k_"));
    strcpy(other, secret);
    other[10] = other[10] == 'x' ? 'y' : 'x';
    assert_int_equal(users_login(people->users, other, &principal, people->error), ERR_DENIED);
    assert_int_equal(users_login(people->users, "", &principal, people->error), ERR_DENIED);
    assert_string_equal(principal.user, "");
    assert_string_equal(people->error, "this token lets nobody in: it is unknown, expired or revoked");
    assert_int_equal(users_login(people->users, secret, &principal, people->error), ERR_OK);
    assert_string_equal(principal.user, "bo");
    assert_string_equal(principal.token, token_id(token));
    assert_true(users_renew(people->users, &principal));
}

static void a_token_may_no_more_than_its_scope(void **state)
{
    struct people *people = *state;
    struct token_wish wish = wish_of("Ann Owner");
    const struct token *token;
    struct principal principal = {0};
    char secret[TOKEN_SECRET_LEN + 1];
    wish.most = ROLE_VIEWER;
    wish.session = "s_one";
    assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_OK);
    people_again(people);
    assert_int_equal(users_login(people->users, secret, &principal, people->error), ERR_OK);
    assert_true(principal.admin);
    assert_int_equal(auth_role(&principal, NULL), ROLE_VIEWER);
    assert_string_equal(principal.session, "s_one");
}

static void a_token_ends_with_its_time_its_user_and_its_revocation(void **state)
{
    struct people *people = *state;
    struct token_wish wish = wish_of("bo"), brief = wish_of("bo");
    const struct token *token, *other, *third;
    struct principal first = {0}, second = {0}, late = {0};
    char secret[TOKEN_SECRET_LEN + 1], id[ID_MAX];
    bool yes = true, no = false;
    add(people, "bo", 1);
    assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_OK);
    assert_int_equal(users_login(people->users, secret, &first, people->error), ERR_OK);
    strcpy(id, token_id(token));
    assert_int_equal(tokens_issue(people->users, &wish, &other, secret, people->error), ERR_OK);
    assert_int_equal(users_login(people->users, secret, &second, people->error), ERR_OK);

    tokens_revoke(people->users, id);
    assert_null(tokens_find(people->users, id));
    assert_false(users_renew(people->users, &first));
    assert_true(users_renew(people->users, &second));

    assert_int_equal(users_update(people->users, "bo", NULL, &yes, NULL, people->error), ERR_OK);
    assert_false(users_renew(people->users, &second));
    assert_int_equal(users_login(people->users, secret, &late, people->error), ERR_DENIED);
    assert_int_equal(users_update(people->users, "bo", NULL, &no, NULL, people->error), ERR_OK);
    assert_true(users_renew(people->users, &second));

    brief.ttl_ms = 0;
    assert_int_equal(tokens_issue(people->users, &brief, &third, secret, people->error), ERR_OK);
    assert_int_equal(users_login(people->users, secret, &late, people->error), ERR_DENIED);

    users_delete(people->users, "bo");
    assert_false(users_renew(people->users, &second));
}

/* One that has expired is forgotten, by the loop's own doing. */
static void an_expired_token_is_forgotten(void **state)
{
    struct people *people = *state;
    struct token_wish wish = wish_of("Ann Owner");
    const struct token *token;
    char secret[TOKEN_SECRET_LEN + 1], id[ID_MAX];
    wish.ttl_ms = 50;
    assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_OK);
    strcpy(id, token_id(token));
    int64_t began = clock_steady_ms();
    while (tokens_find(people->users, id) && clock_steady_ms() - began < 10000)
        uv_run(&people->loop, UV_RUN_ONCE);
    assert_null(tokens_find(people->users, id));
    assert_true(clock_steady_ms() - began < 1000);
    people_again(people);
    assert_null(tokens_find(people->users, id));
}

static void a_user_has_so_many_tokens_and_no_more(void **state)
{
    struct people *people = *state;
    struct token_wish wish = wish_of("Ann Owner");
    const struct token *token;
    char secret[TOKEN_SECRET_LEN + 1];
    for (int i = 0; i < USER_TOKENS_MAX; i++)
        assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_OK);
    assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_LIMIT);
    tokens_revoke(people->users, token_id(token));
    assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_OK);
    wish.user = "nobody";
    assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_NOT_FOUND);
}

/* No byte of it is anywhere in the files. */
static void only_a_hash_is_kept(void **state)
{
    struct people *people = *state;
    struct token_wish wish = wish_of("Ann Owner");
    const struct token *token;
    char secret[TOKEN_SECRET_LEN + 1], command[256];
    assert_int_equal(tokens_issue(people->users, &wish, &token, secret, people->error), ERR_OK);
    people_again(people);
    snprintf(command, sizeof command, "grep -rqF -e '%s' %s", secret + 5, people->folder);
    assert_int_not_equal(system(command), 0);
    snprintf(command, sizeof command, "grep -rqF -e '%s' %s", wish.label, people->folder);
    assert_int_equal(system(command), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_lets_its_user_in),
        TEST(a_token_may_no_more_than_its_scope),
        TEST(a_token_ends_with_its_time_its_user_and_its_revocation),
        TEST(an_expired_token_is_forgotten),
        TEST(a_user_has_so_many_tokens_and_no_more),
        TEST(only_a_hash_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
