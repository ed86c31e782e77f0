/* A backup: all that the state folder holds of sessions, in one file, made while a daemon writes or while
 * none runs. The file is itself a store, copied as it was at one moment, with the files that lie beside the
 * store in two tables of their own. It holds what the state folder holds, the sealed tokens and the key that
 * seals them too, and must be kept as private.
 *
 * For a process of its own: it blocks, for as long as reading and writing all of it takes. */
#ifndef STOA_DAEMON_STORE_STORE_BACKUP_H
#define STOA_DAEMON_STORE_STORE_BACKUP_H

#include "shared/err.h"
#include <stdbool.h>
#include <stdint.h>

/* What is told meanwhile; either may be NULL. */
struct store_progress {
    /* Now and then, with bytes done of all; what: "copying", "checking". False ends it: ERR_UNAVAILABLE. */
    bool (*going)(void *arg, const char *what, uint64_t done, uint64_t all);
    /* A file, named by its path in the state folder, that is not in the backup. */
    void (*left_out)(void *arg, const char *path, const char *why);
    void *arg;
};

struct store_content { /* of a backup */
    uint64_t sessions, messages, files, left_out;
    uint64_t bytes;   /* of the file */
    bool store_alone; /* it is a plain copy of a store, without any files */
};

/* Writes FILE (mode 0600), by way of FILE.part in the same folder. A file that is there is replaced only if
 * replace. Nothing is left of one that fails. ERR_OK with *content; else a sentence in error:
 *
 *     ERR_STORE        the store is missing, damaged or not usable
 *     ERR_VERSION      it was written by a newer stoad
 *     ERR_UNAVAILABLE  FILE cannot be written (no folder, no right, disk full, in the way), or going said no
 */
enum err store_backup(const char *state, const char *file, bool replace,
                      const struct store_progress *progress, struct store_content *content, char error[256]);

#endif
