/* Where Markdown can be cut so that what is before is laid out once and for all: at a line that begins anew
 * whatever stood before it, and that nothing which follows can change. Only finished lines decide, so the
 * cuts in a text are those in each longer one.
 *
 * Top level code blocks between fences are not left to the Markdown parser: their lines can be laid out one
 * by one. Lists, tables and paragraphs that do not end are cut all the same when they get long. */
#ifndef STOA_TUI_TEXT_SEGMENT_H
#define STOA_TUI_TEXT_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SEGMENT_SOFT = 4 << 10, /* bytes from which on a list or a table is cut between its items or rows */
    SEGMENT_HARD = 8 << 10  /* bytes from which on anything is cut, between lines or words */
};

enum segment_kind {
    SEGMENT_PROSE, /* Markdown */
    SEGMENT_FENCE, /* the line that opens a code block; its code goes on until SEGMENT_CLOSE */
    SEGMENT_CLOSE  /* the line that closes it */
};

struct segment {
    enum segment_kind kind;
    size_t at, end;        /* without the newline at its end */
    bool joined;           /* no blank line between it and what is before */
    size_t head, head_end; /* of the two lines that a table began with, where this is more of it; else 0 */
};

struct segmenter { /* may be copied; zero at a text's beginning; open to read */
    size_t start;  /* of the open segment */
    size_t line;   /* the first line that was not looked at */
    bool joined;   /* the open segment's */
    char fence;    /* its character while in a code block; 0 */
    size_t fence_length, fence_indent;
    bool blank;            /* before line, or nothing is */
    size_t lines;          /* of the open segment that were looked at */
    bool list;             /* it has one */
    bool item;             /* its first line begins a list's item */
    size_t content;        /* where the text of the outermost open item begins, in cells */
    size_t head, head_end; /* the table's, if it is (more of) one */
    bool continues;        /* and began before the open segment */
};

/* The next segment that is finished in text, which has grown since the last call or not; false if none is. */
bool segment_next(struct segmenter *segmenter, const char *text, size_t len, struct segment *out);
/* The open one, from start to the end of the text; at == end if nothing is. Not to be asked in a code block.
 */
struct segment segment_open(const struct segmenter *segmenter, const char *text, size_t len);
/* Whether an unfinished line in a code block closes it, as it is now. */
bool segment_closes(const struct segmenter *segmenter, const char *line, size_t len);

#endif
