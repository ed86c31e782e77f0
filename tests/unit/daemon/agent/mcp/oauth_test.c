/* A sign-in from the refusal to the token, and all that may be wrong on the way; then what comes after it:
 * refresh, step-up, another authorization server, another process, another day. */
#include "tests/unit/daemon/agent/mcp/oauth_rig.h"

#include "daemon/agent/mcp/oauth_listener.h"
#include "daemon/agent/mcp/oauth_secret.h"
#include <arpa/inet.h>
#include <fcntl.h>

/* --- the way through --- */

static void a_refusal_leads_to_a_token_with_a_person(void **state)
{
    struct rig rig;
    char challenge[OAUTH_SECRET_LEN + 1], *verifier, *sent;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    assert_null(oauth_bearer(rig.oauth));
    rig_challenge(&rig, 401, "Bearer realm=\"x\"");
    assert_int_equal(rig.opened, 0);
    rig_until_open(&rig, 1);
    rig_asked(&rig, RIG_PRM ", " RIG_META ", POST /register");

    /* what the person is sent with */
    rig_in_url(&rig, "x", "y"); /* the endpoint's own query is kept */
    rig_in_url(&rig, "response_type", "code");
    rig_in_url(&rig, "client_id", "client-1");
    rig_in_url(&rig, "redirect_uri", rig.redirect_uri);
    rig_in_url(&rig, "code_challenge_method", "S256");
    rig_in_url(&rig, "resource", rig.peer.url);
    rig_in_url(&rig, "scope", NULL);
    assert_memory_equal(rig.redirect_uri, "http://127.0.0.1:", 17);

    /* a request while it runs joins it */
    rig_challenge(&rig, 401, "Bearer");
    rig_browse(&rig, "code=the+code&state=STATE", "200");
    rig_until_done(&rig, 1);
    assert_true(rig.ok);
    rig_asked(&rig, "POST /token");
    rig_in_token(&rig, "grant_type", "authorization_code");
    rig_in_token(&rig, "code", "the code");
    rig_in_token(&rig, "redirect_uri", rig.redirect_uri);
    rig_in_token(&rig, "client_id", "client-1");
    rig_in_token(&rig, "resource", rig.peer.url);
    peer_expect(rig_last(&rig, "POST", "/token"), "Content-Type", "application/x-www-form-urlencoded");
    verifier = oauth_form_get(rig_last(&rig, "POST", "/token")->body, "code_verifier", NULL);
    sent = oauth_form_get(strchr(rig.url, '?') + 1, "code_challenge", NULL);
    oauth_secret_challenge(verifier, challenge);
    assert_string_equal(sent, challenge);
    assert_string_equal(oauth_bearer(rig.oauth), "tok-1");
    free(verifier);
    free(sent);
    rig_close(&rig);
}

static void we_register_as_a_native_client_that_refreshes(void **state)
{
    struct rig rig;
    json_t *body, *expected;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_challenge(&rig, 401, "Bearer scope=\"a b\"");
    rig_until_open(&rig, 1);
    body = jsonx_parse(rig_last(&rig, "POST", "/register")->body,
                       strlen(rig_last(&rig, "POST", "/register")->body), NULL);
    expected =
        json_pack("{s:s,s:[s],s:[s,s],s:[s],s:s,s:s,s:s}", "client_name", "stoa", "redirect_uris",
                  rig.redirect_uri, "grant_types", "authorization_code", "refresh_token", "response_types",
                  "code", "token_endpoint_auth_method", "none", "application_type", "native", "scope", "a b");
    assert_true(json_equal(body, expected));
    json_decref(body);
    json_decref(expected);
    rig_close(&rig);
}

/* --- who we are --- */

static void a_client_id_of_the_configuration_comes_first(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig.options.client_id = "known:id";
    rig.options.client_secret = "s/ecret";
    rig.options.metadata_url = "https://stoa.example/client.json";
    rig_route(&rig, RIG_META, "200 OK",
              RIG_META_WITH(",\"client_id_metadata_document_supported\":true,"
                            "\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\"]"));
    rig_start(&rig);
    rig_sign_in(&rig);
    rig_in_url(&rig, "client_id", "known:id");
    /* known%3Aid:s%2Fecret */
    peer_expect(rig_last(&rig, "POST", "/token"), "Authorization", "Basic a25vd24lM0FpZDpzJTJGZWNyZXQ=");
    rig_in_token(&rig, "client_secret", NULL);
    rig_close(&rig);
}

static void a_metadata_document_comes_before_registration(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig.options.metadata_url = "https://stoa.example/client.json";
    rig_route(&rig, RIG_META, "200 OK",
              RIG_META_WITH(RIG_PUBLIC ",\"client_id_metadata_document_supported\":true"));
    rig_start(&rig);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 1);
    rig_asked(&rig, RIG_PRM ", " RIG_META);
    rig_in_url(&rig, "client_id", "https://stoa.example/client.json");
    rig_close(&rig);

    /* where it is not supported, or is no https URL with a path, we register */
    rig_open(&rig);
    rig.options.metadata_url = "https://stoa.example/client.json";
    rig_start(&rig);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 1);
    rig_in_url(&rig, "client_id", "client-1");
    rig_close(&rig);
}

