/* Changes of the registry of users: each is checked, then done in memory and in the store. */
#include "daemon/people/users.h"

#include "daemon/people/invite.h"
#include "daemon/people/users_internal.h"
#include "daemon/people/users_settings.h"
#include "daemon/people/vault.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/sanitise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 80, FREE_NAME_TRIES = 100000 };

/* --- names --- */

static bool is_name_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (!first && (c == '.' || c == '_' || c == '-'));
}

static bool is_name(const char *name)
{
    for (size_t i = 0; name[i]; i++)
        if (i == USER_NAME_MAX || !is_name_char(name[i], i == 0))
            return false;
    return name[0] != '\0';
}

static enum err check_key(const struct users *users, const char *key, char error[256])
{
    unsigned char bytes[KEY_BYTES];
    if (!key_parse(key, bytes)) {
        snprintf(error, 256,
                 "that is no key: one is %d characters of A-Z a-z 0-9 _ -, as stoa keygen shows it",
                 KEY_TEXT_LEN);
        return ERR_BAD_REQUEST;
    }
    const struct user *user = users_of_key(users, key);
    if (!user)
        return ERR_OK;
    snprintf(error, 256, "the key %s is %s's already; revoke it first: stoa user key revoke %s", key,
             user->name, key);
    return ERR_CONFLICT;
}

static bool is_removed(const struct users *users, const char *name)
{
    const json_t *removed;
    size_t i;
    json_array_foreach(users->removed, i, removed)
    {
        if (strcmp(json_string_value(removed), name) == 0)
            return true;
    }
    return false;
}

enum err users_check_new(const struct users *users, const char *name, const char *key, char error[256])
{
    if (users_get(users, name)) {
        snprintf(error, 256, "there is a user '%s' already", name);
        return ERR_CONFLICT;
    }
    if (is_removed(users, name)) {
        snprintf(error, 256,
                 "'%s' was removed while no daemon ran; start it once, so that their sessions are put "
                 "away: stoa ls",
                 name);
        return ERR_CONFLICT;
    }
    if (!is_name(name)) {
        char *shown = sanitise_line(name, strlen(name), SHOWN_BYTES);
        snprintf(error, 256,
                 "'%s' can't be a user's name: it takes 1 to %d of a-z 0-9 . _ -, and begins with a letter "
                 "or digit",
                 shown, USER_NAME_MAX);
        free(shown);
        return ERR_BAD_REQUEST;
    }
    if (users->count >= USERS_MAX) {
        snprintf(error, 256, "there are %d users already; remove one first: stoa user rm", USERS_MAX);
        return ERR_LIMIT;
    }
    return key ? check_key(users, key, error) : ERR_OK;
}

static bool is_free(const struct users *users, const char *name)
{
    return !users_get(users, name) && !(users->server->store && store_owns(users->server->store, name));
}

void users_free_name(const struct users *users, const char *wanted, char name[USER_NAME_MAX + 1])
{
    enum { STEM_MAX = USER_NAME_MAX - 8 };
    char stem[STEM_MAX + 1];
    size_t len = 0;
    for (; *wanted && len < STEM_MAX; wanted++) {
        char c = *wanted >= 'A' && *wanted <= 'Z' ? (char)(*wanted - 'A' + 'a') : *wanted;
        if (is_name_char(c, len == 0))
            stem[len++] = c;
        else if (len > 0 && stem[len - 1] != '-')
            stem[len++] = '-';
    }
    while (len > 0 && stem[len - 1] == '-')
        len--;
    stem[len] = '\0';
    if (len == 0)
        strcpy(stem, "guest");
    strcpy(name, stem);
    for (unsigned n = 2; !is_free(users, name) && n < FREE_NAME_TRIES; n++)
        snprintf(name, USER_NAME_MAX + 1, "%s-%u", stem, n);
}

/* --- changes --- */

enum err users_create(struct users *users, const char *name, bool admin, const json_t *settings,
                      char error[256])
{
    enum err code = users_check_new(users, name, NULL, error);
    if (code != ERR_OK)
        return code;
    if (settings && !settings_check(settings, error))
        return ERR_BAD_REQUEST;
    struct user *user = users_put(users, name, admin, false, clock_wall_ms());
    settings_merge(user->settings, settings);
    user_store(users, user);
    log_info("users", "user=%s created", user->name);
    return ERR_OK;
}

