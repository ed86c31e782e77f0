/* Which daemon a client speaks with, and as whom. */
#ifndef STOA_TUI_CLIENT_ADDRESS_H
#define STOA_TUI_CLIENT_ADDRESS_H

#include "proto/join.h"
#include "shared/key.h"
#include "tui/daemons.h"
#include <stdbool.h>

struct client_address { /* holds secrets: client_address_clear. Zeroes: a local socket without a path */
    char *path;         /* the local socket's, without "ipc://"; NULL: the daemon is remote */
    char name[DAEMON_NAME_MAX + 1];      /* the remote one's, as known_daemons has it */
    struct join_address remote;          /* where it is */
    unsigned char server_key[KEY_BYTES]; /* what it must prove to have */
    struct key_pair pair;                /* this terminal's */
    char *token;                         /* an API token to log in with, or NULL */
    char *token_file;                    /* where it was read from, or NULL */
    bool stranger;                       /* a daemon that does not know the key is spoken with all the same */
};

enum { CLIENT_SAID_MAX = DAEMON_NAME_MAX + JOIN_ADDRESS_MAX + 16 };

void client_address_clear(struct client_address *address);
static inline bool client_address_is_remote(const struct client_address *address)
{
    return address->path == NULL;
}
/* How sentences call it: "the daemon", or "lab (tcp://host:7117)". */
const char *client_address_said(const struct client_address *address, char said[CLIENT_SAID_MAX]);
/* Why nothing can be reached there: tries to connect for some seconds, blocking. False if it can be. */
bool client_address_explain(const struct join_address *remote, char why[256]);
enum { CLIENT_IPV4 = 1, CLIENT_IPV6 = 2 };
/* What addresses the host has, 0 if none is known. Blocks while its name is resolved. */
unsigned client_address_families(const struct join_address *remote);

#endif
