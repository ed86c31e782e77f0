/* The registry of users. All of them are in memory, so that each request's right is a look-up. */
#include "daemon/people/users.h"

#include "daemon/clients.h"
#include "daemon/people/users_internal.h"
#include "daemon/people/users_settings.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 80, LABEL_MAX = 64 };

static int compare(const void *a, const void *b)
{
    return strcmp(a, b); /* each row begins with its key's text */
}

/* --- finding --- */

struct user *users_get(const struct users *users, const char *name)
{
    struct user **found = tfind(name, &users->names, compare);
    return found ? *found : NULL;
}

const struct user *users_find(const struct users *users, const char *name)
{
    return users_get(users, name);
}

enum err users_need(const struct users *users, const char *name, struct user **user, char error[256])
{
    *user = users_get(users, name);
    if (*user)
        return ERR_OK;
    char *shown = sanitise_line(name, strlen(name), SHOWN_BYTES);
    snprintf(error, 256, "there is no user '%s'; see stoa user ls", shown);
    free(shown);
    return ERR_NOT_FOUND;
}

struct user_key *users_find_key(const struct users *users, const char *key)
{
    struct user_key **found = key[0] ? tfind(key, &users->keys, compare) : NULL;
    return found ? *found : NULL;
}

const struct user *users_of_key(const struct users *users, const char *key)
{
    const struct user_key *found = users_find_key(users, key);
    return found ? found->user : NULL;
}

bool users_knows_key(const struct users *users, const char *key)
{
    const struct user *user = users_of_key(users, key);
    return user && !user->disabled;
}

const char *user_name(const struct user *user)
{
    return user->name;
}

bool user_is_admin(const struct user *user)
{
    return user->admin;
}

bool user_is_disabled(const struct user *user)
{
    return user->disabled;
}

void users_each(const struct users *users, user_cb *each, void *arg)
{
    for (size_t i = 0; i < users->count; i++)
        each(arg, users->all[i]);
}

json_t *user_json(const struct user *user)
{
    json_t *json = json_object(), *keys = json_array();
    jsonx_set_str(json, "user", user->name);
    jsonx_set_str(json, "role", user->admin ? "admin" : "member");
    json_object_set_new(json, "disabled", json_boolean(user->disabled));
    jsonx_set_int(json, "created", user->created);
    json_object_set_new(json, "settings", json_deep_copy(user->settings));
    for (size_t i = 0; i < user->key_count; i++) {
        json_t *key = json_object();
        jsonx_set_str(key, "key", user->keys[i]->text);
        jsonx_set_str(key, "label", user->keys[i]->label);
        jsonx_set_int(key, "created", user->keys[i]->created);
        json_array_append_new(keys, key);
    }
    json_object_set_new(json, "keys", keys);
    jsonx_set_int(json, "tokens", (int64_t)user->token_count);
    return json;
}

/* --- principals --- */

static void fill(struct principal *principal, const struct user *user)
{
    strcpy(principal->user, user->name);
    principal->admin = user->admin;
}

void users_principal(struct users *users, const char *key, struct principal *principal)
{
    *principal = (struct principal){.most = ROLE_ADMIN};
    snprintf(principal->key, sizeof principal->key, "%s", key);
    const struct user *user = key[0] ? users_of_key(users, key) : users->own;
    if (user && !user->disabled)
        fill(principal, user);
}

bool users_renew(struct users *users, struct principal *principal)
{
    if (principal->token[0])
        return tokens_renew(users, principal);
    struct principal now;
    users_principal(users, principal->key, &now);
    bool same = !principal->user[0] || strcmp(now.user, principal->user) == 0;
    if (same)
        *principal = now;
    return same;
}

/* --- limits --- */

int64_t users_quota(const struct users *users, const char *name, enum quota quota)
{
    static const enum option options[QUOTA_COUNT] = {
        OPTION_QUOTA_AGENTS,   OPTION_QUOTA_COST_DAY, OPTION_QUOTA_REQUESTS,  OPTION_QUOTA_SERVERS,
        OPTION_QUOTA_SESSIONS, OPTION_QUOTA_STORED,   OPTION_QUOTA_TOKENS_DAY};
    const struct user *user = users_get(users, name);
    int64_t limit;
    if (user && settings_quota(user->settings, quota, &limit))
        return limit;
    if (user && user->admin)
        return 0;
    limit = config_number(users->server->config, options[quota]);
    return quota == QUOTA_COST_DAY ? limit * 1000000 : limit;
}

static bool may(const struct users *users, const char *name, const char *list, const char *what,
                const char *text, char error[256])
{
    const struct user *user = users_get(users, name);
    if (!user || settings_allow(user->settings, list, text))
        return true;
    char *shown = sanitise_line(text, strlen(text), SHOWN_BYTES);
    snprintf(error, 256, "%s may not use the %s '%s'; an admin can allow it: stoa user set %s --%s", name,
             what, shown, name, list);
    free(shown);
    return false;
}

bool users_may_model(const struct users *users, const char *name, const char *model, char error[256])
{
    return may(users, name, "models", "model", model, error);
}

