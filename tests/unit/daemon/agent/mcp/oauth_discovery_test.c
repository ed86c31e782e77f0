/* Where a server's authorization server is looked for, in which order, and which documents are refused. */
#include "tests/unit/daemon/agent/mcp/oauth_rig.h"

static void the_documents_are_looked_for_in_the_order_of_the_specification(void **state)
{
    static const struct {
        const char *prm, *issuer_path, *meta, *challenge, *asked;
    } cases[] = {
        /* the path of the challenge; nothing else is asked */
        {"GET /custom/place.json", "", "GET /.well-known/oauth-authorization-server",
         "Bearer resource_metadata=\"%s/custom/place.json\"",
         "GET /custom/place.json, GET /.well-known/oauth-authorization-server, POST /register"},
        {"GET /.well-known/oauth-protected-resource/mcp", "", "GET /.well-known/openid-configuration", NULL,
         "GET /.well-known/oauth-protected-resource/mcp, GET /.well-known/oauth-authorization-server, "
         "GET /.well-known/openid-configuration, POST /register"},
        {"GET /.well-known/oauth-protected-resource", "/tenant1",
         "GET /.well-known/oauth-authorization-server/tenant1", "Bearer",
         "GET /.well-known/oauth-protected-resource/mcp, GET /.well-known/oauth-protected-resource, "
         "GET /.well-known/oauth-authorization-server/tenant1, POST /register"},
        {"GET /.well-known/oauth-protected-resource", "/tenant1",
         "GET /.well-known/openid-configuration/tenant1", NULL,
         "GET /.well-known/oauth-protected-resource/mcp, GET /.well-known/oauth-protected-resource, "
         "GET /.well-known/oauth-authorization-server/tenant1, GET "
         "/.well-known/openid-configuration/tenant1, "
         "POST /register"},
        {"GET /.well-known/oauth-protected-resource/mcp", "/a/b", "GET /a/b/.well-known/openid-configuration",
         NULL,
         "GET /.well-known/oauth-protected-resource/mcp, GET /.well-known/oauth-authorization-server/a/b, "
         "GET /.well-known/openid-configuration/a/b, GET /a/b/.well-known/openid-configuration, POST "
         "/register"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char *prm, *meta, *challenge;

        rig_open(&rig);
        rig_route(&rig, RIG_PRM, "404 Not Found", "");
        rig_route(&rig, RIG_META, "404 Not Found", "");
        prm = xasprintf(
            "{\"resource\":\"%s/mcp\",\"authorization_servers\":[\"%s%s\",\"https://other.example\"]}",
            rig.origin, rig.origin, cases[i].issuer_path);
        meta =
            xasprintf("{\"issuer\":\"%s%s\",\"authorization_endpoint\":\"%s/authorize\",\"token_endpoint\":"
                      "\"%s/token\",\"registration_endpoint\":\"%s/register\","
                      "\"code_challenge_methods_supported\":[\"plain\",\"S256\"]}",
                      rig.origin, cases[i].issuer_path, rig.origin, rig.origin, rig.origin);
        challenge = cases[i].challenge && strstr(cases[i].challenge, "%s")
                        ? xasprintf("Bearer resource_metadata=\"%s/custom/place.json\"", rig.origin)
                        : xstrdup_null(cases[i].challenge);
        rig_route(&rig, cases[i].prm, "200 OK", prm);
        rig_route(&rig, cases[i].meta, "200 OK", meta);
        rig_start(&rig);
        rig_challenge(&rig, 401, challenge);
        rig_until_open(&rig, 1);
        rig_asked(&rig, cases[i].asked);
        free(prm);
        free(meta);
        free(challenge);
        rig_close(&rig);
    }
}

static void a_server_without_resource_metadata_is_its_own_authorization_server(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_route(&rig, RIG_PRM, "404 Not Found", "");
    rig_start(&rig);
    rig_challenge(&rig, 401, NULL);
    rig_until_open(&rig, 1);
    rig_asked(&rig,
              "GET /.well-known/oauth-protected-resource/mcp, GET /.well-known/oauth-protected-resource, "
              "GET /.well-known/oauth-authorization-server, POST /register");
    rig_in_url(&rig, "resource", rig.peer.url);
    rig_close(&rig);

    /* its issuer may end with a slash, since it was never named */
    rig_open(&rig);
    rig_route(&rig, RIG_META, "200 OK",
              "{\"issuer\":\"%s/\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":\"%s/t\","
              "\"registration_endpoint\":\"%s/register\",\"code_challenge_methods_supported\":[\"S256\"]}");
    rig.options.old_server = true;
    rig_start(&rig);
    rig_challenge(&rig, 401, NULL);
    rig_until_open(&rig, 1);
    rig_asked(&rig, "GET /.well-known/oauth-authorization-server, POST /register");
    rig_close(&rig);
}

static void a_server_without_any_metadata_has_the_endpoints_of_2025_03_26(void **state)
{
    struct rig rig;
    char *start;
    (void)state;

    rig_open(&rig);
    rig_route(&rig, RIG_PRM, "404 Not Found", "");
    rig_route(&rig, RIG_META, "404 Not Found", "");
    rig_start(&rig);
    rig_sign_in(&rig);
    start = xasprintf("%s/authorize?", rig.origin);
    assert_memory_equal(rig.url, start, strlen(start));
    rig_in_url(&rig, "code_challenge_method", "S256");
    assert_string_equal(oauth_bearer(rig.oauth), "tok-1");
    free(start);
    rig_close(&rig);
}

static void documents_that_are_wrong_end_the_attempt(void **state)
{
    static const struct {
        const char *asks, *status, *body, *why;
    } cases[] = {
        {RIG_PRM, "200 OK", "{\"resource\":\"https://evil.example/mcp\",\"authorization_servers\":[\"%s\"]}",
         "for another resource, https://evil.example/mcp"},
        {RIG_PRM, "200 OK", "{\"resource\":\"%s/other\",\"authorization_servers\":[\"%s\"]}",
         "for another resource"},
        {RIG_PRM, "200 OK", "{\"resource\":\"%s/mc\",\"authorization_servers\":[\"%s\"]}",
         "for another resource"},
        {RIG_PRM, "200 OK", "{\"authorization_servers\":[\"%s\"]}", "names no resource"},
        {RIG_PRM, "200 OK", "{\"resource\":\"%s/mcp\"}", "names no authorization server"},
        {RIG_PRM, "200 OK", "{\"resource\":\"%s/mcp\",\"authorization_servers\":[\"http://as.example\"]}",
         "not https, or not public: http://as.example"},
        {RIG_PRM, "500 Internal Server Error", "", "answered 500 Internal Server Error"},
        {RIG_PRM, "302 Found", "", "redirect (302), which is not followed"},
        {RIG_META, "200 OK", "{\"issuer\":\"https://honest.example\"}",
         "for another issuer, https://honest.example, not http://127.0.0.1"},
        {RIG_META, "200 OK",
         "{\"issuer\":\"%s/\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":\"%s/t\","
         "\"code_challenge_methods_supported\":[\"S256\"]}",
         "for another issuer"},
        {RIG_META, "200 OK", "{}", "for another issuer, which it does not name"},
        {RIG_META, "200 OK",
         "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":\"%s/t\"}",
         "does not offer PKCE with S256"},
        {RIG_META, "200 OK",
         "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":\"%s/t\","
         "\"code_challenge_methods_supported\":[\"plain\"]}",
         "does not offer PKCE with S256"},
        {RIG_META, "200 OK",
         "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/"
         "a\",\"code_challenge_methods_supported\":[\"S256\"]}",
         "has no token_endpoint"},
        {RIG_META, "200 OK",
         "{\"issuer\":\"%s\",\"authorization_endpoint\":\"http://as.example/a\",\"token_endpoint\":\"%s/t\","
         "\"code_challenge_methods_supported\":[\"S256\"]}",
         "authorization_endpoint is no https URL, or not public: http://as.example/a"},
        {RIG_META, "200 OK",
         "{\"issuer\":\"%s\",\"authorization_endpoint\":\"javascript:x\",\"token_endpoint\":\"%s/t\","
         "\"code_challenge_methods_supported\":[\"S256\"]}",
         "no https URL"},
        {RIG_META, "200 OK",
         "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":\"%s/t\","
         "\"code_challenge_methods_supported\":[\"S256\"],\"response_types_supported\":[\"token\"]}",
         "authorization code flow"},
        {RIG_META, "200 OK",
         RIG_META_WITH(",\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\"]"),
         "no way to ask for a token that is known here"},
        {RIG_META, "404 Not Found", "", "publishes no metadata"},
        {RIG_META, "200 OK", "<html>", "publishes no metadata"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;

        rig_open(&rig);
        rig_route(&rig, cases[i].asks, cases[i].status, cases[i].body);
        rig_start(&rig);
        rig_fails(&rig, "Bearer", cases[i].why);
        assert_int_equal(rig.opened, 0);
        assert_null(strstr(rig.asked.data, "POST"));
        rig_close(&rig);
    }
}

static void a_place_that_the_challenge_names_must_have_the_document(void **state)
{
    struct rig rig;
    char *challenge;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    challenge = xasprintf("Bearer resource_metadata=\"%s/none?secret=1\"", rig.origin);
    rig_fails(&rig, challenge, "/none answered 404 Not Found");
    assert_null(strstr(rig.why, "secret"));
    rig_asked(&rig, "GET /none");
    free(challenge);
    rig_close(&rig);
}

static void a_document_that_is_too_large_is_refused(void **state)
{
    struct rig rig;
    char *large = malloc(400000);
    (void)state;

    memset(large, ' ', 399999);
    large[399999] = '\0';
    rig_open(&rig);
    rig_route(&rig, RIG_PRM, "200 OK", large);
    rig_start(&rig);
    rig_fails(&rig, "Bearer", "more than 256 KiB");
    free(large);
    rig_close(&rig);
}

static void a_server_that_is_not_reached_by_https_gets_no_token(void **state)
{
    struct rig rig;
    char error[OAUTH_WHY_MAX];
    (void)state;

    rig_open(&rig);
    rig.options.server_url = "http://mcp.example/mcp";
    rig_start(&rig);
    assert_false(oauth_challenge(rig.oauth, 401, "Bearer", error));
    assert_non_null(strstr(error, "not reached by https"));
    oauth_close(&rig.oauth);

    /* a far server must not send us to this machine */
    rig.options.server_url = "https://mcp.example/mcp";
    rig_start(&rig);
    assert_false(oauth_challenge(rig.oauth, 401, "Bearer resource_metadata=\"http://127.0.0.1:1/x\"", error));
    assert_non_null(strstr(error, "not at an https URL"));
    assert_false(oauth_challenge(rig.oauth, 401, "Bearer resource_metadata=\"https://[fd00::1]/x\"", error));
    assert_non_null(strstr(error, "that is public"));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documents_are_looked_for_in_the_order_of_the_specification),
        cmocka_unit_test(a_server_without_resource_metadata_is_its_own_authorization_server),
        cmocka_unit_test(a_server_without_any_metadata_has_the_endpoints_of_2025_03_26),
        cmocka_unit_test(documents_that_are_wrong_end_the_attempt),
        cmocka_unit_test(a_place_that_the_challenge_names_must_have_the_document),
        cmocka_unit_test(a_document_that_is_too_large_is_refused),
        cmocka_unit_test(a_server_that_is_not_reached_by_https_gets_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
