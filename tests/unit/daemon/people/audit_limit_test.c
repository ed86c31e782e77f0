/* The audit's limit: what happens often makes few records, and is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/people/audit_limit.h"
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct told {
    int records;
    uint64_t count;
    struct audit_kind last;
};

static void on_told(void *arg, const struct audit_kind *kind, uint64_t count)
{
    struct told *told = arg;

    told->records++;
    told->count += count;
    told->last = *kind;
}

static const struct audit_kind refused = {"refused", "", ""};

static void test_a_flood_makes_few_records(void **state)
{
    struct audit_limit *limit = audit_limit_new();
    struct told told = {0};
    int written = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) { /* in 100 s, with a look each minute */
        written += audit_limit_take(limit, &refused, 1000 + i);
        if (i % AUDIT_MINUTE_MS == 0)
            audit_limit_tell(limit, 1000 + i, on_told, &told);
    }
    audit_limit_tell(limit, INT64_MAX, on_told, &told);
    assert_int_equal(written, AUDIT_BURST);
    assert_in_range(told.records, 1, 3);
    assert_int_equal(told.count, 100000 - AUDIT_BURST);
    assert_string_equal(told.last.action, "refused");
    assert_false(audit_limit_waits(limit));
    audit_limit_free(&limit);
}

static void test_after_a_quiet_minute_it_is_written_again(void **state)
{
    struct audit_limit *limit = audit_limit_new();
    struct told told = {0};

    (void)state;
    for (int i = 0; i < AUDIT_BURST; i++)
        assert_true(audit_limit_take(limit, &refused, 1000));
    assert_false(audit_limit_take(limit, &refused, 1000));
    /* told only when a minute is over */
    audit_limit_tell(limit, 1000 + AUDIT_MINUTE_MS - 1, on_told, &told);
    assert_int_equal(told.records, 0);
    audit_limit_tell(limit, 1000 + AUDIT_MINUTE_MS, on_told, &told);
    assert_int_equal(told.count, 1);
    assert_true(audit_limit_take(limit, &refused, 1000 + AUDIT_MINUTE_MS));
    audit_limit_free(&limit);
}

static void test_kinds_do_not_hide_each_other(void **state)
{
    struct audit_limit *limit = audit_limit_new();
    struct audit_kind kind = refused;

    (void)state;
    for (int i = 0; i < 1000; i++)
        audit_limit_take(limit, &refused, 1000);
    strcpy(kind.user, "bo");
    assert_true(audit_limit_take(limit, &kind, 1000));
    strcpy(kind.object, "s_1");
    assert_true(audit_limit_take(limit, &kind, 1000));
    audit_limit_free(&limit);
}

static void test_many_kinds_take_no_more_room(void **state)
{
    struct audit_limit *limit = audit_limit_new();
    struct told told = {0};
    int written = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) { /* each another one, and all but the first in a moment */
        struct audit_kind kind = {"refused", "bo", ""};
        snprintf(kind.object, sizeof kind.object, "%d", i);
        written += audit_limit_take(limit, &kind, 1000);
    }
    assert_int_equal(written, AUDIT_KINDS + AUDIT_BURST);
    audit_limit_tell(limit, INT64_MAX, on_told, &told);
    assert_int_equal(told.count, 100000 - written);
    /* a minute later there is room again */
    struct audit_kind kind = {"refused", "bo", "new"};
    for (int i = 0; i < AUDIT_BURST; i++)
        assert_true(audit_limit_take(limit, &kind, 1000 + AUDIT_MINUTE_MS));
    assert_false(audit_limit_take(limit, &kind, 1000 + AUDIT_MINUTE_MS));
    audit_limit_free(&limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flood_makes_few_records),
        cmocka_unit_test(test_after_a_quiet_minute_it_is_written_again),
        cmocka_unit_test(test_kinds_do_not_hide_each_other),
        cmocka_unit_test(test_many_kinds_take_no_more_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
