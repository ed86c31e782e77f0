/* Configuration files: the tree with its lines, and what is refused, on which line and why. */
#include "shared/buf.h"
#include "shared/yaml.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct yaml_node *parse(const char *text)
{
    char error[256] = "";
    struct yaml_node *root = yaml_parse(text, strlen(text), error);

    if (!root)
        fail_msg("%s", error);
    return root;
}

static void check_refused(const char *text, size_t len, const char *expected)
{
    char error[256] = "";
    struct yaml_node *root = yaml_parse(text, len, error);

    if (root)
        fail_msg("taken: %.60s", text);
    if (!strstr(error, expected))
        fail_msg("%.60s: \"%s\" instead of \"%s\"", text, error, expected);
}

static void a_file_becomes_a_tree_that_knows_its_lines(void **state)
{
    struct yaml_node *root = parse("# a comment\n"
                                   "daemon:\n"
                                   "  log: debug   # another\n"
                                   "  port: '5555'\n"
                                   "\n"
                                   "users: [ann, \"bo\"]\n"
                                   "note: |\n"
                                   "  two\n"
                                   "  lines\n");
    (void)state;

    const struct yaml_node *daemon = yaml_get(root, "daemon"), *users = yaml_get(root, "users");

    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 3);
    assert_string_equal(root->keys[1], "users");
    assert_int_equal(root->key_lines[0], 2);
    assert_int_equal(root->key_lines[1], 6);
    assert_string_equal(yaml_get(daemon, "log")->text, "debug");
    assert_int_equal(yaml_get(daemon, "log")->line, 3);
    assert_int_equal(yaml_get(daemon, "log")->quoted, 0);
    assert_int_equal(yaml_get(daemon, "port")->quoted, 1);
    assert_int_equal(users->kind, YAML_LIST);
    assert_int_equal(users->count, 2);
    assert_string_equal(users->items[0]->text, "ann");
    assert_int_equal(users->items[1]->quoted, 1);
    assert_null(users->keys);
    assert_string_equal(yaml_get(root, "note")->text, "two\nlines\n");
    assert_int_equal(yaml_get(root, "note")->quoted, 1);
    yaml_free(&root);
    assert_null(root);
}

static void what_is_not_there_is_null(void **state)
{
    struct yaml_node *root = parse("a: [1]\n");
    (void)state;

    assert_null(yaml_get(root, "b"));
    assert_null(yaml_get(yaml_get(root, "a"), "1"));
    assert_null(yaml_get(yaml_get(root, "a")->items[0], "1"));
    yaml_free(&root);
    yaml_free(&root);
}

static void an_empty_file_is_an_empty_map(void **state)
{
    static const char *const empty[] = {"",      "\n\n",       "# only a comment\n",
                                        "---\n", "---\n...\n", "\xef\xbb\xbf"};
    (void)state;

    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct yaml_node *root = parse(empty[i]);

        assert_int_equal(root->kind, YAML_MAP);
        assert_int_equal(root->count, 0);
        assert_null(yaml_get(root, "a"));
        yaml_free(&root);
    }
}

static void an_empty_value_is_an_empty_text(void **state)
{
    struct yaml_node *root = parse("a:\nb: ''\nc: {}\nd: []\n");
    (void)state;

    assert_string_equal(yaml_get(root, "a")->text, "");
    assert_int_equal(yaml_get(root, "a")->quoted, 0);
    assert_int_equal(yaml_get(root, "b")->quoted, 1);
    assert_int_equal(yaml_get(root, "c")->kind, YAML_MAP);
    assert_int_equal(yaml_get(root, "d")->kind, YAML_LIST);
    yaml_free(&root);
}

