/* Who is next for a process: told as stories, in which an owner is a letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/supervisor/line.h"
#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 4096 };

static struct play {
    struct line *line;
    struct line_place places[PLACES];
    char owners[PLACES];
    size_t count, max;
    int64_t may[128];
    char served[2 * PLACES]; /* the owners, in the order in which they were */
} play;

static int64_t may_have(void *arg, const char *owner)
{
    (void)arg;
    return play.may[(int)owner[0]];
}

static int begin(void **state)
{
    struct line_handler handler = {NULL, may_have};
    (void)state;
    memset(&play, 0, sizeof play);
    play.line = line_open(&handler);
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < play.count; i++)
        line_out(play.line, &play.places[i]);
    assert_int_equal(line_waiting(play.line), 0);
    assert_int_equal(line_held(play.line), 0);
    assert_null(line_owners(play.line)); /* nobody is remembered for whom there is nothing */
    line_close(&play.line);
    return 0;
}

static void join(char owner)
{
    char name[2] = {owner, '\0'};
    play.owners[play.count] = owner;
    line_join(play.line, &play.places[play.count++], name);
}

static void serve(void)
{
    struct line_place *place;
    while (line_held(play.line) < play.max && (place = line_next(play.line))) {
        char owner = play.owners[place - play.places], name[2] = {owner, '\0'};
        play.served[strlen(play.served)] = owner;
        line_hold(play.line, place, name);
    }
}

/* The process that this owner has had longest ends. */
static void ends(char owner)
{
    for (size_t i = 0; i < play.count; i++)
        if (play.owners[i] == owner && play.places[i].owner && !play.places[i].waits) {
            line_out(play.line, &play.places[i]);
            return;
        }
    fail_msg("%c has no process", owner);
}

/* A small letter joins; a capital one: a process of that owner's ends. After each, who can be is served. */
static void tell(const char *story)
{
    for (; *story; story++) {
        if (islower((unsigned char)*story))
            join(*story);
        else
            ends((char)tolower((unsigned char)*story));
        serve();
    }
}

