/* What is said to the model: the session's messages as every API takes them. */
#ifndef STOA_AGENT_CONTEXT_H
#define STOA_AGENT_CONTEXT_H

#include "proto/state.h"
#include <jansson.h>

/* New reference: [{"role":"user"|"assistant","content":"text"}], roles alternating, the first one a user's,
 * nothing empty. A message that was interrupted or failed is what was said of it. Reasoning, and calls of
 * tools that never got a result, are left out: APIs refuse a history with them. */
json_t *context_messages(const struct state *state);
/* The newest user message's text, free()d by the caller; "" if there is none. */
char *context_asked(const struct state *state);

#endif
