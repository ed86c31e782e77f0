/* Tokens go into a header: one with any other than visible ASCII characters is refused. */
#include "daemon/agent/mcp/oauth_token.h"
#include "daemon/agent/mcp/oauth_scope.h"
#include "daemon/agent/mcp/oauth_secret.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { EXPIRY_MAX_S = 10 * 365 * 24 * 3600, ERROR_NAME_MAX = 64 };

static bool is_secret(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (text[i] <= 0x20 || text[i] >= 0x7F)
            return false;
    return len > 0 && len <= OAUTH_TOKEN_MAX;
}

bool oauth_token_form(struct buf *form, const struct oauth_client *client, const char *resource,
                      char **authorization)
{
    bool ok = oauth_form_put(form, "resource", resource);

    *authorization = NULL;
    if (client->auth == OAUTH_AUTH_BASIC && client->secret) {
        char *basic = oauth_secret_basic(client->id, client->secret);

        *authorization = basic ? xasprintf("Authorization: %s", basic) : NULL;
        oauth_secret_wipe(&basic);
        return ok && *authorization;
    }
    ok = ok && oauth_form_put(form, "client_id", client->id);
    if (client->auth == OAUTH_AUTH_POST && client->secret)
        ok = ok && oauth_form_put(form, "client_secret", client->secret);
    return ok;
}

static bool refuse(char *error, const char *why)
{
    snprintf(error, OAUTH_ERROR_MAX, "%s", why);
    return false;
}

/* Some servers say a number as a string. 0: not said. */
static int64_t expiry(const json_t *answer, int64_t now_ms)
{
    const json_t *value = json_object_get(answer, "expires_in");
    double seconds =
        json_is_string(value) ? strtod(json_string_value(value), NULL) : json_number_value(value);

    if (!(seconds > 0))
        return json_is_number(value) ? now_ms : 0;
    return now_ms + (int64_t)((seconds < EXPIRY_MAX_S ? seconds : EXPIRY_MAX_S) * 1000);
}

bool oauth_token_read(const json_t *answer, const char *asked, int64_t now_ms, struct oauth_token *token,
                      char error[OAUTH_ERROR_MAX])
{
    const char *access = jsonx_str(answer, "access_token", NULL);
    const char *refresh = jsonx_str(answer, "refresh_token", NULL);
    const char *type = jsonx_str(answer, "token_type", "");
    const char *scope = jsonx_str(answer, "scope", NULL);

    if (!access || !is_secret(access))
        return refuse(error, "gave no access token that can be used");
    if (strcasecmp(type, "bearer") != 0)
        return refuse(error, "gave a token that is no bearer token");
    oauth_secret_wipe(&token->access);
    token->access = xstrdup(access);
    if (refresh && is_secret(refresh)) {
        oauth_secret_wipe(&token->refresh);
        token->refresh = xstrdup(refresh);
    }
    char *given = oauth_scope_union(scope ? scope : asked, NULL);

    free(token->scope);
    token->scope = given;
    token->expires_ms = expiry(answer, now_ms);
    return true;
}

const char *oauth_error_name(const char *name)
{
    static char plain[ERROR_NAME_MAX + 1];
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    if (len > ERROR_NAME_MAX || name[len])
        len = 0;
    memcpy(plain, name, len);
    plain[len] = '\0';
    return plain;
}

void oauth_client_free(struct oauth_client *client)
{
    free(client->id);
    oauth_secret_wipe(&client->secret);
    free(client->redirect_uri);
    *client = (struct oauth_client){0};
}

void oauth_token_free(struct oauth_token *token)
{
    oauth_secret_wipe(&token->access);
    oauth_secret_wipe(&token->refresh);
    free(token->scope);
    *token = (struct oauth_token){0};
}

/* --- accounts --- */

static void account_free(struct oauth_account *account)
{
    free(account->issuer);
    oauth_client_free(&account->client);
    oauth_token_free(&account->token);
    free(account->asked);
}

struct oauth_account *oauth_accounts_find(const struct oauth_accounts *accounts, const char *issuer)
{
    for (size_t i = 0; i < accounts->count; i++)
        if (strcmp(accounts->list[i].issuer, issuer) == 0)
            return &accounts->list[i];
    return NULL;
}

