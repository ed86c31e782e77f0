/* Laid out lines as they are written one after the other: their text, their spans, and which code block they
 * are part of. What was written since a mark can be taken back, so that a growing text writes only its tail
 * again. */
#ifndef STOA_TUI_TEXT_CANVAS_H
#define STOA_TUI_TEXT_CANVAS_H

#include "shared/buf.h"
#include "tui/text/layout.h"

struct canvas_line {
    uint32_t at, len; /* in text */
    uint32_t source;  /* the byte of the source that it stands for; rises from line to line */
    uint32_t span_at; /* of its spans */
    uint32_t code;    /* 1 + the index of its code block; 0: none */
    uint16_t spans, indent;
    uint8_t style; /* of what is beyond the spans */
};

struct canvas_code { /* the exact text of a code block */
    size_t at, len;
    bool kept;     /* in canvas->kept; else in the source of the one who writes */
    size_t indent; /* at most so many spaces of each line are not part of it */
};

struct canvas { /* open to read */
    struct buf text, kept;
    struct canvas_line *lines;
    size_t count, lines_room;
    struct span *spans;
    size_t span_count, spans_room;
    struct canvas_code *codes;
    size_t code_count, codes_room;
    uint32_t code; /* of the lines that are written now: 1 + index, or 0 */
    bool dim;      /* every style becomes STYLE_DIM, but those of diffs */
};

struct canvas_mark {
    size_t text, kept, count, span_count, code_count;
    uint32_t code;
};

void canvas_init(struct canvas *canvas);
void canvas_free(struct canvas *canvas);
struct canvas_mark canvas_mark(const struct canvas *canvas);
void canvas_rewind(struct canvas *canvas, const struct canvas_mark *mark);

/* A line begins; source is raised above that of the line before if it is not. Then its pieces: clean text
 * without newline or tab. */
void canvas_line(struct canvas *canvas, size_t source, size_t indent, enum style style);
void canvas_put(struct canvas *canvas, const char *text, size_t len, enum style style);
void canvas_puts(struct canvas *canvas, const char *text, enum style style);
void canvas_fill(struct canvas *canvas, size_t cells, enum style style); /* spaces */
/* Moves what follows on the line by so many cells. */
void canvas_indent(struct canvas *canvas, size_t cells);
/* An empty one, unless it would be the first. */
void canvas_gap(struct canvas *canvas, size_t source);

/* The lines from here on, until canvas_code_end, belong to a code block of that text, which is copied; or
 * whose text the one who writes has from at on, and whose len he sets. */
void canvas_code_keep(struct canvas *canvas, const char *text, size_t len);
void canvas_code_borrow(struct canvas *canvas, size_t at, size_t indent);
void canvas_code_end(struct canvas *canvas);

#endif
