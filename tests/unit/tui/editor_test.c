#include "shared/utf8.h"
#include "tests/support/slow.h"
#include "tui/editor.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
    struct editor_window window;

    assert_string_equal(editor_text(editor, NULL), text);
    editor_window(editor, 100, &window);
    assert_int_equal(window.cursor_line, line);
    assert_int_equal(window.cursor_cell, cell);
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
    struct editor_window window;
    size_t bytes = 0;

    (void)arg;
    editor_set_width(editor, 10);
    assert_int_equal(editor_height(editor, 100), 3);
    editor_window(editor, 100, &window);
    assert_int_equal(window.count, 3);
    for (size_t i = 0; i < window.count; i++) {
        assert_int_equal(window.lines[i].at, bytes);
        bytes += window.lines[i].len;
    }
    assert_int_equal(bytes, strlen(editor_text(editor, NULL)));
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

static void the_history_forgets_what_is_too_much(void **arg)
{
    struct editor *editor = editor_new();
    char *text = malloc(EDITOR_TEXT_MAX);
    int count = 0;

    (void)arg;
    memset(text, 'x', EDITOR_TEXT_MAX - 1);
    text[EDITOR_TEXT_MAX - 1] = '\0';
    for (int i = 0; i < 40; i++) {
        text[0] = (char)('0' + i);
        editor_remember(editor, text);
    }
    for (char before = 'y'; count < 40 && editor_text(editor, NULL)[0] != before; count++) {
        before = editor_text(editor, NULL)[0];
        editor_move(editor, EDITOR_LINE_START);
        editor_move(editor, EDITOR_UP);
    }
    assert_int_equal(count, 16 + 1); /* the last step found nothing older */
    free(text);
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

static void what_was_taken_back_is_made_again(void **arg)
{
    struct editor *editor = with("one two three");

    (void)arg;
    editor_delete(editor, EDITOR_WORD_LEFT, true);
    editor_move(editor, EDITOR_LINE_START);
    insert(editor, "a pasted piece ");
    editor_undo(editor);
    expect(editor, "one two ", 0, 0);
    editor_undo(editor);
    expect(editor, "one two three", 0, 13);
    editor_redo(editor);
    expect(editor, "one two ", 0, 8);
    editor_redo(editor);
    expect(editor, "a pasted piece one two ", 0, 15);
    editor_redo(editor); /* nothing is left */
    editor_undo(editor);
    insert(editor, "x"); /* another way was taken */
    editor_redo(editor);
    expect(editor, "xone two ", 0, 1);
    editor_free(&editor);
}

/* 8 MiB of what was taken away. */
static void an_empty_paste_is_no_change(void **arg)
{
    struct editor *editor = editor_new();

    (void)arg;
    assert_true(editor_insert(editor, "", 0));
    assert_true(editor_insert(editor, "b", 1));
    editor_move(editor, EDITOR_LEFT);
    assert_true(editor_insert(editor, "", 0));
    assert_true(editor_insert(editor, "a", 1));
    editor_undo(editor);
    assert_string_equal(editor_text(editor, NULL), "b");
    editor_undo(editor);
    assert_true(editor_empty(editor));
    editor_free(&editor);
}

static void undo_forgets_the_oldest(void **arg)
{
    struct editor *editor = editor_new();
    char *text = malloc(EDITOR_TEXT_MAX);
    int back = 0;

    (void)arg;
    for (int i = 0; i < 20; i++) {
        memset(text, 'a' + i, EDITOR_TEXT_MAX);
        assert_true(editor_set(editor, text, EDITOR_TEXT_MAX));
    }
    for (char now = 'a' + 19; editor_text(editor, NULL)[0] == now && back < 20; now--, back++)
        editor_undo(editor);
    assert_int_equal(back, 8 + 1); /* the last of them changed nothing */
    assert_int_equal(editor_text(editor, NULL)[0], 'a' + 19 - 8);
    free(text);
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
    editor_undo(editor);
    assert_string_equal(editor_text(editor, NULL), "keep");
    free(large);
    editor_free(&editor);
}

/* Flags, Hangul in parts and marks: the cursor is never within one. */
static void the_cursor_is_never_within_a_cluster(void **arg)
{
    static const char *const clusters[] = {"\U0001F1E9\U0001F1EA", "\U0001F1EB\U0001F1F7",
                                           "\u1112\u1161\u11ab", "e\u0301\u0302", "\U0001F600"};
    char text[256] = "";
    struct editor *editor;

    (void)arg;
    for (size_t i = 0; i < 5; i++)
        strcat(text, clusters[i]);
    editor = with(text);
    for (size_t i = 5; i-- > 0;) {
        editor_move(editor, EDITOR_LEFT);
        assert_true(strncmp(editor_text(editor, NULL) + editor_cursor(editor), clusters[i],
                            strlen(clusters[i])) == 0);
    }
    assert_int_equal(editor_cursor(editor), 0);
    for (size_t i = 0; i < 5; i++)
        editor_move(editor, EDITOR_RIGHT);
    assert_int_equal(editor_cursor(editor), strlen(text));
    editor_free(&editor);
}

static void what_becomes_one_cluster_is_left_whole(void **arg)
{
    struct editor *editor = with("e");

    (void)arg;
    insert(editor, "\n");
    insert(editor, "\u0301x");
    editor_move(editor, EDITOR_LINE_START);
    editor_delete(editor, EDITOR_LEFT, false); /* joins the lines: the mark is on the e */
    expect(editor, "e\u0301x", 0, 1);
    assert_int_equal(editor_cursor(editor), 3);
    editor_free(&editor);
}

static void words_of_several_scripts(void **arg)
{
    struct editor *editor = with("caf\u00e9 \u6f22\u5b57\u3068\u30ab\u30ca, x_1");
    static const size_t ends[] = {5, 12, 15, 21, 26};

    (void)arg;
    editor_move(editor, EDITOR_LINE_START);
    for (size_t i = 0; i < 5; i++) {
        editor_move(editor, EDITOR_WORD_RIGHT);
        assert_int_equal(editor_cursor(editor), ends[i]);
    }
    static const size_t starts[] = {23, 15, 12, 6, 0};
    for (size_t i = 0; i < 5; i++) {
        editor_move(editor, EDITOR_WORD_LEFT);
        assert_int_equal(editor_cursor(editor), starts[i]);
    }
    editor_free(&editor);
}

static void the_window_scrolls_as_little_as_it_can(void **arg)
{
    struct editor *editor = with("0\n1\n2\n3\n4\n5\n6\n7\n8\n9");
    struct editor_window window;

    (void)arg;
    editor_window(editor, 4, &window);
    assert_int_equal(window.lines[0].at, 12); /* 6 to 9 */
    assert_int_equal(window.cursor_line, 3);
    assert_true(window.above && !window.below);
    editor_move(editor, EDITOR_UP);
    editor_move(editor, EDITOR_UP);
    editor_window(editor, 4, &window);
    assert_int_equal(window.lines[0].at, 12);
    assert_int_equal(window.cursor_line, 1);
    editor_move(editor, EDITOR_UP);
    editor_move(editor, EDITOR_UP);
    editor_window(editor, 4, &window);
    assert_int_equal(window.lines[0].at, 10); /* 5 to 8 */
    assert_int_equal(window.cursor_line, 0);
    assert_true(window.above && window.below);
    editor_set(editor, "one", 3);
    editor_window(editor, 4, &window);
    assert_int_equal(window.count, 1);
    assert_true(!window.above && !window.below);
    editor_free(&editor);
}

/* Each cluster of a long text is passed once, in both ways, and the visual lines cover it. */
static void check_whole(const char *text, size_t len)
{
    struct editor *editor = editor_new();
    struct visual lines = {0};
    size_t steps = 0;

    assert_true(editor_set(editor, text, len));
    visual_set(&lines, text, len, 77);
    struct visual_line line = visual_at(&lines, 0);
    assert_int_equal(line.at, 0);
    for (struct visual_line before = line; visual_next(&lines, &line); before = line, steps++)
        assert_int_equal(line.at, before.at + before.len + (text[before.at + before.len] == '\n'));
    assert_int_equal(line.at + line.len, len);
    assert_int_equal(visual_count(&lines, len + 2), steps + 1);
    while (visual_previous(&lines, &line))
        steps--;
    assert_int_equal(steps, 0);
    /* Where segments meet. */
    for (size_t at = visual_cluster_start(&lines, 2 * VISUAL_SEGMENT - 1100);
         at < 2 * VISUAL_SEGMENT + 100;) {
        size_t next = visual_cluster_right(&lines, at);
        assert_true(next > at);
        assert_int_equal(visual_cluster_left(&lines, next), at);
        assert_int_equal(visual_cluster_start(&lines, next - 1), at);
        at = next;
    }
    visual_free(&lines);
    editor_free(&editor);
}

static const char *const soups[] = {
    "word and word ",     "x",           "\U0001F600\U0001F680", "\u6f22\u5b57",
    "e\u0301\u0302",      "a\u0301 b\t", "\U0001F1E9\U0001F1EA", "the line\n",
    "\u1112\u1161\u11ab", "\n"};
enum { SOUPS = sizeof soups / sizeof *soups };

static size_t fill(char *text, size_t max, const char *piece)
{
    size_t len = 0, step = strlen(piece);

    for (; len + step <= max; len += step)
        memcpy(text + len, piece, step);
    return len;
}

static void long_texts_are_told_apart_in_every_place(void **arg)
{
    enum { SIZE = 20000 };
    char *text = malloc(SIZE);

    (void)arg;
    for (size_t i = 0; i < SOUPS; i++)
        check_whole(text, fill(text, SIZE, soups[i]));
    free(text);
}

/* Random edits: the text stays valid UTF-8, the cursor between clusters and in the window, and undoing all
 * gives what there was. */
static void random_edits(unsigned seed, int count, size_t most)
{
    static const char *const pieces[] = {"a",  " ",          "\n",    "\u6f22",     "e\u0301",
                                         "\t", "\U0001f600", "word ", "\U0001F1E9", "\u0301"};
    struct editor *editor = with("");
    char *large = malloc(most);

    srand(seed);
    for (int i = 0; i < count; i++) {
        struct editor_window window;
        size_t len, width = (size_t)(rand() % 12 + 2), rows = (size_t)(rand() % 6 + 1);
        enum editor_move move = (enum editor_move)(rand() % (EDITOR_DOWN + 1));

        editor_set_width(editor, width);
        if (rand() % 50 == 0)
            editor_insert(editor, large, fill(large, most, soups[rand() % SOUPS]));
        else if (rand() % 2)
            insert(editor, pieces[rand() % 10]);
        else if (rand() % 3)
            editor_move(editor, move);
        else if (rand() % 4)
            editor_delete(editor, move < EDITOR_UP ? move : EDITOR_LEFT, rand() % 2);
        else if (rand() % 3)
            editor_undo(editor);
        else
            editor_redo(editor);
        const char *text = editor_text(editor, &len);
        size_t cursor = editor_cursor(editor);
        assert_true(cursor <= len && (cursor == len || ((unsigned char)text[cursor] & 0xC0) != 0x80));
        editor_window(editor, rows, &window);
        assert_true(window.count >= 1 && window.count <= rows && window.cursor_line < window.count &&
                    window.cursor_cell <= width);
        const struct visual_line *line = &window.lines[window.cursor_line],
                                 *last = &window.lines[window.count - 1];
        assert_true(line->at <= cursor && cursor <= line->at + line->len);
        assert_int_equal(window.below, last->at + last->len < len);
        assert_int_equal(editor_height(editor, rows), window.count);
        if (i % 100 == 0)
            assert_true(utf8_valid(text, len));
    }
    for (int i = 0; i < count && !editor_empty(editor); i++)
        editor_undo(editor);
    assert_true(editor_empty(editor) || count > 1000);
    free(large);
    editor_free(&editor);
}

static void random_edits_keep_the_rules(void **arg)
{
    (void)arg;
    random_edits(7, 900, 100);
    random_edits(8, 3000, 100);
    random_edits(9, 200, 20000);
}

/* --- a draft of 1 MB --- */

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

struct figures {
    double worst, total, first;
    int keys;
};

/* What a key costs until its frame could be drawn. */
static void measure(struct editor *editor, double begun, struct figures *figures)
{
    struct editor_window window;

    editor_height(editor, 16);
    editor_window(editor, 16, &window);
    double took = cpu_ms() - begun;
    figures->worst = took > figures->worst ? took : figures->worst;
    figures->total += took;
    figures->keys++;
}

static void press_keys(struct editor *editor, struct figures *figures)
{
    static const enum editor_move moves[] = {EDITOR_LEFT,      EDITOR_RIGHT,      EDITOR_UP,
                                             EDITOR_DOWN,      EDITOR_LINE_START, EDITOR_LINE_END,
                                             EDITOR_WORD_LEFT, EDITOR_WORD_RIGHT};

    for (int i = 0; i < 120; i++) {
        double begun = cpu_ms();
        if (i % 3 == 0)
            editor_insert(editor, "k", 1);
        else if (i % 30 == 1)
            editor_delete(editor, EDITOR_LINE_END, true);
        else if (i % 30 == 2 || i % 30 == 4)
            editor_undo(editor);
        else if (i % 30 == 8)
            editor_redo(editor);
        else if (i % 3 == 1)
            editor_move(editor, moves[rand() % 8]);
        else
            editor_delete(editor, i % 2 ? EDITOR_LEFT : EDITOR_RIGHT, false);
        measure(editor, begun, figures);
    }
}

/* The bound is far above what it takes, since tests run on busy machines and under sanitizers; going through
 * all of the text for each key would be above it. STOA_FIGURES shows what it took. */
static void a_key_costs_the_same_in_a_large_draft(void **arg)
{
    size_t max = EDITOR_TEXT_MAX - 1000;
    char *text = malloc(max);

    (void)arg;
    srand(3);
    for (size_t i = 0; i < SOUPS; i++) {
        struct editor *editor = editor_new();
        struct figures figures = {0};
        size_t len = fill(text, max, soups[i]);

        editor_set_width(editor, 97);
        double begun = cpu_ms();
        assert_true(editor_insert(editor, text, len));
        measure(editor, begun, &figures);
        figures.first = figures.worst;
        figures.worst = figures.total = 0;
        press_keys(editor, &figures);
        editor_set_width(editor, 60);
        if (getenv("STOA_FIGURES"))
            fprintf(stderr, "%-14.6s paste %.2f ms, key %.3f ms, worst %.3f ms\n", soups[i], figures.first,
                    figures.total / figures.keys, figures.worst);
        assert_true(figures.total / figures.keys < 4 * slow());
        assert_true(figures.first < 60 * slow());
        editor_free(&editor);
    }
    free(text);
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
        cmocka_unit_test(the_history_forgets_what_is_too_much),
        cmocka_unit_test(typing_is_undone_as_one),
        cmocka_unit_test(what_was_taken_back_is_made_again),
        cmocka_unit_test(an_empty_paste_is_no_change),
        cmocka_unit_test(undo_forgets_the_oldest),
        cmocka_unit_test(too_much_changes_nothing),
        cmocka_unit_test(the_cursor_is_never_within_a_cluster),
        cmocka_unit_test(what_becomes_one_cluster_is_left_whole),
        cmocka_unit_test(words_of_several_scripts),
        cmocka_unit_test(the_window_scrolls_as_little_as_it_can),
        cmocka_unit_test(long_texts_are_told_apart_in_every_place),
        cmocka_unit_test(random_edits_keep_the_rules),
        cmocka_unit_test(a_key_costs_the_same_in_a_large_draft),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
