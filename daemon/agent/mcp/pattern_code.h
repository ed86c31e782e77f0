/* What pattern.c makes of an expression and pattern_find.c runs: instructions with relative jumps, so that a
 * repeated part can be copied as it is. */
#ifndef STOA_AGENT_MCP_PATTERN_CODE_H
#define STOA_AGENT_MCP_PATTERN_CODE_H

#include "daemon/agent/mcp/pattern.h"
#include <stdbool.h>
#include <stdint.h>

enum pattern_op {
    PATTERN_CHAR,  /* x: the code point */
    PATTERN_ANY,   /* all but line ends */
    PATTERN_CLASS, /* x: first range, y: how many */
    PATTERN_NOT_CLASS,
    PATTERN_SPLIT, /* goes on at both, x and y */
    PATTERN_JUMP,  /* x */
    PATTERN_BEGIN,
    PATTERN_END,
    PATTERN_WORD_EDGE,
    PATTERN_NOT_WORD_EDGE,
    PATTERN_AHEAD, /* what follows, to its PATTERN_MATCH, must match here; then goes on at x; y: nesting */
    PATTERN_NOT_AHEAD,
    PATTERN_MATCH
};

struct pattern_step {
    enum pattern_op op;
    int32_t x, y;
};

struct pattern_range {
    uint32_t first, last;
};

struct pattern {
    struct pattern_step *code;
    int32_t count;
    struct pattern_range *ranges;
    int32_t range_count;
};

#endif