static void without_any_way_to_be_known_it_says_so(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_route(&rig, RIG_META, "200 OK",
              "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":\"%s/t\","
              "\"code_challenge_methods_supported\":[\"S256\"]}");
    rig_start(&rig);
    rig_fails(&rig, "Bearer", "set client_id for this server");
    rig_route(&rig, RIG_META, "200 OK", RIG_META_WITH(""));
    rig_route(&rig, "POST /register", "400 Bad Request",
              "{\"error\":\"invalid_redirect_uri\",\"error_description\":\"<b>no\"}");
    rig_fails(&rig, "Bearer", "did not register us: it answered 400 Bad Request (invalid_redirect_uri)");
    rig_route(&rig, "POST /register", "201 Created", "{\"client_secret\":\"x\"}");
    rig_fails(&rig, "Bearer", "gave no client id");
    rig_route(&rig, "POST /register", "201 Created",
              "{\"client_id\":\"x\",\"token_endpoint_auth_method\":\"private_key_jwt\"}");
    rig_fails(&rig, "Bearer", "in a way that is not known here");
    rig_close(&rig);
}

static void the_token_endpoint_is_asked_as_it_wants(void **state)
{
    static const struct {
        const char *methods, *registered, *authorization, *secret, *id;
    } cases[] = {
        {"[\"client_secret_basic\"]", "{\"client_id\":\"a\",\"client_secret\":\"b\"}", "Basic YTpi", NULL,
         NULL},
        {"[\"client_secret_post\"]", "{\"client_id\":\"a\",\"client_secret\":\"b\"}", NULL, "b", "a"},
        {"[\"none\"]", "{\"client_id\":\"a\"}", NULL, NULL, "a"},
        {"[\"none\"]", "{\"client_id\":\"a\",\"client_secret\":\"b\"}", NULL, NULL, "a"},
        {"[\"client_secret_post\",\"client_secret_basic\"]", "{\"client_id\":\"a\",\"client_secret\":\"b\"}",
         "Basic YTpi", NULL, NULL},
        /* the registration's own word wins */
        {"[\"client_secret_post\",\"client_secret_basic\"]",
         "{\"client_id\":\"a\",\"client_secret\":\"b\",\"token_endpoint_auth_method\":\"client_secret_"
         "post\"}",
         NULL, "b", "a"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char *meta;

        rig_open(&rig);
        meta = xasprintf(
            "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":\"%s/token\","
            "\"registration_endpoint\":\"%s/register\",\"code_challenge_methods_supported\":[\"S256\"],"
            "\"token_endpoint_auth_methods_supported\":%s}",
            rig.origin, rig.origin, rig.origin, rig.origin, cases[i].methods);
        rig_route(&rig, RIG_META, "200 OK", meta);
        rig_route(&rig, "POST /register", "201 Created", cases[i].registered);
        rig_start(&rig);
        rig_sign_in(&rig);
        peer_expect(rig_last(&rig, "POST", "/token"), "Authorization", cases[i].authorization);
        rig_in_token(&rig, "client_secret", cases[i].secret);
        rig_in_token(&rig, "client_id", cases[i].id);
        free(meta);
        rig_close(&rig);
    }
}

/* --- scope --- */

static void scope_is_the_challenges_or_the_resources_or_none(void **state)
{
    static const struct {
        const char *configured, *challenge, *resource, *server, *asked;
    } cases[] = {
        {NULL, "Bearer scope=\"a b\"", "\"c\"", "\"c\"", "a b"},
        {NULL, "Bearer", "\"c\",\"d\"", "\"x\"", "c d"},
        {NULL, "Bearer", NULL, "\"x\",\"offline_access\"", NULL},
        {NULL, "Bearer scope=\"a\"", NULL, "\"a\",\"offline_access\"", "a offline_access"},
        {NULL, "Bearer scope=\"a offline_access\"", NULL, "\"a\"", "a"},
        {"own", "Bearer scope=\"a\"", "\"c\"", "\"offline_access\"", "own"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char *prm, *meta;

        rig_open(&rig);
        rig.options.scope = cases[i].configured;
        prm = xasprintf("{\"resource\":\"%s/mcp\",\"authorization_servers\":[\"%s\"]%s%s%s}", rig.origin,
                        rig.origin, cases[i].resource ? ",\"scopes_supported\":[" : "",
                        cases[i].resource ? cases[i].resource : "", cases[i].resource ? "]" : "");
        meta = xasprintf(
            "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":\"%s/token\","
            "\"registration_endpoint\":\"%s/register\",\"code_challenge_methods_supported\":[\"S256\"],"
            "\"scopes_supported\":[%s]}",
            rig.origin, rig.origin, rig.origin, rig.origin, cases[i].server);
        rig_route(&rig, RIG_PRM, "200 OK", prm);
        rig_route(&rig, RIG_META, "200 OK", meta);
        rig_start(&rig);
        rig_challenge(&rig, 401, cases[i].challenge);
        rig_until_open(&rig, 1);
        rig_in_url(&rig, "scope", cases[i].asked);
        rig_in_url(&rig, "prompt",
                   cases[i].asked && strstr(cases[i].asked, "offline_access") ? "consent" : NULL);
        free(prm);
        free(meta);
        rig_close(&rig);
    }
}

static void more_scope_is_asked_for_with_what_was_asked_before(void **state)
{
    struct rig rig;
    char error[OAUTH_WHY_MAX];
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_challenge(&rig, 401, "Bearer scope=\"read\"");
    rig_until_open(&rig, 1);
    rig_browse(&rig, "code=c&state=STATE", "200");
    rig_until_done(&rig, 1);
    assert_true(rig.ok);
    buf_clear(&rig.asked);

    /* a refresh would not help, so there is none, though there is a refresh token */
    rig_challenge(&rig, 403, "Bearer error=\"insufficient_scope\", scope=\"write\"");
    rig_until_open(&rig, 2);
    rig_asked(&rig, RIG_PRM ", " RIG_META);
    rig_in_url(&rig, "scope", "read write");
    rig_browse(&rig, "code=c&state=STATE", "200");
    rig_until_done(&rig, 2);
    assert_true(rig.ok);

    /* the same again: it was given */
    assert_false(
        oauth_challenge(rig.oauth, 403, "Bearer error=\"insufficient_scope\", scope=\"write\"", error));
    assert_non_null(strstr(error, "has given all scope"));
    assert_false(oauth_challenge(rig.oauth, 403, "Bearer error=\"invalid_request\"", error));
    assert_false(oauth_challenge(rig.oauth, 403, NULL, error));
    assert_false(oauth_challenge(rig.oauth, 500, NULL, error));
    rig_close(&rig);
}

static void a_server_that_refuses_every_token_is_given_up(void **state)
{
    struct rig rig;
    char error[OAUTH_WHY_MAX];
    (void)state;

    rig_open(&rig);
    rig_route(&rig, "POST /token", "200 OK",
              "{\"access_token\":\"t\",\"token_type\":\"bearer\",\"scope\":\"less\"}");
    rig_start(&rig);
    rig_sign_in(&rig);
    for (unsigned i = 0; i < OAUTH_REFUSALS_MAX; i++) {
        rig_challenge(&rig, 403, "Bearer error=\"insufficient_scope\", scope=\"write\"");
        rig_until_open(&rig, i + 2);
        rig_browse(&rig, "code=c&state=STATE", "200");
        rig_until_done(&rig, i + 2);
        assert_true(rig.ok);
    }
    assert_false(
        oauth_challenge(rig.oauth, 403, "Bearer error=\"insufficient_scope\", scope=\"write\"", error));
    assert_non_null(strstr(error, "too many fresh tokens"));
    assert_false(oauth_challenge(rig.oauth, 401, "Bearer", error));
    rig_close(&rig);
}

/* --- what comes back --- */

static void a_redirect_of_another_state_is_discarded_and_waiting_goes_on(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 1);
    rig_browse(&rig, "code=evil&state=guessed", "400");
    rig_browse(&rig, "code=evil", "400");
    rig_browse(&rig, "code=evil&state=STATE&state=STATE2", "400");
    rig_browse(&rig, "error=access_denied&state=", "400");
    assert_int_equal(rig.done, 0);
    rig_browse(&rig, "code=good&state=STATE", "200");
    rig_until_done(&rig, 1);
    assert_true(rig.ok);
    rig_in_token(&rig, "code", "good");
    rig_close(&rig);
}

static void the_issuer_of_the_answer_is_checked_before_anything_of_it_is_used(void **state)
{
    static const struct {
        bool promised;
        const char *parameters; /* "%s": the issuer */
        bool ok;
    } cases[] = {
        {true, "&iss=%s", true},
        {true, "", false},
        {false, "&iss=%s", true},
        {false, "", true},
        {true, "&iss=https%%3A%%2F%%2Fevil.example", false},
        {false, "&iss=https%%3A%%2F%%2Fevil.example", false},
        {true, "&iss=%s%%2F", false}, /* no normalisation */
        {false, "&iss=%s&iss=%s", false},
        {false, "&iss=%%zz", false},
        {false, "&iss=", false},
        {true, "&error=access_denied&iss=https%%3A%%2F%%2Fevil.example", false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char *issuer, *more, *parameters;

        rig_open(&rig);
        rig_route(&rig, RIG_META, "200 OK",
                  cases[i].promised
                      ? RIG_META_WITH(RIG_PUBLIC ",\"authorization_response_iss_parameter_supported\":true")
                      : RIG_META_WITH(RIG_PUBLIC));
        rig_start(&rig);
        rig_challenge(&rig, 401, "Bearer");
        rig_until_open(&rig, 1);
        buf_clear(&rig.asked);
        issuer = xasprintf("http%%3A%%2F%%2F127.0.0.1%%3A%d", rig.peer.port);
        struct buf text;
        buf_init(&text, 4096);
        for (const char *at = cases[i].parameters; *at; at++) {
            if (at[0] == '%' && at[1] == 's')
                buf_puts(&text, issuer);
            else
                buf_putc(&text, *at);
            at += at[0] == '%';
        }
        more = buf_take(&text);
        parameters = xasprintf("code=c&state=STATE%s", more);
        rig_browse(&rig, parameters, "200");
        rig_until_done(&rig, 1);
        if (rig.ok != cases[i].ok)
            fail_msg("%s: %s", parameters, rig.ok ? "taken" : rig.why);
        if (!cases[i].ok) {
            assert_non_null(strstr(rig.why, "does not come from the authorization server"));
            assert_null(strstr(rig.why, "access_denied"));
            rig_asked(&rig, ""); /* the code was shown to nobody */
        }
        free(issuer);
        free(more);
        free(parameters);
        rig_close(&rig);
    }
}

static void a_person_who_says_no_is_understood(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 1);
    buf_clear(&rig.asked);
    rig_browse(&rig, "error=access_denied&error_description=%1b%5b2J&state=STATE", "200");
    rig_until_done(&rig, 1);
    assert_false(rig.ok);
    assert_non_null(strstr(rig.why, "refused: access_denied"));
    rig_asked(&rig, "");

    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 2);
    rig_browse(&rig, "error=%1b%5b2J&state=STATE", "200");
    rig_until_done(&rig, 2);
    assert_non_null(strstr(rig.why, "an error without a plain name"));

    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 3);
    rig_browse(&rig, "state=STATE", "200");
    rig_until_done(&rig, 3);
    assert_non_null(strstr(rig.why, "gave no code"));
    rig_close(&rig);
}

