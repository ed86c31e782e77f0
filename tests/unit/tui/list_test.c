#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/list.h"
#include "tui/local.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEIGHT = 10, WIDTH = 40, MOST = 200 };

/* Messages "0", "1" ...: header, a line, an empty line. */
struct fixture {
    struct list *list;
    struct message *messages[MOST];
    size_t first, count;
    size_t height;
};

static void update(struct fixture *f)
{
    struct list_source source = {.messages = f->messages + f->first, .message_count = f->count - f->first};

    list_set(f->list, &source, WIDTH, f->height);
}

static void add(struct fixture *f, const char *text)
{
    f->messages[f->count++] = local_message("ann", text);
    update(f);
}

static struct fixture *with(size_t count, size_t hidden)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    char text[16];

    f->list = list_new();
    f->height = HEIGHT;
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%zu", i);
        f->messages[f->count++] = local_message("ann", text);
    }
    f->first = hidden;
    update(f);
    return f;
}

static void done(struct fixture *f)
{
    for (size_t i = 0; i < f->count; i++)
        message_free(&f->messages[i]);
    list_free(&f->list);
    free(f);
}

/* The view as "H" for a header, "." for an empty row, "0" for text; rows joined by blanks. */
static void expect(struct fixture *f, const char *view)
{
    char got[1024] = "";
    size_t at = 0;

    for (size_t y = 0; y < f->height; y++) {
        struct list_row row = list_row(f->list, y);
        const char *gap = y ? " " : "";
        if (!row.message)
            at += (size_t)snprintf(got + at, sizeof got - at, "%s_", gap);
        else if (row.line == 0)
            at += (size_t)snprintf(got + at, sizeof got - at, "%sH%s", gap, row.first_unread ? "*" : "");
        else if (row.text.len == 0)
            at += (size_t)snprintf(got + at, sizeof got - at, "%s.", gap);
        else
            at +=
                (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", gap, (int)row.text.len, row.text.text);
    }
    assert_string_equal(got, view);
}

static void it_follows_new_messages(void **arg)
{
    struct fixture *f = with(2, 0);

    (void)arg;
    expect(f, "_ _ _ _ H 0 . H 1 .");
    add(f, "2");
    add(f, "3");
    expect(f, ". H 1 . H 2 . H 3 .");
    done(f);
}

static void scrolling_up_ends_following_and_holds_still(void **arg)
{
    struct fixture *f = with(20, 0);

    (void)arg;
    list_scroll(f->list, -1);
    assert_false(list_following(f->list));
    expect(f, "16 . H 17 . H 18 . H 19");
    add(f, "20");
    expect(f, "16 . H 17 . H 18 . H 19");
    assert_int_equal(list_unread(f->list), 1);
    list_scroll(f->list, 3);
    assert_false(list_following(f->list)); /* one line is missing */
    expect(f, "17 . H 18 . H 19 . H* 20");
    list_scroll(f->list, 1);
    assert_true(list_following(f->list));
    add(f, "21");
    expect(f, ". H 19 . H* 20 . H 21 .");
    done(f);
}

static void new_content_never_makes_it_follow(void **arg)
{
    struct fixture *f = with(20, 0);

    (void)arg;
    list_page(f->list, -1);
    struct message *tail = f->messages[19];
    for (int i = 0; i < 50; i++) {
        buf_puts(&tail->blocks[0].text, "\nmore");
        tail->version++;
        update(f);
        list_row(f->list, 0);
        assert_false(list_following(f->list));
    }
    list_follow(f->list);
    expect(f, "more more more more more more more more more .");
    done(f);
}

static void where_all_is_seen_there_is_nothing_to_scroll(void **arg)
{
    struct fixture *f = with(2, 0);

    (void)arg;
    list_scroll(f->list, -5);
    list_home(f->list);
    assert_true(list_following(f->list));
    expect(f, "_ _ _ _ H 0 . H 1 .");
    assert_true(list_wants_older(f->list));
    done(f);
}

static void older_messages_come_in_above_the_view(void **arg)
{
    struct fixture *f = with(60, 40);

    (void)arg;
    assert_false(list_wants_older(f->list));
    list_home(f->list);
    assert_true(list_wants_older(f->list));
    expect(f, "H 40 . H 41 . H 42 . H");
    f->first = 0;
    update(f);
    expect(f, "H 40 . H 41 . H 42 . H");
    assert_false(list_wants_older(f->list));
    list_scroll(f->list, -1);
    expect(f, ". H 40 . H 41 . H 42 .");
    done(f);
}

static void a_message_that_vanishes_leaves_the_view_near(void **arg)
{
    struct fixture *f = with(60, 0);

    (void)arg;
    list_home(f->list);
    f->first = 30;
    update(f);
    expect(f, "H 30 . H 31 . H 32 . H");
    done(f);
}

static void another_height_and_width_keep_the_place(void **arg)
{
    struct fixture *f = with(60, 0);

    (void)arg;
    list_scroll(f->list, -20);
    struct list_row before = list_row(f->list, 0);
    f->height = 5;
    update(f);
    struct list_row after = list_row(f->list, 0);
    assert_ptr_equal(before.message, after.message);
    assert_int_equal(before.line, after.line);
    done(f);
}

/* Up and down by the same number of lines is back where it began, from any place, also with folds and long
 * texts. */
static void up_and_down_are_inverse(void **arg)
{
    struct fixture *f = with(100, 0);

    (void)arg;
    srand(5);
    for (int i = 0; i < 20; i++)
        add(f,
            "a long text that is wrapped into several lines\n\nwith a gap and\n```\ncode\n```\nat its end");
    list_page(f->list, -5);
    for (int i = 0; i < 200; i++) { /* far from the oldest message, where up ends */
        long lines = rand() % 25 + 1;
        struct list_row before = list_row(f->list, 0);
        list_scroll(f->list, -lines);
        list_scroll(f->list, lines);
        struct list_row after = list_row(f->list, 0);
        assert_ptr_equal(before.message, after.message);
        assert_int_equal(before.line, after.line);
        list_scroll(f->list, -(rand() % 3));
    }
    done(f);
}

/* --- the cursor --- */

static void browse(struct fixture *f)
{
    list_cursor(f->list, true);
}

/* The text of the cursor's line, "H0" for the header of message "0". */
static void expect_cursor(struct fixture *f, const char *want)
{
    struct list_row row = list_cursor_row(f->list);
    char got[64] = "none";

    if (row.message && row.line == 0)
        snprintf(got, sizeof got, "H%s", row.message->blocks[0].text.data);
    else if (row.message)
        snprintf(got, sizeof got, "%.*s", (int)row.text.len, row.text.text);
    assert_string_equal(got, want);
}

/* It is on exactly one row of the view. */
static void expect_seen(struct fixture *f)
{
    size_t count = 0;

    for (size_t y = 0; y < f->height; y++)
        count += list_row(f->list, y).cursor;
    assert_int_equal(count, 1);
}

static void browsing_begins_at_the_last_line_and_follows_as_long_as_it_is_there(void **arg)
{
    struct fixture *f = with(20, 0);

    (void)arg;
    browse(f);
    expect_cursor(f, "19");
    add(f, "20");
    expect_cursor(f, "20");
    assert_true(list_following(f->list));
    list_cursor_lines(f->list, -1);
    assert_false(list_following(f->list));
    add(f, "21");
    expect_cursor(f, "H20");
    assert_int_equal(list_unread(f->list), 1);
    expect(f, ". H 18 . H 19 . H 20 ."); /* nothing has moved */
    done(f);
}

static void the_view_goes_with_the_cursor_and_leaves_a_margin(void **arg)
{
    struct fixture *f = with(20, 0);

    (void)arg;
    browse(f);
    for (int i = 0; i < 6; i++)
        list_cursor_lines(f->list, -1);
    expect_cursor(f, "17");
    expect(f, ". H 17 . H 18 . H 19 .");
    list_cursor_lines(f->list, -1);
    expect_cursor(f, "H17");
    expect(f, "16 . H 17 . H 18 . H 19");
    list_cursor_lines(f->list, 1000);
    expect_cursor(f, "19");
    assert_true(list_following(f->list));
    list_cursor_lines(f->list, -1000);
    expect_cursor(f, "H0");
    expect(f, "H 0 . H 1 . H 2 . H");
    done(f);
}

static void messages_and_screens_are_steps_too(void **arg)
{
    struct fixture *f = with(20, 0);

    (void)arg;
    browse(f);
    list_cursor_message(f->list, false);
    expect_cursor(f, "H19");
    list_cursor_message(f->list, false);
    expect_cursor(f, "H18");
    list_cursor_message(f->list, true);
    list_cursor_message(f->list, true);
    expect_cursor(f, "19");
    assert_true(list_following(f->list));
    list_cursor_message(f->list, false);
    list_page(f->list, -1);
    expect_cursor(f, "16");
    expect_seen(f);
    list_cursor_halves(f->list, -1);
    expect_cursor(f, "");
    list_cursor_halves(f->list, 1);
    expect_cursor(f, "16");
    list_home(f->list);
    expect_cursor(f, "H0");
    list_follow(f->list);
    expect_cursor(f, "19");
    done(f);
}

static void the_wheel_takes_the_cursor_along_only_at_the_edge(void **arg)
{
    struct fixture *f = with(20, 0);

    (void)arg;
    browse(f);
    list_cursor_lines(f->list, -4);
    expect_cursor(f, "H18");
    list_scroll(f->list, -3);
    expect_cursor(f, "H18");
    list_scroll(f->list, -1);
    expect_cursor(f, "");
    list_scroll(f->list, -30);
    expect_seen(f);
    assert_false(list_following(f->list));
    list_scroll(f->list, 1000);
    expect_seen(f);
    done(f);
}

static void a_short_list_can_be_browsed(void **arg)
{
    struct fixture *f = with(2, 0);

    (void)arg;
    browse(f);
    expect_cursor(f, "1");
    list_cursor_lines(f->list, -1);
    expect_cursor(f, "H1");
    expect(f, "_ _ _ _ H 0 . H 1 .");
    list_cursor_to_row(f->list, 5);
    expect_cursor(f, "0");
    list_cursor_to_row(f->list, 0); /* nothing there */
    expect_cursor(f, "0");
    list_page(f->list, -1);
    expect_cursor(f, "H0");
    done(f);
}

static void the_cursor_stays_on_its_text_when_the_width_changes(void **arg)
{
    struct fixture *f = with(0, 0);
    struct list_source source;

    (void)arg;
    for (int i = 0; i < 30; i++)
        add(f, "one two three four five six seven eight nine ten eleven TWELVE thirteen fourteen");
    browse(f);
    list_cursor_message(f->list, false);
    list_cursor_message(f->list, false);
    list_cursor_lines(f->list, 2);
    struct list_row before = list_cursor_row(f->list);
    const struct message *message = before.message;
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)before.text.len, before.text.text);
    for (size_t width = 12; width < 100; width += 7) {
        source = (struct list_source){.messages = f->messages, .message_count = f->count};
        list_set(f->list, &source, width, f->height);
        expect_seen(f);
        assert_ptr_equal(list_cursor_row(f->list).message, message);
    }
    update(f);
    struct list_row after = list_cursor_row(f->list);
    char again[128];
    snprintf(again, sizeof again, "%.*s", (int)after.text.len, after.text.text);
    assert_string_equal(again, text);
    done(f);
}

