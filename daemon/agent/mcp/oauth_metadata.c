/* Both documents come from whom they speak for, and say where secrets are sent next: what they do not say
 * exactly is refused. */
#include "daemon/agent/mcp/oauth_metadata.h"
#include "daemon/agent/mcp/oauth_scope.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(char *error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error, OAUTH_ERROR_MAX, format, args);
    va_end(args);
    for (; *error; error++) /* what the documents say may be anything */
        if (*error < 0x20 || *error >= 0x7F)
            *error = '?';
    return false;
}

static const char *const auth_names[] = {"none", "client_secret_basic", "client_secret_post"};

const char *oauth_auth_name(enum oauth_auth auth)
{
    return auth_names[auth];
}

bool oauth_auth_from_name(const char *name, enum oauth_auth *auth)
{
    for (unsigned i = 0; name && i < sizeof auth_names / sizeof *auth_names; i++)
        if (strcmp(name, auth_names[i]) == 0) {
            *auth = (enum oauth_auth)i;
            return true;
        }
    return false;
}

bool oauth_metadata_endpoint_ok(const char *url, enum oauth_reach server)
{
    struct oauth_url parsed;

    return oauth_url_parse(url, &parsed) && oauth_url_reach(&parsed) <= server &&
           (parsed.https || oauth_url_is_loopback(&parsed));
}

/* A list of names as one scope; NULL if it is not there or empty. */
static char *scope_of(const json_t *document)
{
    const json_t *list = jsonx_arr(document, "scopes_supported");
    struct buf all;
    char *scope;

    buf_init(&all, OAUTH_SCOPE_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));

        if (name && !strchr(name, ' ') && all.len + strlen(name) + 1 <= all.max)
            buf_printf(&all, "%s ", name);
    }
    scope = oauth_scope_union(all.data, NULL);
    buf_free(&all);
    return scope;
}

static bool contains(const json_t *list, const char *text)
{
    for (size_t i = 0; text && i < json_array_size(list); i++) {
        const char *member = json_string_value(json_array_get(list, i));

        if (member && strcmp(member, text) == 0)
            return true;
    }
    return false;
}

/* --- the resource --- */

bool oauth_metadata_resource(const json_t *document, const char *server_url, const char *preferred,
                             struct oauth_resource *resource, char error[OAUTH_ERROR_MAX])
{
    const char *named = jsonx_str(document, "resource", NULL);
    const json_t *servers = jsonx_arr(document, "authorization_servers");
    const char *issuer = json_string_value(json_array_get(servers, 0));
    struct oauth_url own, other;

    *resource = (struct oauth_resource){0};
    if (!named || !oauth_url_parse(named, &other))
        return refuse(error, "the server's resource metadata names no resource that is a URL");
    if (!oauth_url_parse(server_url, &own) || !oauth_url_belongs(&own, &other))
        return refuse(error, "the server's resource metadata is for another resource, %.100s",
                      oauth_url_shown(named));
    if (contains(servers, preferred))
        issuer = preferred;
    if (!issuer)
        return refuse(error, "the server's resource metadata names no authorization server");
    if (!oauth_metadata_endpoint_ok(issuer, oauth_url_reach(&own)))
        return refuse(error,
                      "the server names an authorization server that is not https, or not public: %.100s",
                      oauth_url_shown(issuer));
    resource->resource = xstrdup(named);
    resource->issuer = xstrdup(issuer);
    resource->scope = scope_of(document);
    return true;
}

void oauth_resource_free(struct oauth_resource *resource)
{
    free(resource->resource);
    free(resource->issuer);
    free(resource->scope);
    *resource = (struct oauth_resource){0};
}

/* --- the authorization server --- */

static bool same_issuer(const char *said, const char *issuer, bool lenient)
{
    size_t len = strlen(issuer), own = said ? strlen(said) : 0;

    if (!said)
        return false;
    while (lenient && len > 0 && issuer[len - 1] == '/')
        len--;
    while (lenient && own > 0 && said[own - 1] == '/')
        own--;
    return len == own && strncmp(said, issuer, len) == 0;
}

static bool take_endpoint(const json_t *document, const char *name, enum oauth_reach reach, bool needed,
                          char **endpoint, char *error)
{
    const char *url = jsonx_str(document, name, NULL);

    if (!url)
        return !needed || refuse(error, "the authorization server's metadata has no %s", name);
    if (!oauth_metadata_endpoint_ok(url, reach))
        return refuse(error, "the authorization server's %s is no https URL, or not public: %.100s", name,
                      oauth_url_shown(url));
    *endpoint = xstrdup(url);
    return true;
}

static unsigned auths_of(const json_t *document)
{
    const json_t *list = jsonx_arr(document, "token_endpoint_auth_methods_supported");
    enum oauth_auth auth;
    unsigned auths = 0;

    if (!list)
        return 1u << OAUTH_AUTH_BASIC; /* RFC 8414's default */
    for (size_t i = 0; i < json_array_size(list); i++)
        if (oauth_auth_from_name(json_string_value(json_array_get(list, i)), &auth))
            auths |= 1u << auth;
    return auths;
}

static bool take_server(const json_t *document, const char *issuer, bool lenient, enum oauth_reach reach,
                        struct oauth_server *server, char *error)
{
    const json_t *responses = jsonx_arr(document, "response_types_supported");
    const char *said = jsonx_str(document, "issuer", NULL);

    if (!json_is_object(document) || !same_issuer(said, issuer, lenient))
        return refuse(error, "the authorization server's metadata is for another issuer, %.80s, not %.80s",
                      said ? oauth_url_shown(said) : "which it does not name", issuer);
    if (responses && !contains(responses, "code"))
        return refuse(error, "the authorization server %.100s does not offer the authorization code flow",
                      said);
    if (!contains(jsonx_arr(document, "code_challenge_methods_supported"), "S256"))
        return refuse(error, "the authorization server %.100s does not offer PKCE with S256", said);
    server->auths = auths_of(document);
    if (!server->auths)
        return refuse(error,
                      "the authorization server %.100s offers no way to ask for a token that is known here",
                      said);
    server->issuer = xstrdup(said);
    server->scope = scope_of(document);
    server->takes_documents = jsonx_bool(document, "client_id_metadata_document_supported", false);
    server->says_issuer = jsonx_bool(document, "authorization_response_iss_parameter_supported", false);
    return take_endpoint(document, "authorization_endpoint", reach, true, &server->authorization, error) &&
           take_endpoint(document, "token_endpoint", reach, true, &server->token, error) &&
           take_endpoint(document, "registration_endpoint", reach, false, &server->registration, error);
}

bool oauth_metadata_server(const json_t *document, const char *issuer, bool lenient, enum oauth_reach reach,
                           struct oauth_server *server, char error[OAUTH_ERROR_MAX])
{
    *server = (struct oauth_server){0};
    if (take_server(document, issuer, lenient, reach, server, error))
        return true;
    oauth_server_free(server);
    return false;
}

void oauth_metadata_default(const char *origin, struct oauth_server *server)
{
    *server = (struct oauth_server){.issuer = xstrdup(origin),
                                    .authorization = xasprintf("%s/authorize", origin),
                                    .token = xasprintf("%s/token", origin),
                                    .registration = xasprintf("%s/register", origin),
                                    .auths = 1u << OAUTH_AUTH_NONE | 1u << OAUTH_AUTH_BASIC |
                                             1u << OAUTH_AUTH_POST};
}

void oauth_server_free(struct oauth_server *server)
{
    free(server->issuer);
    free(server->authorization);
    free(server->token);
    free(server->registration);
    free(server->scope);
    *server = (struct oauth_server){0};
}
