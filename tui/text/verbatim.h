/* Prose as it is written, line by line: what people write, and Markdown that would be too much work. */
#ifndef STOA_TUI_TEXT_VERBATIM_H
#define STOA_TUI_TEXT_VERBATIM_H

#include "tui/text/canvas.h"

/* Appends the lines of clean text that stands at that byte of the source. What is broken goes on below the
 * beginning of its text, behind a list's mark or the like. */
void verbatim_lines(const char *text, size_t len, size_t at, struct canvas *canvas, size_t width);

#endif