static void the_address_of_the_browser_can_be_pasted(void **state)
{
    struct rig rig;
    char error[OAUTH_WHY_MAX], *own, *url;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    assert_false(oauth_redirected(rig.oauth, "http://127.0.0.1/callback?code=c", error));
    assert_non_null(strstr(error, "nobody is waited for"));
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 1);
    own = oauth_form_get(strchr(rig.url, '?') + 1, "state", NULL);

    assert_false(oauth_redirected(rig.oauth, "https://evil.example/callback?code=c", error));
    assert_non_null(strstr(error, "not the address to which the browser was sent"));
    url = xasprintf("%s?code=c&state=other", rig.redirect_uri);
    assert_false(oauth_redirected(rig.oauth, url, error));
    assert_non_null(strstr(error, "belongs to another sign-in"));
    free(url);
    url = xasprintf("  %s?code=pasted&state=%s#\n", rig.redirect_uri, own);
    assert_true(oauth_redirected(rig.oauth, url, error));
    assert_int_equal(rig.done, 0); /* nothing is called from within */
    assert_false(oauth_redirected(rig.oauth, url, error));
    rig_until_done(&rig, 1);
    assert_true(rig.ok);
    rig_in_token(&rig, "code", "pasted");
    free(url);
    free(own);
    rig_close(&rig);
}

