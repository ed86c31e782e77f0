/* This person's key, by which remote daemons know their terminals: client.key in the client's folder. */
#ifndef STOA_TUI_CLIENT_KEY_H
#define STOA_TUI_CLIENT_KEY_H

#include "shared/err.h"
#include "shared/key.h"

/* The file's path; NULL if neither XDG_CONFIG_HOME nor HOME is set. free() it. */
char *client_key_path(void);
/* Makes a new key in a file that is not there yet (mode 0600, with its folder); it is there whole or not at
 * all. ERR_OK; ERR_CONFLICT if there is a file, which stays; or another code with a sentence. */
enum err client_key_make(const char *path, struct key_pair *pair, char error[256]);

#endif
