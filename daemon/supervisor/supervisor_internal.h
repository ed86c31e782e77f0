/* What the supervisor's files share. */
#ifndef STOA_DAEMON_SUPERVISOR_SUPERVISOR_INTERNAL_H
#define STOA_DAEMON_SUPERVISOR_SUPERVISOR_INTERNAL_H

#include "daemon/server.h"
#include "daemon/supervisor/agent_requests.h"
#include "daemon/supervisor/agentproc.h"
#include "daemon/supervisor/handout.h"
#include "daemon/supervisor/line.h"
#include "daemon/supervisor/supervisor.h"

#include <uv.h>

enum agent_state {
    AGENT_WAITING, /* for the end of a back-off */
    AGENT_IN_LINE, /* for another's process to end */
    AGENT_STARTING,
    AGENT_IDLE,
    AGENT_RUNNING,
    AGENT_LEAVING
};

struct agent {
    struct session *session;
    struct agentproc *proc; /* NULL while waiting or in line */
    struct agent_requests *requests;
    json_t *secrets;                   /* {name: true} that its servers refer to; NULL before LOAD */
    struct handout handout;            /* what its process was given */
    char ordered[CONFIG_NAME_MAX + 1]; /* the provider of the turn that runs */
    enum agent_state state;
    bool interrupting;
    int64_t last_beat;             /* steady ms */
    int64_t last_used;             /* steady ms: when it became idle, or last asked a person */
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
    struct line_place place; /* in line, or its process */
};

struct supervisor {
    struct server *server;
    char *path;
    struct agent *agents;
    size_t count;
    struct line *line; /* who waits, and the processes */
    uv_timer_t *timer; /* until one that asks may leave */
};

static inline struct supervisor *supervisor_of(const struct agent *agent)
{
    return agent->session->server->supervisor;
}
const char *supervisor_state_name(enum agent_state state);
/* Makes the session's agent, which is started at once, after the back-off, or when it is its turn in line.
 * NULL with a sentence. Takes requests that wait for it; NULL for none. */
struct agent *supervisor_bring(struct session *session, struct agent_requests *requests, char error[256]);
/* Starts the process of an agent that has none yet; if that fails, so does its turn, and the agent is no
 * more. */
void supervisor_begin(struct agent *agent);
/* Tells it to leave. */
void supervisor_leave(struct agent *agent);
/* It is leaving, and somebody waits for that: it gets no more than SUPERVISOR_HURRY_MS from now. */
void supervisor_hurry(struct agent *agent);
/* For requests to the session's agent, whichever process that is (supervisor_ask.c). */
struct agent_requests *supervisor_new_requests(struct session *session);
/* The agent is ready: LOAD, SERVERS, and what has waited for it. */
void supervisor_load(struct agent *agent);
/* SECRETS, with all that its servers and its model need: before each frame that holds an order. */
void supervisor_give_secrets(struct agent *agent);
/* The turn has ended: the agent waits, and hibernates by and by. */
void supervisor_set_idle(struct agent *agent);
/* What an agent says (supervisor_facts.c). False: it breaks the protocol. */
bool supervisor_fact(struct agent *agent, json_t *json);
bool supervisor_chunk(struct agent *agent, const char *payload, size_t len);
/* The same of question.asked and question.answered (supervisor_questions.c). */
bool supervisor_fact_asked(struct agent *agent, json_t *data);
bool supervisor_fact_answered(struct agent *agent, json_t *data);
/* Whether message and block in what an agent says name a call of the newest message; *call: how far it is. */
bool supervisor_names_call(const struct state *state, const json_t *data, enum call_state *call);
/* Whether two persons must allow the call that data names, with the arguments that it would be run with. */
bool supervisor_needs_two(const struct session *session, const json_t *data);
/* Asks for a title if a turn has ended well and the session has none (supervisor_title.c). */
void supervisor_title(struct agent *agent);
/* It is not waited for any more. */
void supervisor_title_cancel(struct agent *agent);
/* Sends GO for that call when all that was said so far is on disk (supervisor_go.c). */
void supervisor_go_when_stored(struct agent *agent, const char *message, int block);

/* --- the line (supervisor_line.c) --- */

/* Whether a process for a session of that owner may be started at once. */
bool supervisor_line_is_clear(const struct supervisor *supervisor, const char *owner);
/* It has a process from now on. */
void supervisor_line_hold(struct agent *agent);
/* Puts an agent without process at the end of its owner's; its session is told if a turn waits for it. */
void supervisor_line_join(struct agent *agent);
/* Takes it out, or its process off the count. */
void supervisor_line_take_out(struct agent *agent);
/* Starts who can be, and has others leave for the rest: a process has ended, or the limit is another. */
void supervisor_line_serve(struct supervisor *supervisor);
/* An agent has done something, after which it may be one that can leave: looks soon, if somebody waits. */
void supervisor_line_look(struct supervisor *supervisor);
/* Whether an agent that has become idle should leave at once: for somebody in line, or since the limit is
 * lower than before. */
bool supervisor_line_needs(const struct agent *agent);
/* Whether one more in line, of that owner, would be served by agents that can leave now. */
bool supervisor_line_moves(const struct supervisor *supervisor, const char *owner);
struct line *supervisor_line_open(struct server *server);
/* Tells the session, if a turn waits, that its agent is in line, or is no more. */
void supervisor_line_say(const struct agent *agent);
void supervisor_line_on_timer(uv_timer_t *timer);

#endif