static void a_cursor_whose_message_is_not_loaded_any_more_comes_back_to_it(void **arg)
{
    struct fixture *f = with(60, 0);

    (void)arg;
    browse(f);
    list_home(f->list);
    list_cursor_message(f->list, true);
    expect_cursor(f, "H1");
    list_refresh(f->list);
    f->first = 30;
    update(f);
    assert_true(list_cursor_lost(f->list));
    expect_cursor(f, "H30");
    f->first = 0;
    update(f);
    assert_false(list_cursor_lost(f->list));
    expect_cursor(f, "H1");
    expect_seen(f);
    f->count -= 59; /* what is gone at the end is no loss */
    update(f);
    assert_false(list_cursor_lost(f->list));
    expect_cursor(f, "0");
    f->count += 59;
    done(f);
}

/* --- folds --- */

/* A text, reasoning of two lines, a text. */
static void add_folding(struct fixture *f, const char *thought)
{
    char id[ID_MAX];

    id_make(id, "m_");
    json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:s, s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]}", "id", id,
                             "role", "assistant", "author", "demo", "ts", (json_int_t)1, "status", "complete",
                             "content", "type", "text", "text", "before", "type", "reasoning", "text",
                             thought, "type", "text", "text", "after");
    f->messages[f->count++] = message_from_json(json);
    json_decref(json);
    update(f);
}

