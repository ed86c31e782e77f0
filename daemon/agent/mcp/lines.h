/* Bytes as they come, into lines. A line that is within one piece is not copied; what is kept of an
 * unfinished one never passes max. */
#ifndef STOA_AGENT_MCP_LINES_H
#define STOA_AGENT_MCP_LINES_H

#include "shared/buf.h"
#include <stdbool.h>
#include <stddef.h>

struct lines {
    struct buf held; /* the beginning of a line whose end has not come */
    bool cut;        /* a longer line is cut, not an error */
    bool over;       /* what is held was cut */
    bool given;      /* what is held was given out, and goes with the next call */
};

enum lines_found {
    LINES_MORE, /* all is taken; no line is ready */
    LINES_LINE,
    LINES_LONG /* a line is longer than max (never with cut); of no use after */
};

/* max: of a line in bytes, its \r counted, its \n not. */
void lines_init(struct lines *lines, size_t max, bool cut);
void lines_free(struct lines *lines);
/* Takes the next line off *bytes, moves *bytes and *len on. The line has no \n and no \r before that; it may
 * be written to, and lives until the next call or as long as the bytes. Call until it is not LINES_LINE. */
enum lines_found lines_next(struct lines *lines, char **bytes, size_t *len, char **line, size_t *line_len);
/* At the end of the stream: what came after the last \n. False if there is nothing. */
bool lines_last(struct lines *lines, char **line, size_t *line_len);

#endif
