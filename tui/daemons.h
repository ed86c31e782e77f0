/* The daemons that this person's terminals know, each with the key that it must prove to have: the file
 * known_daemons in the client's folder, with lines "NAME tcp://HOST:PORT KEY" and comments (#). A key that is
 * not the one known is refused, never replaced: the line is taken away by hand first. */
#ifndef STOA_TUI_DAEMONS_H
#define STOA_TUI_DAEMONS_H

#include "proto/join.h"
#include "shared/err.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    DAEMON_NAME_MAX = 63, /* bytes of a name: a-z A-Z 0-9 . _ -, beginning with a letter or digit */
    DAEMONS_MAX = 1000,
    DAEMONS_ERROR = 1024
};
#define DAEMON_LOCAL "local" /* the daemon of the local socket; nobody else is called so */

struct known_daemon {
    char name[DAEMON_NAME_MAX + 1];
    struct join_address address;
    unsigned char key[KEY_BYTES];
};
struct daemons;

/* The file's path; NULL if neither XDG_CONFIG_HOME nor HOME is set. free() it. */
char *daemons_path(void);
/* Reads the file; one that is missing has none. ERR_OK; ERR_CONFIG (a line is wrong: its number is said),
 * ERR_DENIED (others may write to it) or ERR_UNAVAILABLE, with a sentence. */
enum err daemons_load(const char *path, struct daemons **daemons, char error[DAEMONS_ERROR]);
void daemons_free(struct daemons **daemons);
/* In the order of the file; NULL beyond the last. They live as long as daemons. */
const struct known_daemon *daemons_get(const struct daemons *daemons, size_t at);
/* NULL if there is none. */
const struct known_daemon *daemons_find(const struct daemons *daemons, const char *name);
const struct known_daemon *daemons_find_address(const struct daemons *daemons,
                                                const struct join_address *address);
bool daemon_name_valid(const char *name);
/* A name that is free, made of the host's. */
void daemons_free_name(const struct daemons *daemons, const char *host, char name[DAEMON_NAME_MAX + 1]);
/* Whether one may be added: ERR_OK; ERR_DENIED with the loud sentence where its name or address is known with
 * another key; ERR_CONFLICT where the name is another address's; ERR_BAD_REQUEST for its name. */
enum err daemons_check(const struct daemons *daemons, const struct known_daemon *one,
                       char error[DAEMONS_ERROR]);
/* Adds it to the file (made with mode 0600, with its folder), for good; nothing happens if it is there
 * already. Codes of daemons_check and daemons_load. */
enum err daemons_add(const char *path, const struct known_daemon *one, char error[DAEMONS_ERROR]);
/* Takes the line away. ERR_NOT_FOUND if there is none. */
enum err daemons_remove(const char *path, const char *name, char error[DAEMONS_ERROR]);

#endif
