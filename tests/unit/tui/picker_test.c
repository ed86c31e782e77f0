/* What a picker shows while one types, where its selection is, and how long ten thousand items take. */
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tests/support/slow.h"
#include "tui/picker.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { MANY = 10000, KEY_US = 5000 };

/* Of this process alone: others may be busy. */
static int64_t spent_us(void)
{
    struct timespec spent;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
}

static void add(struct picker *picker, const char *id, const char *text, const char *detail)
{
    picker_add(picker, (struct picker_item){
                           .id = xstrdup(id), .text = xstrdup(text), .detail = xstrdup_null(detail)});
}

static struct picker *three(void)
{
    struct picker *picker = picker_new();

    picker_open(picker, PICKER_SESSIONS, "sessions");
    picker_begin(picker);
    add(picker, "1", "fix auth retry", "claude");
    add(picker, "2", "bump deps", "demo/stoa");
    add(picker, "3", "flaky ci", NULL);
    picker_end(picker);
    return picker;
}

static void type(struct picker *picker, const char *text)
{
    editor_insert(picker_filter(picker), text, strlen(text));
    picker_filtered(picker);
}

static const char *selected(const struct picker *picker)
{
    const struct picker_item *item = picker_row(picker, picker_selected(picker)).item;

    return item ? item->id : "";
}

static void test_all_in_order_without_a_filter(void **state)
{
    struct picker *picker = three();

    (void)state;
    assert_int_equal(picker_count(picker), 3);
    assert_string_equal(selected(picker), "1");
    picker_move(picker, 1);
    assert_string_equal(selected(picker), "2");
    picker_move(picker, 100);
    assert_string_equal(selected(picker), "3");
    picker_move(picker, -100);
    assert_string_equal(selected(picker), "1");
    picker_free(&picker);
}

static void test_typing_filters(void **state)
{
    struct picker *picker = three();

    (void)state;
    type(picker, "fl");
    assert_int_equal(picker_count(picker), 1);
    assert_string_equal(selected(picker), "3");
    assert_true(fuzzy_has(&(struct fuzzy_found){.bits = {1}}, 0));
    struct picker_row row = picker_row(picker, 0);
    assert_true(fuzzy_has(&row.found, 0) && fuzzy_has(&row.found, 1) && !fuzzy_has(&row.found, 2));
    editor_set(picker_filter(picker), "", 0);
    type(picker, "claude"); /* a detail is searched, too */
    assert_int_equal(picker_count(picker), 1);
    assert_string_equal(selected(picker), "1");
    type(picker, "zz");
    assert_int_equal(picker_count(picker), 0);
    assert_string_equal(selected(picker), "");
    picker_free(&picker);
}

static void test_an_offer_is_the_last_row(void **state)
{
    struct picker *picker = three();

    (void)state;
    picker_offer(picker, "new session");
    assert_null(picker_offered(picker));
    assert_int_equal(picker_count(picker), 3);
    type(picker, "zebra");
    assert_string_equal(picker_offered(picker), "new session");
    assert_int_equal(picker_count(picker), 1);
    assert_null(picker_row(picker, 0).item);
    editor_set(picker_filter(picker), "", 0);
    type(picker, "fl");
    assert_int_equal(picker_count(picker), 2);
    assert_string_equal(selected(picker), "3");
    picker_free(&picker);
}

static void test_the_selection_stays_with_its_item(void **state)
{
    struct picker *picker = three();

    (void)state;
    picker_move(picker, 1);
    picker_begin(picker);
    add(picker, "4", "something new", NULL);
    add(picker, "3", "flaky ci", NULL);
    add(picker, "2", "renamed meanwhile", NULL);
    picker_end(picker);
    assert_string_equal(selected(picker), "2");
    picker_begin(picker);
    add(picker, "9", "all others are gone", NULL);
    picker_end(picker);
    assert_string_equal(selected(picker), "9");
    picker_begin(picker);
    picker_end(picker);
    assert_int_equal(picker_count(picker), 0);
    picker_free(&picker);
}

static void test_ten_thousand_items(void **state)
{
    struct picker *picker = picker_new();
    int64_t worst = 0;

    (void)state;
    picker_open(picker, PICKER_HISTORY, "history");
    picker_begin(picker);
    for (int i = 0; i < MANY; i++) {
        char id[16];
        char *text =
            xasprintf("src/module_%d/component-%d.handler.c: fix the retry loop of %d", i % 37, i % 101, i);
        snprintf(id, sizeof id, "%d", i);
        picker_add(picker, (struct picker_item){.id = xstrdup(id), .text = text});
    }
    picker_end(picker);
    for (const char *key = "srchandlerretry9"; *key; key++) {
        int64_t start = spent_us();
        editor_insert(picker_filter(picker), key, 1);
        picker_filtered(picker);
        int64_t took = spent_us() - start;
        worst = took > worst ? took : worst;
    }
    print_message("%lld us a key at worst\n", (long long)worst);
    assert_true(picker_count(picker) > 0);
    assert_true(worst < KEY_US * 10 * slow()); /* sanitizers: the figure above is what counts */
    picker_free(&picker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_in_order_without_a_filter),
        cmocka_unit_test(test_typing_filters),
        cmocka_unit_test(test_an_offer_is_the_last_row),
        cmocka_unit_test(test_the_selection_stays_with_its_item),
        cmocka_unit_test(test_ten_thousand_items),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
