/* What a change of the session would do, as a page to be read before it is done. */
#ifndef STOA_TUI_PREVIEW_H
#define STOA_TUI_PREVIEW_H

#include "proto/state.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum preview_change {
    PREVIEW_FORK,
    PREVIEW_REWIND,
    PREVIEW_EDIT, /* rewind, and the text of what is dropped first becomes the draft */
    PREVIEW_COMPACT
};

enum preview_is {
    PREVIEW_READY,   /* text is the page: clean lines no wider than width, the first one its heading */
    PREVIEW_REFUSED, /* text is a sentence: why it can't be done now */
    PREVIEW_MISSING  /* older messages must be loaded to tell; text is NULL */
};

struct preview {
    enum preview_is is;
    char *text; /* free() it */
};

/* message: the last one that is taken (fork) or kept (rewind); "" for the newest one that is whole (fork), or
 * none (rewind). width: cells. context: tokens of the model's window, 0 if not known. */
struct preview preview_change(const struct state *state, enum preview_change change, const char *message,
                              size_t width, int64_t context);

/* Index of the last message that a fork takes; message_count if there is none. */
size_t preview_fork_end(const struct state *state, const char *message);

#endif
