#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/local.h"
#include "tui/text/layout.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct message *streaming(void)
{
    struct message *message = local_message("model", "x");

    message->role = MESSAGE_ROLE_ASSISTANT;
    message->status = MESSAGE_STREAMING;
    buf_clear(&message->blocks[0].text);
    return message;
}

static void append(struct message *message, const char *text, size_t len)
{
    assert_true(buf_put(&message->blocks[message->block_count - 1].text, text, len));
    message->version++;
}

static void add_block(struct message *message, enum block_kind kind)
{
    message->blocks = xreallocarray(message->blocks, message->block_count + 1, sizeof *message->blocks);
    struct block *block = &message->blocks[message->block_count++];
    *block = (struct block){.kind = kind};
    buf_init(&block->text, STATE_TEXT_MAX);
    if (kind == BLOCK_TOOL_CALL)
        block->name = xstrdup("bash");
    message->version++;
}

/* The lines between header and the empty last one, joined by newlines. */
static char *shown(const struct layout *layout)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    for (size_t i = 1; i + 1 < layout_lines(layout); i++) {
        struct layout_line line = layout_line(layout, i);
        buf_printf(&out, "%s%*s%.*s", i > 1 ? "\n" : "", (int)line.indent, "", (int)line.len, line.text);
    }
    return buf_take(&out);
}

static void expect(const char *text, size_t width, const char *lines)
{
    struct message *message = streaming();
    struct layout *layout = layout_new();

    append(message, text, strlen(text));
    layout_update(layout, message, width, &(struct folds){0});
    char *got = shown(layout);
    assert_string_equal(got, lines);
    free(got);
    layout_free(&layout);
    message_free(&message);
}

static void words_wrap(void **arg)
{
    (void)arg;
    expect("the quick brown fox", 13, "  the quick\n  brown fox");
    expect("a  b", 13, "  a  b");
    expect("abcdefghijklmnop", 13, "  abcdefghij\n  klmnop");
    expect("one\n\ntwo\n\n\n", 20, "  one\n  \n  two");
    expect("\n\n  \nlate", 20, "  late");
}

static void wide_characters_wrap_between_cells(void **arg)
{
    (void)arg;
    expect("漢字漢字漢字", 8, "  漢字\n  漢字\n  漢字");
    expect("ab漢字cd", 8, "  ab漢\n  字cd");
    expect("漢", 4, "  漢"); /* too narrow for it: shown all the same, and no endless loop */
}

static void list_items_hang(void **arg)
{
    (void)arg;
    expect("- one two three four", 15, "  • one two\n    three four");
    expect("12. one two three", 15, "  12. one two\n      three");
}

static void code_is_verbatim(void **arg)
{
    (void)arg;
    expect("```c\n\tint  a;\n  b\n```\nafter", 30, "  ```c\n        int  a;\n      b\n  \n  after");
    expect("```\na b c d e f g h\n```", 12, "  ```\n    a b c d\n     e f g \n    h");
}

static void nothing_untrusted_passes(void **arg)
{
    (void)arg;
    expect("a\033[31mb\033]0;title\ac\u202ed\re", 30, "  abcd\n  e");
    expect("\xe2\x80\x8bx\u00adz", 30, "  xz");
}

static void folds_hide_reasoning_and_tools(void **arg)
{
    struct message *message = streaming();
    struct layout *layout = layout_new();

    (void)arg;
    message->blocks[0].kind = BLOCK_REASONING;
    append(message, "let me think", 12);
    add_block(message, BLOCK_TOOL_CALL);
    append(message, "{\"cmd\":\"ls\"}", 12);
    add_block(message, BLOCK_TEXT);
    append(message, "done", 4);
    layout_update(layout, message, 60, &(struct folds){0});
    char *got = shown(layout);
    assert_string_equal(got, "  ▸ reasoning  3 words\n  ▸ tool  · bash  {\"cmd\":\"ls\"}\n\n  done");
    free(got);
    layout_update(layout, message, 60, &(struct folds){.unfolded = true});
    got = shown(layout);
    assert_string_equal(got,
                        "  ▾ reasoning  3 words\n    let me think\n\n  ▾ tool  · bash  {\"cmd\":\"ls\"}\n"
                        "    {\"cmd\":\"ls\"}\n\n  done");
    free(got);
    layout_free(&layout);
    message_free(&message);
}