static void what_a_configuration_does_not_need_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"a:\n\tb: 1\n", "line 2: it is indented with a tab"},
        {"a:\n  b: 1\n \tc: 1\n", "line 3: it is indented with a tab"},
        {"a: 1\nb: &anchor 2\n", "line 2: anchors"},
        {"a: 1\nb: &anchor [2]\n", "line 2: anchors"},
        {"a: 1\nb: &anchor\n  c: 2\n", "line 2: anchors"},
        {"&k a: 1\n", "line 1: anchors"},
        {"a: 1\nb: *anchor\n", "line 2: aliases"},
        {"a: 1\n*anchor : 2\n", "line 2: aliases"},
        {"a: !!str 1\n", "line 1: tags"},
        {"a:\n  - !x [1]\n", "line 2: tags"},
        {"a: !x {b: 1}\n", "line 1: tags"},
        {"!x a: 1\n", "line 1: tags"},
        {"a: ! plain\n", "line 1: tags"},
        {"a: 1\n---\nb: 2\n", "line 2: a second document"},
        {"a: 1\nb: 2\na: 3\n", "line 3: the key \"a\" is here a second time (first on line 1)"},
        {"x:\n  b: 1\n  'b': 2\n", "line 3: the key \"b\""},
        {"? [a]\n: 1\n", "line 1: a key must be plain text"},
        {"{a: 1}: 2\n", "line 1: a key must be plain text"},
        {"a: \"x\\0y\"\n", "line 1: a NUL"},
        {"\"a\\0\": 1\n", "line 1: a NUL"},
        {"a: 1\n\tb: 2\n", "line 2: "},
        {"a: 1\nb: [1, 2\n", "line 3: "},
        {"a: 1\n\nb: \"no end\n", "line 4: "},
        {"a: b: c\n", "line 1: "},
        {"a: 1\nb: \xff\n", "line 2: "},
        {"a: 1\nb: \x07\n", "line 2: "},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].error);
    check_refused("a: 1\n\0b: 2\n", 11, "line 2: ");
    check_refused("\xff\xfe"
                  "a\0:\0 \0b\0",
                  10, "line 1: "); /* UTF-16 */
}

static void nesting_is_bounded(void **state)
{
    char text[2 * YAML_DEPTH_MAX + 3];
    (void)state;

    for (int depth = YAML_DEPTH_MAX; depth <= YAML_DEPTH_MAX + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        if (depth == YAML_DEPTH_MAX) {
            struct yaml_node *root = parse(text);
            yaml_free(&root);
        } else {
            check_refused(text, strlen(text), "line 1: nested too deep");
        }
    }
}

static void the_number_of_values_is_bounded(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, YAML_SIZE_MAX);
    for (int i = 0; i < YAML_NODES_MAX - 1; i++)
        assert_true(buf_printf(&text, "key%d: %d\n", i, i));

    struct yaml_node *root = parse(text.data);
    assert_int_equal(root->count, YAML_NODES_MAX - 1);
    assert_string_equal(yaml_get(root, "key19998")->text, "19998");
    yaml_free(&root);

    assert_true(buf_puts(&text, "last: 1\n"));
    check_refused(text.data, text.len, "line 20000: too many values");
    buf_free(&text);
}

static void a_text_over_one_mebibyte_is_refused(void **state)
{
    char *text = malloc(YAML_SIZE_MAX + 1);
    (void)state;
    assert_non_null(text);
    memset(text, '#', YAML_SIZE_MAX + 1);
    char error[256];

    struct yaml_node *root = yaml_parse(text, YAML_SIZE_MAX, error);

    assert_non_null(root);
    check_refused(text, YAML_SIZE_MAX + 1, "larger than 1 MiB");
    yaml_free(&root);
    free(text);
}

static void write_file(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void files_are_read_and_their_troubles_told(void **state)
{
    char path[] = "/tmp/stoa-yaml-XXXXXX", error[256] = "";
    char *big = calloc(1, YAML_SIZE_MAX + 1);
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);

    write_file(path, "a: 1\n", 5);
    struct yaml_node *root = yaml_read(path, error);
    assert_non_null(root);
    assert_string_equal(yaml_get(root, "a")->text, "1");
    yaml_free(&root);

    write_file(path, "a: 1\nb: [\n", 10);
    assert_null(yaml_read(path, error));
    assert_memory_equal(error, "line 3: ", 8);

    write_file(path, big, YAML_SIZE_MAX + 1);
    assert_null(yaml_read(path, error));
    assert_non_null(strstr(error, "larger than 1 MiB"));

    unlink(path);
    assert_null(yaml_read(path, error));
    assert_string_equal(error, "No such file or directory");
    assert_null(yaml_read("/", error));
    assert_string_equal(error, "Is a directory");
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody ever writes into it */
    assert_null(yaml_read(path, error));
    assert_string_equal(error, "Is a pipe, not a file");
    unlink(path);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_a_tree_that_knows_its_lines),
        cmocka_unit_test(what_is_not_there_is_null),
        cmocka_unit_test(an_empty_file_is_an_empty_map),
        cmocka_unit_test(an_empty_value_is_an_empty_text),
        cmocka_unit_test(what_a_configuration_does_not_need_is_refused_with_its_line),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(the_number_of_values_is_bounded),
        cmocka_unit_test(a_text_over_one_mebibyte_is_refused),
        cmocka_unit_test(files_are_read_and_their_troubles_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