struct oauth_account *oauth_accounts_use(struct oauth_accounts *accounts, const char *issuer)
{
    const struct oauth_account *found = oauth_accounts_find(accounts, issuer);
    struct oauth_account account = {0};
    size_t at = accounts->count;

    if (found) {
        at = (size_t)(found - accounts->list);
        account = *found;
    } else {
        account.issuer = xstrdup(issuer);
        if (accounts->count == OAUTH_ISSUERS_MAX)
            account_free(&accounts->list[--at]);
        else
            accounts->list = xreallocarray(accounts->list, ++accounts->count, sizeof *accounts->list);
    }
    memmove(accounts->list + 1, accounts->list, at * sizeof account);
    accounts->list[0] = account;
    return &accounts->list[0];
}

void oauth_accounts_free(struct oauth_accounts *accounts)
{
    for (size_t i = 0; i < accounts->count; i++)
        account_free(&accounts->list[i]);
    free(accounts->list);
    *accounts = (struct oauth_accounts){0};
}

enum { ACCOUNTS_VERSION = 1 };

static json_t *account_json(const struct oauth_account *account)
{
    json_t *json = json_object();

    jsonx_set_str(json, "issuer", account->issuer);
    jsonx_set_str(json, "client_id", account->client.id);
    jsonx_set_str(json, "client_secret", account->client.secret);
    jsonx_set_str(json, "redirect_uri", account->client.redirect_uri);
    jsonx_set_str(json, "auth", account->client.id ? oauth_auth_name(account->client.auth) : NULL);
    jsonx_set_str(json, "access_token", account->token.access);
    jsonx_set_str(json, "refresh_token", account->token.refresh);
    jsonx_set_str(json, "scope", account->token.scope);
    jsonx_set_int(json, "expires_ms", account->token.expires_ms);
    jsonx_set_str(json, "asked", account->asked);
    return json;
}

json_t *oauth_accounts_json(const struct oauth_accounts *accounts, const char *server_url)
{
    json_t *json = json_object(), *list = json_array();

    jsonx_set_int(json, "version", ACCOUNTS_VERSION);
    jsonx_set_str(json, "server", server_url);
    for (size_t i = 0; i < accounts->count; i++)
        json_array_append_new(list, account_json(&accounts->list[i]));
    json_object_set_new(json, "accounts", list);
    return json;
}

static void account_read(const json_t *json, struct oauth_account *account)
{
    const char *access = jsonx_str(json, "access_token", NULL),
               *refresh = jsonx_str(json, "refresh_token", NULL);

    account->client.id = xstrdup_null(jsonx_str(json, "client_id", NULL));
    account->client.secret = xstrdup_null(jsonx_str(json, "client_secret", NULL));
    account->client.redirect_uri = xstrdup_null(jsonx_str(json, "redirect_uri", NULL));
    oauth_auth_from_name(jsonx_str(json, "auth", NULL), &account->client.auth);
    account->token.access = xstrdup_null(access && is_secret(access) ? access : NULL);
    account->token.refresh = xstrdup_null(refresh && is_secret(refresh) ? refresh : NULL);
    account->token.scope = oauth_scope_union(jsonx_str(json, "scope", NULL), NULL);
    account->token.expires_ms = jsonx_int(json, "expires_ms", 0);
    account->asked = oauth_scope_union(jsonx_str(json, "asked", NULL), NULL);
}

bool oauth_accounts_read(const json_t *json, const char *server_url, struct oauth_accounts *accounts)
{
    const json_t *list = jsonx_arr(json, "accounts");

    if (jsonx_int(json, "version", 0) != ACCOUNTS_VERSION ||
        strcmp(jsonx_str(json, "server", ""), server_url) != 0)
        return false;
    for (size_t i = json_array_size(list); i-- > 0;) { /* the last first, so that the first is first */
        const json_t *entry = json_array_get(list, i);
        const char *issuer = jsonx_str(entry, "issuer", NULL);

        if (issuer && !oauth_accounts_find(accounts, issuer))
            account_read(entry, oauth_accounts_use(accounts, issuer));
    }
    return true;
}
