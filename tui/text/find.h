/* Where a needle stands in a message that is laid out. A hit may go on over the end of a line: where a line
 * was broken at a space, the break is that space. */
#ifndef STOA_TUI_TEXT_FIND_H
#define STOA_TUI_TEXT_FIND_H

#include "proto/state.h"
#include "tui/text/layout.h"
#include "tui/text/needle.h"
#include <stdbool.h>
#include <stddef.h>

enum { FIND_PIECES_MAX = 64 };

struct find_piece { /* of a line: bytes of a hit */
    size_t at, len;
};

/* Whether some block (that block) may have a hit, be it folded or not. */
bool find_likely(const struct needle *needle, const struct message *message);
bool find_likely_block(const struct needle *needle, const struct block *block);
/* The pieces of hits on a line, from left to right; at most FIND_PIECES_MAX. */
size_t find_pieces(const struct needle *needle, const struct message *message, const struct layout *layout,
                   size_t line, struct find_piece pieces[FIND_PIECES_MAX]);
/* The first line from `start` on (that one included) where a hit begins, downwards or upwards. */
bool find_line(const struct needle *needle, const struct message *message, const struct layout *layout,
               size_t start, bool down, size_t *line);

#endif
