/* What OAuth reads from outside: challenges, URLs, forms, scopes. */
#include "daemon/agent/mcp/oauth_challenge.h"
#include "daemon/agent/mcp/oauth_metadata.h"
#include "daemon/agent/mcp/oauth_scope.h"
#include "daemon/agent/mcp/oauth_url.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(const char *is, const char *expected)
{
    if (expected)
        assert_string_equal(is ? is : "(none)", expected);
    else
        assert_null(is);
}

static void a_challenge_is_found_among_others(void **state)
{
    static const struct {
        const char *header;
        bool bearer;
        const char *error, *scope, *metadata;
    } cases[] = {
        {NULL, false, NULL, NULL, NULL},
        {"", false, NULL, NULL, NULL},
        {"Bearer", true, NULL, NULL, NULL},
        {"bearer error=invalid_token", true, "invalid_token", NULL, NULL},
        {"Bearer realm=\"a, b\", error=\"insufficient_scope\",scope=\"a  b a\", "
         "resource_metadata=\"https://x/y\"",
         true, "insufficient_scope", "a b", "https://x/y"},
        {"Basic realm=\"x\", scope=\"no\", Bearer scope=\"yes\", DPoP scope=\"never\"", true, NULL, "yes",
         NULL},
        {"Negotiate YWJj==, Bearer error=\"e\"", true, "e", NULL, NULL},
        {"Basic realm=x", false, NULL, NULL, NULL},
        {"Bearer error = \"a\\\"b\" , scope=s", true, "a\"b", "s", NULL},
        {"Bearer error=\"one\", error=\"two\"", true, "one", NULL, NULL},
        {"Bearer error=\"one\", Bearer error=\"two\", scope=\"x\"", true, "one", NULL, NULL},
        {"Bearer scope=\"open", true, NULL, "open", NULL},
        {"Bearer resource_metadata=\"\x1b[2J\"", true, NULL, NULL, NULL},
        {"Bearer ,,, ;=;\"\" error=x", true, "x", NULL, NULL},
        {"=", false, NULL, NULL, NULL},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct oauth_challenge challenge;

        oauth_challenge_read(cases[i].header, &challenge);
        assert_int_equal(challenge.is_bearer, cases[i].bearer);
        assert_text(challenge.error, cases[i].error);
        assert_text(challenge.scope, cases[i].scope);
        assert_text(challenge.resource_metadata, cases[i].metadata);
        oauth_challenge_free(&challenge);
    }
}

static void only_whole_http_urls_are_taken(void **state)
{
    static const char *const good[] = {"https://a", "http://A.example:8080/x?y=z", "https://[::1]:9/",
                                       "HTTPS://a.b/c"};
    static const char *const bad[] = {"",
                                      "a",
                                      "//a/b",
                                      "ftp://a",
                                      "https://",
                                      "https://u@a",
                                      "https://u:p@a",
                                      "https://a#b",
                                      "https://a b",
                                      "https://a:0",
                                      "https://a:65536",
                                      "https://a:",
                                      "https://a:1x",
                                      "https://[::1",
                                      "https://a\\b",
                                      "https://\xc3\xa4/",
                                      "javascript:alert(1)"};
    struct oauth_url url;
    (void)state;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(oauth_url_parse(good[i], &url));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (oauth_url_parse(bad[i], &url))
            fail_msg("taken: %s", bad[i]);
}

static void this_machine_is_known_by_its_address(void **state)
{
    static const struct {
        const char *url;
        bool is;
    } cases[] = {
        {"http://localhost:1", true}, {"http://127.0.0.1", true},         {"http://127.9.9.9/x", true},
        {"http://[::1]:80", true},    {"http://127.evil.example", false}, {"http://localhost.example", false},
        {"http://127.1", false},      {"http://10.0.0.1", false}};
    struct oauth_url url;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(oauth_url_parse(cases[i].url, &url));
        if (oauth_url_is_loopback(&url) != cases[i].is)
            fail_msg("%s", cases[i].url);
    }
}