static void an_interrupted_message_says_so(void **arg)
{
    struct message *message = streaming();
    struct layout *layout = layout_new();

    (void)arg;
    append(message, "half", 4);
    message->status = MESSAGE_FAILED;
    message->error = xstrdup("server\033[2J cut");
    layout_update(layout, message, 60, &(struct folds){0});
    char *got = shown(layout);
    assert_string_equal(got, "  half\n  ✗ failed: server cut");
    free(got);
    layout_free(&layout);
    message_free(&message);
}

static bool same_spans(const struct layout_line *a, const struct layout_line *b)
{
    if (a->span_count != b->span_count)
        return false;
    for (size_t i = 0; i < a->span_count; i++)
        if (a->spans[i].len != b->spans[i].len || a->spans[i].style != b->spans[i].style)
            return false;
    return true;
}

static void assert_same(const struct layout *a, const struct layout *b, size_t prefix)
{
    if (layout_lines(a) != layout_lines(b))
        fail_msg("prefix %zu: %zu lines, whole %zu", prefix, layout_lines(a), layout_lines(b));
    for (size_t i = 0; i < layout_lines(a); i++) {
        struct layout_line x = layout_line(a, i), y = layout_line(b, i);
        if (x.len != y.len || x.indent != y.indent || x.style != y.style ||
            memcmp(x.text, y.text, x.len) != 0)
            fail_msg("prefix %zu line %zu: '%.*s' whole '%.*s'", prefix, i, (int)x.len, x.text, (int)y.len,
                     y.text);
        if (!same_spans(&x, &y))
            fail_msg("prefix %zu line %zu: other styles in '%.*s'", prefix, i, (int)x.len, x.text);
        if (layout_position(a, i) != layout_position(b, i))
            fail_msg("prefix %zu line %zu: another position", prefix, i);
        if (layout_find(a, layout_position(a, i)) != i)
            fail_msg("prefix %zu: line %zu is not found by its position", prefix, i);
    }
}

/* Text is appended in random pieces; after each, the grown layout must equal a fresh one of the whole. */
static void check_growth(const char *text, size_t len, size_t width, bool unfolded, enum block_kind kind)
{
    struct folds folds = {.unfolded = unfolded};
    struct message *message = streaming();
    struct layout *grown = layout_new();

    message->blocks[0].kind = kind;
    for (size_t at = 0; at < len;) {
        size_t piece = utf8_cut(text + at, len - at, (size_t)(rand() % 9 + 4));
        append(message, text + at, piece);
        at += piece;
        layout_update(grown, message, width, &folds);
        struct layout *whole = layout_new();
        layout_update(whole, message, width, &folds);
        assert_same(grown, whole, at);
        layout_free(&whole);
    }
    layout_free(&grown);
    message_free(&message);
}

static const char sample[] =
    "# Why the loop spins\n\nThe delay is `100 << n`, so it overflows after 25 steps: 漢字混じりの文章 goes "
    "here too.\n"
    "\n- first item that is long enough to wrap at least once in the narrow views\n  - nested\n12. "
    "twelfth\n\n"
    "```c\n\tint d = 100 << n;  // ms, and a line that is much too long for the width it is shown "
    "in\n```x\n```\n"
    "> quoted text that also wraps\n\n````diff\n-removed\n+added\n```\n unchanged\n````\n"
    "A\u0301E\u0301 flags \U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7 emoji \U0001f600\U0001f600\U0001f600 "
    "end\r\nnext\rlast"
    "\033[31mred\033[0m \t tab\ttab\n\n\n\ntail    with    spaces                                   and more";

static void growing_equals_the_whole(void **arg)
{
    (void)arg;
    srand(3);
    for (size_t width = 4; width < 60; width += 5) {
        check_growth(sample, sizeof sample - 1, width, false, BLOCK_TEXT);
        check_growth(sample, sizeof sample - 1, width, true, BLOCK_REASONING);
        check_growth(sample, sizeof sample - 1, width, true, BLOCK_TOOL_CALL);
    }
}

