/* Where stoa keeps things, and whether those places are safe. Returned strings are the caller's to free(). */
#ifndef STOA_SHARED_PATHS_H
#define STOA_SHARED_PATHS_H

#include "shared/err.h"
#include <stddef.h>

enum { PATHS_SOCKET_MAX = 107 }; /* sun_path without its NUL */

/* $STOA_RUNTIME_DIR, else $XDG_RUNTIME_DIR/stoa, else /run/user/UID/stoa if /run/user/UID exists, else
 * /tmp/stoa-UID. */
char *paths_runtime(void);
/* $STOA_STATE_DIR, else $XDG_STATE_HOME/stoa, else $HOME/.local/state/stoa; NULL if HOME is needed and not
 * set. */
char *paths_state(void);
/* The first that exists of $STOA_CONFIG (returned even if it does not exist),
 * $XDG_CONFIG_HOME/stoa/config.yaml (or ~/.config), /etc/stoa/config.yaml; NULL if none. */
char *paths_config(void);
/* The client's own folder: $XDG_CONFIG_HOME/stoa, else $HOME/.config/stoa; NULL if HOME is needed and not
 * set. */
char *paths_config_folder(void);
/* dir/name */
char *paths_join(const char *dir, const char *name);
/* Makes the folder and its missing parents with mode 0700. ERR_OK, or ERR_UNAVAILABLE with the reason in
 * error. */
enum err paths_make(const char *dir, char error[256]);
/* A folder is safe when it is a real folder (no symlink), owned by this user, and closed to group and others.
 * ERR_OK, or ERR_DENIED with what is wrong and what to do in error. */
enum err paths_check_private(const char *dir, char error[256]);
/* A program beside this executable (build/stoa-agent beside build/stoad) or in ../libexec/stoa of that
 * folder, else in $STOA_LIBEXEC, else in PREFIX/libexec/stoa, else found by PATH; NULL. */
char *paths_program(const char *name);

#endif
