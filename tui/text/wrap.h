/* Where a source line (without its newline) breaks when it is shown in so many cells. Greedy, so that lines
 * before the last one never change when text is appended: the streaming layout and the editor both build on
 * that. */
#ifndef STOA_TUI_TEXT_WRAP_H
#define STOA_TUI_TEXT_WRAP_H

#include "shared/buf.h"
#include <stddef.h>

enum wrap_mode {
    WRAP_WORDS, /* at spaces, which are dropped, and around wide characters */
    WRAP_KEEP,  /* the same places, but spaces stay at the end of their line: for text that is being edited */
    WRAP_HARD   /* wherever the line is full: for code */
};

enum {
    WRAP_TAB_CELLS = 4, /* of a tab that the caller did not expand */
    WRAP_CUT_SLACK = 64 /* bytes after a cut that must be there: a cluster is not longer */
};

/* Bytes of text that are shown on the first visual line of at most width cells (len >= 1, width >= 1); *next
 * is where the following one begins, len if there is none. Always makes progress, even where a wide character
 * does not fit. */
size_t wrap_next(const char *text, size_t len, size_t width, enum wrap_mode mode, size_t *next);
/* Bytes and cells of the cluster at text (len >= 1); a tab counts WRAP_TAB_CELLS. */
size_t wrap_cluster(const char *text, size_t len, size_t *cells);
/* Where to cut one line of at least max + WRAP_CUT_SLACK bytes: at the end of a cluster in the second half of
 * its first max bytes, after the last space there if there is one. Depends on no byte beyond those. */
size_t wrap_cut(const char *text, size_t max);
/* Appends at most so many cells of one line, the last one an ellipsis where it is cut. Returns the cells. */
size_t wrap_fit(struct buf *out, const char *text, size_t cells);

#endif
