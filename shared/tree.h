/* Folders with everything below them, whatever is in them: removed, or measured. */
#ifndef STOA_SHARED_TREE_H
#define STOA_SHARED_TREE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    TREE_ENTRIES_MAX = 1000000, /* that are looked at to measure a folder */
    TREE_ENTRY_BYTES = 512      /* what each counts at least */
};
#define TREE_UNSEEN_BYTES (INT64_C(1) << 40) /* what all counts that is not looked at */

/* Removes parent/name. Links are removed, never followed, and nothing on another file system is touched.
 * Ends early when *stop becomes true. True when nothing of it is left. May be called from any thread. */
bool tree_remove(const char *parent, const char *name, const atomic_bool *stop);

/* How many bytes parent/name takes on the disk, 0 if it is not there: what is linked to several names counts
 * once in all, what is on another file system not at all. No link is followed. Nothing can be hidden by
 * making it too many or too deep: where there is more than can be looked at, that counts TREE_UNSEEN_BYTES.
 * While something moves in it, what was found; less when *stop becomes true. May be called from any thread.
 */
int64_t tree_size(const char *parent, const char *name, const atomic_bool *stop);

#endif
