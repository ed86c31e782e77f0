/* token.*: what programs log in with. */
#include "daemon/handlers/handlers.h"

#include "daemon/lends.h"
#include "daemon/people/audit.h"
#include "daemon/people/tokens.h"
#include "daemon/people/tries.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <string.h>

static bool is_admin(const struct call *call)
{
    return auth_may(&call->principal, NULL, ROLE_ADMIN);
}

/* A token makes none that may more than itself, or lives on without it. */
static bool is_whole(const struct call *call, char error[256])
{
    if (!call->principal.token[0])
        return true;
    snprintf(error, 256,
             "a connection that came in by a token makes and revokes none; use a key, or the daemon's "
             "own host");
    return false;
}

/* Whom it is about: the asker, or (admins) whom it names. NULL with a sentence. */
static const char *whom(const struct call *call, const char *fallback, char error[256])
{
    const char *name = jsonx_str(call->params, "user", fallback);
    if (is_admin(call) || strcmp(name, call->principal.user) == 0)
        return name;
    snprintf(error, 256, "tokens of others are for admins");
    return NULL;
}

/* Whether it is a session that the token's user may see: else nobody learns here that there is one. */
static bool may_see(const struct call *call, const char *user, const char *sid)
{
    struct session *session;
    char unused[256];
    if (registry_get(call->server->registry, sid, &session, unused) != ERR_OK)
        return false;
    if (state_role(session->state, user) >= ROLE_VIEWER)
        return true;
    audit_record(call->server, &call->principal, "refused", sid, "token.issue: %s may not see it", user);
    return false;
}

enum err handle_token_issue(struct call *call, json_t **ok, char error[256])
{
    const json_t *params = call->params;
    const char *role = jsonx_str(params, "role", "admin"), *session = jsonx_str(params, "session", NULL);
    struct token_wish wish = {.user = whom(call, call->principal.user, error),
                              .label = jsonx_str(params, "label", ""),
                              .ttl_ms = jsonx_int(params, "ttl_ms", TOKEN_TTL_MS),
                              .most = role_parse(role),
                              .session = session};
    const struct token *token;
    char secret[TOKEN_SECRET_LEN + 1];
    if (!wish.user || !is_whole(call, error))
        return ERR_DENIED;
    if (session && call->server->registry ? !may_see(call, wish.user, session)
                                          : session && !store_has(call->server->store, session)) {
        snprintf(error, 256, "there is no session '%.39s' of %.63s's, or that is shared with them", session,
                 wish.user);
        return ERR_NOT_FOUND;
    }
    enum err code = tokens_issue(call->server->users, &wish, &token, secret, error);
    if (code != ERR_OK)
        return code;
    audit_record(call->server, &call->principal, "token.issue", token_id(token), "for %s, at most %s",
                 wish.user, role);
    *ok = json_object();
    jsonx_set_str(*ok, "token", token_id(token));
    jsonx_set_str(*ok, "secret", secret);
    jsonx_set_int(*ok, "expires", token_expires(token));
    explicit_bzero(secret, sizeof secret);
    call->shown_once = true;
    return ERR_OK;
}

static void list_one(void *arg, const struct token *token)
{
    json_array_append_new(arg, token_json(token));
}

enum err handle_token_list(struct call *call, json_t **ok, char error[256])
{
    bool all = is_admin(call) && !jsonx_str(call->params, "user", NULL);
    const char *name = whom(call, call->principal.user, error);
    if (!name)
        return ERR_DENIED;
    if (!auth_is_whole(&call->principal)) {
        snprintf(error, 256, "tokens are for their user, and not for a token with fewer rights");
        return ERR_DENIED;
    }
    json_t *array = json_array();
    tokens_each(call->server->users, all ? NULL : name, list_one, array);
    *ok = json_object();
    json_object_set_new(*ok, "tokens", array);
    return ERR_OK;
}

/* A connection that was another's: it lends nothing in that one's name, and is seen as who it is now. */
static void become(struct call *call, const char *before)
{
    struct clients *clients = call->server->clients;
    struct client *client = call->client;
    if (!before[0] || strcmp(before, client->principal.user) == 0)
        return;
    lends_end(call->server->lends, client, NULL, "revoked");
    for (size_t i = 0; clients_find(clients, &call->route) == client && i < client->subscription_count; i++)
        announce_participant(client->subscriptions[i]->session, client);
}

enum err handle_token_login(struct call *call, json_t **ok, char error[256])
{
    if (!tries_may(call))
        return HANDLED_LATER;
    struct principal *principal = &call->client->principal, before = *principal;
    enum err code = users_login(call->server->users, jsonx_str(call->params, "token", ""), principal, error);
    if (code != ERR_OK)
        return tries_failed(call, code, error);
    call->client->came = true;
    clients_recheck(call->server->clients); /* what it follows was another's */
    audit_record(call->server, principal, "login", principal->token, NULL);
    *ok = json_object();
    jsonx_set_str(*ok, "user", principal->user);
    jsonx_set_str(*ok, "role", role_name(auth_role(principal, NULL)));
    become(call, before.user); /* it may end the client */
    return ERR_OK;
}

enum err handle_token_revoke(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    const char *id = jsonx_str(call->params, "token", "");
    const struct token *token = tokens_find(call->server->users, id);
    if (!is_whole(call, error))
        return ERR_DENIED;
    if (!token || (!is_admin(call) && strcmp(token_user(token), call->principal.user) != 0)) {
        snprintf(error, 256, "there is no token '%.39s'%s; see stoa token ls", id,
                 is_admin(call) ? "" : " of yours");
        return ERR_NOT_FOUND;
    }
    audit_record(call->server, &call->principal, "token.revoke", id, "of %s", token_user(token));
    tokens_revoke(call->server->users, id);
    return ERR_OK;
}
