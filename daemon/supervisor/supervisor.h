/* The agents: one process per live session, started when a session needs to act, watched, and let go when
 * idle. There are at most limits.max_live_agents; further turns wait in line.
 *
 * What an agent says is checked here before it becomes an event: its session alone, only events that the
 * table lets it report, only steps that the state allows. Anything else ends it with cause `protocol`. */
#ifndef STOA_DAEMON_SUPERVISOR_SUPERVISOR_H
#define STOA_DAEMON_SUPERVISOR_SUPERVISOR_H

#include "daemon/session.h"
#include "daemon/supervisor/agent_requests.h"
#include <stddef.h>

enum {
    SUPERVISOR_BACKOFF_MS = 2000, /* after the second crash in a row; doubled with each further one */
    SUPERVISOR_BACKOFF_MAX_MS = 60000,
    SUPERVISOR_HURRY_MS = 300,    /* left to an agent that leaves, once somebody waits for that */
    SUPERVISOR_ASKING_MS = 10000, /* one that asks people may leave for another after that, at the latest */
    /* What an agent may say in one step of a turn; far more than any model does, and an end to a storm. How
     * many steps there are is bounded by turn.max_steps. */
    SUPERVISOR_TURN_FACTS = 10000,
    SUPERVISOR_TURN_BYTES = 128 << 20,
    /* What it may say outside of turns, and of what is not kept, in each such while. */
    SUPERVISOR_RATE_FACTS = 1000,
    SUPERVISOR_RATE_MS = 10000
};

struct supervisor;

struct supervisor *supervisor_open(struct server *server);
/* Kills what is left, at once. */
void supervisor_close(struct supervisor **supervisor);

/* The session is in state thinking, with the message in its log: have the turn run. In compacting: have that
 * done. In awaiting_permission or running_tools: have the turn go on. Errors become events. */
void supervisor_turn(struct session *session);
/* Whether an agent works on a turn of it. */
bool supervisor_works(const struct session *session);
/* The session is in state interrupting: have it end. Without an agent at it, it ends at once. */
void supervisor_interrupt(struct session *session, enum link_interrupt why);
/* Ends the session's agent at once, if it has one; for sessions that are deleted. */
void supervisor_kill(struct session *session);
/* For admins (supervisor_admin.c). Has an idle agent leave now; false if there is none that is idle. */
bool supervisor_hibernate(struct session *session);
/* Ends the session's agent at once, its turn with it: that is said in the session. False if it has none. */
bool supervisor_end(struct session *session, const char *by);
/* For asking the session's agent, which is started if there is none. NULL with a sentence if that can't be:
 * *code says why. What is asked is answered ERR_UNAVAILABLE if the agent ends. */
struct agent_requests *supervisor_requests(struct session *session, enum err *code, char error[256]);
/* The session's agent, if it has one, is told its servers and rules anew (LINK_SERVERS). */
void supervisor_define(struct session *session);
/* The same for the agents of all sessions of that owner; NULL: of all. */
void supervisor_define_all(struct supervisor *supervisor, const char *owner);
/* limits.max_live_agents may be another: turns in line may begin, or idle agents have to leave. */
void supervisor_limit(struct supervisor *supervisor);
/* The session's agent, if it has one, begins anew with the session's state (LINK_LOAD): what it folded itself
 * is not all that there is. The title that it may be making is of what it had, and dropped. While the session
 * is idle. */
void supervisor_reload(struct session *session);
/* A frame LINK_LENT for the session's agent. False if it has none. */
bool supervisor_lent(struct session *session, json_t *json);
/* An order is about to be sent to the session's agent, which needs the model's key for it. */
void supervisor_order_follows(struct session *session);
/* Bytes that the session's agent has not read yet. */
size_t supervisor_lent_waiting(const struct session *session);
/* A durable event's text for the agent that follows the session. */
void supervisor_forward(struct agent *agent, const char *text, size_t len);

/* For the orderly stop: tells all agents to end their turns and to leave; it is over when there are none. */
void supervisor_stop(struct supervisor *supervisor);
size_t supervisor_turns(const struct supervisor *supervisor);
/* Those that wait for a process, too. */
size_t supervisor_agents(const struct supervisor *supervisor);
size_t supervisor_processes(const struct supervisor *supervisor);
/* Those in line before limits.max_live_agents. */
size_t supervisor_waiting(const struct supervisor *supervisor);
/* The stoa-agent program; NULL if it was not found. */
const char *supervisor_path(const struct supervisor *supervisor);
/* For session.info: {"state":"none|waiting|queued|starting|idle|running|leaving","pid":...,"crashes":...}
 * (new reference). */
json_t *supervisor_info(const struct session *session);

#endif
