/* What is remembered of MCP servers: for whom, of which definition, and across a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/mcp/known.h"
#include "shared/jsonx.h"
#include "shared/tree.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char place[64];
static struct known *known;
static const char *const nothing[] = {NULL};

static int set_up(void **state)
{
    (void)state;
    strcpy(place, "/tmp/stoa-known-XXXXXX");
    if (!mkdtemp(place))
        return -1;
    known = known_open(place);
    return 0;
}

static int tear_down(void **state)
{
    atomic_bool stop = false;

    (void)state;
    known_close(&known);
    return !tree_remove("/tmp", place + 5, &stop);
}

static void restart(void)
{
    known_close(&known);
    known = known_open(place);
}

static struct known_key key(const char *user, const char *variant, uint64_t fingerprint, const char *session)
{
    return (struct known_key){user, "files", variant, fingerprint, session};
}

static json_t *tools(const char *description)
{
    return json_pack("{s:s, s:[{s:s, s:s}]}", "era", "2025-11-25", "tools", "name", "read", "description",
                     description);
}

static bool put(struct known_key at, const char *description, const char *const *personal)
{
    json_t *json = tools(description);
    bool good = known_put(known, &at, json, personal);

    json_decref(json);
    return good;
}

static const char *found(struct known_key at)
{
    const json_t *json = known_find(known, &at);

    return jsonx_str(json_array_get(jsonx_arr(json, "tools"), 0), "description", NULL);
}

static void it_holds_for_one_user_variant_and_definition(void **state)
{
    (void)state;
    assert_null(found(key("ann", "", 1, "s_a")));
    assert_true(put(key("ann", "", 1, "s_a"), "text", nothing));
    for (int i = 0; i < 2; i++) {
        assert_string_equal(found(key("ann", "", 1, "s_a")), "text");
        assert_string_equal(found(key("ann", "", 1, "s_b")), "text");
        assert_string_equal(found(key("ann", "", 1, NULL)), "text");
        assert_null(found(key("bob", "", 1, "s_a")));
        assert_null(found(key("ann", "test", 1, "s_a")));
        restart();
    }
    assert_null(found(key("ann", "", 2, "s_a")));
    /* and the first is there again when the definition is */
    assert_string_equal(found(key("ann", "", 1, "s_a")), "text");
}

static void its_files_are_private(void **state)
{
    char path[128];
    struct stat st;

    (void)state;
    put(key("ann", "", 1, "s_a"), "text", nothing);
    snprintf(path, sizeof path, "%s/mcp/ann.files..json", place);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/mcp", place);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void names_of_users_do_not_meet_in_one_file(void **state)
{
    (void)state;
    put(key("a/b", "", 1, NULL), "slash", nothing);
    put(key("a%2Fb", "", 1, NULL), "percent", nothing);
    put(key("../../x", "", 1, NULL), "up", nothing);
    restart();
    assert_string_equal(found(key("a/b", "", 1, NULL)), "slash");
    assert_string_equal(found(key("a%2Fb", "", 1, NULL)), "percent");
    assert_string_equal(found(key("../../x", "", 1, NULL)), "up");
}

static void what_tells_of_a_session_is_for_it_alone(void **state)
{
    static const char *const personal[] = {"s_a", "", "/state/s_a", "carol", NULL};

    (void)state;
    assert_true(put(key("ann", "", 1, "s_a"), "for all", personal));
    assert_true(put(key("ann", "", 1, "s_a"), "of carol's", personal));
    assert_string_equal(found(key("ann", "", 1, "s_a")), "of carol's");
    assert_string_equal(found(key("ann", "", 1, "s_b")), "for all");
    restart();
    assert_string_equal(found(key("ann", "", 1, "s_a")), "for all");
    /* and it goes with the session */
    put(key("ann", "", 1, "s_a"), "of carol's", personal);
    known_forget_session(known, "s_a");
    assert_string_equal(found(key("ann", "", 1, "s_a")), "for all");
}

static void a_name_tells_as_much_as_a_text(void **state)
{
    static const char *const personal[] = {"carol", NULL};
    json_t *json = json_pack("{s:s, s:[{s:s, s:{s:{s:{}}}}]}", "era", "x", "tools", "name", "t",
                             "inputSchema", "properties", "of_carol");
    struct known_key at = key("ann", "", 1, "s_a");

    (void)state;
    assert_true(known_put(known, &at, json, personal));
    json_decref(json);
    at.session = "s_b";
    assert_null(known_find(known, &at));
}

static void what_is_malformed_or_too_large_is_not_remembered(void **state)
{
    struct known_key at = key("ann", "", 1, NULL);
    char *large = malloc(KNOWN_BYTES_MAX + 1);
    json_t *cases[] = {json_object(),
                       json_pack("{s:s}", "era", "x"),
                       json_pack("{s:s, s:{}}", "era", "x", "tools"),
                       json_pack("{s:s, s:[]}", "era", "", "tools"),
                       json_pack("{s:s, s:[i]}", "era", "x", "tools", 1),
                       json_pack("{s:s, s:[], s:i}", "era", "x", "tools", "more", 1)};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_non_null(cases[i]);
        assert_false(known_put(known, &at, cases[i], nothing));
        json_decref(cases[i]);
    }
    memset(large, 'x', KNOWN_BYTES_MAX);
    large[KNOWN_BYTES_MAX] = '\0';
    assert_false(put(at, large, nothing));
    assert_null(found(at));
    free(large);
}

static void a_broken_file_is_as_good_as_none(void **state)
{
    static const char *const texts[] = {"", "{", "[]", "{\"definition\":\"0000000000000001\",\"known\":[]}"};
    char path[128];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put(key("ann", "", 1, NULL), "text", nothing);
        snprintf(path, sizeof path, "%s/mcp/ann.files..json", place);
        FILE *file = fopen(path, "w");
        fputs(texts[i], file);
        fclose(file);
        restart();
        assert_null(found(key("ann", "", 1, NULL)));
    }
}

static void memory_is_bounded(void **state)
{
    char variant[16];

    (void)state;
    for (int i = 0; i < KNOWN_ENTRIES_MAX + 10; i++) {
        snprintf(variant, sizeof variant, "v%d", i);
        put(key("ann", variant, 1, NULL), variant, nothing);
    }
    /* what was dropped from memory is read again */
    assert_string_equal(found(key("ann", "v0", 1, NULL)), "v0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_holds_for_one_user_variant_and_definition),
        TEST(its_files_are_private),
        TEST(names_of_users_do_not_meet_in_one_file),
        TEST(what_tells_of_a_session_is_for_it_alone),
        TEST(a_name_tells_as_much_as_a_text),
        TEST(what_is_malformed_or_too_large_is_not_remembered),
        TEST(a_broken_file_is_as_good_as_none),
        TEST(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