static void the_block_under_the_cursor_is_folded_alone(void **arg)
{
    struct fixture *f = with(0, 0);

    (void)arg;
    add_folding(f, "first thought");
    add_folding(f, "second thought");
    browse(f);
    assert_false(list_cursor_fold(f->list)); /* plain text */
    while (!list_cursor_row(f->list).text.title)
        list_cursor_lines(f->list, -1);
    size_t folded = list_cursor_row(f->list).line;
    assert_true(list_cursor_fold(f->list));
    assert_int_equal(list_cursor_row(f->list).line, folded);
    list_cursor_lines(f->list, 1);
    expect_cursor(f, "second thought");
    assert_true(list_cursor_fold(f->list)); /* from within it: the cursor is on the title then */
    assert_true(list_cursor_row(f->list).text.title);
    assert_int_equal(list_cursor_row(f->list).line, folded);
    assert_false(list_unfolded(f->list));
    list_toggle_folds(f->list);
    assert_true(list_unfolded(f->list));
    expect_cursor(f, "second thought"); /* where it was when it was folded away */
    done(f);
}

static void a_click_on_a_title_folds_and_holds_it_where_it_is(void **arg)
{
    struct fixture *f = with(20, 0);
    size_t y = 0;

    (void)arg;
    add_folding(f, "a\n\nb\n\nc\n\nd\n\ne");
    while (y < f->height && !list_row(f->list, y).text.title)
        y++;
    assert_true(y < f->height);
    assert_false(list_fold_row(f->list, y - 1));
    assert_true(list_fold_row(f->list, y));
    assert_true(list_row(f->list, y).text.title);
    assert_false(list_following(f->list));
    done(f);
}

