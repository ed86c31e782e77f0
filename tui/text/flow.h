/* Running text in several styles, as it is gathered before it is broken into lines: a paragraph, a heading, a
 * table's cell. */
#ifndef STOA_TUI_TEXT_FLOW_H
#define STOA_TUI_TEXT_FLOW_H

#include "shared/buf.h"
#include "shared/sanitise.h"
#include "tui/text/canvas.h"
#include <stdint.h>

struct flow_piece {
    size_t len, source;
    enum style style;
};

struct flow { /* fields are the implementation's, but for text, which is clean */
    struct buf text;
    struct sanitise sanitise; /* taking markup away can leave marks without their base */
    struct flow_piece *pieces;
    size_t count, room;
};

/* Begins a line of the canvas: what stands before the text. */
struct flow_margin {
    void (*begin)(void *owner, size_t source);
    void *owner;
    size_t hang; /* cells that lines after the first have less room, as the margin is wider there */
};

void flow_init(struct flow *flow);
void flow_free(struct flow *flow);
void flow_clear(struct flow *flow);
/* The source of what the source does not have: it becomes that of what follows it. */
#define FLOW_UNKNOWN SIZE_MAX
/* Appends text from outside that stands at that byte of the source; tabs become spaces, newlines break. */
void flow_put(struct flow *flow, const char *text, size_t len, enum style style, size_t source);
/* Breaks it at words into lines of at most so many cells after what the margin writes. False where nothing
 * was written. */
bool flow_lines(const struct flow *flow, struct canvas *canvas, const struct flow_margin *margin,
                size_t width);

/* A part of the text, as lines that are laid beside others: a table's cell. */
struct flow_cursor {
    size_t at;          /* in the text */
    size_t piece, into; /* where that is in the pieces */
};
/* The end of the text as it is now, where the next part begins. */
struct flow_cursor flow_part(struct flow *flow);
/* The next line before end: bytes [*from, *from + *len) of the text; false at the end. */
bool flow_next(const struct flow *flow, struct flow_cursor *reader, size_t end, size_t width, size_t *from,
               size_t *len);
/* Moves the writer forward to that byte; returns the source that it stands for. */
size_t flow_seek(const struct flow *flow, struct flow_cursor *writer, size_t at);
/* Writes the len bytes from the writer on. */
void flow_write(const struct flow *flow, struct flow_cursor *writer, size_t len, struct canvas *canvas);
/* Appends a part of another flow, with its styles. */
void flow_append(struct flow *flow, const struct flow *other, struct flow_cursor from, size_t end);

#endif
