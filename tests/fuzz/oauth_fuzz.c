/* What OAuth reads from outside. The first byte says what the rest is: a challenge, a URL, a redirect's
 * query, a document of discovery, an answer to a registration, to a request for a token, or the content of
 * the sealed file. What is taken keeps to its promises. */
#include "daemon/agent/mcp/oauth_challenge.h"
#include "daemon/agent/mcp/oauth_metadata.h"
#include "daemon/agent/mcp/oauth_scope.h"
#include "daemon/agent/mcp/oauth_token.h"
#include "daemon/agent/mcp/oauth_url.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SERVER "https://mcp.example/mcp"
#define ISSUER "https://as.example"

static void check_plain(const char *text)
{
    for (; text && *text; text++)
        assert(*text >= 0x20 && *text < 0x7F);
}

static void check_challenge(const char *text)
{
    struct oauth_challenge challenge;

    oauth_challenge_read(text, &challenge);
    assert(challenge.is_bearer || (!challenge.error && !challenge.scope && !challenge.resource_metadata));
    check_plain(challenge.error);
    check_plain(challenge.scope);
    check_plain(challenge.resource_metadata);
    assert(oauth_scope_covers(challenge.scope, challenge.scope));
    oauth_challenge_free(&challenge);
}

static void check_url(const char *text)
{
    struct oauth_url url, again;

    assert(utf8_valid(oauth_url_shown(text), strlen(oauth_url_shown(text))) ||
           !utf8_valid(text, strlen(text)));
    if (!oauth_url_parse(text, &url))
        return;
    assert(url.port > 0 && url.port < 65536 && url.path >= text && url.path <= text + strlen(text));
    assert(oauth_url_belongs(&url, &url) == !url.has_query);
    for (int i = 0; i < 2; i++) {
        char *known = oauth_url_well_known(&url, "x", true, i);

        assert(oauth_url_parse(known, &again) == (strlen(known) <= OAUTH_URL_MAX));
        assert(strlen(known) > OAUTH_URL_MAX || oauth_url_same_origin(&url, &again));
        free(known);
    }
}

static void check_form(const char *text)
{
    static const char *const keys[] = {"code", "state", "iss", "error"};

    for (int i = 0; i < 4; i++) {
        int times;
        char *value = oauth_form_get(text, keys[i], &times), *back;
        struct buf form;

        assert(!value || (times == 1 && utf8_valid(value, strlen(value))));
        if (value) {
            buf_init(&form, 1 << 20);
            assert(oauth_form_put(&form, keys[i], value));
            back = oauth_form_get(form.data, keys[i], NULL);
            assert(strcmp(back, value) == 0);
            free(back);
            buf_free(&form);
        }
        free(value);
    }
}

static void check_documents(const json_t *json)
{
    char error[OAUTH_ERROR_MAX];
    struct oauth_resource resource;
    struct oauth_server server;

    if (oauth_metadata_resource(json, SERVER, ISSUER, &resource, error))
        assert(oauth_metadata_endpoint_ok(resource.issuer, OAUTH_PUBLIC));
    else
        check_plain(error);
    oauth_resource_free(&resource);
    if (oauth_metadata_server(json, ISSUER, false, OAUTH_PUBLIC, &server, error)) {
        assert(strcmp(server.issuer, ISSUER) == 0 && server.auths);
        assert(oauth_metadata_endpoint_ok(server.token, OAUTH_PUBLIC));
        assert(oauth_metadata_endpoint_ok(server.authorization, OAUTH_PUBLIC));
        assert(!server.registration || oauth_metadata_endpoint_ok(server.registration, OAUTH_PUBLIC));
    } else {
        check_plain(error);
    }
    oauth_server_free(&server);
}

static void check_answers(const json_t *json)
{
    char error[OAUTH_ERROR_MAX];
    struct oauth_server server = {.auths = 3};
    struct oauth_client client = {0};
    struct oauth_token token = {0};

    if (oauth_register_read(json, &server, "http://127.0.0.1:1/callback", &client, error))
        assert(client.id && client.redirect_uri);
    else
        assert(!client.id);
    oauth_client_free(&client);
    if (oauth_token_read(json, "a b", 1000, &token, error)) {
        check_plain(token.access);
        check_plain(token.refresh);
        assert(token.expires_ms == 0 || token.expires_ms >= 1000);
    } else {
        assert(!token.access);
    }
    check_plain(oauth_error_name(jsonx_str(json, "error", "")));
    oauth_token_free(&token);
}

static void check_accounts(const json_t *json)
{
    struct oauth_accounts accounts = {0}, again = {0};

    if (oauth_accounts_read(json, SERVER, &accounts)) {
        json_t *back = oauth_accounts_json(&accounts, SERVER), *twice;

        assert(accounts.count <= OAUTH_ISSUERS_MAX);
        assert(oauth_accounts_read(back, SERVER, &again));
        twice = oauth_accounts_json(&again, SERVER);
        assert(json_equal(back, twice));
        json_decref(back);
        json_decref(twice);
    }
    oauth_accounts_free(&accounts);
    oauth_accounts_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;
    json_t *json;

    if (size < 1)
        return 0;
    text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    json = jsonx_parse(text, strlen(text), NULL);
    switch (data[0]) {
    case 'c':
        check_challenge(text);
        break;
    case 'u':
        check_url(text);
        break;
    case 'f':
        check_form(text);
        break;
    case 'm':
        check_documents(json);
        break;
    case 't':
        check_answers(json);
        break;
    default:
        check_accounts(json);
    }
    json_decref(json);
    free(text);
    return 0;
}
