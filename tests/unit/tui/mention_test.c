/* Which files a draft brings along, when they are let go, and what is not sent. */
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/mention.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char place[64];

static void make(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fwrite(bytes, 1, len, file);
    fclose(file);
}

static int set_up(void **state)
{
    snprintf(place, sizeof place, "/tmp/stoa-mention-XXXXXX");
    assert_non_null(mkdtemp(place));
    assert_int_equal(chdir(place), 0);
    setenv("HOME", place, 1);
    make("a.c", "int a;\n", 7);
    make("a name.txt", "blank\n", 6);
    make("bin", "\xff\xfe", 2);
    make("nul", "a\0b", 3);
    *state = mentions_new();
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    mentions_free((struct mentions **)state);
    snprintf(command, sizeof command, "rm -rf %s", place);
    assert_int_equal(chdir("/"), 0);
    return system(command);
}

static void assert_word(const char *text, size_t at, const char *want)
{
    struct mention_word word;
    bool found = mention_word(text, strlen(text), at, &word);

    if (!want) {
        assert_false(found);
        return;
    }
    assert_true(found);
    assert_int_equal(word.to - word.from, strlen(want));
    assert_memory_equal(text + word.from, want, strlen(want));
}

static void test_what_a_mention_is(void **state)
{
    (void)state;
    assert_word("see @a.c now", 8, "@a.c");
    assert_word("see @a.c now", 5, "@a.c");
    assert_word("see @a.c now", 12, NULL);
    assert_word("@\"a name.txt\" x", 5, "@\"a name.txt\"");
    assert_word("@\"open\nnext", 5, "@\"open");
    assert_word("ann@example.org", 10, NULL);
    assert_word("@", 1, "@");
    assert_word("", 0, NULL);
    char *token = mention_token("a name.txt");
    assert_string_equal(token, "@\"a name.txt\"");
    free(token);
    assert_null(mention_token("a \"b"));
}

static void test_it_is_attached_while_it_stands_there(void **state)
{
    struct mentions *mentions = *state;
    char error[512];
    int64_t size;

    assert_true(mentions_add(mentions, "a.c", error));
    assert_true(mentions_add(mentions, "a.c", error));
    assert_int_equal(mentions_count(mentions), 1);
    assert_string_equal(mentions_name(mentions, 0, &size), "a.c");
    assert_int_equal(size, 7);
    static const char *const stay[] = {"see @a.c", "@a.c, and", "(@a.c)", "x\n@a.c\ny"};
    for (size_t i = 0; i < 4; i++)
        assert_false(mentions_sync(mentions, stay[i], strlen(stay[i])));
    static const char *const go[] = {"see @a.cc", "x@a.c", "see a.c", ""};
    for (size_t i = 0; i < 4; i++) {
        assert_true(mentions_add(mentions, "a.c", error));
        assert_true(mentions_sync(mentions, go[i], strlen(go[i])));
        assert_int_equal(mentions_count(mentions), 0);
    }
}

static void test_what_was_typed_by_hand(void **state)
{
    struct mentions *mentions = *state;
    const char *text = "see @a.c, @nowhere @\"a name.txt\" @. @~/a.c";

    assert_true(mentions_typed(mentions, text, strlen(text), 9)); /* the comma is not its */
    assert_false(mentions_typed(mentions, text, strlen(text), 18));
    assert_true(mentions_typed(mentions, text, strlen(text), 32));
    assert_false(mentions_typed(mentions, text, strlen(text), 35));
    assert_true(mentions_typed(mentions, text, strlen(text), strlen(text)));
    char *list = mentions_list(mentions);
    assert_string_equal(list, "a.c\na name.txt\n~/a.c\n");
    mentions_clear(mentions);
    unlink("a name.txt");
    mentions_restore(mentions, list);
    assert_int_equal(mentions_count(mentions), 2); /* one is no more */
    free(list);
}

