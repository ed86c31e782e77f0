/* What a tool call shows of itself: a line, and unfolded its arguments and its result. */
#ifndef STOA_TUI_TEXT_TOOL_TEXT_H
#define STOA_TUI_TEXT_TOOL_TEXT_H

#include "proto/state.h"
#include "tui/text/canvas.h"

enum { TOOL_RESULT_LINES = 200, TOOL_RESULT_BYTES = 64 << 10 }; /* of a result that are shown */

/* State as glyph and word, name, time, and the beginning of the arguments, on one clean line; free() it. */
char *tool_text_title(const struct block *block, bool folded);
/* Appends the lines of a call whose arguments are all there. */
void tool_text_lines(const struct block *block, struct canvas *canvas, size_t width);

#endif
