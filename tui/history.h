/* What was sent, newest last, and a walk through it that keeps the draft it began from. */
#ifndef STOA_TUI_HISTORY_H
#define STOA_TUI_HISTORY_H

#include <stddef.h>

enum { HISTORY_BYTES_MAX = 16 << 20 };

struct history;

/* Keeps at most max texts, and HISTORY_BYTES_MAX of them; always the newest. */
struct history *history_new(size_t max);
void history_free(struct history **history);
/* Ends the walk. A text equal to the newest one, or empty, is not added. */
void history_add(struct history *history, const char *text);
/* One step back; draft is kept when the walk begins. The text to show, or NULL at the oldest one. */
const char *history_older(struct history *history, const char *draft);
/* One step forward, the draft being the last. NULL when not walking. */
const char *history_newer(struct history *history);

#endif
