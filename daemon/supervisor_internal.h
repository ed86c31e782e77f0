/* What the supervisor's files share. */
#ifndef STOA_DAEMON_SUPERVISOR_INTERNAL_H
#define STOA_DAEMON_SUPERVISOR_INTERNAL_H

#include "daemon/agent_requests.h"
#include "daemon/agentproc.h"
#include "daemon/supervisor.h"

#include <uv.h>

enum agent_state { AGENT_WAITING, AGENT_STARTING, AGENT_IDLE, AGENT_RUNNING, AGENT_LEAVING };

struct agent {
    struct session *session;
    struct agentproc *proc; /* NULL while waiting */
    struct agent_requests *requests;
    enum agent_state state;
    bool interrupting;
    int64_t last_beat, last_used;  /* steady ms */
    size_t turn_facts, turn_bytes; /* said since the turn's step began */
    int64_t turn_steps;            /* since the turn began */
    int64_t max_steps;             /* turn.max_steps as it was then: the agent goes by that, too */
    bool failed;                   /* it said so of its turn */
    int64_t rate_since;            /* steady ms */
    size_t rate_facts;             /* of those that are kept and not the turn's, since then */
    size_t rate_passing;           /* of those that are not kept */
    uint64_t serial;               /* 0 until supervisor_go.c needs it */
    struct outgoing *title;        /* the question for one; NULL: it is not asked */
    unsigned titles;               /* how often it was */
    bool title_quiet;              /* its end left the agent quiet: nothing was used */
    uv_timer_t *timer;
    struct agent *next, *previous;
};

struct supervisor {
    struct server *server;
    char *path;
    struct agent *agents;
    size_t count;
};

const char *supervisor_state_name(enum agent_state state);
/* Makes the session's agent, which is started at once or after the back-off. NULL with a sentence. Takes
 * requests that wait for it; NULL for none. */
struct agent *supervisor_bring(struct session *session, struct agent_requests *requests, char error[256]);
/* For requests to the session's agent, whichever process that is (supervisor_ask.c). */
struct agent_requests *supervisor_new_requests(struct session *session);
/* The agent is ready: LOAD, SERVERS, and what has waited for it. */
void supervisor_load(struct agent *agent);
/* The turn has ended: the agent waits, and hibernates by and by. */
void supervisor_set_idle(struct agent *agent);
/* What an agent says (supervisor_facts.c). False: it breaks the protocol. */
bool supervisor_fact(struct agent *agent, json_t *json);
bool supervisor_chunk(struct agent *agent, const char *payload, size_t len);
/* Asks for a title if a turn has ended well and the session has none (supervisor_title.c). */
void supervisor_title(struct agent *agent);
/* It is not waited for any more. */
void supervisor_title_cancel(struct agent *agent);
/* Sends GO for that call when all that was said so far is on disk (supervisor_go.c). */
void supervisor_go_when_stored(struct agent *agent, const char *message, int block);

#endif
