/* Removing a tree that somebody hostile has made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/tree.h"
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char place[64], path[128], outside[128];
static atomic_bool stop;

static int set_up(void **state)
{
    (void)state;
    strcpy(place, "/tmp/stoa-tree-XXXXXX");
    atomic_store(&stop, false);
    if (!mkdtemp(place))
        return -1;
    snprintf(path, sizeof path, "%s/victim", place);
    snprintf(outside, sizeof outside, "%s/outside", place);
    return mkdir(path, 0700) || mkdir(outside, 0755);
}

static int tear_down(void **state)
{
    (void)state;
    atomic_store(&stop, false);
    tree_remove("/tmp", place + 5, &stop);
    return access(place, F_OK) == 0;
}

static void put_file(const char *folder, const char *name)
{
    char file[256];
    int fd;

    snprintf(file, sizeof file, "%s/%s", folder, name);
    fd = open(file, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static bool is_there(const char *folder, const char *name)
{
    char file[256];
    struct stat st;

    snprintf(file, sizeof file, "%s/%s", folder, name);
    return lstat(file, &st) == 0;
}

static void all_of_it_goes(void **state)
{
    char below[256];

    (void)state;
    put_file(path, "a");
    put_file(path, ".hidden");
    snprintf(below, sizeof below, "%s/b", path);
    mkdir(below, 0700);
    put_file(below, "c");
    snprintf(below, sizeof below, "%s/fifo", path);
    mkfifo(below, 0600);
    assert_true(tree_remove(place, "victim", &stop));
    assert_false(is_there(place, "victim"));
}

static void what_is_not_there_is_gone(void **state)
{
    (void)state;
    assert_true(tree_remove(place, "none", &stop));
    assert_true(tree_remove("/tmp/no/such/place", "none", &stop));
}

static void links_are_removed_and_not_followed(void **state)
{
    char link[256];

    (void)state;
    put_file(outside, "kept");
    snprintf(link, sizeof link, "%s/link", path);
    assert_int_equal(symlink(outside, link), 0);
    snprintf(link, sizeof link, "%s/root", path);
    assert_int_equal(symlink("/", link), 0);
    assert_true(tree_remove(place, "victim", &stop));
    assert_true(is_there(outside, "kept"));
    assert_false(is_there(place, "victim"));
    /* nor when the folder itself was replaced by one */
    assert_int_equal(symlink(outside, path), 0);
    assert_true(tree_remove(place, "victim", &stop));
    assert_true(is_there(outside, "kept"));
}

static void rights_that_were_taken_away_do_not_help(void **state)
{
    char below[256];
    struct stat st;

    (void)state;
    snprintf(below, sizeof below, "%s/closed", path);
    mkdir(below, 0700);
    put_file(below, "x");
    chmod(below, 0);
    chmod(path, 0500);
    assert_true(tree_remove(place, "victim", &stop));
    assert_false(is_there(place, "victim"));
    /* and the rights of what is outside stay */
    assert_int_equal(stat(outside, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
}

/* Deeper than descriptors or a path would reach. */
static void depth_does_not_help(void **state)
{
    enum { DEPTH = 3000, FILES = 96 };
    char name[100];
    struct rlimit before, few;
    int at = open(path, O_RDONLY | O_DIRECTORY), below;

    (void)state;
    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < DEPTH; i++) {
        assert_int_equal(mkdirat(at, name, 0700), 0);
        below = openat(at, name, O_RDONLY | O_DIRECTORY);
        close(at);
        at = below;
    }
    close(at);
    getrlimit(RLIMIT_NOFILE, &before);
    few = (struct rlimit){FILES, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    bool gone = tree_remove(place, "victim", &stop);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_true(gone);
    assert_false(is_there(place, "victim"));
}

static void it_ends_when_it_is_told_to(void **state)
{
    (void)state;
    put_file(path, "a");
    atomic_store(&stop, true);
    assert_false(tree_remove(place, "victim", &stop));
    assert_true(is_there(path, "a"));
}

/* --- measuring --- */

static void put_bytes(const char *folder, const char *name, size_t bytes)
{
    char file[256];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    for (size_t i = 0; i < bytes; i++)
        fputc('x', out);
    assert_int_equal(fclose(out), 0);
}

static void all_of_it_counts(void **state)
{
    char inner[192];
    (void)state;
    assert_int_equal(tree_size(place, "nothing", &stop), 0);
    assert_int_equal(tree_size(place, "victim", &stop), 0);
    put_bytes(path, "a", 100000);
    snprintf(inner, sizeof inner, "%s/inner", path);
    assert_int_equal(mkdir(inner, 0700), 0);
    put_bytes(inner, "b", 50000);
    int64_t bytes = tree_size(place, "victim", &stop);
    assert_in_range(bytes, 150000, 190000);
    assert_int_equal(chmod(inner, 0), 0);
    assert_int_equal(tree_size(place, "victim", &stop), bytes);
}

static void links_count_little_and_their_targets_not(void **state)
{
    char from[192], to[192];
    (void)state;
    put_bytes(outside, "large", 300000);
    snprintf(to, sizeof to, "%s/there", path);
    assert_int_equal(symlink(outside, to), 0);
    assert_in_range(tree_size(place, "victim", &stop), 1, 8192);
    put_bytes(path, "one", 100000);
    snprintf(from, sizeof from, "%s/one", path);
    for (int i = 0; i < 9; i++) {
        snprintf(to, sizeof to, "%s/same%d", path, i);
        assert_int_equal(link(from, to), 0);
    }
    assert_in_range(tree_size(place, "victim", &stop), 100000, 125000);
    assert_int_equal(tree_size(path, "there", &stop), 0);
}

/* A chain of folders, and in the last one a file. */
static void put_deep(const char *name, int depth, size_t bytes)
{
    char where[128];
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < depth; i++) {
        assert_int_equal(mkdirat(folder, name, 0700), 0);
        int inner = openat(folder, name, O_RDONLY | O_DIRECTORY);
        close(folder);
        folder = inner;
    }
    snprintf(where, sizeof where, "/proc/self/fd/%d", folder);
    put_bytes(where, "end", bytes);
    close(folder);
}

static void what_lies_deep_counts(void **state)
{
    (void)state;
    put_deep("deeper", 60, 700000);
    assert_in_range(tree_size(place, "victim", &stop), 700000, 1100000);
    atomic_store(&stop, true);
    assert_in_range(tree_size(place, "victim", &stop), 0, 8192);
}

static void nothing_is_hidden_by_long_names(void **state)
{
    char name[256] = "";
    (void)state;
    put_deep("short", 40, 1000);
    assert_in_range(tree_size(place, "victim", &stop), 1, TREE_UNSEEN_BYTES - 1);
    put_deep(memset(name, 'n', 255), 280, 1000);
    assert_true(tree_size(place, "victim", &stop) >= TREE_UNSEEN_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_it_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_are_removed_and_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rights_that_were_taken_away_do_not_help, set_up, tear_down),
        cmocka_unit_test_setup_teardown(depth_does_not_help, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_ends_when_it_is_told_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_of_it_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_count_little_and_their_targets_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_lies_deep_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_hidden_by_long_names, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
