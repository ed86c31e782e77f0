/* stoad --backup and --restore: what is said to the person who runs them, and how they are ended. */
#ifndef STOA_DAEMON_BACKUP_H
#define STOA_DAEMON_BACKUP_H

#include <stdbool.h>

struct backup_options {
    const char *file;
    bool restore; /* else back up */
    bool replace; /* a backup of that name */
    bool json;    /* what was done, as one JSON object */
};

/* Copies the state folder's content into FILE, or back, and says so. Returns an exit code: those of
 * shared/err.h, EXIT_FAILED if FILE cannot be read or written, 128 and the signal's number if one ended it.
 */
int backup_run(const struct backup_options *options);

#endif
