/* A text that grows is shown as it would be if it had come as a whole, after every byte; and growing costs
 * what is new, not what is there. */
#include "shared/clock.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/text/section.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct block new_block(enum block_kind kind)
{
    struct block block = {.kind = kind};

    buf_init(&block.text, STATE_TEXT_MAX * 2);
    return block;
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

static void assert_same(const struct section *a, const struct section *b, const struct block *block,
                        size_t width)
{
    size_t at_a, at_b;

    if (section_lines(a) != section_lines(b))
        fail_msg("width %zu: %zu lines, whole %zu, of:\n%s", width, section_lines(a), section_lines(b),
                 block->text.data);
    for (size_t i = 0; i < section_lines(a); i++) {
        struct layout_line x = section_line(a, i, &at_a), y = section_line(b, i, &at_b);
        if (x.len != y.len || x.indent != y.indent || x.style != y.style || !same_spans(&x, &y) ||
            at_a != at_b || memcmp(x.text, y.text, x.len) != 0)
            fail_msg("width %zu line %zu: '%.*s' whole '%.*s' of:\n%s", width, i, (int)x.len, x.text,
                     (int)y.len, y.text, block->text.data);
    }
}

/* Appends in pieces of 1 to piece bytes; after each, compares with a section of the whole. */
static size_t check_growth(const char *text, size_t len, size_t width, enum block_kind kind, size_t piece)
{
    const struct section_view view = {.width = width, .unfolded = true, .growing = true};
    struct section *grown = section_new();
    struct block block = new_block(kind);
    size_t checks = 0;

    for (size_t at = 0, more; at < len; at += more, checks++) {
        more = piece > 1 ? (size_t)rand() % piece + 1 : 1;
        more = more < len - at ? more : len - at;
        assert_true(buf_put(&block.text, text + at, more));
        section_grow(grown, &block, &view);
        struct section *whole = section_new();
        section_grow(whole, &block, &view);
        assert_same(grown, whole, &block, width);
        section_free(&whole);
    }
    section_free(&grown);
    buf_free(&block.text);
    return checks;
}

/* What makes a cut wrong if it is possible to make it wrong. */
static const char *const nasty[] = {
    "para\n===\n\npara\n---\n\n---\n\n***\ntext",
    "- a\n\n- b\n  c\n\n      code in b\n\n    more\n\npara\n\n    code\n\n    code\n\nend",
    "1. a\n\n1. b\n\n   para\n\n1. c\n\nx\n\n1. d\n2) e\n\n7) f\n\n8) g",
    "> q\nlazy\n\n> q2\n>\n> > nested\n>\n> - l\n\n> ```\n> code\n\n> after",
    "- ```\n  code\n\n  code\n  ```\n- b\n\n  ```c\n  int x;\n\nout of it\n\n```\nint y;\n```\n",
    "1. do\n  ```sh\n  cmd\n\n  cmd2\n  ```\n2. next\n",
    "   ```c\n   a\n     b\n  c\n   ```\nafter",
    "text\n```\nunlabelled\n\n# no heading\n```\n```diff\n-a\n+b\n@@ -1 +1 @@\n---x\n```x\n```\n# "
    "h\ntext\n## h2\n- l",
    "```\n--- a\n+++ b\n@@ -1,2 +1,2 @@\n--- not a header\n+++ neither\n x\n```\n```\n---\nno diff\n```\n",
    "````\n```\n~~~\n````\n~~~ c\n```\n~~~\n~~~",
    "| a | b |\n|---|:-:|\n| 1 | 2 |\n| `x|y` | [l](t) | 3 |\n| only\n\n| no | table |\n\nx | "
    "y\n--|--\n1|2\n# h\n3|4",
    "[a]: http://x\n[b][a] ![i](u) [t](<u v> \"title\") <http://a.b> [http://c](http://c) [](e)\n\n[a]: y",
    "*em **strong* x** ***both*** ~~no~~ `a ``b` c`` `` ` `` \\* \\\nhard  "
    "\nbreak\n&amp;&#x1b;[1m&#10;&#x202e;&bogus;",
    "<div>\n\n<b>x</b> <!-- c -->\n\n</div>\n\n<script>\nx\n</script>\n",
    "* * *\n- - a\n- \n-\n\n+ x\n\n\n\n\n- [ ] t\n- [x] u\n1. [ ] v\n",
    "#\n##\n####### no\n#\ttab\n# a #\n \n# b",
    "\t\ttabbed\n\n-\ttab item\n\n\tcont\n\n>\tq\n\n```\n\tx\ty\n```\n",
    "e\xcc\x81*\xcc\x81*\xcc\x81 *\xcc\x81* > \xcc\x81\n\n> \xcc\x81x\n\n>\t```\n> \xcc\x81\n",
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d **\xd7\xa2\xd7\x95\xd7\x9c\xd7\x9d** (rtl)\n- "
    "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7\n",
    "\033[1mx\033]0;t\a\r\ny\rz\xc2\x9b"
    "31m\xe2\x80\xae\xf3\xa0\x81\x81\xff\xc0\xaf\n```\033[2J\n\x9f",
};

static void growing_equals_the_whole_after_every_byte(void **arg)
{
    static const size_t widths[] = {7, 24, 73};
    size_t checks = 0;

    (void)arg;
    srand(5);
    for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            checks += check_growth(nasty[i], strlen(nasty[i]), widths[w], BLOCK_TEXT, 1);
    for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++) {
        checks += check_growth(nasty[i], strlen(nasty[i]), 20, BLOCK_REASONING, 5);
        checks += check_growth(nasty[i], strlen(nasty[i]), 20, BLOCK_TOOL_CALL, 5);
        checks += check_growth(nasty[i], strlen(nasty[i]), 20, BLOCK_ATTACHMENT, 5);
    }
    print_message("%zu prefixes\n", checks);
}