static void test_contents(void **state)
{
    struct mentions *mentions = *state;
    char error[512];

    assert_true(mentions_add(mentions, "a.c", error));
    make("a.c", "changed since\n", 14);
    json_t *list = mentions_read(mentions, 100, error);
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(jsonx_str(json_array_get(list, 0), "name", ""), "a.c");
    assert_string_equal(jsonx_str(json_array_get(list, 0), "text", ""), "changed since\n");
    json_decref(list);
}

static void assert_not_sent(struct mentions *mentions, const char *path, const char *why)
{
    char error[512];

    mentions_clear(mentions);
    assert_true(mentions_add(mentions, path, error));
    assert_null(mentions_read(mentions, 10, error));
    assert_non_null(strstr(error, path));
    if (!strstr(error, why))
        fail_msg("%s", error);
}

static void assert_not_added(struct mentions *mentions, const char *path, const char *why)
{
    char error[512];

    assert_false(mentions_add(mentions, path, error));
    if (!strstr(error, why))
        fail_msg("%s", error);
}

static void test_what_is_not_sent(void **state)
{
    struct mentions *mentions = *state;
    char *big = xcalloc(1, MENTION_FILE_MAX + 1), error[512];

    memset(big, 'x', MENTION_FILE_MAX + 1);
    make("big", big, MENTION_FILE_MAX + 1);
    assert_not_sent(mentions, "big", "257 KiB; at most 256 KiB");
    assert_not_sent(mentions, "bin", "not text in UTF-8");
    assert_not_sent(mentions, "nul", "not text in UTF-8");
    mentions_clear(mentions);
    assert_true(mentions_add(mentions, "bin", error));
    unlink("bin");
    assert_null(mentions_read(mentions, 10, error));
    assert_non_null(strstr(error, "bin No such file"));
    assert_int_equal(mkfifo("bin", 0600), 0); /* nobody waits for it */
    assert_null(mentions_read(mentions, 10, error));
    assert_non_null(strstr(error, "not a regular file"));
    mentions_clear(mentions);
    for (int i = 0; i < 5; i++) {
        char path[16];
        snprintf(path, sizeof path, "f%d", i);
        make(path, big, MENTION_FILE_MAX);
        assert_true(mentions_add(mentions, path, error));
    }
    assert_null(mentions_read(mentions, 10, error));
    assert_non_null(strstr(error, "1024 KiB"));
    free(big);
}

static void test_names_that_are_refused(void **state)
{
    struct mentions *mentions = *state;

    make("esc\x1b[2J", "x", 1);
    make("bidi\xe2\x80\xae.c", "x", 1);
    make("bad\xff", "x", 1);
    make("q\" \"q", "x", 1);
    assert_not_added(mentions, "esc\x1b[2J", "^[[2J has a name that cannot be attached");
    assert_not_added(mentions, "bidi\xe2\x80\xae.c", "<U+202E>");
    assert_not_added(mentions, "bad\xff", "cannot be attached");
    assert_not_added(mentions, "q\" \"q", "cannot be written");
    assert_not_added(mentions, ".", "is a folder");
    assert_not_added(mentions, "/dev/null", "not a regular file");
    assert_not_added(mentions, "nowhere", "No such file");
    assert_not_added(mentions, "", "cannot be attached");
    assert_int_equal(mentions_count(mentions), 0);
}

static void test_no_more_than_so_many(void **state)
{
    struct mentions *mentions = *state;
    char error[512], path[16];

    for (int i = 0; i < MENTION_COUNT_MAX; i++) {
        snprintf(path, sizeof path, "n%d", i);
        make(path, "x", 1);
        assert_true(mentions_add(mentions, path, error));
    }
    assert_not_added(mentions, "a.c", "16 files are attached");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_mention_is),      TEST(test_it_is_attached_while_it_stands_there),
        TEST(test_what_was_typed_by_hand), TEST(test_contents),
        TEST(test_what_is_not_sent),       TEST(test_names_that_are_refused),
        TEST(test_no_more_than_so_many),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
