/* Layouts of the messages that were looked at lately: a bounded number, so that a long session costs no more
 * than a short one. */
#ifndef STOA_TUI_TEXT_CACHE_H
#define STOA_TUI_TEXT_CACHE_H

#include "tui/text/layout.h"

struct cache;

struct cache *cache_new(void);
void cache_free(struct cache **cache);
/* Forgets all: after a new snapshot, whose messages may have other contents under the same versions. */
void cache_clear(struct cache *cache);
/* The layout of the message, up to date. Valid until the next call. */
const struct layout *cache_get(struct cache *cache, const struct message *message, size_t width,
                               const struct folds *folds);

#endif
