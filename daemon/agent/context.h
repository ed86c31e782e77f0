/* What is said to the model of a session: its messages, the calls in them and their results, the summary of
 * what was compacted. */
#ifndef STOA_AGENT_CONTEXT_H
#define STOA_AGENT_CONTEXT_H

#include "daemon/agent/prompt.h"
#include "proto/state.h"
#include <stddef.h>

struct context {
    const char *author;  /* "provider/model" that is asked: reasoning goes back to who made it alone */
    const json_t *tools; /* offered, as in struct prompt; NULL or empty: calls and results are said as text,
                            since APIs refuse them without tools */
    size_t end;          /* how many of the state's messages */
};

/* Fills prompt; free with prompt_clear. Every call has a result and an id that is good for all APIs and
 * unique. A message that was interrupted or failed is what was said of it. */
void context_prompt(const struct state *state, const struct context *context, struct prompt *prompt);

#endif
