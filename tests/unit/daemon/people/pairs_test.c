/* Codes of six digits: who is let in, who is not, and that nobody keeps others out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/people/pairs.h"
#include "shared/xalloc.h"
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct route route = {.len = 1, .id = {7}};

struct rig {
    struct pairs *pairs;
    struct pair made, got;
    char error[256];
};

static struct rig begin(void)
{
    struct rig rig = {.pairs = pairs_open()};

    assert_int_equal(pairs_start(rig.pairs, "ann", "", &route, NULL, 1000, &rig.made, rig.error), ERR_OK);
    return rig;
}

static const char *wrong_code(const struct rig *rig)
{
    static char code[PAIR_DIGITS + 1];

    strcpy(code, rig->made.code);
    code[5] = code[5] == '0' ? '1' : '0';
    return code;
}

static const char *address(int i)
{
    static char text[32];

    snprintf(text, sizeof text, "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
    return text;
}

static void test_a_code_lets_one_in_once(void **state)
{
    struct rig rig = begin();

    (void)state;
    assert_int_equal(strlen(rig.made.code), PAIR_DIGITS);
    for (int i = 0; i < PAIR_DIGITS; i++)
        assert_true(isdigit((unsigned char)rig.made.code[i]));
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.0.0.1", 2000, &rig.got), PAIR_GOOD);
    assert_string_equal(rig.got.user, "ann");
    assert_int_equal(route_compare(&rig.got.route, &route), 0);
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.0.0.1", 2000, &rig.got), PAIR_WRONG);
    pairs_close(&rig.pairs);
}

static void test_a_code_lives_two_minutes(void **state)
{
    struct rig rig = begin();

    (void)state;
    assert_int_equal(rig.made.expires, 1000 + PAIR_LIFE_MS);
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.0.0.1", 1000 + PAIR_LIFE_MS, &rig.got),
                     PAIR_WRONG);
    pairs_close(&rig.pairs);
    rig = begin();
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.0.0.1", 999 + PAIR_LIFE_MS, &rig.got),
                     PAIR_GOOD);
    pairs_close(&rig.pairs);
}

static void test_five_wrong_tries_by_anybody_kill_a_code(void **state)
{
    for (int wrong = PAIR_TRIES - 1; wrong <= PAIR_TRIES; wrong++) {
        struct rig rig = begin();

        (void)state;
        for (int i = 0; i < wrong; i++)
            assert_int_equal(pairs_try(rig.pairs, wrong_code(&rig), address(i << 8), 2000, &rig.got),
                             PAIR_WRONG);
        assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.9.9.9", 2000, &rig.got),
                         wrong < PAIR_TRIES ? PAIR_GOOD : PAIR_WRONG);
        pairs_close(&rig.pairs);
    }
}

static void test_one_host_can_not_keep_others_from_pairing(void **state)
{
    struct rig rig = begin();

    (void)state;
    /* one that guesses on and on is soon not heard, */
    for (int i = 0; i < PAIR_ADDRESS_TRIES; i++)
        assert_int_equal(pairs_try(rig.pairs, wrong_code(&rig), "10.0.0.1", 2000, &rig.got), PAIR_WRONG);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(pairs_try(rig.pairs, wrong_code(&rig), "10.0.0.1", 2000 + i, &rig.got), PAIR_DEAF);
    /* nor is its right guess, while another's is, and while every further code is not touched by it */
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.0.0.1", 4000, &rig.got), PAIR_DEAF);
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.0.0.2", 4000, &rig.got), PAIR_GOOD);
    /* after a quarter of an hour it is heard again */
    int64_t later = 2000 + PAIR_DEAF_MS;
    assert_int_equal(pairs_start(rig.pairs, "ann", "", &route, NULL, later, &rig.made, rig.error), ERR_OK);
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.0.0.1", later, &rig.got), PAIR_GOOD);
    pairs_close(&rig.pairs);
}

static void test_one_neighbourhood_does_not_kill_a_code(void **state)
{
    static const char *const others[] = {"10.0.1.1", "2001:db8:1::1"};

    (void)state;
    for (size_t n = 0; n < 2; n++) {
        struct rig rig = begin();
        for (int i = 0; i < 250; i++) {
            char *text = xasprintf(n == 0 ? "10.0.0.%d" : "2001:db8:0:%d::1", i + 1);
            assert_int_equal(pairs_try(rig.pairs, wrong_code(&rig), text, 2000, &rig.got), PAIR_WRONG);
            free(text);
        }
        assert_false(pairs_next_killed(rig.pairs, &rig.got));
        assert_int_equal(pairs_try(rig.pairs, rig.made.code, others[n], 2000, &rig.got), PAIR_GOOD);
        assert_int_equal(rig.got.wrong, PAIR_NEARBY_TRIES);
        pairs_close(&rig.pairs);
    }
}

