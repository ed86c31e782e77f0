/* What the store keeps of people: users, their keys and tokens, tickets, sealed secrets, what they have used,
 * who is a member of which session, and the audit's records. Writes are queued as all others (store.h); all
 * but the audit's records are read whole at start, and then in memory. Texts are never NULL. */
#ifndef STOA_DAEMON_STORE_STORE_PEOPLE_H
#define STOA_DAEMON_STORE_STORE_PEOPLE_H

#include "daemon/store/store.h"

/* Each "each" is called for every row, oldest first; the row lives during the call. ERR_OK, or ERR_STORE
 * (logged). */

struct store_user {
    const char *name, *role, *settings; /* settings: JSON object as text */
    bool disabled;
    int64_t created; /* wall ms */
};
void store_put_user(struct store *store, const struct store_user *user);
/* And all that is only theirs: keys, tokens, secrets, rules, memberships, use. Not their sessions. */
void store_delete_user(struct store *store, const char *name);
typedef void store_user_cb(void *arg, const struct store_user *row);
enum err store_users(struct store *store, store_user_cb *each, void *arg);

struct store_key {
    const char *key, *user, *label; /* key: as shared/key.h writes it */
    int64_t created;
};
void store_put_key(struct store *store, const struct store_key *key);
void store_delete_key(struct store *store, const char *key);
typedef void store_key_cb(void *arg, const struct store_key *row);
enum err store_keys(struct store *store, store_key_cb *each, void *arg);

struct store_token {
    const char *id, *user, *hash, *label, *scope; /* scope: JSON object as text */
    int64_t created, expires;
};
void store_put_token(struct store *store, const struct store_token *token);
void store_delete_token(struct store *store, const char *id);
typedef void store_token_cb(void *arg, const struct store_token *row);
enum err store_tokens(struct store *store, store_token_cb *each, void *arg);

struct store_ticket {
    const char *id, *hash, *session, *role, *by;
    int64_t expires, uses; /* uses that are left */
};
void store_put_ticket(struct store *store, const struct store_ticket *ticket);
void store_delete_ticket(struct store *store, const char *id);
typedef void store_ticket_cb(void *arg, const struct store_ticket *row);
enum err store_tickets(struct store *store, store_ticket_cb *each, void *arg);

struct store_secret {
    const char *user, *name, *sealed; /* sealed: base64 */
    int64_t ts;
};
void store_put_secret(struct store *store, const struct store_secret *secret);
void store_delete_secret(struct store *store, const char *user, const char *name);
typedef void store_secret_cb(void *arg, const struct store_secret *row);
enum err store_secrets(struct store *store, store_secret_cb *each, void *arg);

struct store_spent { /* by a user on one day */
    const char *user;
    int64_t day; /* since 1970, UTC */
    int64_t input, output, cached, turns;
    int64_t micros; /* cost, in millionths of the currency that prices are given in */
};
/* The sums, in the place of earlier ones. */
void store_put_spent(struct store *store, const struct store_spent *spent);
typedef void store_spent_cb(void *arg, const struct store_spent *row);
/* Those of that day and later. */
enum err store_spents(struct store *store, int64_t day, store_spent_cb *each, void *arg);

/* Who may see a session beside its owner; for lists and searches: the truth is in the session's events. */
void store_put_member(struct store *store, uint32_t session, const char *user, const char *role);
void store_delete_member(struct store *store, uint32_t session, const char *user);

/* The ids of the sessions that the user owns; what was queued just now may be missing. ERR_OK or ERR_STORE
 * (logged). */
typedef void store_owned_cb(void *arg, const char *sid);
enum err store_owned_by(struct store *store, const char *user, store_owned_cb *each, void *arg);
/* Of each user who owns some: how many of them are not archived. */
typedef void store_open_cb(void *arg, const char *user, size_t count);
enum err store_open_of_each(struct store *store, store_open_cb *each, void *arg);
/* Whether there is one that the user owns. */
bool store_owns(struct store *store, const char *user);

/* The ids of the sessions that are shared with the user. ERR_OK or ERR_STORE (logged). */
typedef void store_shared_cb(void *arg, const char *sid);
enum err store_shared_with(struct store *store, const char *user, store_shared_cb *each, void *arg);

struct store_audit {
    int64_t n, ts; /* n: 1, 2, 3 ... */
    const char *user, *action, *object, *detail, *hash;
};
void store_append_audit(struct store *store, const struct store_audit *record);
/* The last record that is on disk: its hash in hash[64], its n; 0 and "" for none. ERR_OK or ERR_STORE. */
enum err store_audit_head(struct store *store, int64_t *n, char hash[64]);
/* Drops the records below n. */
void store_drop_audit(struct store *store, int64_t n);
/* The first record on disk whose number is at least n: its own number and its hash; 0 and "" if there is
 * none. ERR_OK or ERR_STORE. */
enum err store_audit_at(struct store *store, int64_t n, int64_t *found, char hash[64]);
/* In the reader thread: {"records":[{n,ts,user,action,object,detail,hash}...],"more":bool}, oldest first: the
 * limit ones right after the record of that number, or (after < 0) right before it. user: or NULL for any.
 * action: it, or what begins with it and a "."; or NULL. ERR_OK, or ERR_BUSY without ever calling. */
enum err store_audit_page(struct store *store, int64_t before, int64_t after, int limit, const char *user,
                          const char *action, store_read_cb *cb, void *arg);

#endif
