/* The vault: secrets of users, sealed with libsodium (XChaCha20-Poly1305, bound to user and name) under a key
 * that only the daemon has: what the process manager passes as the credential stoa.vault, else the file
 * vault.key of mode 0600 in the state folder, which is made when the first secret is set. Opened ones are in
 * locked memory, and wiped. Who has the store without the key, as in a backup, learns names and sizes. */
#ifndef STOA_DAEMON_PEOPLE_VAULT_H
#define STOA_DAEMON_PEOPLE_VAULT_H

#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VAULT_NAME_MAX = 64, VAULT_SECRET_MAX = 16384, VAULT_USER_MAX = 256 /* secrets of one user */ };

struct server;
struct vault;

/* folder: the state's. Never NULL: what is wrong with the key is logged, and said by all that need it. */
struct vault *vault_open(struct server *server, const char *folder);
void vault_close(struct vault **vault);
/* Whether its key can be used, if there is one; false with a sentence. Makes none. */
bool vault_check(struct vault *vault, char error[256]);
/* Whether it can be the name of a secret: 1 to VAULT_NAME_MAX of A-Z a-z 0-9 _ - . */
bool vault_is_name(const char *name);
/* value is not kept; the caller wipes its own. ERR_OK, or a code with a sentence. */
enum err vault_set(struct vault *vault, const char *user, const char *name, const char *value, size_t len,
                   char error[256]);
bool vault_remove(struct vault *vault, const char *user, const char *name);
/* The user is no more: the store forgets its secrets by itself (store_delete_user). */
void vault_drop_user(struct vault *vault, const char *user);
bool vault_has(const struct vault *vault, const char *user, const char *name);
/* Another number whenever that secret is set, in this daemon's life; 0 if there is none. */
uint64_t vault_version(const struct vault *vault, const char *user, const char *name);
/* Wall ms: when it was set; 0 if there is none. */
int64_t vault_set_at(const struct vault *vault, const char *user, const char *name);
/* [{"name","ts","error"?}], by name; error: a sentence why it can't be opened. */
json_t *vault_list(struct vault *vault, const char *user);
/* The secret, NUL-terminated, in locked memory: give it to vault_forget. NULL with a sentence. */
char *vault_get(struct vault *vault, const char *user, const char *name, size_t *len, char error[256]);
/* Wipes and frees. Sets *secret to NULL; accepts NULL. */
void vault_forget(char **secret);

#endif
