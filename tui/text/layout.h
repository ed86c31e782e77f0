/* A message as lines of a given width: sanitised, wrapped, Markdown shown as what it means. While a message
 * streams only its tail is laid out again; the result always equals a layout of the whole. Line 0 is the
 * header, which the view draws (author, time, how it ended); the last line is empty. */
#ifndef STOA_TUI_TEXT_LAYOUT_H
#define STOA_TUI_TEXT_LAYOUT_H

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

#define LAYOUT_NO_BLOCK SIZE_MAX

struct layout_line {
    const char *text; /* sanitised; no newline, no tab */
    size_t len;
    size_t indent; /* cells before it */
    enum style style;
    const struct span *spans; /* NULL: all of it is in style; else they cover it from its beginning, and what
                                 is beyond them is in style */
    size_t span_count;
    size_t block; /* of the message; LAYOUT_NO_BLOCK for the header, what is between blocks, and below them */
    bool title;   /* the block's title: what folds and unfolds it */
};

struct folds {     /* which blocks are shown in full: reasoning, tool calls and attachments; text always is */
    bool unfolded; /* those that are not named below */
    uint64_t differ[STATE_BLOCKS_MAX / 64];
};

bool folds_unfolded(const struct folds *folds, size_t block);
/* Folds or unfolds that one; nothing happens if there can be no such block. */
void folds_toggle(struct folds *folds, size_t block);
bool folds_equal(const struct folds *a, const struct folds *b);

struct layout *layout_new(void);
void layout_free(struct layout **layout);
/* Brings it up to date; costs nothing if message->version, width and folds are those of the last time. A
 * message of a status other than streaming is laid out anew when its version differs. */
void layout_update(struct layout *layout, const struct message *message, size_t width,
                   const struct folds *folds);
/* Lines of the last update, header and empty last line included (>= 2). */
size_t layout_lines(const struct layout *layout);
/* A line (index < layout_lines); text lives until the next update. */
struct layout_line layout_line(const struct layout *layout, size_t index);
/* What stands on a line, in a form that outlives a change of width or folding, and the line where it stands
 * now. */
uint64_t layout_position(const struct layout *layout, size_t index);
size_t layout_find(const struct layout *layout, uint64_t position);
/* The code block that a line is part of: exactly its code, without fence and label, sanitised, tabs kept, a
 * newline after each line. NULL if the line is in none. free() it. */
char *layout_copy_block(const struct layout *layout, size_t index);
/* The message's text as its author wrote it, for copying: its text blocks, sanitised. Never NULL; free() it.
 */
char *layout_source(const struct message *message);
/* Bytes that were parsed or laid out since it was made or laid out anew: what growing costs, for tests. */
size_t layout_work(const struct layout *layout);

#endif
