/* The changes of a text, to take them back and to make them again. Each keeps only what it took away. */
#ifndef STOA_TUI_CHANGES_H
#define STOA_TUI_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

enum { CHANGES_BYTES_MAX = 8 << 20, CHANGES_MAX = 1000 }; /* the oldest ones are forgotten beyond these */

struct change { /* at a place `old` was replaced with as many bytes as new_len */
    size_t at, new_len;
    char *old;
    size_t old_len;
    size_t before, after; /* where the cursor was */
};

struct changes;

struct changes *changes_new(void);
void changes_free(struct changes **changes);
/* A change is about to be made; old is copied. What could be made again is forgotten. */
void changes_add(struct changes *changes, struct change change);
/* More was inserted where the last change ended: both are one. */
void changes_join(struct changes *changes, size_t len);
/* Takes the last change off, to be taken back (or made again), as the change that does it: `old` is what to
 * put in the place of new_len bytes. The caller makes it, gives the bytes that it took away to
 * changes_turned, and frees old. False if there is none. */
bool changes_take(struct changes *changes, bool again, struct change *change);
/* A change of changes_take was made: it can now be made again (or taken back). */
void changes_turned(struct changes *changes, bool again, const struct change *change, const char *taken);

#endif
