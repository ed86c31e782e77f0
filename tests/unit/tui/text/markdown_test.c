#include "shared/utf8.h"
#include "tui/text/markdown.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The lines of a canvas, joined by newlines; what has a style of its own as {s:text}. */
static char *shown(const struct canvas *canvas, bool styled)
{
    static const char *const names[STYLE_COUNT] = {
        [STYLE_STRONG] = "b",      [STYLE_EMPHASIS] = "i", [STYLE_STRONG_EMPHASIS] = "bi",
        [STYLE_CODE] = "code",     [STYLE_LINK] = "link",  [STYLE_DIM] = "dim",
        [STYLE_STRIKE] = "strike", [STYLE_HEADING] = "h",  [STYLE_QUOTE] = "quote",
        [STYLE_ADDED] = "+",       [STYLE_REMOVED] = "-",  [STYLE_KEYWORD] = "k",
    };
    struct buf out;

    buf_init(&out, 1 << 22);
    for (size_t i = 0; i < canvas->count; i++) {
        const struct canvas_line *line = &canvas->lines[i];
        const char *text = canvas->text.data + line->at;
        size_t at = 0;
        buf_printf(&out, "%s%*s", i > 0 ? "\n" : "", (int)line->indent, "");
        for (size_t k = 0; k < line->spans && styled; k++) {
            const struct span *span = &canvas->spans[line->span_at + k];
            const char *name = names[span->style];
            buf_printf(&out, name ? "{%s:%.*s}" : "%s%.*s", name ? name : "", (int)span->len, text + at);
            at += span->len;
        }
        const char *rest = styled && at < line->len ? names[line->style] : NULL;
        buf_printf(&out, rest ? "{%s:%.*s}" : "%s%.*s", rest ? rest : "", (int)(line->len - at), text + at);
    }
    return buf_take(&out);
}

static void expect_as(const char *text, size_t width, bool styled, const char *lines)
{
    const struct markdown_source source = {.text = text, .len = strlen(text)};
    struct markdown_list list = {0};
    struct canvas canvas;

    canvas_init(&canvas);
    assert_true(markdown_lines(&source, &canvas, width, &list));
    char *got = shown(&canvas, styled);
    assert_string_equal(got, lines);
    free(got);
    canvas_free(&canvas);
}

static void expect(const char *text, const char *lines)
{
    expect_as(text, 40, false, lines);
}

static void expect_styled(const char *text, const char *lines)
{
    expect_as(text, 60, true, lines);
}

static void text_has_its_styles(void **arg)
{
    (void)arg;
    expect_styled("a *b* __c__ ***d*** `e` ~~f~~", "a {i:b} {b:c} {bi:d} {code:`e`} {strike:~~f~~}");
    expect_styled("## A *b*", "{h:## A b}");
    expect_styled("a\n===", "{h:# a}");
    expect_styled("> q", "{quote:│ q}");
}

static void links_say_where_they_lead(void **arg)
{
    (void)arg;
    expect_styled("[t](http://x/y \"title\")", "{link:t}{dim: (http://x/y)}");
    expect_styled("<http://x> [http://x](http://x) <a@b.c>", "{link:http://x} {link:http://x} {link:a@b.c}");
    expect("[https://bank](https://evil)", "https://bank (https://evil)");
    expect("![a *b*](http://i)", "[image: a b] (http://i)");
    expect("[t](<a&#27;[31m&#x202e;b>)", "t (a[31mb)");
    expect("[](x)", " (x)");
    expect("[a][b] [c]\n\n[b]: http://b\n\n> [c]: x", "[a][b] [c]\n\n[b]: http://b\n\n│ [c]: x");
}

static void lists_nest_and_count(void **arg)
{
    (void)arg;
    expect("- a\n  - b\n    1. c\n- d", "• a\n  ◦ b\n    1. c\n• d");
    expect("3. a\n3. b\n\n   para\n10) c", "3. a\n4. b\n\n   para\n10) c");
    expect("- [ ] open\n- [x] done", "[ ] open\n[x] done");
    expect("- a\n\n- b\n- c", "• a\n\n• b\n• c");
    expect("- \n- b", "• \n• b");
    expect("- a b c d e f g h i j k l m n o p q r s t u v w x y",
           "• a b c d e f g h i j k l m n o p q r s\n  t u v w x y");
}

static void quotes_have_bars(void **arg)
{
    (void)arg;
    expect("> a\n>\n> > b\n> - c\n\nd", "│ a\n│\n│ │ b\n│ • c\n\nd");
    expect("> a\n\n> b", "│ a\n\n│ b");
}

static void code_has_its_label_and_styles(void **arg)
{
    (void)arg;
    expect_styled("- x\n  ```c\n  if (a)\n  ```", "• x\n  {dim:```c}\n    {k:if} (a)");
    expect("> ```\n> a\n>\n> b\n> ```\n> c", "│ ```\n│   a\n│   \n│   b\n│\n│ c");
    expect_styled("> ```\n> @@ -1 +1 @@\n> -a\n> +b\n> ```", "{quote:│ }{dim:```}\n{quote:│   }@@ -1 +1 @@\n"
                                                             "{quote:│   }{-:-a}\n{quote:│   }{+:+b}");
    expect("    indented\n      more", "  indented\n    more");
}

