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
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
