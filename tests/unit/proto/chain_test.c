/* The audit's chain: whatever is done to its records is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/chain.h"
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { RECORDS = 12 };

struct kept { /* a record as it is in the store */
    int64_t n, ts;
    char user[64], action[64], object[64], detail[128], hash[CHAIN_HASH_LEN + 1];
};

static struct chain_record view(const struct kept *kept)
{
    return (struct chain_record){kept->n,      kept->ts,     kept->user, kept->action,
                                 kept->object, kept->detail, kept->hash};
}

static void seal(struct kept *kept, const char *before)
{
    struct chain_record record = view(kept);
    chain_hash(before, &record, kept->hash);
}

static void make(struct kept *kept, int count)
{
    const char *before = "";
    for (int i = 0; i < count; i++) {
        kept[i] = (struct kept){.n = i + 1, .ts = 1000 + i, .user = "ann", .action = "login"};
        snprintf(kept[i].object, sizeof kept[i].object, "object %d", i);
        snprintf(kept[i].detail, sizeof kept[i].detail, "detail %d", i);
        seal(&kept[i], before);
        before = kept[i].hash;
    }
}

static bool holds(const struct kept *kept, int count, char error[256])
{
    struct chain_check *check = chain_check_new();
    bool good = true;
    for (int i = 0; i < count && good; i++) {
        struct chain_record record = view(&kept[i]);
        good = chain_check_next(check, &record, error);
    }
    good = good && chain_check_end(check, error);
    chain_check_free(&check);
    return good;
}

static void test_a_chain_holds(void **state)
{
    struct kept kept[RECORDS];
    char error[256] = "";

    (void)state;
    make(kept, RECORDS);
    assert_true(holds(kept, RECORDS, error));
    assert_true(holds(kept, 0, error));
}

static void test_hashes_are_what_the_page_says(void **state)
{
    struct chain_record record = {
        .n = 1, .ts = 2, .user = "ann", .action = "login", .object = "", .detail = ""};
    char hash[CHAIN_HASH_LEN + 1], other[CHAIN_HASH_LEN + 1];

    (void)state;
    chain_hash("", &record, hash);
    /* hashlib.blake2b(digest_size=32) of the fields as PROTOCOL.md has them */
    assert_string_equal(hash, "k1ySwpDk8jY-sRn5jc_i_l9NWfZ6DNEwfCMbRKVGdzI");
    /* what moves from one text to the next is another record */
    record.user = "an";
    record.action = "nlogin";
    chain_hash("", &record, other);
    assert_string_not_equal(hash, other);
}

static void test_any_changed_byte_is_found(void **state)
{
    struct kept kept[RECORDS], changed[RECORDS];
    char error[256], number[32];

    (void)state;
    make(kept, RECORDS);
    for (int i = 0; i < RECORDS; i++) {
        char *const texts[] = {changed[i].user, changed[i].action, changed[i].object, changed[i].detail,
                               changed[i].hash};
        for (int which = 0; which < 5; which++)
            for (size_t at = 0; at < strlen(texts[which]) || at == 0; at++) {
                memcpy(changed, kept, sizeof kept);
                texts[which][at] ^= 1;
                assert_false(holds(changed, RECORDS, error));
                snprintf(number, sizeof number, "record %d ", i + 1);
                assert_non_null(strstr(error, number));
            }
        memcpy(changed, kept, sizeof kept);
        changed[i].ts++;
        assert_false(holds(changed, RECORDS, error));
    }
}

static void test_a_removed_record_is_found(void **state)
{
    struct kept kept[RECORDS];
    char error[256];

    (void)state;
    for (int i = 0; i < RECORDS - 1; i++) { /* that the last is gone only a kept hash can tell */
        make(kept, RECORDS);
        memmove(&kept[i], &kept[i + 1], (size_t)(RECORDS - 1 - i) * sizeof kept[0]);
        assert_false(holds(kept, RECORDS - 1, error));
        for (int k = i; k < RECORDS - 1; k++) /* also when all others get new numbers */
            kept[k].n--;
        assert_false(holds(kept, RECORDS - 1, error));
    }
}

static void test_two_that_changed_places_are_found(void **state)
{
    struct kept kept[RECORDS], other;
    char error[256];

    (void)state;
    for (int i = 0; i + 1 < RECORDS; i++)
        for (int renumbered = 0; renumbered < 2; renumbered++) {
            make(kept, RECORDS);
            other = kept[i];
            kept[i] = kept[i + 1];
            kept[i + 1] = other;
            if (renumbered) {
                kept[i].n = i + 1;
                kept[i + 1].n = i + 2;
            }
            assert_false(holds(kept, RECORDS, error));
        }
}

/* What drop_old of the daemon's audit does: the first five are gone, and record 10 says so. */
static void drop_five(struct kept *kept)
{
    make(kept, RECORDS);
    strcpy(kept[9].action, CHAIN_DROPPED);
    strcpy(kept[9].object, "6");
    snprintf(kept[9].detail, sizeof kept[9].detail, "%s is the hash of record 5", kept[4].hash);
    for (int i = 9; i < RECORDS; i++)
        seal(&kept[i], kept[i - 1].hash);
}

static void test_what_was_dropped_for_its_age_is_no_fault(void **state)
{
    struct kept kept[RECORDS];
    char error[256] = "";

    (void)state;
    drop_five(kept);
    assert_true(holds(kept + 5, RECORDS - 5, error));
    assert_true(holds(kept, RECORDS, error)); /* not yet dropped */
    assert_false(holds(kept + 6, RECORDS - 6, error));
    assert_non_null(strstr(error, "before record 7"));
    assert_false(holds(kept + 5, 4, error)); /* without the record that says so */
    drop_five(kept);
    kept[5].detail[0] ^= 1; /* the first one, whose hash nothing else is held against */
    assert_false(holds(kept + 5, RECORDS - 5, error));
    assert_non_null(strstr(error, "record 6 "));
}

static void test_nonsense_is_refused(void **state)
{
    struct kept kept[2];
    char error[256];

    (void)state;
    make(kept, 2);
    kept[0].n = 0;
    assert_false(holds(kept, 1, error));
    make(kept, 2);
    kept[0].hash[10] = '\0';
    assert_false(holds(kept, 1, error));
    make(kept, 2);
    assert_false(holds(&kept[1], 1, error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chain_holds),
        cmocka_unit_test(test_hashes_are_what_the_page_says),
        cmocka_unit_test(test_any_changed_byte_is_found),
        cmocka_unit_test(test_a_removed_record_is_found),
        cmocka_unit_test(test_two_that_changed_places_are_found),
        cmocka_unit_test(test_what_was_dropped_for_its_age_is_no_fault),
        cmocka_unit_test(test_nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
