#include "shared/utf8.h"
#include "tui/plain/paper.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char *text;
    size_t len;
    FILE *terminal;
    struct paper *paper;
    struct out *out;
};

static int open_paper(void **arg)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->terminal = open_memstream(&f->text, &f->len);
    f->paper = paper_new(f->terminal);
    f->out = paper_out(f->paper);
    *arg = f;
    return 0;
}

static int close_paper(void **arg)
{
    struct fixture *f = *arg;

    paper_free(&f->paper);
    fclose(f->terminal);
    free(f->text);
    free(f);
    return 0;
}

static void stream(struct fixture *f, const char *text)
{
    out_stream(f->out, text, strlen(text));
}

static void a_line_appears_when_it_is_whole(void **arg)
{
    struct fixture *f = *arg;

    stream(f, "first ha");
    assert_int_equal(f->len, 0);
    stream(f, "lf\nsec");
    assert_string_equal(f->text, "first half\n");
    paper_end_line(f->paper);
    assert_string_equal(f->text, "first half\nsec\n");
    paper_end_line(f->paper);
    assert_string_equal(f->text, "first half\nsec\n");
}

static void what_is_printed_does_not_join_the_prompt(void **arg)
{
    struct fixture *f = *arg;

    paper_prompt(f->paper, "> ");
    paper_prompt(f->paper, "> ");
    assert_string_equal(f->text, "> ");
    stream(f, "news\nmore");
    assert_string_equal(f->text, "> \nnews\n");
    paper_prompt(f->paper, "> ");
    assert_string_equal(f->text, "> \nnews\nmore\n> ");
}

static void after_enter_the_line_is_free(void **arg)
{
    struct fixture *f = *arg;

    paper_prompt(f->paper, "> ");
    paper_entered(f->paper);
    stream(f, "answer\n");
    assert_string_equal(f->text, "> answer\n");
    paper_prompt(f->paper, "... ");
    paper_entered(f->paper);
    paper_prompt(f->paper, "... ");
    assert_string_equal(f->text, "> answer\n... ... ");
}

static void nothing_but_text_comes_through(void **arg)
{
    struct fixture *f = *arg;

    stream(f, "a\033]0;owned\a\033[2Jb\xc2\x9b"
              "31mc\u202ed\re\n");
    assert_string_equal(f->text, "abcd\ne\n");
}

static void a_very_long_line_is_shown_in_pieces(void **arg)
{
    struct fixture *f = *arg;
    char *text = malloc(100001);

    memset(text, 'x', 100000);
    text[100000] = '\0';
    stream(f, text);
    assert_true(f->len > 60000);
    paper_prompt(f->paper, "> "); /* on a line of its own */
    assert_string_equal(f->text + 100000, "\n> ");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_appears_when_it_is_whole, open_paper, close_paper),
        cmocka_unit_test_setup_teardown(what_is_printed_does_not_join_the_prompt, open_paper, close_paper),
        cmocka_unit_test_setup_teardown(after_enter_the_line_is_free, open_paper, close_paper),
        cmocka_unit_test_setup_teardown(nothing_but_text_comes_through, open_paper, close_paper),
        cmocka_unit_test_setup_teardown(a_very_long_line_is_shown_in_pieces, open_paper, close_paper),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
