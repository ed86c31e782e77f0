/* Which messages have blocks that are folded otherwise than all the others. */
#ifndef STOA_TUI_FOLDED_H
#define STOA_TUI_FOLDED_H

#include "tui/text/layout.h"

enum { FOLDED_MAX = 128 }; /* messages; the one that was changed longest ago is forgotten */

struct folded;

struct folded *folded_new(void);
void folded_free(struct folded **folded);
/* Of the message of that id; lives until the next change. */
const struct folds *folded_get(const struct folded *folded, const char *id);
void folded_set(struct folded *folded, const char *id, const struct folds *folds);
/* Folds or unfolds all blocks of all messages. */
void folded_toggle_all(struct folded *folded);
/* All are folded, as in the beginning. */
void folded_clear(struct folded *folded);

#endif
