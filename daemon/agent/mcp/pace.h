/* How fast a server may go on talking: a burst is taken at once, what goes on without end is taken so slowly
 * that it costs little. */
#ifndef STOA_AGENT_MCP_PACE_H
#define STOA_AGENT_MCP_PACE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PACE_LINES = 5000,       /* in a second, in the long run */
    PACE_LINES_MAX = 120000, /* at once */
    PACE_BYTES = 32 << 20,
    PACE_BYTES_MAX = 64 << 20
};

struct pace { /* what is not paid off yet; begins as zeros */
    size_t lines, bytes;
};

void pace_take(struct pace *pace, size_t lines, size_t bytes);
/* Nothing more should be taken in this second. */
bool pace_is_full(const struct pace *pace);
/* A second is over. False: all is paid off, the next call is not needed before something is taken. */
bool pace_next_second(struct pace *pace);

#endif