/* Lines of Markdown that are put together at random. */
static void random_markdown(struct buf *text, int lines)
{
    static const char *const begins[] = {
        "",    "",      "",     "",     "- ",     "* ",    "1. ",
        "2) ", "> ",    "> > ", "  ",   "    ",   "   ",   "\t",
        "# ",  "### ",  "```",  "```c", "~~~",    "  ```", "| a | b |\n|---|:--|\n",
        "| ",  "[x]: ", "---",  "===",  "- [ ] ", "10. ",  "+ ",
        "\n",  "\n\n"};
    static const char *const pieces[] = {"word ",
                                         "longer words here ",
                                         "`code` ",
                                         "*em*",
                                         "**st",
                                         "** ",
                                         "~~x~~ ",
                                         "[l](http://t) ",
                                         "![i](u)",
                                         "<http://a> ",
                                         " | ",
                                         "|",
                                         "&amp;",
                                         "&#27;",
                                         "\\",
                                         "  ",
                                         "\xe6\xbc\xa2\xe5\xad\x97",
                                         "e\xcc\x81",
                                         "\xcc\x81",
                                         "```",
                                         "`",
                                         ":",
                                         "_u_ ",
                                         "\xd7\xa9",
                                         "\r",
                                         "\x1b[1m",
                                         "\xe2\x80\xae",
                                         "/* ",
                                         "*/ ",
                                         "\"",
                                         "\t"};
    enum { BEGINS = sizeof begins / sizeof *begins, PIECES = sizeof pieces / sizeof *pieces };

    for (int i = 0; i < lines; i++) {
        buf_puts(text, begins[rand() % BEGINS]);
        for (int k = rand() % 5; k > 0; k--)
            buf_puts(text, pieces[rand() % PIECES]);
        buf_puts(text, rand() % 4 ? "\n" : "\n\n");
    }
}

