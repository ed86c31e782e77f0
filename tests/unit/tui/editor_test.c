#include "shared/utf8.h"
#include "tui/editor.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct editor *with(const char *text)
{
    struct editor *editor = editor_new();

    editor_set_width(editor, 20);
    editor_set(editor, text, strlen(text));
    return editor;
}

static void insert(struct editor *editor, const char *text)
{
    assert_true(editor_insert(editor, text, strlen(text)));
}

static void expect(struct editor *editor, const char *text, size_t line, size_t cell)
{
    size_t at_line, at_cell;

    assert_string_equal(editor_text(editor, NULL), text);
    editor_cursor(editor, &at_line, &at_cell);
    assert_int_equal(at_line, line);
    assert_int_equal(at_cell, cell);
}

static void clusters_are_deleted_whole(void **arg)
{
    struct editor *editor = with("ae\u0301\u6f22");

    (void)arg;
    expect(editor, "ae\u0301\u6f22", 0, 4);
    editor_delete(editor, EDITOR_LEFT, false);
    expect(editor, "ae\u0301", 0, 2);
    editor_delete(editor, EDITOR_LEFT, false);
    expect(editor, "a", 0, 1);
    editor_delete(editor, EDITOR_LEFT, false);
    editor_delete(editor, EDITOR_LEFT, false);
    expect(editor, "", 0, 0);
    editor_free(&editor);
}

static void words_and_lines(void **arg)
{
    struct editor *editor = with("one two\nthree");

    (void)arg;
    editor_move(editor, EDITOR_WORD_LEFT);
    expect(editor, "one two\nthree", 1, 0);
    editor_move(editor, EDITOR_WORD_LEFT);
    expect(editor, "one two\nthree", 0, 4);
    editor_move(editor, EDITOR_LINE_START);
    expect(editor, "one two\nthree", 0, 0);
    editor_move(editor, EDITOR_LINE_END);
    expect(editor, "one two\nthree", 0, 7);
    editor_move(editor, EDITOR_RIGHT);
    expect(editor, "one two\nthree", 1, 0);
    editor_move(editor, EDITOR_WORD_RIGHT);
    expect(editor, "one two\nthree", 1, 5);
    editor_free(&editor);
}

static void what_is_killed_comes_back(void **arg)
{
    struct editor *editor = with("one two three");

    (void)arg;
    editor_delete(editor, EDITOR_WORD_LEFT, true);
    expect(editor, "one two ", 0, 8);
    editor_move(editor, EDITOR_LINE_START);
    editor_yank(editor);
    expect(editor, "threeone two ", 0, 5);
    editor_delete(editor, EDITOR_LINE_END, true);
    editor_delete(editor, EDITOR_LINE_START, true);
    expect(editor, "", 0, 0);
    editor_yank(editor);
    expect(editor, "three", 0, 5);
    editor_free(&editor);
}

static void killing_at_the_end_of_a_line_joins_lines(void **arg)
{
    struct editor *editor = with("one\ntwo");

    (void)arg;
    editor_move(editor, EDITOR_UP);
    editor_move(editor, EDITOR_LINE_END);
    editor_delete(editor, EDITOR_LINE_END, true);
    expect(editor, "onetwo", 0, 3);
    editor_free(&editor);
}

static void up_and_down_keep_their_column(void **arg)
{
    struct editor *editor = with("abcdef\nx\nghijkl");

    (void)arg;
    editor_move(editor, EDITOR_LEFT);
    expect(editor, "abcdef\nx\nghijkl", 2, 5);
    editor_move(editor, EDITOR_UP);
    expect(editor, "abcdef\nx\nghijkl", 1, 1);
    editor_move(editor, EDITOR_UP);
    expect(editor, "abcdef\nx\nghijkl", 0, 5);
    editor_move(editor, EDITOR_DOWN);
    editor_move(editor, EDITOR_DOWN);
    expect(editor, "abcdef\nx\nghijkl", 2, 5);
    editor_free(&editor);
}

