/* Ids: their form, their order, their time. */
#include "shared/clock.h"
#include "shared/id.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, IDS_PER_THREAD = 5000 };

static void an_id_is_its_prefix_and_26_characters(void **state)
{
    char id[ID_MAX];
    (void)state;

    id_make(id, "s_");

    assert_int_equal(strlen(id), 2 + ID_ULID_LEN);
    assert_memory_equal(id, "s_", 2);
    assert_true(id_valid(id, "s_"));
    assert_false(id_valid(id, "m_"));
}

static void a_prefix_may_be_empty_and_is_cut_at_12_characters(void **state)
{
    char id[ID_MAX];
    (void)state;

    id_make(id, "");
    assert_true(id_valid(id, ""));
    id_make(id, "abcdefghijklmnop");
    assert_true(id_valid(id, "abcdefghijkl"));
}

static void ids_rise_even_within_one_millisecond(void **state)
{
    char last[ID_MAX], next[ID_MAX];
    int same_millisecond = 0;
    (void)state;

    id_make(last, "m_");
    for (int i = 0; i < 20000; i++) {
        id_make(next, "m_");
        assert_true(strcmp(last, next) < 0);
        same_millisecond += memcmp(last, next, 12) == 0;
        memcpy(last, next, sizeof last);
    }

    assert_true(same_millisecond > 0);
}

static void the_first_ten_characters_tell_the_time(void **state)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char id[ID_MAX];
    int64_t made = 0, last = clock_wall_ms();
    (void)state;
    while (clock_wall_ms() == last) /* so that no earlier id of this millisecond counts on */
        ;
    int64_t before = clock_wall_ms();

    id_make(id, "e_");

    int64_t after = clock_wall_ms();
    for (int i = 0; i < 10; i++)
        made = made << 5 | (strchr(digits, id[2 + i]) - digits);
    assert_true(before <= made && made <= after);
}

static void neighbours_cannot_be_guessed(void **state)
{
    char a[ID_MAX], b[ID_MAX];
    int far = 0;
    (void)state;

    for (int i = 0; i < 100; i++) {
        id_make(a, "");
        id_make(b, "");
        far += memcmp(a, b, ID_ULID_LEN - 3) != 0;
    }

    assert_true(far > 90); /* a step under 2^15 is a chance of 1 in 131,072 */
}

static void what_is_not_an_id_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "s_",
        "s_01j8zq4k3n0000000000000000x",
        "s_01j8zq4k3n000000000000000",
        "s_01J8ZQ4K3N0000000000000000",
        "s_01j8zq4k3n00000000000000i0",
        "s_01j8zq4k3n00000000000000u0",
        "s_01j8zq4k3n000000000000000 ",
        "s_01j8zq4k3n00000000000000/.",
        "m_01j8zq4k3n0000000000000000",
        " s_01j8zq4k3n0000000000000000",
    };
    (void)state;

    assert_true(id_valid("s_01j8zq4k3n0000000000000000", "s_"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (id_valid(bad[i], "s_"))
            fail_msg("taken for an id: \"%s\"", bad[i]);
}

static void *make_many(void *arg)
{
    char(*ids)[ID_MAX] = arg;

    for (int i = 0; i < IDS_PER_THREAD; i++)
        id_make(ids[i], "r_");
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void threads_never_share_an_id(void **state)
{
    static char ids[THREADS * IDS_PER_THREAD][ID_MAX];
    pthread_t threads[THREADS];
    (void)state;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_many, ids[i * IDS_PER_THREAD]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    qsort(ids, THREADS * IDS_PER_THREAD, ID_MAX, compare);
    for (int i = 1; i < THREADS * IDS_PER_THREAD; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_its_prefix_and_26_characters),
        cmocka_unit_test(a_prefix_may_be_empty_and_is_cut_at_12_characters),
        cmocka_unit_test(ids_rise_even_within_one_millisecond),
        cmocka_unit_test(the_first_ten_characters_tell_the_time),
        cmocka_unit_test(neighbours_cannot_be_guessed),
        cmocka_unit_test(what_is_not_an_id_is_refused),
        cmocka_unit_test(threads_never_share_an_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