static void what_is_no_token_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *status, *body, *why;
    } cases[] = {
        {"400 Bad Request", "{\"error\":\"invalid_grant\",\"error_description\":\"x\"}",
         "answered 400 Bad Request (invalid_grant)"},
        {"500 Internal Server Error", "oops", "answered 500"},
        {"200 OK", "<html>", "no JSON object"},
        {"200 OK", "{\"token_type\":\"Bearer\"}", "gave no access token"},
        {"200 OK", "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}", "gave no access token"},
        {"200 OK", "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\"}", "gave no access token"},
        {"200 OK", "{\"access_token\":\"a\",\"token_type\":\"DPoP\"}", "no bearer token"},
        {"200 OK", "{\"access_token\":\"a\"}", "no bearer token"},
    };
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig_route(&rig, "POST /token", cases[i].status, cases[i].body);
        rig_challenge(&rig, 401, "Bearer");
        rig_until_open(&rig, i + 1);
        rig_browse(&rig, "code=c&state=STATE", "200");
        rig_until_done(&rig, i + 1);
        assert_false(rig.ok);
        if (!strstr(rig.why, cases[i].why))
            fail_msg("%s: %s", cases[i].body, rig.why);
        assert_null(oauth_bearer(rig.oauth));
    }
    rig_close(&rig);
}

/* --- afterwards --- */

static void a_refused_token_is_refreshed_without_a_person(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    rig_route(&rig, "POST /token", "200 OK", "{\"access_token\":\"tok-2\",\"token_type\":\"Bearer\"}");
    rig_challenge(&rig, 401, "Bearer error=\"invalid_token\"");
    rig_until_done(&rig, 2);
    assert_true(rig.ok);
    rig_asked(&rig, RIG_PRM ", " RIG_META ", POST /token");
    rig_in_token(&rig, "grant_type", "refresh_token");
    rig_in_token(&rig, "refresh_token", "ref-1");
    rig_in_token(&rig, "resource", rig.peer.url);
    rig_in_token(&rig, "client_id", "client-1");
    assert_string_equal(oauth_bearer(rig.oauth), "tok-2");
    assert_int_equal(rig.opened, 1);

    /* refused at once again: only a person can help */
    rig_challenge(&rig, 401, "Bearer error=\"invalid_token\"");
    rig_until_open(&rig, 2);
    rig_asked(&rig, RIG_PRM ", " RIG_META);
    rig_close(&rig);
}

