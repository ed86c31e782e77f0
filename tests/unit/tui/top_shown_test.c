/* What stays selected in `stoa top` while the tables change. */
#include "shared/jsonx.h"
#include "tui/top_shown.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct top_shown shown;
static json_t *now;

/* names: of the sessions, a letter each, which have used so many tokens as they stand later. */
static void list(const char *names)
{
    json_t *sessions = json_array();

    for (size_t i = 0; names[i]; i++)
        json_array_append_new(sessions, json_pack("{s:s%, s:s, s:s, s:i}", "session", names + i, (size_t)1,
                                                  "owner", "ann", "state", "idle", "tokens", (int)i));
    top_shown_clear(&shown);
    json_decref(now);
    now = json_pack("{s:I, s:o}", "ts", (json_int_t)1000, "sessions", sessions);
    top_shown_make(&shown, TOP_SESSIONS, now, NULL);
}

static int setup(void **unused)
{
    (void)unused;
    top_shown_begin(&shown);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    top_shown_clear(&shown);
    json_decref(now);
    now = NULL;
    return 0;
}

static const char *row(size_t at)
{
    return shown.table.rows[at].id;
}

static void test_a_row_stays_selected_wherever_the_order_brings_it(void **unused)
{
    (void)unused;
    list("abc");
    top_shown_move(&shown, 1);
    char selected[TOP_ID_BYTES];
    strcpy(selected, shown.selected);

    list("xyzabc");
    top_shown_arrange(&shown, 10);
    assert_string_equal(shown.selected, selected);
    assert_string_equal(row(shown.at), selected);
    top_shown_reverse(&shown);
    top_shown_arrange(&shown, 10);
    assert_string_equal(row(shown.at), selected);
}

static void test_where_a_row_has_gone_the_next_one_is_selected(void **unused)
{
    (void)unused;
    list("abc");
    top_shown_move(&shown, 2);
    assert_int_equal(shown.at, 2);

    list("ab");
    top_shown_arrange(&shown, 10);
    assert_int_equal(shown.at, 1);
    assert_string_equal(shown.selected, row(1));
    list("");
    top_shown_arrange(&shown, 10);
    assert_int_equal(shown.at, 0);
    assert_string_equal(shown.selected, "");
}

static void test_the_first_row_is_shown_until_one_is_selected(void **unused)
{
    (void)unused;
    list("abc");
    top_shown_arrange(&shown, 10);
    assert_string_equal(shown.selected, "");
    list("xabc");
    top_shown_arrange(&shown, 10);
    assert_int_equal(shown.at, 0);
}

static void test_the_selected_row_is_on_screen(void **unused)
{
    (void)unused;
    list("abcdef");
    top_shown_move(&shown, 100);
    top_shown_arrange(&shown, 4);
    assert_int_equal(shown.at, 5);
    assert_int_equal(shown.first, 2);
    top_shown_move(&shown, -100);
    top_shown_arrange(&shown, 4);
    assert_int_equal(shown.first, 0);
    top_shown_move(&shown, 100);
    top_shown_arrange(&shown, 0); /* a terminal that has room for none */
    assert_int_equal(shown.at, 5);
}

static void test_columns_go_round(void **unused)
{
    (void)unused;
    size_t count, before = shown.sorted_by[TOP_SESSIONS];

    list("abc");
    top_columns(TOP_SESSIONS, &count);
    for (size_t i = 0; i < count; i++)
        top_shown_sort(&shown, i % 2 ? -1 : 1);
    for (size_t i = 0; i < count; i++)
        top_shown_sort(&shown, -1);
    assert_int_equal(shown.sorted_by[TOP_SESSIONS], count % 2 ? (before + 1) % count : before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_row_stays_selected_wherever_the_order_brings_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_where_a_row_has_gone_the_next_one_is_selected, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_first_row_is_shown_until_one_is_selected, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_selected_row_is_on_screen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_columns_go_round, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