static void test_whose_code_was_killed_learns_from_where(void **state)
{
    struct rig rig = begin();

    (void)state;
    for (int i = 0; i < PAIR_TRIES; i++) {
        assert_false(pairs_next_killed(rig.pairs, &rig.got));
        assert_int_equal(pairs_try(rig.pairs, wrong_code(&rig), address(i << 8), 2000, &rig.got), PAIR_WRONG);
    }
    assert_true(pairs_next_killed(rig.pairs, &rig.got));
    assert_string_equal(rig.got.user, "ann");
    for (int i = 0; i < PAIR_TRIES; i++)
        assert_string_equal(rig.got.wrongs[i].text, address(i << 8));
    assert_false(pairs_next_killed(rig.pairs, &rig.got));
    pairs_close(&rig.pairs);
}

static void test_a_code_for_one_address_is_nobody_else_s_to_try(void **state)
{
    struct rig rig = begin();
    struct address only;

    (void)state;
    assert_true(address_of_text("192.0.2.7", &only));
    assert_int_equal(pairs_start(rig.pairs, "ann", "", &route, &only, 1000, &rig.made, rig.error), ERR_OK);
    for (int i = 0; i < 50; i++)
        assert_int_equal(pairs_try(rig.pairs, wrong_code(&rig), address(i << 8), 2000, &rig.got), PAIR_WRONG);
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "192.0.2.8", 2000, &rig.got), PAIR_WRONG);
    assert_false(pairs_next_killed(rig.pairs, &rig.got));
    assert_int_equal(pairs_try(rig.pairs, wrong_code(&rig), "192.0.2.7", 2000, &rig.got), PAIR_WRONG);
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "::ffff:192.0.2.7", 2000, &rig.got), PAIR_GOOD);
    pairs_close(&rig.pairs);
}

static void test_a_network_of_ipv6_is_one_address(void **state)
{
    struct rig rig = begin();

    (void)state;
    for (int i = 0; i < PAIR_ADDRESS_TRIES; i++) {
        char text[40];
        snprintf(text, sizeof text, "2001:db8::%d", i + 1);
        assert_int_equal(pairs_try(rig.pairs, wrong_code(&rig), text, 2000, &rig.got), PAIR_WRONG);
    }
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "2001:db8::ffff", 2000, &rig.got), PAIR_DEAF);
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "2001:db8:0:1::1", 2000, &rig.got), PAIR_GOOD);
    pairs_close(&rig.pairs);
}

static void test_what_is_remembered_of_guessers_is_bounded(void **state)
{
    struct rig rig = begin();

    (void)state;
    for (int i = 0; i < 20 * PAIR_ADDRESSES; i++)
        assert_int_equal(pairs_try(rig.pairs, "abcdef", address(i), 2000 + i, &rig.got), PAIR_WRONG);
    pairs_close(&rig.pairs);
}

static void test_a_user_has_one_code_and_a_daemon_few(void **state)
{
    struct rig rig = begin();
    char user[16], first[PAIR_DIGITS + 1];

    (void)state;
    strcpy(first, rig.made.code);
    assert_int_equal(pairs_start(rig.pairs, "ann", "", &route, NULL, 1000, &rig.made, rig.error), ERR_OK);
    if (strcmp(first, rig.made.code) != 0)
        assert_int_equal(pairs_try(rig.pairs, first, "10.0.0.1", 1000, &rig.got), PAIR_WRONG);
    for (int i = 1; i < PAIRS_MAX; i++) {
        snprintf(user, sizeof user, "user%d", i);
        assert_int_equal(pairs_start(rig.pairs, user, "", &route, NULL, 1000, &rig.made, rig.error), ERR_OK);
    }
    assert_int_equal(pairs_start(rig.pairs, "bo", "", &route, NULL, 1000, &rig.made, rig.error), ERR_BUSY);
    /* one's own makes room for one's own, and old ones for all */
    assert_int_equal(pairs_start(rig.pairs, "ann", "", &route, NULL, 1000, &rig.made, rig.error), ERR_OK);
    assert_int_equal(
        pairs_start(rig.pairs, "bo", "", &route, NULL, 1000 + PAIR_LIFE_MS, &rig.made, rig.error), ERR_OK);
    pairs_end(rig.pairs, "bo");
    assert_int_equal(pairs_try(rig.pairs, rig.made.code, "10.0.0.3", 1000 + PAIR_LIFE_MS, &rig.got),
                     PAIR_WRONG);
    pairs_close(&rig.pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_lets_one_in_once),
        cmocka_unit_test(test_a_code_lives_two_minutes),
        cmocka_unit_test(test_five_wrong_tries_by_anybody_kill_a_code),
        cmocka_unit_test(test_one_host_can_not_keep_others_from_pairing),
        cmocka_unit_test(test_one_neighbourhood_does_not_kill_a_code),
        cmocka_unit_test(test_whose_code_was_killed_learns_from_where),
        cmocka_unit_test(test_a_code_for_one_address_is_nobody_else_s_to_try),
        cmocka_unit_test(test_a_network_of_ipv6_is_one_address),
        cmocka_unit_test(test_what_is_remembered_of_guessers_is_bounded),
        cmocka_unit_test(test_a_user_has_one_code_and_a_daemon_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