static void a_refresh_token_that_has_ended_leads_to_a_person(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    rig_route(&rig, "POST /token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 2);
    rig_asked(&rig, RIG_PRM ", " RIG_META ", POST /token");
    assert_null(oauth_bearer(rig.oauth));
    rig_in_url(&rig, "client_id", "client-1");

    /* it is not tried again */
    rig_browse(&rig, "error=access_denied&state=STATE", "200");
    rig_until_done(&rig, 2);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 3);
    rig_asked(&rig, RIG_PRM ", " RIG_META);

    /* a server that is only out of order is not asked for a person */
    rig_route(&rig, "POST /token", "200 OK", RIG_TOKEN);
    rig_browse(&rig, "code=c&state=STATE", "200");
    rig_until_done(&rig, 3);
    rig_route(&rig, "POST /token", "503 Service Unavailable", "");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_done(&rig, 4);
    assert_false(rig.ok);
    assert_non_null(strstr(rig.why, "answered 503 Service Unavailable"));
    assert_int_equal(rig.opened, 3);
    rig_close(&rig);
}

static void a_client_that_is_forgotten_there_registers_anew(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    rig_route(&rig, "POST /token", "401 Unauthorized", "{\"error\":\"invalid_client\"}");
    rig_route(&rig, "POST /register", "201 Created", "{\"client_id\":\"client-2\"}");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 2);
    rig_asked(&rig, RIG_PRM ", " RIG_META ", POST /token, POST /register");
    rig_in_url(&rig, "client_id", "client-2");
    rig_close(&rig);
}

static void a_token_that_is_about_to_end_is_renewed_by_itself(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_route(
        &rig, "POST /token", "200 OK",
        "{\"access_token\":\"short\",\"token_type\":\"Bearer\",\"expires_in\":30,\"refresh_token\":\"r\"}");
    rig_start(&rig);
    rig_sign_in(&rig);
    rig_route(
        &rig, "POST /token", "200 OK",
        "{\"access_token\":\"long\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"r2\"}");
    assert_string_equal(oauth_bearer(rig.oauth), "short");
    peer_until(&rig.peer, rig.renewed == 1);
    rig_in_token(&rig, "refresh_token", "r");
    assert_string_equal(oauth_bearer(rig.oauth), "long");
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.opened, 1);
    rig_close(&rig);
}

static void a_renewal_that_fails_bothers_nobody_until_the_server_refuses(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_route(
        &rig, "POST /token", "200 OK",
        "{\"access_token\":\"short\",\"token_type\":\"Bearer\",\"expires_in\":30,\"refresh_token\":\"r\"}");
    rig_start(&rig);
    rig_sign_in(&rig);
    rig_route(&rig, "POST /token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    assert_string_equal(oauth_bearer(rig.oauth), "short");
    peer_until(&rig.peer, strstr(rig.asked.data, "POST /token"));
    peer_until(&rig.peer, uv_run(&rig.loop, UV_RUN_NOWAIT) >= 0 && rig.handled == rig.peer.count);
    assert_string_equal(oauth_bearer(rig.oauth), "short");
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.opened, 1);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 2);
    rig_close(&rig);
}

static void a_token_that_has_ended_is_not_given(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_route(
        &rig, "POST /token", "200 OK",
        "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":0.001,\"refresh_token\":\"r\"}");
    rig_start(&rig);
    rig_sign_in(&rig);
    peer_until(&rig.peer, !oauth_bearer(rig.oauth));
    rig_route(&rig, "POST /token", "200 OK", RIG_TOKEN);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_done(&rig, 2);
    assert_true(rig.ok);
    assert_int_equal(rig.opened, 1);
    assert_string_equal(oauth_bearer(rig.oauth), "tok-1");
    rig_close(&rig);
}