static void growing_equals_the_whole_on_random_markdown(void **arg)
{
    const char *rounds = getenv("STOA_TEST_ROUNDS");
    size_t checks = 0;
    struct buf text;

    (void)arg;
    srand(17);
    buf_init(&text, 1 << 20);
    for (int round = rounds ? atoi(rounds) : 250; round > 0; round--) {
        buf_clear(&text);
        random_markdown(&text, 14);
        checks += check_growth(text.data, text.len, (size_t)rand() % 60 + 3, BLOCK_TEXT, round % 3 ? 9 : 1);
    }
    buf_free(&text);
    print_message("%zu prefixes\n", checks);
}

/* Documents that are longer than what is laid out at once, cut only by their size. */
static void growing_equals_the_whole_where_it_never_ends(void **arg)
{
    static const char *const units[] = {
        "words without end ",
        "unbroken\xe6\xbc\xa2",
        "- item of a list\n",
        "| a | long table's row |\n",
        "line of a paragraph that goes on\n",
        "> quoted\n",
        "1. one\n\n   para\n\n",
        "e\xcc\x81",
        "  - nested\n",
        "[[[[",
        "*a _b ",
    };
    struct buf text;

    (void)arg;
    srand(23);
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        buf_clear(&text);
        if (units[i][0] == '|')
            buf_puts(&text, "| a | b |\n|---|--:|\n");
        while (text.len < 20000)
            buf_puts(&text, units[i]);
        check_growth(text.data, text.len, 40, BLOCK_TEXT, 1500);
    }
    buf_free(&text);
}

/* --- costs --- */

static struct section *grow_to(const char *begin, const char *unit, size_t total, size_t chunk, double *us)
{
    const struct section_view view = {.width = 90};
    struct section *section = section_new();
    struct block block = new_block(BLOCK_TEXT);
    size_t updates = 0, unit_len = strlen(unit);
    int64_t began = clock_steady_us();

    buf_puts(&block.text, begin);
    for (size_t at = 0; block.text.len < total; updates++) {
        for (size_t i = 0; i < chunk; i++, at++)
            buf_putc(&block.text, unit[at % unit_len]);
        section_grow(section, &block, &view);
    }
    *us = (double)(clock_steady_us() - began) / (double)updates;
    buf_free(&block.text);
    return section;
}

static void growing_costs_what_is_new(void **arg)
{
    static const struct {
        const char *what, *begin, *unit;
        size_t total, chunk, most; /* most: bytes of work a byte of text */
    } cases[] = {
        {"64 KB of paragraphs and code", "",
         "## Head\n\nSome *words* of a paragraph that is about as long as they usually are, with `code`.\n\n"
         "- item\n- item two\n\n```c\nint main(void)\n{\n    return 0;\n}\n```\n\n",
         64 << 10, 20, 12},
        {"1 MB of one code block", "```c\n", "    int a = 5; /* comment */ call(\"string\");\n", 1 << 20, 400,
         3},
        {"1 MB on one line of code", "```json\n", "{\"key\": [1, 2, 3]}, ", 1 << 20, 400, 8},
        {"1 MB on one line without a label", "```\n", "{\"key\": [1, 2, 3]}, ", 1 << 20, 400, 8},
        {"1 MB of one paragraph", "", "words that never end ", 1 << 20, 4000, 8},
        {"1 MB of one list", "", "- an item of a list that never ends\n", 1 << 20, 4000, 8},
        {"1 MB of one table", "| a | b |\n|---|---|\n", "| cell | another cell |\n", 1 << 20, 4000, 8},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double us;
        struct section *section = grow_to(cases[i].begin, cases[i].unit, cases[i].total, cases[i].chunk, &us);
        size_t work = section_work(section) / cases[i].total;
        print_message("%s: %.1f us an update of %zu bytes, %zu bytes of work a byte\n", cases[i].what, us,
                      cases[i].chunk, work);
        assert_true(work <= cases[i].most);
        section_free(&section);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growing_equals_the_whole_after_every_byte),
        cmocka_unit_test(growing_equals_the_whole_on_random_markdown),
        cmocka_unit_test(growing_equals_the_whole_where_it_never_ends),
        cmocka_unit_test(growing_costs_what_is_new),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
