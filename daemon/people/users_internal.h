/* What users.c (who there is), users_change.c (its changes) and tokens.c (what programs log in with) share;
 * for those alone. */
#ifndef STOA_DAEMON_PEOPLE_USERS_INTERNAL_H
#define STOA_DAEMON_PEOPLE_USERS_INTERNAL_H

#include "daemon/people/users.h"
#include <stddef.h>
#include <uv.h>

#define ROLE_REMOVED "removed" /* of a row that only keeps the name */

struct user_key {
    char text[KEY_TEXT_LEN + 1]; /* the tree's key: first */
    char *label;
    int64_t created; /* wall ms */
    struct user *user;
};

struct token {
    char hash[KEY_TEXT_LEN + 1]; /* of its secret; a tree's key: first */
    char id[ID_MAX], session[ID_MAX];
    char *label;
    enum role most;
    int64_t created, expires; /* wall ms */
    struct user *user;
};

struct user {
    char name[USER_NAME_MAX + 1]; /* the tree's key: first */
    bool admin, disabled, own, stored;
    int64_t created; /* wall ms; 0 of the daemon's own, unless it is stored */
    json_t *settings;
    struct user_key **keys;
    size_t key_count;
    struct token **tokens;
    size_t token_count;
};

struct users {
    struct server *server;
    struct user **all; /* in the order of making */
    size_t count, cap;
    void *names, *keys, *hashes, *ids; /* trees */
    struct user *own;
    json_t *removed;     /* names of those of whom something is left in sessions */
    int64_t next_expiry; /* wall ms of the first token's; INT64_MAX: there is none */
    uv_timer_t *expiry;  /* looks whether it is over; NULL where there is no loop */
};

/* --- users.c --- */
struct user *users_get(const struct users *users, const char *name);
/* The same, or ERR_NOT_FOUND with a sentence. */
enum err users_need(const struct users *users, const char *name, struct user **user, char error[256]);
/* Whatever has changed, connections are to know. */
void users_changed(struct users *users);
/* Writes the row, if there is none yet: what is stored of a user needs it. */
void user_keep(struct users *users, struct user *user);

struct user_key *users_find_key(const struct users *users, const char *key);
struct user *users_put(struct users *users, const char *name, bool admin, bool disabled, int64_t created);
void users_put_key(struct users *users, struct user *user, const char *text, const char *label,
                   int64_t created);
/* Takes it out of the tree, not out of its user's list. */
void users_free_key(struct users *users, struct user_key *key);
/* And its keys and tokens; takes it out of the tree, not out of the list. */
void users_free_user(struct users *users, struct user *user);
void user_store(struct users *users, struct user *user);

/* --- tokens.c --- */
void tokens_load(struct users *users);
void tokens_close(struct users *users);
/* Takes the user's tokens out of memory. */
void tokens_forget(struct users *users, struct user *user);
/* The token's user, unless it is revoked or expired, or its user disabled; fills the principal. */
bool tokens_renew(struct users *users, struct principal *principal);
/* The wall clock may have passed one, or another is the next. */
void tokens_watch(struct users *users);

#endif