static void growing_equals_the_whole_on_random_text(void **arg)
{
    static const char *const pieces[] = {"word ",      "`",       "```", "~~~",     "\n",
                                         "\n\n",       " ",       "  ",  "# ",      "- ",
                                         "1. ",        "> ",      "漢",  "e\u0301", "\t",
                                         "\U0001f1e9", "+x",      "-y",  "diff",    "averyveryverylongword",
                                         "\u202e",     "\033[1m", "\r",  "|"};
    enum { PIECES = sizeof pieces / sizeof *pieces };
    struct buf text;

    (void)arg;
    srand(11);
    buf_init(&text, 1 << 16);
    for (int round = 0; round < 300; round++) {
        buf_clear(&text);
        for (int i = 0; i < 80; i++)
            buf_puts(&text, pieces[rand() % PIECES]);
        check_growth(text.data, text.len, (size_t)(rand() % 40 + 4), false, BLOCK_TEXT);
    }
    buf_free(&text);
}

static struct tool_call *new_call(enum call_state state, const char *result)
{
    struct tool_call *call = xcalloc(1, sizeof *call);

    *call = (struct tool_call){.state = state, .ms = 1200, .progress = -1, .total = -1};
    call->server = xstrdup("shell");
    call->tool = xstrdup("run");
    call->result = xstrdup(result);
    return call;
}

static char *laid_out(const struct message *message, size_t width, bool unfolded)
{
    struct layout *layout = layout_new();

    layout_update(layout, message, width, &(struct folds){.unfolded = unfolded});
    char *text = shown(layout);
    layout_free(&layout);
    return text;
}

static struct message *with_call(const char *input, enum call_state state, const char *result)
{
    struct message *message = streaming();

    message->blocks[0].kind = BLOCK_TOOL_CALL;
    message->blocks[0].name = xstrdup("shell__run");
    message->blocks[0].call = new_call(state, result);
    append(message, input, strlen(input));
    message->status = MESSAGE_COMPLETE;
    return message;
}

static void a_call_is_a_line_and_unfolds_to_what_it_did(void **arg)
{
    struct message *message =
        with_call("{\"command\":\"echo 'a\\nb'\",\"cwd\":\"/x\"}", CALL_DONE, "a\033[2J\nb\n");

    (void)arg;
    char *got = laid_out(message, 80, false);
    assert_string_equal(got,
                        "  ▸ tool  ✓ shell/run  done 1.2 s  {\"command\":\"echo 'a\\nb'\",\"cwd\":\"/x\"}");
    free(got);
    got = laid_out(message, 80, true);
    assert_non_null(
        strstr(got, "\n    $ echo 'a\n      b'\n    {\n      \"cwd\": \"/x\"\n    }\n    \n    a\n    b"));
    free(got);
    message_free(&message);
}

static void a_result_is_set_out_as_what_it_is(void **arg)
{
    struct message *message = with_call("{}", CALL_DONE, "{\"a\":[1,2]}");
    struct buf lines;

    (void)arg;
    char *got = laid_out(message, 80, true);
    assert_non_null(strstr(got, "    {\n      \"a\": [\n        1,\n        2\n      ]\n    }"));
    free(got);
    message_free(&message);
    buf_init(&lines, 1 << 16);
    for (int i = 1; i <= 250; i++)
        buf_printf(&lines, "line %d\n", i);
    message = with_call("not json", CALL_FAILED, lines.data);
    got = laid_out(message, 80, true);
    assert_non_null(strstr(got, "line 200\n    … 50 more lines, v shows all"));
    assert_null(strstr(got, "line 201"));
    assert_non_null(strstr(got, "not json"));
    free(got);
    message_free(&message);
    buf_free(&lines);
}

static void a_file_is_a_line_and_unfolds_to_its_content(void **arg)
{
    struct message *message = streaming();

    (void)arg;
    append(message, "look", 4);
    add_block(message, BLOCK_ATTACHMENT);
    message->blocks[1].name = xstrdup("src/\033[1ma.c");
    append(message, "int\ta;\n# no heading\n", 21);
    message->status = MESSAGE_COMPLETE;
    message->role = MESSAGE_ROLE_USER;
    char *got = laid_out(message, 60, false);
    assert_string_equal(got, "  look\n\n  + attachment  src/a.c  21 B");
    free(got);
    got = laid_out(message, 60, true);
    assert_string_equal(got, "  look\n\n  - attachment  src/a.c  21 B\n    int a;\n    # no heading");
    free(got);
    message_free(&message);
}

