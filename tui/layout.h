/* A message as lines of a given width: sanitised, wrapped, Markdown shown as what it means. While a message
 * streams only its tail is laid out again; the result always equals a layout of the whole. Line 0 is the
 * header, which the view draws (author, time, how it ended); the last line is empty. */
#ifndef STOA_TUI_LAYOUT_H
#define STOA_TUI_LAYOUT_H

#include "proto/state.h"
#include "tui/style.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAYOUT_INDENT = 2, LAYOUT_PROSE_MAX = 100 }; /* cells left of the text; widest line of prose */

struct layout;

struct span {           /* a piece of a line in one style */
    unsigned short len; /* bytes */
    unsigned char style;
};

struct layout_line {
    const char *text; /* sanitised; no newline, no tab */
    size_t len;
    size_t indent; /* cells before it */
    enum style style;
    const struct span *spans; /* NULL: all of it is in style; else they cover it from its beginning, and what
                                 is beyond them is in style */
    size_t span_count;
};

struct layout *layout_new(void);
void layout_free(struct layout **layout);
/* Brings it up to date; costs nothing if message->version, width and unfolded are those of the last time. A
 * message of a status other than streaming is laid out anew when its version differs. unfolded: reasoning and
 * tool calls in full. */
void layout_update(struct layout *layout, const struct message *message, size_t width, bool unfolded);
/* Lines of the last update, header and empty last line included (>= 2). */
size_t layout_lines(const struct layout *layout);
/* A line (index < layout_lines); text lives until the next update. */
struct layout_line layout_line(const struct layout *layout, size_t index);
/* What stands on a line, in a form that outlives a change of width or folding, and the line where it stands
 * now. */
uint64_t layout_position(const struct layout *layout, size_t index);
size_t layout_find(const struct layout *layout, uint64_t position);

#endif
