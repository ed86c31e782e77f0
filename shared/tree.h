/* Removing a folder with everything below it, whatever is in it. */
#ifndef STOA_SHARED_TREE_H
#define STOA_SHARED_TREE_H

#include <stdatomic.h>
#include <stdbool.h>

/* Removes parent/name. Links are removed, never followed, and nothing on another file system is touched.
 * Ends early when *stop becomes true. True when nothing of it is left. May be called from any thread. */
bool tree_remove(const char *parent, const char *name, const atomic_bool *stop);

#endif
