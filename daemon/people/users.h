/* The registry of users: who may come in, by which keys and tokens, and how much of everything is theirs. All
 * of it is in memory, written through to the store, and changed here alone; whatever changes takes effect on
 * live connections at once (clients_recheck).
 *
 * The daemon's own user (server->user) is always there, an admin, and cannot be disabled or removed: the
 * local socket is theirs. */
#ifndef STOA_DAEMON_PEOPLE_USERS_H
#define STOA_DAEMON_PEOPLE_USERS_H

#include "daemon/people/auth.h"
#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    USER_NAME_MAX = 63, /* bytes; of a-z 0-9 . _ -, beginning with a letter or digit (the daemon's own: as the
                           system has it) */
    USERS_MAX = 10000,
    USER_KEYS_MAX = 64,
    USER_TOKENS_MAX = 64
};

/* How much one user may have or use. A user's own setting, else the configuration's (quota.*), else none. */
enum quota {
    QUOTA_AGENTS,     /* live agent processes */
    QUOTA_COST_DAY,   /* millionths of the prices' currency a day (UTC) */
    QUOTA_REQUESTS,   /* requests a minute */
    QUOTA_SERVERS,    /* MCP servers that run at the same time */
    QUOTA_SESSIONS,   /* sessions that are not archived */
    QUOTA_STORED,     /* bytes of sessions, in the store and in their folders */
    QUOTA_TOKENS_DAY, /* tokens a day (UTC), read and written */
    QUOTA_COUNT
};
const char *
quota_name(enum quota quota); /* "agents", "cost_day" ...: its setting and option are quota.NAME */

struct server;
struct users;
struct user; /* opaque; lives until it is removed, so not beyond the callback */

/* Reads all of it from the store, which is open. */
struct users *users_open(struct server *server);
void users_close(struct users **users);

/* Who a connection belongs to. key: of its CURVE as text, "" for the local socket, whose peer is the daemon's
 * own user. A key that is not known, or whose user is disabled, gives a stranger. */
void users_principal(struct users *users, const char *key, struct principal *principal);
/* The same of a token's secret: ERR_OK, or ERR_DENIED with a sentence that says no more than needed. */
enum err users_login(struct users *users, const char *secret, struct principal *principal, char error[256]);
/* Fills the principal in anew. False if it is no longer who it was: disabled, removed, key or token revoked
 * or expired. */
bool users_renew(struct users *users, struct principal *principal);
/* Whether the key is one of a user who is not disabled: for ZAP. */
bool users_knows_key(const struct users *users, const char *key);

/* NULL if there is none of that name. */
const struct user *users_find(const struct users *users, const char *name);
bool user_is_admin(const struct user *user);
bool user_is_disabled(const struct user *user);
/* 0: no limit; below 0: nothing at all. name: of any user, known or not. */
int64_t users_quota(const struct users *users, const char *name, enum quota quota);
/* Whether the user may use that model ("provider/model"), or MCP server: by the lists "models" and "servers"
 * of its settings, which have * for any text; without a list, all. False with a sentence. */
bool users_may_model(const struct users *users, const char *name, const char *model, char error[256]);
bool users_may_server(const struct users *users, const char *name, const char *server, char error[256]);

/* To whom the tickets go back by which that user came in (their giver's giver, and so on, when they came in);
 * themselves if no ticket let them in, or an admin has said that they are somebody else. */
const char *users_let_in_by(const struct users *users, const char *name);
/* Whether the two may be one person: the same user, or one of them was let in by the other, or both by the
 * same one. Who gives tickets can redeem them, too. */
bool users_may_be_one(const struct users *users, const char *one, const char *other);

/* Who has the key; NULL if nobody. */
const struct user *users_of_key(const struct users *users, const char *key);
const char *user_name(const struct user *user);
/* What user.show answers, but for what is used today: a new reference. */
json_t *user_json(const struct user *user);
typedef void user_cb(void *arg, const struct user *user);
void users_each(const struct users *users, user_cb *each, void *arg);

/* Changes. Each checks what it is given; ERR_OK, or a code with a sentence. What they promise is on disk when
 * the store's next commit is. Live connections are looked at anew before they return. */

/* settings may be NULL: none. */
enum err users_create(struct users *users, const char *name, bool admin, const json_t *settings,
                      char error[256]);
/* A name that is free, made of what somebody wants to be called ("bo", then "bo-2"): nobody has it, and no
 * session is left of one who had. */
void users_free_name(const struct users *users, const char *wanted, char name[USER_NAME_MAX + 1]);
enum err users_add_key(struct users *users, const char *name, const char *key, const char *label,
                       char error[256]);
enum err users_revoke_key(struct users *users, const char *key, char error[256]);
/* admin, disabled, settings: NULL for as it is. A null among the settings takes that one back. */
enum err users_update(struct users *users, const char *name, const bool *admin, const bool *disabled,
                      const json_t *settings, char error[256]);
/* Whether there is such a user, and it is not the daemon's own. */
enum err users_may_delete(const struct users *users, const char *name, char error[256]);
/* One that may be, and their keys and tokens, and all else that the store keeps of them alone: users_end.h
 * sees to what is in sessions. */
void users_delete(struct users *users, const char *name);
/* The same while no daemon runs: the store keeps the name until users_end_removed has seen to the sessions.
 */
json_t *users_removed(struct users *users); /* names of such; open to be emptied */
void users_delete_later(struct users *users, const char *name);
/* Whether a new user may have this name, and this key (or NULL): changes nothing. */
enum err users_check_new(const struct users *users, const char *name, const char *key, char error[256]);

#endif