enum err users_add_key(struct users *users, const char *name, const char *key, const char *label,
                       char error[256])
{
    struct user *user;
    enum err code = users_need(users, name, &user, error);
    if (code == ERR_OK)
        code = check_key(users, key, error);
    if (code != ERR_OK)
        return code;
    if (user->key_count >= USER_KEYS_MAX) {
        snprintf(error, 256, "%s has %d keys already; revoke one first: stoa user key revoke", name,
                 USER_KEYS_MAX);
        return ERR_LIMIT;
    }
    user_keep(users, user);
    users_put_key(users, user, key, label, clock_wall_ms());
    const struct user_key *put = user->keys[user->key_count - 1];
    struct store_key row = {.key = key, .user = name, .label = put->label, .created = put->created};
    store_put_key(users->server->store, &row);
    users_changed(users);
    return ERR_OK;
}

enum err users_revoke_key(struct users *users, const char *key, char error[256])
{
    struct user_key *found = users_find_key(users, key);
    if (!found) {
        snprintf(error, 256, "there is no such key; see stoa user show");
        return ERR_NOT_FOUND;
    }
    struct user *user = found->user;
    for (size_t i = 0; i < user->key_count; i++)
        if (user->keys[i] == found) {
            user->key_count--;
            memmove(&user->keys[i], &user->keys[i + 1], (user->key_count - i) * sizeof user->keys[0]);
            break;
        }
    store_delete_key(users->server->store, found->text);
    users_free_key(users, found);
    invite_end_user(users->server, user->name);
    users_changed(users);
    return ERR_OK;
}

static enum err check_update(const struct user *user, const bool *admin, const bool *disabled,
                             const json_t *settings, char error[256])
{
    if (user->own && ((admin && !*admin) || (disabled && *disabled))) {
        snprintf(error, 256, "%s is the daemon's own user, who is always an admin and can't be disabled",
                 user->name);
        return ERR_CONFLICT;
    }
    return !settings || settings_check(settings, error) ? ERR_OK : ERR_BAD_REQUEST;
}

enum err users_update(struct users *users, const char *name, const bool *admin, const bool *disabled,
                      const json_t *settings, char error[256])
{
    struct user *user;
    enum err code = users_need(users, name, &user, error);
    if (code == ERR_OK)
        code = check_update(user, admin, disabled, settings, error);
    if (code != ERR_OK)
        return code;
    user_keep(users, user);
    user->admin = admin ? *admin : user->admin;
    user->disabled = disabled ? *disabled : user->disabled;
    settings_merge(user->settings, settings);
    user_store(users, user);
    if (user->disabled)
        invite_end_user(users->server, user->name);
    users_changed(users);
    return ERR_OK;
}

enum err users_may_delete(const struct users *users, const char *name, char error[256])
{
    struct user *user;
    enum err code = users_need(users, name, &user, error);
    if (code != ERR_OK || !user->own)
        return code;
    snprintf(error, 256, "%s is the daemon's own user and can't be removed", user->name);
    return ERR_CONFLICT;
}

static void take_out(struct users *users, struct user *user)
{
    invite_end_user(users->server, user->name);
    size_t at = 0;
    while (users->all[at] != user)
        at++;
    users->count--;
    memmove(&users->all[at], &users->all[at + 1], (users->count - at) * sizeof users->all[0]);
    log_info("users", "user=%s removed", user->name);
    users_free_user(users, user);
    users_changed(users);
}

void users_delete(struct users *users, const char *name)
{
    struct user *user = users_get(users, name);
    store_delete_user(users->server->store, user->name);
    vault_drop_user(users->server->vault, user->name);
    take_out(users, user);
}

void users_delete_later(struct users *users, const char *name)
{
    struct store *store = users->server->store;
    struct user *user = users_get(users, name);
    struct store_user row = {.name = user->name,
                             .role = ROLE_REMOVED,
                             .settings = "{}",
                             .disabled = true,
                             .created = user->created};
    for (size_t i = 0; i < user->key_count; i++)
        store_delete_key(store, user->keys[i]->text);
    for (size_t i = 0; i < user->token_count; i++)
        store_delete_token(store, user->tokens[i]->id);
    store_put_user(store, &row);
    json_array_append_new(users->removed, json_string(user->name));
    take_out(users, user);
}

json_t *users_removed(struct users *users)
{
    return users->removed;
}