bool users_may_server(const struct users *users, const char *name, const char *server, char error[256])
{
    return may(users, name, "servers", "MCP server", server, error);
}

/* --- second selves --- */

const char *users_let_in_by(const struct users *users, const char *name)
{
    const struct user *user = users_get(users, name);
    return user ? jsonx_str(user->settings, SETTING_LET_IN_BY, name) : name;
}

bool users_may_be_one(const struct users *users, const char *one, const char *other)
{
    const char *first = users_let_in_by(users, one), *second = users_let_in_by(users, other);
    return strcmp(one, other) == 0 || strcmp(first, second) == 0 || strcmp(first, other) == 0 ||
           strcmp(one, second) == 0;
}

/* --- in memory --- */

struct user *users_put(struct users *users, const char *name, bool admin, bool disabled, int64_t created)
{
    struct user *user = xcalloc(1, sizeof *user);
    snprintf(user->name, sizeof user->name, "%s", name);
    user->admin = admin;
    user->disabled = disabled;
    user->created = created;
    user->settings = json_object();
    if (users->count == users->cap) {
        users->cap = users->cap ? 2 * users->cap : 16;
        users->all = xreallocarray(users->all, users->cap, sizeof users->all[0]);
    }
    users->all[users->count++] = user;
    tsearch(user, &users->names, compare);
    return user;
}

void users_put_key(struct users *users, struct user *user, const char *text, const char *label,
                   int64_t created)
{
    struct user_key *key = xcalloc(1, sizeof *key);
    snprintf(key->text, sizeof key->text, "%s", text);
    key->label = sanitise_line(label, strlen(label), LABEL_MAX);
    key->created = created;
    key->user = user;
    user->keys = xreallocarray(user->keys, user->key_count + 1, sizeof user->keys[0]);
    user->keys[user->key_count++] = key;
    tsearch(key, &users->keys, compare);
}

void users_free_key(struct users *users, struct user_key *key)
{
    tdelete(key, &users->keys, compare);
    free(key->label);
    free(key);
}

void users_free_user(struct users *users, struct user *user)
{
    for (size_t i = 0; i < user->key_count; i++)
        users_free_key(users, user->keys[i]);
    tokens_forget(users, user);
    tdelete(user, &users->names, compare);
    json_decref(user->settings);
    free(user->keys);
    free(user->tokens);
    free(user);
}

/* --- the store --- */

void user_store(struct users *users, struct user *user)
{
    char *settings = jsonx_dump(user->settings, NULL);
    struct store_user row = {.name = user->name,
                             .role = user->admin ? "admin" : "member",
                             .settings = settings,
                             .disabled = user->disabled,
                             .created = user->created};
    store_put_user(users->server->store, &row);
    user->stored = true;
    free(settings);
}

void user_keep(struct users *users, struct user *user)
{
    if (user->stored)
        return;
    user->created = clock_wall_ms();
    user_store(users, user);
}

static void on_user(void *arg, const struct store_user *row)
{
    struct users *users = arg;
    if (strcmp(row->role, ROLE_REMOVED) == 0) {
        json_array_append_new(users->removed, json_string(row->name));
        return;
    }
    struct user *user = strcmp(row->name, users->own->name) == 0 ? users->own : NULL;
    if (!user)
        user = users_put(users, row->name, strcmp(row->role, "admin") == 0, row->disabled, row->created);
    user->created = row->created;
    user->stored = true;
    char error[256];
    json_t *settings = jsonx_parse(row->settings, strlen(row->settings), NULL);
    if (json_is_object(settings) && settings_check(settings, error))
        settings_merge(user->settings, settings);
    else
        log_error("users", "the settings of %s in the store are unusable; they have none", user->name);
    json_decref(settings);
}

static void on_key(void *arg, const struct store_key *row)
{
    struct users *users = arg;
    struct user *user = users_get(users, row->user);
    if (user && strlen(row->key) == KEY_TEXT_LEN && !users_find_key(users, row->key))
        users_put_key(users, user, row->key, row->label, row->created);
    else
        log_warn("users", "a key in the store is nobody's; it lets nobody in");
}

struct users *users_open(struct server *server)
{
    struct users *users = xcalloc(1, sizeof *users);
    users->server = server;
    users->removed = json_array();
    users->own = users_put(users, server->user, true, false, 0);
    users->own->own = true;
    if (server->store && (store_users(server->store, on_user, users) != ERR_OK ||
                          store_keys(server->store, on_key, users) != ERR_OK))
        log_error("users", "users can't be read from the store; those that were not let nobody in");
    tokens_load(users);
    return users;
}

void users_close(struct users **slot)
{
    struct users *users = *slot;
    if (!users)
        return;
    while (users->count)
        users_free_user(users, users->all[--users->count]);
    tokens_close(users);
    json_decref(users->removed);
    free(users->all);
    free(users);
    *slot = NULL;
}

void users_changed(struct users *users)
{
    tokens_watch(users);
    if (users->server->clients)
        clients_recheck(users->server->clients);
}
