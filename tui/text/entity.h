/* Character references of Markdown: "&amp;", "&#955;". */
#ifndef STOA_TUI_TEXT_ENTITY_H
#define STOA_TUI_TEXT_ENTITY_H

#include <stddef.h>

enum { ENTITY_MAX = 16 };

/* What the reference (with its & and ;) stands for, as text that is clean: a control or hidden character is
 * nothing, a line end is a space. An unknown name stays as it is written. Returns the bytes in out; SIZE_MAX
 * for unknown ones. */
size_t entity_decode(const char *text, size_t len, char out[ENTITY_MAX]);

#endif
