/* Putting a backup, or a plain copy of a store, into the place of what is in the state folder.
 *
 * All that is new is made ready in a folder of its own; one rename decides; then the parts change places. Who
 * is killed before the rename has changed nothing; after it, the next who opens the store ends what was
 * begun. What was there is kept, in the folder before-YYYYMMDD-HHMMSS. */
#ifndef STOA_DAEMON_STORE_STORE_RESTORE_H
#define STOA_DAEMON_STORE_STORE_RESTORE_H

#include "daemon/store/store_backup.h"

/* Checks FILE wholly, and then puts it in the place of all that the daemon keeps in the folder state (made if
 * need be). Blocks. ERR_OK with *content, and in *before the path of what was there (NULL: nothing; free()
 * it); else, with nothing changed, a sentence in error:
 *
 *     ERR_CONFLICT     another process uses the store
 *     ERR_STORE        FILE is damaged, or no store
 *     ERR_VERSION      FILE was written by a newer stoad
 *     ERR_UNAVAILABLE  FILE is not there, no right, disk full, or going said no */
enum err store_restore(const char *state, const char *file, const struct store_progress *progress,
                       struct store_content *content, char **before, char error[256]);

/* Whether one was decided and is not ended. */
bool store_restore_begun(const char *state);
/* Ends one that was decided, if there is one; for who holds the store's lock. ERR_OK, or ERR_STORE with a
 * sentence in error. *before as above. */
enum err store_restore_end(const char *state, char **before, char error[256]);

#endif