static void who_is_next(void **state)
{
    static const struct {
        size_t max;
        const char *story, *served;
    } table[] = {
        {3, "aaaaa", "aaa"},
        {3, "aaaaaAAAAA", "aaaaa"},
        {3, "aaaaaaabA", "aaab"},          /* the first that becomes free */
        {3, "aaaaaaabbAA", "aaaba"},       /* then one each: alike, whoever was served longest ago */
        {3, "aaaaaaabbAAABB", "aaababaa"}, /* and all in the end */
        {4, "aaaaaaaabbbbbbbbccccccccAAAA", "aaaabcab"},
        {1, "aaabbbcccABCABCAB", "abcabcabc"}, /* in turns, when there is one */
        {2, "ababABAB", "abab"},
        {1, "aaaabAcBC", "abca"},
        {0, "aabb", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        begin(state);
        play.max = table[i].max;
        /* an end that is told of an owner who has nothing would fail the story */
        for (const char *at = table[i].story; *at; at++) {
            char step[2] = {*at, '\0'};
            const struct line_owner *owner = line_owners(play.line);
            char name = (char)tolower((unsigned char)*at);
            while (owner && owner->name[0] != name)
                owner = owner->next;
            if (islower((unsigned char)*at) || (owner && owner->held > 0))
                tell(step);
        }
        if (strcmp(play.served, table[i].served) != 0)
            fail_msg("%zu: %s: served %s, not %s", table[i].max, table[i].story, play.served,
                     table[i].served);
        end(state);
    }
}

static void a_hundred_of_one_do_not_keep_another_waiting(void **state)
{
    (void)state;
    play.max = 3;
    for (int i = 0; i < 100; i++)
        tell("a");
    tell("b");
    tell("A");
    assert_string_equal(play.served, "aaab");
}

static void of_each_who_came_first_is_first(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        join("abaab"[i]);
    assert_ptr_equal(line_next(play.line), &play.places[0]);
    line_hold(play.line, &play.places[0], "a");
    assert_ptr_equal(line_next(play.line), &play.places[1]);
    line_hold(play.line, &play.places[1], "b");
    line_out(play.line, &play.places[2]); /* somebody in the middle wants no more */
    line_out(play.line, &play.places[4]);
    assert_ptr_equal(line_next(play.line), &play.places[3]);
    line_out(play.line, &play.places[3]);
    assert_null(line_next(play.line));
    join('a');
    assert_ptr_equal(line_next(play.line), &play.places[5]);
}

static void nobody_has_more_than_is_theirs(void **state)
{
    (void)state;
    play.max = 10;
    play.may['a'] = 2;
    play.may['c'] = -1;
    tell("aaaabbbcc");
    assert_string_equal(play.served, "aabbb");
    assert_int_equal(line_waiting(play.line), 4);
    assert_false(line_may(play.line, "a"));
    assert_true(line_may(play.line, "b"));
    assert_false(line_may(play.line, "c"));
    assert_true(line_may(play.line, "new"));
    tell("A");
    assert_string_equal(play.served, "aabbba");
    play.may['a'] = 3;
    line_renew(play.line);
    serve();
    assert_string_equal(play.served, "aabbbaa");
}

static void those_who_may_have_no_more_want_no_room_of_others(void **state)
{
    (void)state;
    play.max = 3;
    play.may['a'] = 2;
    tell("aaaaab");
    assert_string_equal(play.served, "aab");
    assert_int_equal(line_wanted(play.line, NULL, 0), 3);
    assert_int_equal(line_wanted(play.line, "a", 1), 3);
    assert_int_equal(line_wanted(play.line, "b", 1), 4);
    assert_int_equal(line_wanted(play.line, "c", 1), 4);
    assert_int_equal(line_over(play.line, "a", 0), 3); /* but of their own */
    assert_int_equal(line_over(play.line, "b", 0), 0);
    assert_int_equal(line_over(play.line, "c", 1), 0);
}

static void who_leaves_has_left_as_far_as_room_goes(void **state)
{
    (void)state;
    play.max = 2;
    play.may['a'] = 2;
    tell("aaa");
    assert_int_equal(line_over(play.line, "a", 0), 1);
    line_leaves(play.line, &play.places[0]);
    line_leaves(play.line, &play.places[0]);
    assert_int_equal(line_over(play.line, "a", 0), 0);
    assert_int_equal(line_wanted(play.line, NULL, 0), 2);
    assert_null(line_next(play.line)); /* it is there until it is gone */
    tell("A");
    assert_string_equal(play.served, "aaa");
    assert_int_equal(line_wanted(play.line, NULL, 0), 2);
}

/* Random comings and goings of many: nobody is forgotten, and nobody waits while one who has more is served.
 */
static void many_owners_are_dealt_with_evenly(void **state)
{
    size_t joined[26] = {0}, began[26] = {0};
    (void)state;
    srand(7);
    play.max = 8;
    while (play.count < PLACES - 1) {
        int who = rand() % 26;
        join((char)('a' + (rand() % 3 ? 0 : who))); /* a is greedy */
        joined[play.owners[play.count - 1] - 'a']++;
        struct line_place *place = line_held(play.line) < play.max ? line_next(play.line) : NULL;
        for (const struct line_owner *owner = line_owners(play.line); place && owner; owner = owner->next)
            assert_true(owner->waiting == 0 || owner->held >= place->owner->held);
        serve();
        if (rand() % 4)
            continue;
        const struct line_owner *owner = line_owners(play.line);
        for (int skip = rand() % 5; owner && (skip-- > 0 || owner->held == 0);)
            owner = owner->next;
        if (owner)
            ends(owner->name[0]);
        serve();
    }
    while (line_waiting(play.line) > 0) {
        const struct line_owner *owner = line_owners(play.line);
        while (owner->held == 0)
            owner = owner->next;
        ends(owner->name[0]);
        serve();
    }
    for (const char *at = play.served; *at; at++)
        began[*at - 'a']++;
    assert_memory_equal(joined, began, sizeof joined);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_next),
        TEST(a_hundred_of_one_do_not_keep_another_waiting),
        TEST(of_each_who_came_first_is_first),
        TEST(nobody_has_more_than_is_theirs),
        TEST(those_who_may_have_no_more_want_no_room_of_others),
        TEST(who_leaves_has_left_as_far_as_room_goes),
        TEST(many_owners_are_dealt_with_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
