/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include "daemon/agent/mcp/server.h"
#include <string.h>

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static struct mcp_server *server_of(const char *text, char error[256])
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    struct mcp_server *server;

    assert_non_null(json);
    server = mcp_server_from_json(json, error);
    json_decref(json);
    return server;
}

static void test_a_program(void **state)
{
    char error[256];
    struct mcp_server *server = server_of(
        "{\"name\":\"files\",\"variant\":\"v\",\"scope\":\"session\",\"start\":\"eager\",\"command\":[\"a\","
        "\"b c\"],\"env\":{\"X\":\"1\"},\"folder\":\"/f\",\"start_ms\":5,\"call_ms\":0,\"idle_ms\":7,"
        "\"limits\":{\"memory\":1,\"processes\":2,\"cpu_s\":3,\"files\":4,\"file_size\":-5},\"known\":"
        "{\"era\":\"2025-11-25\",\"tools\":[{\"name\":\"t\"}]}}",
        error);

    (void)state;
    assert_non_null(server);
    assert_string_equal(server->command[1], "b c");
    assert_null(server->command[2]);
    assert_string_equal(server->environment[0], "X=1");
    assert_true(server->eager);
    assert_int_equal(server->start_ms, 5);
    assert_int_equal(server->call_ms, 60000); /* no call without a time-out */
    assert_int_equal(server->cpu_s, 3);
    assert_int_equal(server->file_size, 0);
    assert_string_equal(server->era, "2025-11-25");
    assert_int_equal(json_array_size(server->tools), 1);
    assert_null(server->url);
    mcp_server_free(&server);
    assert_null(server);
    mcp_server_free(&server);
}

static void test_a_url_with_a_key_for_its_tokens(void **state)
{
    char error[256];
    struct mcp_server *server =
        server_of("{\"name\":\"x\",\"url\":\"https://h/mcp\",\"headers\":{\"A\":\"b\"},"
                  "\"oauth\":{\"client_id\":\"c\",\"redirect_port\":70000,\"file\":\"/t\","
                  "\"key\":\"" KEY "\"}}",
                  error);

    (void)state;
    assert_non_null(server);
    assert_string_equal(server->headers[0], "A: b");
    for (int i = 0; i < 32; i++)
        assert_int_equal(server->token_key[i], i);
    assert_int_equal(server->redirect_port, 0);
    mcp_server_free(&server);
}

static void test_what_others_run_has_no_way_of_its_own(void **state)
{
    char error[256];
    struct mcp_server *server = server_of("{\"name\":\"x\",\"scope\":\"shared\"}", error);

    (void)state;
    assert_int_equal(server->scope, MCP_SCOPE_SHARED);
    mcp_server_free(&server);
}

static void test_what_is_no_server(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "{}",
        "{\"name\":\"x\"}",
        "{\"name\":\"-x\",\"url\":\"http://h\"}",
        "{\"name\":\"X\",\"url\":\"http://h\"}",
        "{\"name\":\"012345678901234567890123456789012\",\"url\":\"http://h\"}",
        "{\"name\":\"x\",\"url\":\"http://h\",\"scope\":\"all\"}",
        "{\"name\":\"x\",\"command\":[]}",
        "{\"name\":\"x\",\"command\":[1]}",
        "{\"name\":\"x\",\"command\":\"ls\"}",
        "{\"name\":\"x\",\"command\":[\"a\"],\"url\":\"http://h\"}",
        "{\"name\":\"x\",\"url\":\"http://h\",\"oauth\":{\"file\":\"/t\"}}",
        "{\"name\":\"x\",\"url\":\"http://h\",\"oauth\":{\"file\":\"/t\",\"key\":\"AAAA\"}}"};
    char error[256];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        *error = '\0';
        if (server_of(wrong[i], error))
            fail_msg("taken: %s", wrong[i]);
        assert_true(*error);
    }
}

static void test_servers_that_are_the_same(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"{\"name\":\"x\",\"command\":[\"a\"],\"env\":{\"A\":\"1\",\"B\":\"2\"},\"call_ms\":5}",
         "{\"name\":\"x\",\"command\":[\"a\"],\"env\":{\"B\":\"2\",\"A\":\"1\"}}", true},
        {"{\"name\":\"x\",\"command\":[\"a\"]}", "{\"name\":\"x\",\"command\":[\"a\",\"b\"]}", false},
        {"{\"name\":\"x\",\"command\":[\"a\"]}", "{\"name\":\"x\",\"url\":\"http://h\"}", false},
        {"{\"name\":\"x\",\"command\":[\"a\"],\"env\":{\"A\":\"1\"}}", "{\"name\":\"x\",\"command\":[\"a\"]}",
         false},
        {"{\"name\":\"x\",\"url\":\"http://h\"}",
         "{\"name\":\"x\",\"url\":\"http://h\",\"headers\":{\"A\":\"b\"}}", false},
        {"{\"name\":\"x\",\"command\":[\"a\"],\"folder\":\"/a\"}", "{\"name\":\"x\",\"command\":[\"a\"]}",
         false}};
    char error[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mcp_server *a = server_of(cases[i].a, error), *b = server_of(cases[i].b, error);

        assert_int_equal(mcp_server_same(a, b), cases[i].same);
        assert_int_equal(mcp_server_same(b, a), cases[i].same);
        mcp_server_free(&a);
        mcp_server_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_program),
        cmocka_unit_test(test_a_url_with_a_key_for_its_tokens),
        cmocka_unit_test(test_what_others_run_has_no_way_of_its_own),
        cmocka_unit_test(test_what_is_no_server),
        cmocka_unit_test(test_servers_that_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
