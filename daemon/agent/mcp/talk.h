/* What a server writes for people: lines, cut, and so many a second; of the others their number. */
#ifndef STOA_AGENT_MCP_TALK_H
#define STOA_AGENT_MCP_TALK_H

#include "daemon/agent/mcp/lines.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    TALK_LINE_BYTES = 4096,      /* of one line; the rest is left out */
    TALK_LINES = 200,            /* in a second */
    TALK_SECOND_BYTES = 4 << 20, /* taken in a second; whoever brings more has to wait */
    TALK_SECOND_MS = 1000
};

struct talk { /* fields are talk.c's */
    struct lines lines;
    void (*said)(void *arg, const char *line, size_t len);
    void *arg;
    unsigned count, left_out; /* lines in this second */
    size_t bytes;             /* in this second */
};

void talk_init(struct talk *talk, void (*said)(void *arg, const char *line, size_t len), void *arg);
void talk_free(struct talk *talk);
/* Bytes of its standard error. bytes is written to. */
void talk_take(struct talk *talk, char *bytes, size_t len);
/* One line that came in another way. */
void talk_line(struct talk *talk, const char *line, size_t len);
/* Nothing more should be taken in this second. */
bool talk_is_full(const struct talk *talk);
/* A second is over; to be called a second after the first line or byte of each. Tells how many lines were
 * left out. False: nothing has happened in it, the next call is not needed before something does. */
bool talk_next_second(struct talk *talk);
/* The stream has ended: an unfinished line is one too, and what was left out is told. */
void talk_end(struct talk *talk);

#endif
