/* Whether a call may run: by the rules of session, user and configuration, or by asking. */
#ifndef STOA_AGENT_PERMISSION_H
#define STOA_AGENT_PERMISSION_H

#include "daemon/agent/servers.h"
#include "proto/rule.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct permission {
    enum rule_effect effect;
    char why[160]; /* which rule decided, as a part of a sentence: "the session's rule files/read_*" */
};

/* rules: servers_rules, may be NULL; arguments: an object. Where no rule decides, built-in tools and
 * placeholders that only connect are allowed, and all others asked for. What two persons must allow is asked
 * for unless it is denied. */
void permission_decide(const struct state *state, const json_t *rules, const struct servers_tool *tool,
                       const json_t *arguments, struct permission *permission);

struct permission_call {
    const char *message;
    int block;
    const char *author; /* the model */
    const json_t *arguments;
    int64_t ask_ms; /* how long it waits; 0: for ever */
};
/* The question to people, as a new reference, with its id. */
json_t *permission_question(const struct servers_tool *tool, const struct permission_call *call,
                            const char *why, char id[ID_MAX]);

#endif