/* --- searching --- */

static bool search(struct fixture *f, const char *text, bool down, bool edge, bool unfold)
{
    struct needle *needle = needle_new(text, strlen(text));
    struct list_search search = {.needle = needle, .down = down, .unfold = unfold};

    search.from = edge ? LIST_FROM_EDGE : LIST_FROM_NEXT;
    bool found = list_cursor_find(f->list, &search);
    needle_free(&needle);
    return found;
}

static void hits_are_gone_to_both_ways(void **arg)
{
    struct fixture *f = with(60, 0);

    (void)arg;
    browse(f);
    assert_true(search(f, "4", false, false, true));
    expect_cursor(f, "54");
    assert_true(search(f, "4", false, false, true));
    expect_cursor(f, "49");
    expect_seen(f);
    assert_true(search(f, "4", true, false, true));
    expect_cursor(f, "54");
    assert_false(search(f, "4", true, false, true));
    expect_cursor(f, "54");
    assert_true(search(f, "4", true, true, true));
    expect_cursor(f, "4");
    assert_false(search(f, "nothing", false, false, true));
    expect_cursor(f, "4");
    done(f);
}

static void a_hit_in_what_is_folded_unfolds_it_when_it_is_visited(void **arg)
{
    struct fixture *f = with(0, 0);

    (void)arg;
    add_folding(f, "other\n\nneedle here");
    add_folding(f, "needle there");
    add(f, "the end");
    browse(f);
    assert_true(search(f, "needle", false, false, false)); /* while it is typed: the title */
    assert_true(list_cursor_row(f->list).text.title);
    assert_ptr_equal(list_cursor_row(f->list).message, f->messages[1]);
    list_follow(f->list);
    assert_true(search(f, "needle", false, false, true));
    expect_cursor(f, "needle there");
    assert_true(search(f, "needle", false, false, true));
    expect_cursor(f, "needle here");
    done(f);
}

static void the_way_back_to_where_a_search_began(void **arg)
{
    struct fixture *f = with(60, 0);

    (void)arg;
    browse(f);
    list_cursor_keep(f->list);
    search(f, "17", false, false, true);
    list_cursor_back(f->list);
    expect_cursor(f, "59");
    assert_true(list_following(f->list));
    list_home(f->list);
    list_cursor_keep(f->list);
    search(f, "17", true, false, true);
    list_cursor_back(f->list);
    expect_cursor(f, "H0");
    done(f);
}

static void browsing_ends_without_a_look_at_messages_that_are_gone(void **arg)
{
    struct fixture *f = with(3, 0);
    struct list_source gone = {.messages = NULL, .message_count = 3};

    (void)arg;
    browse(f);
    list_set(f->list, &gone, WIDTH, f->height);
    list_cursor(f->list, false);
    update(f);
    expect(f, "_ H 0 . H 1 . H 2 .");
    done(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_new_messages),
        cmocka_unit_test(scrolling_up_ends_following_and_holds_still),
        cmocka_unit_test(new_content_never_makes_it_follow),
        cmocka_unit_test(where_all_is_seen_there_is_nothing_to_scroll),
        cmocka_unit_test(older_messages_come_in_above_the_view),
        cmocka_unit_test(a_message_that_vanishes_leaves_the_view_near),
        cmocka_unit_test(another_height_and_width_keep_the_place),
        cmocka_unit_test(up_and_down_are_inverse),
        cmocka_unit_test(browsing_begins_at_the_last_line_and_follows_as_long_as_it_is_there),
        cmocka_unit_test(the_view_goes_with_the_cursor_and_leaves_a_margin),
        cmocka_unit_test(messages_and_screens_are_steps_too),
        cmocka_unit_test(the_wheel_takes_the_cursor_along_only_at_the_edge),
        cmocka_unit_test(a_short_list_can_be_browsed),
        cmocka_unit_test(the_cursor_stays_on_its_text_when_the_width_changes),
        cmocka_unit_test(a_cursor_whose_message_is_not_loaded_any_more_comes_back_to_it),
        cmocka_unit_test(the_block_under_the_cursor_is_folded_alone),
        cmocka_unit_test(a_click_on_a_title_folds_and_holds_it_where_it_is),
        cmocka_unit_test(hits_are_gone_to_both_ways),
        cmocka_unit_test(a_hit_in_what_is_folded_unfolds_it_when_it_is_visited),
        cmocka_unit_test(the_way_back_to_where_a_search_began),
        cmocka_unit_test(browsing_ends_without_a_look_at_messages_that_are_gone),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
