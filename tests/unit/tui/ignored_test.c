/* What a .gitignore leaves out, and that a strange one leaves out nothing. */
#include "shared/xalloc.h"
#include "tui/ignored.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char place[] = "/tmp/stoa-ignored-XXXXXX", file[64];

static struct ignored *read_text(const char *text)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    return ignored_read(place);
}

static void names_paths_and_folders(void **state)
{
    struct ignored *ignored = read_text("# text\n\n*.o\n/build*\nout/\ndoc/*.html\r\n!keep.o\n");

    (void)state;
    assert_true(ignored_has(ignored, "a.o", false));
    assert_true(ignored_has(ignored, "x/y/a.o", false));
    assert_false(ignored_has(ignored, "x/keep.o", false));
    assert_true(ignored_has(ignored, "build-asan", true));
    assert_false(ignored_has(ignored, "x/build", true));
    assert_true(ignored_has(ignored, "x/out", true));
    assert_false(ignored_has(ignored, "x/out", false));
    assert_true(ignored_has(ignored, "doc/a.html", false));
    assert_false(ignored_has(ignored, "doc/x/a.html", false));
    assert_false(ignored_has(ignored, "text", false));
    ignored_free(&ignored);
}

static void what_is_not_understood_ignores_nothing(void **state)
{
    (void)state;
    assert_null(read_text(""));
    assert_null(read_text("# only a remark\n/\n!\n"));
    assert_null(read_text("a*b*c*d*e*f*g\n[ab]\n**/x\n\\#\n"));
    unlink(file);
    assert_null(ignored_read(place));
    assert_false(ignored_has(NULL, "a", false));
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(place));
    snprintf(file, sizeof file, "%s/.gitignore", place);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_paths_and_folders),
        cmocka_unit_test(what_is_not_understood_ignores_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