static void a_server_sends_us_nowhere_where_its_own_address_is_not(void **state)
{
    static const struct {
        const char *host;
        enum oauth_reach reach;
    } cases[] = {{"as.example", OAUTH_PUBLIC},
                 {"10.example", OAUTH_PUBLIC},
                 {"8.8.8.8", OAUTH_PUBLIC},
                 {"[2606:4700::1]", OAUTH_PUBLIC},
                 {"localhost.example", OAUTH_PUBLIC},
                 {"10.1.2.3", OAUTH_NETWORK},
                 {"100.64.0.1", OAUTH_NETWORK},
                 {"169.254.169.254", OAUTH_NETWORK},
                 {"172.31.0.1", OAUTH_NETWORK},
                 {"192.168.0.1.", OAUTH_NETWORK},
                 {"0xa9fea9fe", OAUTH_NETWORK},
                 {"[fe80::1]", OAUTH_NETWORK},
                 {"[fd12::1]", OAUTH_NETWORK},
                 {"[::ffff:10.0.0.1]", OAUTH_NETWORK},
                 {"localhost", OAUTH_HOST},
                 {"a.localhost.", OAUTH_HOST},
                 {"127.1", OAUTH_HOST},
                 {"2130706433", OAUTH_HOST},
                 {"0", OAUTH_HOST},
                 {"[::1]", OAUTH_HOST},
                 {"[::]", OAUTH_HOST},
                 {"[::ffff:127.0.0.1]", OAUTH_HOST}};
    struct oauth_url url;
    char text[64];
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "https://%s/x", cases[i].host);
        if (!oauth_url_parse(text, &url) || oauth_url_reach(&url) != cases[i].reach)
            fail_msg("%s", text);
        for (enum oauth_reach server = OAUTH_PUBLIC; server <= OAUTH_HOST; server++)
            assert_int_equal(oauth_metadata_endpoint_ok(text, server), cases[i].reach <= server);
    }
    assert_false(oauth_metadata_endpoint_ok("http://as.example/x", OAUTH_HOST));
    assert_false(oauth_metadata_endpoint_ok("http://127.0.0.1/x", OAUTH_NETWORK));
    assert_true(oauth_metadata_endpoint_ok("http://127.0.0.1/x", OAUTH_HOST));
}

static void a_server_belongs_to_a_resource_at_its_path_or_above(void **state)
{
    static const struct {
        const char *server, *resource;
        bool belongs;
    } cases[] = {
        {"https://a/mcp", "https://a/mcp", true},      {"https://a/mcp", "https://A:443/mcp/", true},
        {"https://a/mcp/x", "https://a/mcp", true},    {"https://a/mcp", "https://a", true},
        {"https://a/mcp", "https://a/mc", false},      {"https://a/mcp", "https://a/mcp/x", false},
        {"https://a/mcp", "http://a/mcp", false},      {"https://a/mcp", "https://a:8443/mcp", false},
        {"https://a/mcp", "https://b/mcp", false},     {"https://a/mcp", "https://a/MCP", false},
        {"https://a/mcp", "https://a/mcp?x=y", false},
    };
    struct oauth_url server, resource;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(oauth_url_parse(cases[i].server, &server) &&
                    oauth_url_parse(cases[i].resource, &resource));
        if (oauth_url_belongs(&server, &resource) != cases[i].belongs)
            fail_msg("%s %s", cases[i].server, cases[i].resource);
    }
}

static void forms_are_read_as_they_are_written(void **state)
{
    struct buf form;
    char *value;
    int times;
    (void)state;

    buf_init(&form, 4096);
    assert_true(oauth_form_put(&form, "a b", "\xc3\xa4&=+%~"));
    assert_true(oauth_form_put(&form, "c", ""));
    assert_string_equal(form.data, "a%20b=%C3%A4%26%3D%2B%25~&c=");
    value = oauth_form_get(form.data, "a b", &times);
    assert_string_equal(value, "\xc3\xa4&=+%~");
    assert_int_equal(times, 1);
    free(value);
    buf_free(&form);

    assert_null(oauth_form_get("a=1&a=1", "a", &times));
    assert_int_equal(times, 2);
    assert_null(oauth_form_get("a=%00", "a", &times));
    assert_null(oauth_form_get("a=%ff", "a", NULL));
    assert_null(oauth_form_get("a=%f", "a", NULL));
    assert_null(oauth_form_get("ba=1&&=", "a", &times));
    assert_int_equal(times, 0);
    assert_null(oauth_form_get("a", "a", &times));
    assert_int_equal(times, 1);
    value = oauth_form_get("%61=x+y", "a", NULL);
    assert_string_equal(value, "x y");
    free(value);
}

static void scopes_are_sets(void **state)
{
    char *scope = oauth_scope_union("b a  b", "c\x01 d a \"e");
    (void)state;

    assert_string_equal(scope, "b a d");
    assert_true(oauth_scope_covers(scope, "a b"));
    assert_true(oauth_scope_covers(scope, NULL));
    assert_false(oauth_scope_covers(scope, "a ab"));
    assert_false(oauth_scope_covers(NULL, "a"));
    assert_false(oauth_scope_has(NULL, "a"));
    free(scope);
    assert_null(oauth_scope_union(NULL, " "));
    assert_null(oauth_scope_without("x", "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_challenge_is_found_among_others),
        cmocka_unit_test(only_whole_http_urls_are_taken),
        cmocka_unit_test(this_machine_is_known_by_its_address),
        cmocka_unit_test(a_server_sends_us_nowhere_where_its_own_address_is_not),
        cmocka_unit_test(a_server_belongs_to_a_resource_at_its_path_or_above),
        cmocka_unit_test(forms_are_read_as_they_are_written),
        cmocka_unit_test(scopes_are_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
