/* Which session a name means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/utf8.h"
#include "tui/cli/resolve.h"
#include <string.h>

#define ALPHA "s_01j8zq4k3nw8x5t7v9r2m6p0qa"
#define BETA  "s_01j8zq4k3nw8x5t7v9r2m6p0qb"
#define GAMMA "s_02j8zq4k3nw8x5t7v9r2m6p0qc"

static json_t *sessions;
static char id[ID_MAX];

static void add(const char *session, const char *title)
{
    json_array_append_new(sessions, json_pack("{s:s, s:s}", "id", session, "title", title));
}

static int set_up(void **unused)
{
    (void)unused;
    utf8_locale();
    sessions = json_array();
    add(ALPHA, "Fix the Retry");
    add(BETA, "Gr\xc3\xbc\xc3\x9f"
              "e aus \xc3\x84gypten");
    add(GAMMA, "01j8");
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    json_decref(sessions);
    return 0;
}

/* The number of candidates: 0 for none, 1 with id filled. */
static size_t resolve(const char *name)
{
    json_t *candidates;
    size_t count = 0;

    *id = '\0';
    switch (resolve_session(sessions, name, id, &candidates)) {
    case RESOLVE_ONE:
        count = 1;
        assert_null(candidates);
        break;
    case RESOLVE_NONE:
        assert_null(candidates);
        break;
    case RESOLVE_MANY:
        count = json_array_size(candidates);
        json_decref(candidates);
        break;
    }
    return count;
}

static void assert_means(const char *name, const char *session)
{
    assert_int_equal(resolve(name), 1);
    assert_string_equal(id, session);
}

static void test_a_full_id(void **unused)
{
    (void)unused;
    assert_means(ALPHA, ALPHA);
    add(ALPHA "x", "");
    assert_means(ALPHA, ALPHA); /* even where it begins another */
}

static void test_the_beginning_of_an_id(void **unused)
{
    (void)unused;
    assert_means("s_02", GAMMA);
    assert_means("02", GAMMA);
    assert_means("S_02J8", GAMMA);
    assert_means("01j8zq4k3nw8x5t7v9r2m6p0qb", BETA);
}

static void test_a_title_in_any_case(void **unused)
{
    (void)unused;
    assert_means("fix the retry", ALPHA);
    assert_means("GR\xc3\x9c\xc3\x9f"
                 "E AUS \xc3\xa4GYPTEN",
                 BETA);
    assert_int_equal(resolve("fix the"), 0); /* exact, not a part */
}

static void test_a_title_as_it_was_shown(void **unused)
{
    (void)unused;
    add("s_03j8zq4k3nw8x5t7v9r2m6p0qd", "evil\x1b[31m red");
    assert_means("evil red", "s_03j8zq4k3nw8x5t7v9r2m6p0qd");
}

static void test_several_are_candidates(void **unused)
{
    (void)unused;
    assert_int_equal(resolve("s_0"), 3);
    assert_int_equal(resolve("01j8"), 3); /* two beginnings and a title */
    add("s_04j8zq4k3nw8x5t7v9r2m6p0qe", "FIX THE RETRY");
    assert_int_equal(resolve("Fix the Retry"), 2);
}

static void test_nothing_means_nothing(void **unused)
{
    (void)unused;
    assert_int_equal(resolve(""), 0);
    assert_int_equal(resolve("nosuch"), 0);
    add("s_05j8zq4k3nw8x5t7v9r2m6p0qf", "");
    assert_int_equal(resolve(""), 0);
    assert_int_equal(resolve_session(NULL, "x", id, &(json_t *){NULL}), RESOLVE_NONE);
}

static void test_what_has_no_title(void **unused)
{
    char found[ID_MAX];
    json_t *candidates, *tokens = json_pack("[{s:s,s:s},{s:s,s:s}]", "token", "k_01j8a", "title", "02",
                                            "token", "k_01j8b", "title", "");

    (void)unused;
    assert_int_equal(resolve_id(tokens, "token", "K_01j8A", found, &candidates), RESOLVE_ONE);
    assert_string_equal(found, "k_01j8a");
    assert_int_equal(resolve_id(tokens, "token", "01j8b", found, &candidates), RESOLVE_ONE);
    assert_string_equal(found, "k_01j8b");
    assert_int_equal(resolve_id(tokens, "token", "02", found, &candidates), RESOLVE_NONE);
    assert_int_equal(resolve_id(tokens, "token", "k_", found, &candidates), RESOLVE_MANY);
    assert_int_equal(json_array_size(candidates), 2);
    json_decref(candidates);
    json_decref(tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_no_title),
        cmocka_unit_test_setup_teardown(test_a_full_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_beginning_of_an_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_title_in_any_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_title_as_it_was_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_are_candidates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_means_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