static void lines_wrap_at_words_and_keep_every_byte(void **arg)
{
    struct editor *editor = with("aaaa bbbb cccc dddd eeee ffff");
    size_t count, bytes = 0;
    const struct editor_line *lines;

    (void)arg;
    editor_set_width(editor, 10);
    lines = editor_lines(editor, &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(lines[i].at, bytes);
        bytes += lines[i].len;
    }
    assert_int_equal(bytes, 29);
    expect(editor, "aaaa bbbb cccc dddd eeee ffff", 2, 9);
    editor_move(editor, EDITOR_UP);
    expect(editor, "aaaa bbbb cccc dddd eeee ffff", 1, 9);
    editor_free(&editor);
}

static void the_first_line_leads_into_history(void **arg)
{
    struct editor *editor = with("draft");

    (void)arg;
    editor_remember(editor, "first");
    editor_remember(editor, "second\nline");
    editor_move(editor, EDITOR_UP);
    expect(editor, "second\nline", 1, 4);
    editor_move(editor, EDITOR_UP); /* within the text */
    expect(editor, "second\nline", 0, 4);
    editor_move(editor, EDITOR_UP);
    expect(editor, "first", 0, 5);
    editor_move(editor, EDITOR_UP); /* nothing older */
    expect(editor, "first", 0, 5);
    editor_move(editor, EDITOR_DOWN);
    expect(editor, "second\nline", 1, 4);
    editor_move(editor, EDITOR_DOWN);
    expect(editor, "draft", 0, 5);
    editor_free(&editor);
}

static void typing_is_undone_as_one(void **arg)
{
    struct editor *editor = with("");

    (void)arg;
    insert(editor, "a");
    insert(editor, "b");
    insert(editor, "pasted text");
    editor_undo(editor);
    expect(editor, "ab", 0, 2);
    editor_undo(editor);
    expect(editor, "", 0, 0);
    editor_free(&editor);
}

static void too_much_changes_nothing(void **arg)
{
    struct editor *editor = with("keep");
    char *large = malloc(EDITOR_TEXT_MAX);

    (void)arg;
    memset(large, 'x', EDITOR_TEXT_MAX);
    assert_false(editor_insert(editor, large, EDITOR_TEXT_MAX));
    assert_string_equal(editor_text(editor, NULL), "keep");
    assert_true(editor_insert(editor, large, EDITOR_TEXT_MAX - 4));
    assert_false(editor_insert(editor, "y", 1));
    free(large);
    editor_free(&editor);
}

/* Random edits: the text stays valid UTF-8, the cursor on a visual line, and the lines cover the text. */
static void random_edits_keep_the_rules(void **arg)
{
    static const char *const pieces[] = {"a", " ", "\n", "\u6f22", "e\u0301", "\t", "\U0001f600", "word "};
    struct editor *editor = with("");

    (void)arg;
    srand(7);
    for (int i = 0; i < 20000; i++) {
        size_t count, line, cell, len, width = (size_t)(rand() % 12 + 2);
        enum editor_move move = (enum editor_move)(rand() % (EDITOR_DOWN + 1));

        editor_set_width(editor, width);
        if (rand() % 2)
            insert(editor, pieces[rand() % 8]);
        else if (rand() % 3)
            editor_move(editor, move);
        else if (rand() % 4)
            editor_delete(editor, move < EDITOR_UP ? move : EDITOR_LEFT, rand() % 2);
        else
            editor_undo(editor);
        const char *text = editor_text(editor, &len);
        assert_true(utf8_valid(text, len));
        const struct editor_line *lines = editor_lines(editor, &count);
        editor_cursor(editor, &line, &cell);
        assert_true(line < count && cell <= width);
        assert_int_equal(lines[count - 1].at + lines[count - 1].len, len);
    }
    editor_free(&editor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_are_deleted_whole),
        cmocka_unit_test(words_and_lines),
        cmocka_unit_test(what_is_killed_comes_back),
        cmocka_unit_test(killing_at_the_end_of_a_line_joins_lines),
        cmocka_unit_test(up_and_down_keep_their_column),
        cmocka_unit_test(lines_wrap_at_words_and_keep_every_byte),
        cmocka_unit_test(the_first_line_leads_into_history),
        cmocka_unit_test(typing_is_undone_as_one),
        cmocka_unit_test(too_much_changes_nothing),
        cmocka_unit_test(random_edits_keep_the_rules),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
