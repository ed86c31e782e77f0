/* What a turn says to the daemon, one function a fact. Texts are cut to what the event takes. */
#ifndef STOA_AGENT_TURN_FACTS_H
#define STOA_AGENT_TURN_FACTS_H

#include "daemon/agent/agent_link.h"
#include "daemon/agent/reply.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdint.h>

struct turn_timings { /* steady ms; first is -1 before anything has come */
    int64_t began, first;
};

/* reason may be NULL. */
void fact_state(struct agent_link *link, enum run_state to, const char *reason);
/* message: id or NULL. */
void fact_error(struct agent_link *link, const char *kind, const char *text, const char *message);
void fact_message(struct agent_link *link, const char *id, const char *author);
/* stop_reason and error may be NULL. */
void fact_completed(struct agent_link *link, const struct reply *reply, enum message_status status,
                    const char *stop_reason, const struct usage *usage, const struct turn_timings *timings,
                    const char *error);
void fact_retrying(struct agent_link *link, int attempt, int limit, int64_t delay_ms, const char *why);
/* tokens: <= 0 if not known. */
/* tokens: of what is summed up. usage: of making the summary, borrowed; all 0: it is not known. */
void fact_compacted(struct agent_link *link, const char *summary, const char *upto, int64_t tokens,
                    const json_t *usage);

/* A call is named by message and block. question is stolen. */
void fact_asked(struct agent_link *link, json_t *question);
void fact_withdrawn(struct agent_link *link, const char *question);
void fact_tool_started(struct agent_link *link, const char *message, int block, const char *server,
                       const char *tool, const char *why);
void fact_tool_progress(struct agent_link *link, const char *message, int block, double progress,
                        double total, const char *text);

struct tool_end { /* strings are borrowed; server, tool and file may be NULL; ms is -1 if it never ran */
    const char *message;
    int block;
    const char *server, *tool;
    enum call_state state;
    const char *result, *file;
    int64_t ms;
};
void fact_tool_ended(struct agent_link *link, const struct tool_end *end);

#endif
