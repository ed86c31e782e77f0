/* Which files are found, in which order, and that reading them can be cut into slices. */
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/xalloc.h"
#include "tui/files.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char place[] = "/tmp/stoa-files-XXXXXX";

static void make(const char *path)
{
    char *copy = xstrdup(path);

    for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700);
        *slash = '/';
    }
    if (path[strlen(path) - 1] != '/')
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    free(copy);
}

/* All paths, with blanks between them. */
static char *all(struct files *files)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    while (files_step(files, 1000000))
        ;
    for (size_t i = 0; i < files_count(files); i++)
        buf_printf(&out, "%s%s", i ? " " : "", files_path(files, i));
    return buf_take(&out);
}

static void assert_found(const char *folder, enum files_how how, const char *want)
{
    struct files *files = files_new();

    files_open(files, folder, how);
    char *found = all(files);
    assert_string_equal(found, want);
    assert_true(files_done(files));
    free(found);
    files_free(&files);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(place));
    assert_int_equal(chdir(place), 0);
    make("b.txt");
    make("a.txt");
    make("src/main.c");
    make("src/deep/er/x.c");
    make("src/app.c");
    make(".git/config");
    make(".hidden");
    make("node_modules/left/pad.js");
    assert_int_equal(symlink("a.txt", "link.txt"), 0);
    assert_int_equal(symlink("..", "src/round"), 0);
    assert_int_equal(symlink("nowhere", "src/dangling"), 0);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", place);
    assert_int_equal(chdir("/"), 0);
    return system(command);
}

static void test_a_tree_has_its_nearest_files_first(void **state)
{
    (void)state;
    assert_found("", FILES_TREE, "a.txt b.txt link.txt src/app.c src/main.c src/deep/er/x.c");
    assert_found("src/", FILES_TREE, "app.c main.c deep/er/x.c");
}

static void test_a_tree_is_without_what_its_gitignore_names(void **state)
{
    FILE *out = fopen(".gitignore", "w");

    (void)state;
    assert_non_null(out);
    fputs("/src/deep/\nb.*\n", out);
    fclose(out);
    assert_found("", FILES_TREE, "a.txt link.txt src/app.c src/main.c");
    assert_found("", FILES_FOLDER, "a.txt b.txt link.txt node_modules/ src/");
    assert_int_equal(unlink(".gitignore"), 0);
}

static void test_a_folder_has_its_folders(void **state)
{
    (void)state;
    assert_found("", FILES_FOLDER, "a.txt b.txt link.txt node_modules/ src/");
    assert_found("", FILES_HIDDEN, ".git/ .hidden a.txt b.txt link.txt node_modules/ src/");
    assert_found("src/", FILES_FOLDER, "app.c deep/ main.c round/");
    assert_found("nowhere/", FILES_FOLDER, "");
    char *absolute = xasprintf("%s/src/deep/", place);
    assert_found(absolute, FILES_FOLDER, "er/");
    free(absolute);
}

static void test_many_files_are_read_in_slices(void **state)
{
    struct files *files = files_new();
    int slices = 0;
    int64_t worst = 0;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        char path[64];
        snprintf(path, sizeof path, "many/%d/%04d", i % 30, i);
        make(path);
    }
    files_open(files, "many/", FILES_TREE);
    for (bool more = true; more; slices++) {
        int64_t start = clock_steady_us();
        more = files_step(files, 0);
        int64_t took = clock_steady_us() - start;
        worst = took > worst ? took : worst;
    }
    print_message("%d slices, %lld us at worst\n", slices, (long long)worst);
    assert_true(slices > 10);
    assert_int_equal(files_count(files), 3000);
    assert_string_equal(files_path(files, 0), "0/0000");
    assert_true(files_is(files, "many/", FILES_TREE));
    assert_false(files_is(files, "many/", FILES_FOLDER));
    files_open(files, "src/", FILES_FOLDER); /* in the middle of another */
    files_step(files, 0);
    files_open(files, "", FILES_TREE);
    files_free(&files);
}

static void test_there_is_a_limit(void **state)
{
    struct files *files = files_new();

    (void)state;
    if (access("/usr", R_OK) != 0)
        skip();
    files_open(files, "/usr/", FILES_TREE);
    while (files_step(files, 100000))
        ;
    assert_true(files_count(files) <= FILES_MAX);
    files_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tree_has_its_nearest_files_first),
        cmocka_unit_test(test_a_tree_is_without_what_its_gitignore_names),
        cmocka_unit_test(test_a_folder_has_its_folders),
        cmocka_unit_test(test_many_files_are_read_in_slices),
        cmocka_unit_test(test_there_is_a_limit),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
