/* A call whose arguments a person changed when allowing it: nobody has looked at these but that person. */
#ifndef STOA_AGENT_EDIT_H
#define STOA_AGENT_EDIT_H

#include "daemon/agent/servers.h"
#include "proto/state.h"

/* Holds them against the rules, of which a deny is final, and the tool's schema. CALL_ALLOWED if the call may
 * run, also if nothing was changed; else how it ends, with a sentence in *why (free() it). */
enum call_state edit_check(const struct state *state, struct servers *servers, const struct block *block,
                           char **why);

#endif
