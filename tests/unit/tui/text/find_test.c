#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "tui/local.h"
#include "tui/text/find.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct found {
    struct message *message;
    struct layout *layout;
    struct needle *needle;
};

static struct found look_for(const char *needle, const char *text, size_t width)
{
    struct folds folds = {.unfolded = true};
    struct found f = {local_message("ann", text), layout_new(), needle_new(needle, strlen(needle))};

    layout_update(f.layout, f.message, width, &folds);
    return f;
}

static void done(struct found *f)
{
    message_free(&f->message);
    layout_free(&f->layout);
    needle_free(&f->needle);
}

/* The pieces of a line, in brackets within its text. */
static void expect_line(struct found *f, size_t line, const char *want)
{
    struct find_piece pieces[FIND_PIECES_MAX];
    size_t count = find_pieces(f->needle, f->message, f->layout, line, pieces), at = 0;
    struct layout_line source = layout_line(f->layout, line);
    char got[512] = "";

    for (size_t i = 0; i < count; i++) {
        snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s[%.*s]", (int)(pieces[i].at - at),
                 source.text + at, (int)pieces[i].len, source.text + pieces[i].at);
        at = pieces[i].at + pieces[i].len;
    }
    snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s", (int)(source.len - at), source.text + at);
    assert_string_equal(got, want);
}

static void hits_are_marked_on_their_line(void **state)
{
    struct found f = look_for("an", "An answer, and another", 60);

    (void)state;
    expect_line(&f, 1, "[An] [an]swer, [an]d [an]other");
    expect_line(&f, 0, "");
    done(&f);
}

static void a_hit_goes_on_over_a_line_that_was_broken_at_a_space(void **state)
{
    struct found f = look_for("three four", "one two three four five", 17);

    (void)state;
    expect_line(&f, 1, "one two [three]");
    expect_line(&f, 2, "[four] five");
    done(&f);
}

static void a_word_that_was_torn_apart_is_found_and_two_words_are_not_one(void **state)
{
    struct found f = look_for("abcdefghijkl", "abcdefghijklmnop", 13);

    (void)state;
    expect_line(&f, 1, "[abcdefghij]");
    expect_line(&f, 2, "[kl]mnop");
    done(&f);
    f = look_for("into", "say this in to him", 14);
    for (size_t line = 0; line < layout_lines(f.layout); line++) {
        struct find_piece pieces[FIND_PIECES_MAX];
        assert_int_equal(find_pieces(f.needle, f.message, f.layout, line, pieces), 0);
    }
    done(&f);
}

static void the_bars_of_a_quote_are_no_text(void **state)
{
    struct found f = look_for("three four", "> one two three four five", 19);

    (void)state;
    f.message->role = MESSAGE_ROLE_ASSISTANT;
    f.message->version++;
    struct folds folds = {.unfolded = true};
    layout_update(f.layout, f.message, 19, &folds);
    expect_line(&f, 1, "│ one two [three]");
    expect_line(&f, 2, "│ [four] five");
    done(&f);
}

static void wide_and_accented_text_is_marked_whole(void **state)
{
    struct found f = look_for("字", "漢字 é字", 40);

    (void)state;
    expect_line(&f, 1, "漢[字] é[字]");
    done(&f);
}

static void lines_are_found_both_ways(void **state)
{
    struct found f = look_for("hit", "hit one\n\nno\n\nhit two\n\nno", 40);
    size_t line;

    (void)state;
    assert_true(find_line(f.needle, f.message, f.layout, 0, true, &line));
    assert_int_equal(line, 1);
    assert_true(find_line(f.needle, f.message, f.layout, 2, true, &line));
    assert_int_equal(line, 5);
    assert_true(find_line(f.needle, f.message, f.layout, layout_lines(f.layout) - 1, false, &line));
    assert_int_equal(line, 5);
    assert_true(find_line(f.needle, f.message, f.layout, 4, false, &line));
    assert_int_equal(line, 1);
    assert_false(find_line(f.needle, f.message, f.layout, 6, true, &line));
    assert_false(find_line(f.needle, f.message, f.layout, 0, false, &line));
    done(&f);
}

static void what_a_tool_was_given_and_said_is_searched(void **state)
{
    struct needle *needle = needle_new("grüße", strlen("grüße"));
    char id[ID_MAX];

    id_make(id, "m_");
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:I, s:s, s:[{s:s, s:s}, {s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s}}]}",
                  "id", id, "role", "assistant", "author", "demo", "ts", (json_int_t)1, "status", "complete",
                  "content", "type", "text", "text", "nothing", "type", "tool_call", "id", "c", "name", "n",
                  "input", "{}", "call", "state", "done", "server", "", "tool", "t", "result", "viele Grüße");
    struct message *message;

    (void)state;
    message = message_from_json(json);
    json_decref(json);
    assert_non_null(message);
    assert_true(find_likely(needle, message));
    assert_false(find_likely_block(needle, &message->blocks[0]));
    message_free(&message);
    needle_free(&needle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_are_marked_on_their_line),
        cmocka_unit_test(a_hit_goes_on_over_a_line_that_was_broken_at_a_space),
        cmocka_unit_test(a_word_that_was_torn_apart_is_found_and_two_words_are_not_one),
        cmocka_unit_test(the_bars_of_a_quote_are_no_text),
        cmocka_unit_test(wide_and_accented_text_is_marked_whole),
        cmocka_unit_test(lines_are_found_both_ways),
        cmocka_unit_test(what_a_tool_was_given_and_said_is_searched),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