static void tables_fit(void **arg)
{
    static const char table[] = "| name | n | text |\n|---|--:|:-:|\n| a | 1 | x |\n| bcd | 10 | *wide* 漢 |";

    (void)arg;
    expect(table, "name │  n │  text\n─────┼────┼────────\na    │  1 │    x\nbcd  │ 10 │ wide 漢");
    expect_as("|a|b|\n|---|---|\n|some longer words|and some more of them|", 24, false,
              "a          │ b\n───────────┼────────────\nsome       │ and some\nlonger     │ more of\nwords  "
              "    │ them");
    expect_as("|a|b|\n|---|---|\n|x|and some more of them|\n|y|z|\n| |w|", 16, false,
              "a │ b\n──┼─────────────\nx │ and some\n  │ more of them\ny │ z\n──┼─────────────\n  │ w");
    expect_as(table, 14, false, "name: a\nn: 1\ntext: x\n\nname: bcd\nn: 10\ntext: wide 漢");
    expect("> |a|\n> |---|\n> |b|", "│ a\n│ ─\n│ b");
    expect("|a|b|\n|---|---|\n|only\n|1|2|3|", "a    │ b\n─────┼──\nonly │ \n1    │ 2");
}

static void nothing_hidden_comes_of_references(void **arg)
{
    (void)arg;
    expect("&amp;&lt;&copy;&nbsp;&#955;&#x3bb;", "&<© λλ");
    expect("a&#27;[31mb&#x9b;2Jc&#x202e;d&#8203;e&#xe0041;f&shy;g", "a[31mb2Jcdef&shy;g");
    expect("a&#10;b&#13;c&#9;d&#0;e&#xD800;f", "a b c d\uFFFDe\uFFFDf");
    expect("*\u0301x* a**\u0301**", "x a\u0301");
    expect("&#x301;a&bogus;&#1234567890;", "a&bogus;&#1234567890;");
    expect("<script>alert(1)</script> <!-- c -->", "<script>alert(1)</script> <!-- c -->");
}

static void breaks_stay(void **arg)
{
    (void)arg;
    expect("a\nb  \nc\\\nd", "a\nb\nc\nd");
    expect_as("a\n\n***\n\nb", 12, false, "a\n\n────────────\n\nb");
}

static void right_to_left_text_is_left_alone(void **arg)
{
    (void)arg;
    expect("שלום **עולם** (hello)", "שלום עולם (hello)");
    expect("- مرحبا بالعالم", "• مرحبا بالعالم");
}

static void deep_nesting_leaves_room_for_text(void **arg)
{
    struct canvas canvas;
    struct markdown_list list = {0};
    char text[200] = "";

    (void)arg;
    for (int i = 0; i < 60; i++)
        strcat(text, i % 2 ? "- " : "> ");
    strcat(text, "the text");
    canvas_init(&canvas);
    const struct markdown_source source = {.text = text, .len = strlen(text)};
    assert_true(markdown_lines(&source, &canvas, 20, &list));
    char *got = shown(&canvas, false);
    assert_non_null(strstr(got, "text"));
    for (size_t i = 0; i < canvas.count; i++)
        assert_in_range(canvas.lines[i].indent +
                            utf8_width(canvas.text.data + canvas.lines[i].at, canvas.lines[i].len),
                        0, 20);
    free(got);
    canvas_free(&canvas);
}

static void too_much_work_is_refused(void **arg)
{
    struct markdown_list list = {.mark = '.', .next = 7};
    struct canvas canvas;
    struct buf text;

    (void)arg;
    buf_init(&text, 1 << 20);
    for (int part = 0; part < 2; part++) {
        for (int i = 0; i < 100; i++)
            buf_puts(&text, part ? "|---" : "|a");
        buf_puts(&text, "\n");
    }
    while (text.len < 10000)
        buf_puts(&text, "|\n");
    canvas_init(&canvas);
    const struct markdown_source source = {.text = text.data, .len = text.len};
    assert_false(markdown_lines(&source, &canvas, 80, &list));
    assert_int_equal(list.next, 7);
    canvas_free(&canvas);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_its_styles),
        cmocka_unit_test(links_say_where_they_lead),
        cmocka_unit_test(lists_nest_and_count),
        cmocka_unit_test(quotes_have_bars),
        cmocka_unit_test(code_has_its_label_and_styles),
        cmocka_unit_test(tables_fit),
        cmocka_unit_test(nothing_hidden_comes_of_references),
        cmocka_unit_test(breaks_stay),
        cmocka_unit_test(right_to_left_text_is_left_alone),
        cmocka_unit_test(deep_nesting_leaves_room_for_text),
        cmocka_unit_test(too_much_work_is_refused),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
