/* Tokens belong to the registry of users: each is in its user's list, and in two trees. An expired one is
 * forgotten when its time has come, and whoever came in by it is cut then. */
#include "daemon/people/tokens.h"

#include "daemon/clients.h"
#include "daemon/people/users_internal.h"
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

enum {
    LABEL_MAX = 64,
    LOOK_MS = 10000 /* between two looks at the wall clock, at most */
};

static int compare_hash(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int compare_id(const void *a, const void *b)
{
    return strcmp(((const struct token *)a)->id, ((const struct token *)b)->id);
}

static struct token *find(const struct users *users, const char *id)
{
    struct token key;
    snprintf(key.id, sizeof key.id, "%s", id);
    struct token **found = tfind(&key, &users->ids, compare_id);
    return found ? *found : NULL;
}

const struct token *tokens_find(const struct users *users, const char *id)
{
    return find(users, id);
}

const char *token_user(const struct token *token)
{
    return token->user->name;
}

const char *token_id(const struct token *token)
{
    return token->id;
}

int64_t token_expires(const struct token *token)
{
    return token->expires;
}

json_t *token_json(const struct token *token)
{
    json_t *json = json_object();
    jsonx_set_str(json, "token", token->id);
    jsonx_set_str(json, "user", token->user->name);
    jsonx_set_str(json, "label", token->label);
    jsonx_set_str(json, "role", role_name(token->most));
    jsonx_set_str(json, "session", token->session[0] ? token->session : NULL);
    jsonx_set_int(json, "created", token->created);
    jsonx_set_int(json, "expires", token->expires);
    return json;
}

static void each_of(const struct user *user, token_cb *each, void *arg)
{
    for (size_t i = 0; i < user->token_count; i++)
        each(arg, user->tokens[i]);
}

void tokens_each(const struct users *users, const char *name, token_cb *each, void *arg)
{
    const struct user *user = name ? users_get(users, name) : NULL;
    if (user)
        each_of(user, each, arg);
    for (size_t i = 0; !name && i < users->count; i++)
        each_of(users->all[i], each, arg);
}

/* --- in memory --- */

static struct token *put(struct users *users, struct user *user, const char *id, const char *hash)
{
    struct token *token = xcalloc(1, sizeof *token);
    snprintf(token->id, sizeof token->id, "%s", id);
    snprintf(token->hash, sizeof token->hash, "%s", hash);
    token->user = user;
    user->tokens = xreallocarray(user->tokens, user->token_count + 1, sizeof user->tokens[0]);
    user->tokens[user->token_count++] = token;
    tsearch(token, &users->hashes, compare_hash);
    tsearch(token, &users->ids, compare_id);
    return token;
}

static void drop(struct users *users, struct token *token)
{
    tdelete(token, &users->hashes, compare_hash);
    tdelete(token, &users->ids, compare_id);
    free(token->label);
    free(token);
}

static void take_out(struct users *users, struct token *token)
{
    struct user *user = token->user;
    size_t at = 0;
    while (user->tokens[at] != token)
        at++;
    user->token_count--;
    memmove(&user->tokens[at], &user->tokens[at + 1], (user->token_count - at) * sizeof user->tokens[0]);
    store_delete_token(users->server->store, token->id);
    drop(users, token);
}

void tokens_forget(struct users *users, struct user *user)
{
    while (user->token_count)
        drop(users, user->tokens[--user->token_count]);
}

/* --- time --- */

static size_t expire(struct users *users, int64_t now)
{
    size_t gone = 0;
    for (size_t i = 0; i < users->count; i++)
        for (size_t k = users->all[i]->token_count; k-- > 0;)
            if (users->all[i]->tokens[k]->expires <= now) {
                log_info("users", "token=%s of user=%s has expired", users->all[i]->tokens[k]->id,
                         users->all[i]->name);
                take_out(users, users->all[i]->tokens[k]);
                gone++;
            }
    return gone;
}

static void on_expiry(uv_timer_t *timer);

/* The wall clock may be set meanwhile: it is looked at now and then. */
static void wait_for_next(struct users *users)
{
    int64_t wait = users->next_expiry - clock_wall_ms();
    if (!users->expiry || users->next_expiry == INT64_MAX)
        return;
    wait = wait < 1 ? 1 : wait > LOOK_MS ? LOOK_MS : wait;
    uv_timer_start(users->expiry, on_expiry, (uint64_t)wait, 0);
}

static void on_expiry(uv_timer_t *timer)
{
    struct users *users = timer->data;
    if (clock_wall_ms() < users->next_expiry)
        wait_for_next(users);
    else if (expire(users, clock_wall_ms()) > 0)
        users_changed(users);
    else
        tokens_watch(users);
}

void tokens_watch(struct users *users)
{
    users->next_expiry = INT64_MAX;
    for (size_t i = 0; i < users->count; i++)
        for (size_t k = 0; k < users->all[i]->token_count; k++)
            if (users->all[i]->tokens[k]->expires < users->next_expiry)
                users->next_expiry = users->all[i]->tokens[k]->expires;
    if (users->expiry)
        uv_timer_stop(users->expiry);
    wait_for_next(users);
}

/* --- logging in --- */

static bool is_good(const struct token *token)
{
    return !token->user->disabled && token->expires > clock_wall_ms();
}

static void fill(struct principal *principal, const struct token *token)
{
    strcpy(principal->user, token->user->name);
    strcpy(principal->token, token->id);
    strcpy(principal->session, token->session);
    principal->admin = token->user->admin;
    principal->most = token->most;
}

enum err users_login(struct users *users, const char *secret, struct principal *principal, char error[256])
{
    char hash[KEY_TEXT_LEN + 1];
    key_hash(secret, strlen(secret), hash);
    struct token **found = tfind(hash, &users->hashes, compare_hash);
    if (found && is_good(*found)) {
        fill(principal, *found);
        return ERR_OK;
    }
    snprintf(error, 256, "this token lets nobody in: it is unknown, expired or revoked");
    return ERR_DENIED;
}

bool tokens_renew(struct users *users, struct principal *principal)
{
    const struct token *token = find(users, principal->token);
    if (!token || !is_good(token))
        return false;
    fill(principal, token);
    return true;
}

/* --- changes --- */

static void store_row(struct users *users, const struct token *token)
{
    json_t *scope = json_object();
    jsonx_set_str(scope, "role", role_name(token->most));
    jsonx_set_str(scope, "session", token->session[0] ? token->session : NULL);
    char *text = jsonx_dump(scope, NULL);
    struct store_token row = {.id = token->id,
                              .user = token->user->name,
                              .hash = token->hash,
                              .label = token->label,
                              .scope = text,
                              .created = token->created,
                              .expires = token->expires};
    store_put_token(users->server->store, &row);
    free(text);
    json_decref(scope);
}

enum err tokens_issue(struct users *users, const struct token_wish *wish, const struct token **issued,
                      char secret[TOKEN_SECRET_LEN + 1], char error[256])
{
    struct user *user;
    char id[ID_MAX], hash[KEY_TEXT_LEN + 1];
    enum err code = users_need(users, wish->user, &user, error);
    if (code != ERR_OK)
        return code;
    if (user->token_count >= USER_TOKENS_MAX) {
        snprintf(error, 256, "%s has %d tokens already; revoke one first: stoa token revoke", user->name,
                 USER_TOKENS_MAX);
        return ERR_LIMIT;
    }
    user_keep(users, user);
    id_make(id, "k_");
    strcpy(secret, TOKEN_PREFIX);
    key_secret(secret + sizeof TOKEN_PREFIX - 1);
    key_hash(secret, TOKEN_SECRET_LEN, hash);
    struct token *token = put(users, user, id, hash);
    token->label = sanitise_line(wish->label, strlen(wish->label), LABEL_MAX);
    token->most = wish->most;
    snprintf(token->session, sizeof token->session, "%s", wish->session ? wish->session : "");
    token->created = clock_wall_ms();
    token->expires = token->created + wish->ttl_ms;
    store_row(users, token);
    tokens_watch(users);
    *issued = token;
    return ERR_OK;
}

void tokens_revoke(struct users *users, const char *id)
{
    take_out(users, find(users, id));
    users_changed(users);
}

/* --- life --- */

static void on_stored(void *arg, const struct store_token *row)
{
    struct users *users = arg;
    struct user *user = users_get(users, row->user);
    json_t *scope = jsonx_parse(row->scope, strlen(row->scope), NULL);
    enum role most = role_parse(jsonx_str(scope, "role", ""));
    if (user && most != ROLE_NONE && strlen(row->hash) == KEY_TEXT_LEN) {
        struct token *token = put(users, user, row->id, row->hash);
        token->label = xstrdup(row->label);
        token->most = most;
        snprintf(token->session, sizeof token->session, "%s", jsonx_str(scope, "session", ""));
        token->created = row->created;
        token->expires = row->expires;
    } else {
        log_warn("users", "a token in the store is nobody's; it lets nobody in");
    }
    json_decref(scope);
}

void tokens_load(struct users *users)
{
    struct server *server = users->server;
    if (server->store && store_tokens(server->store, on_stored, users) != ERR_OK)
        log_error("users", "tokens can't be read from the store; those that were not let nobody in");
    if (server->loop) {
        users->expiry = xmalloc(sizeof *users->expiry);
        uv_timer_init(server->loop, users->expiry);
        users->expiry->data = users;
    }
    tokens_watch(users);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void tokens_close(struct users *users)
{
    if (users->expiry)
        uv_close((uv_handle_t *)users->expiry, on_closed);
    users->expiry = NULL;
}
