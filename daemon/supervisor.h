/* The agents: one process per live session, started when a session needs to act, watched, and let go when
 * idle.
 *
 * What an agent says is checked here before it becomes an event: its session alone, only events that the
 * table lets it report, only steps that the state allows. Anything else ends it with cause `protocol`. */
#ifndef STOA_DAEMON_SUPERVISOR_H
#define STOA_DAEMON_SUPERVISOR_H

#include "daemon/session.h"
#include <stddef.h>

enum {
    SUPERVISOR_BACKOFF_MS = 2000, /* after the second crash in a row; doubled with each further one */
    SUPERVISOR_BACKOFF_MAX_MS = 60000,
    /* What one turn of an agent may say; far more than any model does, and an end to a storm. */
    SUPERVISOR_TURN_FACTS = 10000,
    SUPERVISOR_TURN_BYTES = 128 << 20
};

struct supervisor;

struct supervisor *supervisor_open(struct server *server);
/* Kills what is left, at once. */
void supervisor_close(struct supervisor **supervisor);

/* The session is in state thinking, with the message in its log: have the turn run. Errors become events. */
void supervisor_turn(struct session *session);
/* The session is in state interrupting: have it end. */
void supervisor_interrupt(struct session *session);
/* Ends the session's agent at once, if it has one; for sessions that are deleted. */
void supervisor_kill(struct session *session);
/* A durable event's text for the agent that follows the session. */
void supervisor_forward(struct agent *agent, const char *text, size_t len);

/* For the orderly stop: tells all agents; how many turns still run. */
void supervisor_stop(struct supervisor *supervisor);
size_t supervisor_turns(const struct supervisor *supervisor);
size_t supervisor_agents(const struct supervisor *supervisor);
/* For session.info: {"state":"none|starting|idle|running","pid":...,"crashes":...} (new reference). */
json_t *supervisor_info(const struct session *session);

#endif