static void another_authorization_server_means_another_registration(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    rig_route(&rig, RIG_PRM, "200 OK", "{\"resource\":\"%s/mcp\",\"authorization_servers\":[\"%s/two\"]}");
    rig_route(
        &rig, "GET /.well-known/oauth-authorization-server/two", "200 OK",
        "{\"issuer\":\"%s/two\",\"authorization_endpoint\":\"%s/two/a\",\"token_endpoint\":\"%s/two/token\","
        "\"registration_endpoint\":\"%s/two/register\",\"code_challenge_methods_supported\":[\"S256\"]}");
    rig_route(&rig, "POST /two/register", "201 Created",
              "{\"client_id\":\"client-two\",\"client_secret\":\"s\"}");
    rig_route(&rig, "POST /two/token", "200 OK", "{\"access_token\":\"two\",\"token_type\":\"Bearer\"}");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 2);
    rig_asked(&rig, RIG_PRM ", GET /.well-known/oauth-authorization-server/two, POST /two/register");
    rig_in_url(&rig, "client_id", "client-two");
    assert_null(oauth_bearer(rig.oauth)); /* the old server's token is not for the new one */
    rig_browse(&rig, "code=c&state=STATE", "200");
    rig_until_done(&rig, 2);
    assert_string_equal(oauth_bearer(rig.oauth), "two");

    /* and back: the first registration is still known */
    rig_route(&rig, RIG_PRM, "200 OK", "{\"resource\":\"%s/mcp\",\"authorization_servers\":[\"%s\"]}");
    rig_restart(&rig);
    buf_clear(&rig.asked);
    assert_string_equal(oauth_bearer(rig.oauth), "two");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_done(&rig, 3);
    rig_asked(&rig, RIG_PRM ", " RIG_META ", POST /token");
    rig_in_token(&rig, "refresh_token", "ref-1");
    rig_close(&rig);
}

static void a_client_id_of_the_configuration_is_not_taken_to_another_server(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig.options.client_id = "mine";
    rig_start(&rig);
    rig_sign_in(&rig);
    rig_route(&rig, RIG_PRM, "200 OK", "{\"resource\":\"%s/mcp\",\"authorization_servers\":[\"%s/two\"]}");
    rig_route(
        &rig, "GET /.well-known/oauth-authorization-server/two", "200 OK",
        "{\"issuer\":\"%s/two\",\"authorization_endpoint\":\"%s/two/a\",\"token_endpoint\":\"%s/two/token\","
        "\"code_challenge_methods_supported\":[\"S256\"]}");
    rig_restart(&rig);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_done(&rig, 2);
    assert_false(rig.ok);
    assert_non_null(
        strstr(rig.why, "the client id of the configuration is registered with http://127.0.0.1"));
    rig_close(&rig);

    rig_open(&rig);
    rig.options.client_id = "mine";
    rig.options.issuer = "https://elsewhere.example";
    rig_start(&rig);
    rig_fails(&rig, "Bearer", "registered with https://elsewhere.example");
    rig_close(&rig);
}

/* --- what is kept --- */