static void what_people_write_is_not_touched(void **arg)
{
    struct message *message =
        local_message("ann", "call __init__ and *x\n# not a heading\n\n1. one two three four\n");

    (void)arg;
    char *got = laid_out(message, 20, false);
    assert_string_equal(got,
                        "  call __init__ and\n  *x\n  # not a heading\n  \n  1. one two three\n     four");
    free(got);
    message_free(&message);
}

static void one_block_folds_alone(void **arg)
{
    struct message *message = streaming();
    struct layout *layout = layout_new();
    struct folds folds = {0};

    (void)arg;
    message->blocks[0].kind = BLOCK_REASONING;
    append(message, "first", 5);
    add_block(message, BLOCK_REASONING);
    append(message, "second", 6);
    folds_toggle(&folds, 1);
    layout_update(layout, message, 60, &folds);
    char *got = shown(layout);
    assert_string_equal(got, "  ▸ reasoning  1 words\n\n  ▾ reasoning  1 words\n    second");
    assert_int_equal(layout_line(layout, 1).block, 0);
    assert_true(layout_line(layout, 1).title);
    assert_int_equal(layout_line(layout, 2).block, LAYOUT_NO_BLOCK);
    assert_true(layout_line(layout, 3).title);
    assert_int_equal(layout_line(layout, 4).block, 1);
    assert_false(layout_line(layout, 4).title);
    assert_int_equal(layout_line(layout, 0).block, LAYOUT_NO_BLOCK);
    free(got);
    folds.unfolded = true;
    assert_true(folds_unfolded(&folds, 0));
    assert_false(folds_unfolded(&folds, 1));
    folds_toggle(&folds, STATE_BLOCKS_MAX);
    assert_true(folds_unfolded(&folds, STATE_BLOCKS_MAX));
    layout_free(&layout);
    message_free(&message);
}

/* The code that is copied from each line, joined by |; - for none. */
static void expect_copies(const char *text, const char *copies)
{
    struct message *message = streaming();
    struct layout *layout = layout_new();
    struct buf got;

    append(message, text, strlen(text));
    layout_update(layout, message, 60, &(struct folds){0});
    buf_init(&got, 1 << 16);
    for (size_t i = 0; i < layout_lines(layout); i++) {
        char *code = layout_copy_block(layout, i);
        buf_printf(&got, "%s%s", i ? "|" : "", code ? code : "-");
        free(code);
    }
    assert_string_equal(got.data, copies);
    buf_free(&got);
    layout_free(&layout);
    message_free(&message);
}

static void code_is_copied_as_it_is(void **arg)
{
    (void)arg;
    expect_copies("a\n```c\n\tx;\033[1m\n```\nb", "-|-|-|\tx;\n|-|-|-");
    expect_copies("```\nopen", "-|-|open|-");
    expect_copies("  ```\n    x\n  y\n  ```", "-|-|  x\ny\n|  x\ny\n|-");
    expect_copies("- a\n  ```\n  x\n  ```", "-|-|x\n|x\n|-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_wrap),
        cmocka_unit_test(wide_characters_wrap_between_cells),
        cmocka_unit_test(list_items_hang),
        cmocka_unit_test(code_is_verbatim),
        cmocka_unit_test(nothing_untrusted_passes),
        cmocka_unit_test(folds_hide_reasoning_and_tools),
        cmocka_unit_test(an_interrupted_message_says_so),
        cmocka_unit_test(a_call_is_a_line_and_unfolds_to_what_it_did),
        cmocka_unit_test(a_result_is_set_out_as_what_it_is),
        cmocka_unit_test(a_file_is_a_line_and_unfolds_to_its_content),
        cmocka_unit_test(what_people_write_is_not_touched),
        cmocka_unit_test(one_block_folds_alone),
        cmocka_unit_test(code_is_copied_as_it_is),
        cmocka_unit_test(growing_equals_the_whole),
        cmocka_unit_test(growing_equals_the_whole_on_random_text),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
