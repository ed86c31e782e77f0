/* user.*: who may come in, by which keys, and how much of everything is theirs. Admins may all of it; others
 * see themselves, and see to their own keys. */
#include "daemon/handlers/handlers.h"

#include "daemon/people/audit.h"
#include "daemon/people/ledger.h"
#include "daemon/people/rights.h"
#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/people/users_end.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_admin(const struct call *call)
{
    return auth_may(&call->principal, NULL, ROLE_ADMIN);
}

/* Whom it is about: the asker, or (admins) whom it names. NULL with a sentence. */
static const char *whom(const struct call *call, char error[256])
{
    const char *name = jsonx_str(call->params, "user", call->principal.user);
    if (is_admin(call) || strcmp(name, call->principal.user) == 0)
        return name;
    snprintf(error, 256, "%s of others is for admins", request_row(call->method)->name);
    return NULL;
}

/* A token has no say in by what else its user comes in: that would outlast it. */
static bool may_key(const struct call *call, const char *name, char error[256])
{
    if (!call->principal.token[0] || strcmp(name, call->principal.user) != 0)
        return true;
    snprintf(
        error, 256,
        "a connection that came in by a token adds and revokes no keys of its own user; use a key, or the "
        "daemon's own host");
    return false;
}

enum err handle_user_create(struct call *call, json_t **ok, char error[256])
{
    struct users *users = call->server->users;
    const json_t *params = call->params;
    const char *name = jsonx_str(params, "user", ""), *key = jsonx_str(params, "key", NULL);
    bool admin = strcmp(jsonx_str(params, "role", "member"), "admin") == 0;
    enum err code = users_check_new(users, name, key, error);
    if (code == ERR_OK)
        code = users_create(users, name, admin, jsonx_obj(params, "settings"), error);
    if (code == ERR_OK && key)
        code = users_add_key(users, name, key, jsonx_str(params, "label", ""), error);
    if (code != ERR_OK)
        return code;
    audit_record(call->server, &call->principal, "user.create", name, "%s%s%s", admin ? "admin" : "member",
                 key ? ", key " : "", key ? key : "");
    *ok = json_object();
    jsonx_set_str(*ok, "user", name);
    return ERR_OK;
}

enum err handle_user_delete(struct call *call, json_t **ok, char error[256])
{
    const char *name = jsonx_str(call->params, "user", "");
    size_t sessions;
    enum err code = users_end(call->server, name, call->principal.user, &sessions, error);
    if (code != ERR_OK)
        return code;
    audit_record(call->server, &call->principal, "user.delete", name, NULL);
    *ok = json_object();
    jsonx_set_int(*ok, "sessions", (int64_t)sessions);
    return ERR_OK;
}

enum err handle_user_key_add(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    const char *name = whom(call, error), *key = jsonx_str(call->params, "key", "");
    if (!name || !may_key(call, name, error))
        return ERR_DENIED;
    enum err code =
        users_add_key(call->server->users, name, key, jsonx_str(call->params, "label", ""), error);
    const struct user *has = code == ERR_CONFLICT ? users_of_key(call->server->users, key) : NULL;
    if (code == ERR_OK)
        audit_record(call->server, &call->principal, "user.key_add", name, "key %s", key);
    else if (has && !is_admin(call) &&
             strcmp(user_name(has), name) != 0) /* whose it is, is nothing to learn */
        snprintf(error, 256, "that key is another user's already");
    return code;
}

enum err handle_user_key_revoke(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    struct users *users = call->server->users;
    const char *key = jsonx_str(call->params, "key", "");
    const struct user *user = users_of_key(users, key);
    char name[USER_NAME_MAX + 1] = "";
    if (user && (is_admin(call) || strcmp(user_name(user), call->principal.user) == 0))
        strcpy(name, user_name(user));
    if (!name[0]) { /* whose keys others' are is nothing to learn here */
        snprintf(error, 256, "there is no such key%s; see stoa user show", is_admin(call) ? "" : " of yours");
        return ERR_NOT_FOUND;
    }
    if (!may_key(call, name, error))
        return ERR_DENIED;
    enum err code = users_revoke_key(users, key, error);
    if (code == ERR_OK)
        audit_record(call->server, &call->principal, "user.key_revoke", name, "key %s", key);
    return code;
}

static json_t *whole_json(struct server *server, const struct user *user)
{
    json_t *json = user_json(user);
    if (server->stored)
        json_object_set_new(json, "stored", stored_json(server, user_name(user)));
    if (server->ledger)
        json_object_set_new(json, "used", ledger_today(server, user_name(user)));
    return json;
}

struct listing {
    struct server *server;
    json_t *array;
};

static void list_one(void *arg, const struct user *user)
{
    struct listing *listing = arg;
    json_array_append_new(listing->array, whole_json(listing->server, user));
}

enum err handle_user_list(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    struct listing listing = {call->server, json_array()};
    users_each(call->server->users, list_one, &listing);
    *ok = json_object();
    json_object_set_new(*ok, "users", listing.array);
    return ERR_OK;
}

enum err handle_user_show(struct call *call, json_t **ok, char error[256])
{
    const char *name = whom(call, error);
    const struct user *user = name ? users_find(call->server->users, name) : NULL;
    if (!name)
        return ERR_DENIED;
    if (!user) {
        snprintf(error, 256, "there is no user '%.63s'; see stoa user ls", name);
        return ERR_NOT_FOUND;
    }
    *ok = whole_json(call->server, user);
    return ERR_OK;
}

enum err handle_user_update(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    const json_t *params = call->params, *settings = jsonx_obj(params, "settings");
    const char *name = jsonx_str(params, "user", ""), *role = jsonx_str(params, "role", NULL);
    bool admin = role && strcmp(role, "admin") == 0, disabled = jsonx_bool(params, "disabled", false);
    bool has_disabled = json_is_boolean(json_object_get(params, "disabled"));
    enum err code = users_update(call->server->users, name, role ? &admin : NULL,
                                 has_disabled ? &disabled : NULL, settings, error);
    if (code != ERR_OK)
        return code;
    if (call->server->registry)
        rights_user_changed(call->server);
    if (call->server->supervisor) /* other servers may be theirs now */
        supervisor_define_all(call->server->supervisor, name);
    char *text = settings ? json_dumps(settings, JSON_COMPACT) : NULL;
    audit_record(call->server, &call->principal, "user.update", name, "%s%s%s%s", role ? role : "",
                 !has_disabled ? ""
                 : disabled    ? " disabled"
                               : " enabled",
                 text && (role || has_disabled) ? " " : "", text ? text : "");
    free(text);
    return ERR_OK;
}