static void tokens_and_registration_outlive_the_process_in_a_sealed_file(void **state)
{
    struct rig rig;
    struct stat status;
    char *first, content[4096];
    int fd;
    ssize_t len;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    first = xstrdup(rig.redirect_uri);
    assert_int_equal(stat(rig.file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    fd = open(rig.file, O_RDONLY);
    len = read(fd, content, sizeof content);
    close(fd);
    assert_true(len > 100);
    assert_null(memmem(content, (size_t)len, "tok-1", 5));
    assert_null(memmem(content, (size_t)len, "client-1", 8));

    rig_restart(&rig);
    assert_string_equal(oauth_bearer(rig.oauth), "tok-1");

    /* the registration is good for its own port, which is taken again */
    rig_route(&rig, "POST /token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 2);
    assert_null(strstr(rig.asked.data, "POST /register"));
    assert_string_equal(rig.redirect_uri, first);
    free(first);
    rig_close(&rig);
}

static void a_file_that_is_damaged_or_anothers_is_as_good_as_none(void **state)
{
    struct rig rig;
    int fd;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    rig.key[0]++;
    rig_restart(&rig);
    assert_null(oauth_bearer(rig.oauth));
    rig.key[0]--;
    rig.options.server_url = "https://other.example/mcp";
    rig_restart(&rig);
    assert_null(oauth_bearer(rig.oauth));
    rig.options.server_url = rig.peer.url;
    rig_restart(&rig);
    assert_non_null(oauth_bearer(rig.oauth));

    fd = open(rig.file, O_WRONLY);
    assert_int_equal(pwrite(fd, "x", 1, 60), 1);
    close(fd);
    rig_restart(&rig);
    assert_null(oauth_bearer(rig.oauth));
    assert_int_equal(truncate(rig.file, 10), 0);
    rig_restart(&rig);
    assert_null(oauth_bearer(rig.oauth));
    rig_sign_in(&rig);
    rig_restart(&rig);
    assert_non_null(oauth_bearer(rig.oauth));
    rig_close(&rig);
}

static void a_token_that_another_process_got_is_taken(void **state)
{
    struct rig rig;
    struct oauth *other;
    struct oauth_callbacks callbacks = {.open = rig_on_open, .done = rig_on_done};
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    other = rig.oauth;
    rig.oauth = oauth_open(&rig.options, &callbacks, &rig);
    rig_route(&rig, "POST /token", "200 OK",
              "{\"access_token\":\"tok-2\",\"token_type\":\"Bearer\",\"refresh_token\":\"ref-2\"}");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_done(&rig, 2);
    buf_clear(&rig.asked);
    oauth_close(&rig.oauth);

    rig.oauth = other;
    assert_string_equal(oauth_bearer(rig.oauth), "tok-1");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_done(&rig, 3);
    assert_true(rig.ok);
    rig_asked(&rig, "");
    assert_string_equal(oauth_bearer(rig.oauth), "tok-2");
    rig_close(&rig);
}

static void a_refresh_that_another_process_was_quicker_with_is_no_loss(void **state)
{
    struct rig rig;
    struct oauth *other;
    struct oauth_callbacks callbacks = {.open = rig_on_open, .done = rig_on_done};
    char kept[128], newer[128];
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    snprintf(kept, sizeof kept, "%s.kept", rig.file);
    snprintf(newer, sizeof newer, "%s.newer", rig.file);
    assert_int_equal(link(rig.file, kept), 0);
    other = rig.oauth;
    rig.oauth = oauth_open(&rig.options, &callbacks, &rig);
    rig_route(&rig, "POST /token", "200 OK",
              "{\"access_token\":\"tok-2\",\"token_type\":\"Bearer\",\"refresh_token\":\"ref-2\"}");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_done(&rig, 2);
    oauth_close(&rig.oauth);
    assert_int_equal(rename(rig.file, newer), 0);
    assert_int_equal(rename(kept, rig.file), 0);

    /* the newer file comes after ours was read, and before our spent refresh token is refused */
    rig.oauth = other;
    buf_clear(&rig.asked);
    rig_route(&rig, "POST /token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    rig_challenge(&rig, 401, "Bearer");
    peer_until(&rig.peer, strstr(rig.asked.data, RIG_META));
    assert_null(strstr(rig.asked.data, "POST /token"));
    assert_int_equal(rename(newer, rig.file), 0);
    rig_until_done(&rig, 3);
    assert_true(rig.ok);
    assert_int_equal(rig.opened, 1);
    assert_string_equal(oauth_bearer(rig.oauth), "tok-2");
    rig_close(&rig);
}

static void on_nobody(uv_stream_t *stream, int status)
{
    (void)stream;
    (void)status;
}

static void a_registration_whose_port_is_taken_is_made_anew(void **state)
{
    struct rig rig;
    uv_tcp_t taken;
    struct sockaddr_in address;
    char *first;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    first = xstrdup(rig.redirect_uri);
    uv_ip4_addr("127.0.0.1", atoi(strrchr(first, ':') + 1), &address);
    uv_tcp_init(&rig.loop, &taken);
    assert_int_equal(uv_tcp_bind(&taken, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&taken, 1, on_nobody), 0);
    rig_route(&rig, "POST /token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    rig_route(&rig, "POST /register", "201 Created", "{\"client_id\":\"client-2\"}");
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 2);
    uv_close((uv_handle_t *)&taken, NULL);
    rig_asked(&rig, RIG_PRM ", " RIG_META ", POST /token, POST /register");
    rig_in_url(&rig, "client_id", "client-2");
    assert_string_not_equal(rig.redirect_uri, first);
    free(first);
    rig_close(&rig);
}

static void forgetting_leaves_nothing(void **state)
{
    struct rig rig;
    char error[OAUTH_WHY_MAX];
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_sign_in(&rig);
    oauth_forget(rig.oauth);
    assert_null(oauth_bearer(rig.oauth));
    assert_int_not_equal(access(rig.file, F_OK), 0);

    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 2);
    assert_non_null(strstr(rig.asked.data, "POST /register"));
    oauth_forget(rig.oauth);
    assert_false(oauth_redirected(rig.oauth, rig.redirect_uri, error));
    rig_until_done(&rig, 2);
    assert_false(rig.ok);
    assert_non_null(strstr(rig.why, "forgotten"));
    rig_close(&rig);
}

static void a_file_that_cannot_be_written_costs_only_the_memory_of_it(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig.options.file = "/nonexistent/folder/tokens";
    rig_start(&rig);
    rig_sign_in(&rig);
    assert_string_equal(oauth_bearer(rig.oauth), "tok-1");
    rig.options.file = NULL;
    rig_restart(&rig);
    rig_sign_in(&rig);
    assert_string_equal(oauth_bearer(rig.oauth), "tok-1");
    rig_close(&rig);
}

/* --- ends --- */

static void it_can_be_closed_at_any_moment(void **state)
{
    (void)state;

    for (int moment = 0; moment < 6; moment++) {
        struct rig rig;

        rig_open(&rig);
        rig_start(&rig);
        if (moment > 0)
            rig_challenge(&rig, 401, "Bearer");
        if (moment == 2)
            peer_until(&rig.peer, rig.peer.count > 0);
        if (moment > 2)
            rig_until_open(&rig, 1);
        if (moment == 4) {
            rig_browse(&rig, "code=c&state=STATE", "200");
        } else if (moment == 5) {
            rig.close_when_done = true;
            rig_browse(&rig, "code=c&state=STATE", "200");
            rig_until_done(&rig, 1);
            assert_null(rig.oauth);
        }
        rig_close(&rig);
        assert_int_equal(rig.done, moment == 5);
    }
}

static void the_listener_knows_one_path_and_ends_with_the_attempt(void **state)
{
    struct rig rig;
    char *good;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 1);
    good = xstrdup(rig.redirect_uri);
    strcpy(strstr(rig.redirect_uri, "/callback"), "/callbac");
    rig_browse(&rig, "code=c&state=STATE", "404");
    strcpy(rig.redirect_uri, good);
    rig_browse(&rig, "code=c&state=STATE", "200");
    rig_until_done(&rig, 1);
    peer_until(&rig.peer, uv_loop_alive(&rig.loop));
    rig_browse(&rig, "code=c&state=STATE", "0"); /* refused */
    free(good);
    rig_close(&rig);
}

/* It sends a part of a request, and goes on so. */
static int dribble(const struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_port = htons((uint16_t)atoi(strrchr(rig->redirect_uri, ':') + 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, "GET /ca", 7, 0), 7);
    return fd;
}

static bool is_ended(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void who_never_ends_a_request_makes_room_for_the_browser(void **state)
{
    int fds[OAUTH_LISTENER_CONNECTIONS + 4];
    const int count = (int)(sizeof fds / sizeof fds[0]);
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig_start(&rig);
    rig_challenge(&rig, 401, "Bearer");
    rig_until_open(&rig, 1);
    for (int i = 0; i < count; i++)
        fds[i] = dribble(&rig);
    peer_until(&rig.peer, is_ended(fds[count - OAUTH_LISTENER_CONNECTIONS - 1]));
    for (int i = 0; i < count - OAUTH_LISTENER_CONNECTIONS; i++)
        assert_true(is_ended(fds[i]));
    for (int i = count - OAUTH_LISTENER_CONNECTIONS; i < count; i++)
        assert_false(is_ended(fds[i]));
    rig_browse(&rig, "code=c&state=STATE", "200");
    rig_until_done(&rig, 1);
    for (int i = 0; i < count; i++)
        close(fds[i]);
    rig_close(&rig);
}

static void a_port_that_is_taken_is_said_where_it_was_asked_for(void **state)
{
    struct rig rig;
    (void)state;

    rig_open(&rig);
    rig.options.redirect_port = rig.peer.port;
    rig_start(&rig);
    rig_fails(&rig, "Bearer", "Address already in use");
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_leads_to_a_token_with_a_person),
        cmocka_unit_test(we_register_as_a_native_client_that_refreshes),
        cmocka_unit_test(a_client_id_of_the_configuration_comes_first),
        cmocka_unit_test(a_metadata_document_comes_before_registration),
        cmocka_unit_test(without_any_way_to_be_known_it_says_so),
        cmocka_unit_test(the_token_endpoint_is_asked_as_it_wants),
        cmocka_unit_test(scope_is_the_challenges_or_the_resources_or_none),
        cmocka_unit_test(more_scope_is_asked_for_with_what_was_asked_before),
        cmocka_unit_test(a_server_that_refuses_every_token_is_given_up),
        cmocka_unit_test(a_redirect_of_another_state_is_discarded_and_waiting_goes_on),
        cmocka_unit_test(the_issuer_of_the_answer_is_checked_before_anything_of_it_is_used),
        cmocka_unit_test(a_person_who_says_no_is_understood),
        cmocka_unit_test(the_address_of_the_browser_can_be_pasted),
        cmocka_unit_test(what_is_no_token_is_refused_with_the_reason),
        cmocka_unit_test(a_refused_token_is_refreshed_without_a_person),
        cmocka_unit_test(a_refresh_token_that_has_ended_leads_to_a_person),
        cmocka_unit_test(a_client_that_is_forgotten_there_registers_anew),
        cmocka_unit_test(a_token_that_is_about_to_end_is_renewed_by_itself),
        cmocka_unit_test(a_renewal_that_fails_bothers_nobody_until_the_server_refuses),
        cmocka_unit_test(a_token_that_has_ended_is_not_given),
        cmocka_unit_test(another_authorization_server_means_another_registration),
        cmocka_unit_test(a_client_id_of_the_configuration_is_not_taken_to_another_server),
        cmocka_unit_test(tokens_and_registration_outlive_the_process_in_a_sealed_file),
        cmocka_unit_test(a_file_that_is_damaged_or_anothers_is_as_good_as_none),
        cmocka_unit_test(a_token_that_another_process_got_is_taken),
        cmocka_unit_test(a_refresh_that_another_process_was_quicker_with_is_no_loss),
        cmocka_unit_test(a_registration_whose_port_is_taken_is_made_anew),
        cmocka_unit_test(forgetting_leaves_nothing),
        cmocka_unit_test(a_file_that_cannot_be_written_costs_only_the_memory_of_it),
        cmocka_unit_test(it_can_be_closed_at_any_moment),
        cmocka_unit_test(the_listener_knows_one_path_and_ends_with_the_attempt),
        cmocka_unit_test(who_never_ends_a_request_makes_room_for_the_browser),
        cmocka_unit_test(a_port_that_is_taken_is_said_where_it_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
