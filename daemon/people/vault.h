/* The vault: secrets of users, sealed with libsodium under a key that only the daemon has (a file of mode
 * 0600 in the state folder, or what the process manager passes in its credential folder). Opened ones are in
 * locked memory, and wiped. */
#ifndef STOA_DAEMON_PEOPLE_VAULT_H
#define STOA_DAEMON_PEOPLE_VAULT_H

#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { VAULT_NAME_MAX = 64, VAULT_SECRET_MAX = 16384, VAULT_USER_MAX = 256 /* secrets of one user */ };

struct server;
struct vault;

/* folder: the state's. NULL with a sentence if the key can't be read or made. */
struct vault *vault_open(struct server *server, const char *folder, char error[256]);
void vault_close(struct vault **vault);
/* Whether it can be the name of a secret: 1 to VAULT_NAME_MAX of A-Z a-z 0-9 _ - . */
bool vault_is_name(const char *name);
/* value is not kept; the caller wipes its own. */
enum err vault_set(struct vault *vault, const char *user, const char *name, const char *value, size_t len,
                   char error[256]);
bool vault_remove(struct vault *vault, const char *user, const char *name);
bool vault_has(const struct vault *vault, const char *user, const char *name);
/* [{"name","ts"}], by name. */
json_t *vault_list(const struct vault *vault, const char *user);
/* The secret, NUL-terminated, in locked memory: give it to vault_forget. NULL with a sentence. */
char *vault_get(struct vault *vault, const char *user, const char *name, size_t *len, char error[256]);
void vault_forget(char **secret);

#endif
