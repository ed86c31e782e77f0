/* Dynamic client registration (RFC 7591), for authorization servers that know no other way to meet a client.
 */
#include "daemon/agent/mcp/oauth_token.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <string.h>

enum { CLIENT_TEXT_MAX = 4096 /* bytes of an id or a secret */ };

/* A client without a secret has none to lose; with one, the header keeps it out of the body's logs. */
enum oauth_auth oauth_client_auth(const struct oauth_server *server, bool has_secret)
{
    if (has_secret && server->auths & 1u << OAUTH_AUTH_BASIC)
        return OAUTH_AUTH_BASIC;
    if (has_secret && server->auths & 1u << OAUTH_AUTH_POST)
        return OAUTH_AUTH_POST;
    return OAUTH_AUTH_NONE;
}

char *oauth_register_body(const struct oauth_server *server, const char *redirect_uri, const char *scope)
{
    bool is_public = server->auths & 1u << OAUTH_AUTH_NONE;
    json_t *body = json_pack("{s:s,s:[s],s:[s,s],s:[s],s:s,s:s}", "client_name", "stoa", "redirect_uris",
                             redirect_uri, "grant_types", "authorization_code", "refresh_token",
                             "response_types", "code", "token_endpoint_auth_method",
                             oauth_auth_name(is_public ? OAUTH_AUTH_NONE : oauth_client_auth(server, true)),
                             "application_type", "native");
    char *text;

    jsonx_set_str(body, "scope", scope);
    text = jsonx_dump(body, NULL);
    json_decref(body);
    return text;
}

static bool is_text(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            return false;
    return len > 0 && len <= CLIENT_TEXT_MAX;
}

bool oauth_register_read(const json_t *answer, const struct oauth_server *server, const char *redirect_uri,
                         struct oauth_client *client, char error[OAUTH_ERROR_MAX])
{
    const char *id = jsonx_str(answer, "client_id", NULL), *secret = jsonx_str(answer, "client_secret", NULL);
    const char *method = jsonx_str(answer, "token_endpoint_auth_method", NULL);

    if (!id || !is_text(id) || (secret && !is_text(secret))) {
        snprintf(error, OAUTH_ERROR_MAX, "gave no client id that can be used");
        return false;
    }
    oauth_client_free(client);
    client->id = xstrdup(id);
    client->secret = xstrdup_null(secret);
    client->redirect_uri = xstrdup(redirect_uri);
    client->auth = oauth_client_auth(server, secret != NULL);
    if (method && !oauth_auth_from_name(method, &client->auth)) {
        snprintf(error, OAUTH_ERROR_MAX, "wants a client to prove itself in a way that is not known here");
        oauth_client_free(client);
        return false;
    }
    return true;
}
