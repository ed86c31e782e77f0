/* Users' own rules about tool calls: kept in the store, in memory, and given to all of the user's agents.
 * Those of a session are in its state. */
#ifndef STOA_DAEMON_RULES_H
#define STOA_DAEMON_RULES_H

#include "shared/err.h"
#include "shared/id.h"
#include <jansson.h>
#include <stdbool.h>

enum { RULES_USER_MAX = 512 }; /* of one user */

struct server;
struct rules;

/* Reads all that are stored. */
struct rules *rules_open(struct server *server);
void rules_close(struct rules **rules);
/* Appends {"id","origin":"user","effect","pattern","by","ts"} for each, oldest first. */
void rules_of_user(struct server *server, const char *user, json_t *array);
/* The pattern was checked. id receives the new one's. One that is there already is found instead of doubled.
 * ERR_OK, or ERR_LIMIT with a sentence. */
enum err rules_add(struct server *server, const char *user, const char *effect, const char *pattern,
                   char id[ID_MAX], char error[256]);
/* False if the user has none of that id. */
bool rules_remove(struct server *server, const char *user, const char *id);
/* The user is removed; the store forgets theirs by itself (store_delete_user). */
void rules_forget_user(struct server *server, const char *user);

#endif
