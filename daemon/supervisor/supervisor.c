/* Agents of sessions. One timer an agent serves all its deadlines, since it has one at a time:
 *     waiting (back-off)  -> start, or to the line      starting -> ready deadline      idle -> hibernation
 *     running -> next beat               interrupting -> end of patience */
#include "daemon/supervisor/supervisor_internal.h"

#include "daemon/counting.h"
#include "daemon/lends.h"
#include "daemon/people/ledger.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/order.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <string.h>

const char *supervisor_state_name(enum agent_state state)
{
    static const char *const names[] = {"waiting", "queued", "starting", "idle", "running", "leaving"};
    return names[state];
}

/* --- the agents' list --- */

/* Takes requests that wait for it; NULL for none. They are the session's: one agent may hand them to the
 * next. */
static struct agent *agent_new(struct session *session, struct agent_requests *requests)
{
    struct supervisor *supervisor = session->server->supervisor;
    struct agent *agent = xcalloc(1, sizeof *agent);
    agent->session = session;
    agent->requests = requests ? requests : supervisor_new_requests(session);
    agent->timer = xcalloc(1, sizeof *agent->timer);
    uv_timer_init(session->server->loop, agent->timer);
    agent->timer->data = agent;
    agent->last_used = clock_steady_ms();
    agent->next = supervisor->agents;
    if (agent->next)
        agent->next->previous = agent;
    supervisor->agents = agent;
    supervisor->count++;
    session->agent = agent;
    counting_watch(session);
    return agent;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

/* why: for those who wait for an answer of it. */
static void agent_free(struct agent *agent, const char *why)
{
    struct supervisor *supervisor = supervisor_of(agent);
    supervisor_line_take_out(agent);
    agent->state = AGENT_LEAVING;
    if (agent->requests)
        agent_requests_fail(agent->requests, true, ERR_UNAVAILABLE, why);
    agent_requests_free(&agent->requests);
    json_decref(agent->secrets);
    handout_clear(&agent->handout);
    if (agent->previous)
        agent->previous->next = agent->next;
    else
        supervisor->agents = agent->next;
    if (agent->next)
        agent->next->previous = agent->previous;
    supervisor->count--;
    struct session *session = agent->session;
    session->agent = NULL;
    counting_left(session);
    uv_close((uv_handle_t *)agent->timer, free_handle);
    free(agent);
    lends_agent_gone(session->server->lends, session);
}

void supervisor_limit(struct supervisor *supervisor)
{
    supervisor_line_serve(supervisor);
}

size_t supervisor_agents(const struct supervisor *supervisor)
{
    return supervisor->count;
}

size_t supervisor_processes(const struct supervisor *supervisor)
{
    return line_held(supervisor->line);
}

size_t supervisor_waiting(const struct supervisor *supervisor)
{
    return line_waiting(supervisor->line);
}

const char *supervisor_path(const struct supervisor *supervisor)
{
    return supervisor->path;
}

/* --- ends of turns --- */

/* The turn can't go on: what came is kept, the reason said, the session is idle again, unless it waits for a
 * permission. Queued messages wait. */
static void fail_turn(struct session *session, const char *kind, const char *text)
{
    session_recover(session, kind, text, false);
}

static int64_t backoff_ms(unsigned crashes)
{
    if (crashes < 2)
        return 0;
    unsigned doublings = crashes - 2 < 5 ? crashes - 2 : 5;
    int64_t delay = (int64_t)SUPERVISOR_BACKOFF_MS << doublings;
    return delay < SUPERVISOR_BACKOFF_MAX_MS ? delay : SUPERVISOR_BACKOFF_MAX_MS;
}

/* What came while it left is for the next one; NULL if there is nothing. */
static struct agent_requests *keep_unsent(struct agent *agent)
{
    struct agent_requests *requests = agent->requests;
    agent_requests_fail(requests, agent->session->server->stopping, ERR_UNAVAILABLE, "the agent has left");
    if (agent_requests_waiting(requests) == 0)
        return NULL;
    agent->requests = NULL;
    return requests;
}

static void on_end(void *arg, enum exit_cause cause, const char *how)
{
    struct agent *agent = arg;
    struct session *session = agent->session;
    struct supervisor *supervisor = supervisor_of(agent);
    bool interrupting = agent->interrupting, leaving = agent->state == AGENT_LEAVING;
    char text[256];
    snprintf(text, sizeof text,
             "the agent of this session ended (%s: %s); the reply is kept as far as it came",
             exit_cause_name(cause), how);
    agent->proc = NULL;
    if (agent->state == AGENT_RUNNING && !interrupting)
        session_left_unanswered(session);
    struct agent_requests *unsent = leaving ? keep_unsent(agent) : NULL;
    agent_free(agent, text);
    supervisor_line_serve(supervisor);
    if (leaving) {
        log_info("agent", "left, cause=%s session=%s", exit_cause_name(cause), log_id(session->state->id));
        session_disconnect_servers(session);
        if (session->state->run != RUN_THINKING && session->state->run != RUN_COMPACTING)
            session_recover(session, "agent", "the agent left during this turn", true);
        if (unsent)
            supervisor_bring(session, unsent, text);
        session_go_on(session); /* it was asked for while the old one left */
    } else {
        session->crashes++;
        session->server->stats.crashes++;
        session->not_before = clock_steady_ms() + backoff_ms(session->crashes);
        log_warn("agent", "ended, cause=%s how=%s crashes=%u session=%s", exit_cause_name(cause), how,
                 session->crashes, log_id(session->state->id));
        if (session_recover(session, "agent",
                            interrupting ? "the agent did not stop in time and was ended" : text,
                            session->crashes < SESSION_RESUMES_MAX))
            session_go_on(session);
    }
    registry_release(session->server->registry, session);
}

/* --- what an agent says --- */

static void on_timer(uv_timer_t *timer);

static void send_json(struct agent *agent, enum link_kind kind, json_t *json)
{
    agentproc_send_json(agent->proc, kind, json);
    json_decref(json);
}

void supervisor_leave(struct agent *agent)
{
    agent->state = AGENT_LEAVING;
    line_leaves(supervisor_of(agent)->line, &agent->place);
    agent_requests_fail(agent->requests, false, ERR_UNAVAILABLE, "the agent leaves");
    uv_timer_start(agent->timer, on_timer, AGENTPROC_LEAVE_MS, 0);
    agentproc_stop(agent->proc, EXIT_CAUSE_HIBERNATED);
}

void supervisor_hurry(struct agent *agent)
{
    if (uv_timer_get_due_in(agent->timer) > SUPERVISOR_HURRY_MS)
        uv_timer_start(agent->timer, on_timer, SUPERVISOR_HURRY_MS, 0);
}

/* One that stops, or that others wait for, is not kept, however it came to be idle. */
void supervisor_set_idle(struct agent *agent)
{
    agent->state = AGENT_IDLE;
    agent->interrupting = false;
    agent->last_used = clock_steady_ms();
    if (agent->session->server->stopping || supervisor_line_needs(agent)) {
        supervisor_leave(agent);
        return;
    }
    int64_t timeout = config_number(agent->session->server->config, OPTION_SESSION_IDLE_TIMEOUT);
    uv_timer_start(agent->timer, on_timer, (uint64_t)timeout, 0);
}

static void send_turn(struct agent *agent)
{
    char error[256];
    bool allowed = ledger_allows(agent->session->server, agent->session->state->owner, error);
    json_t *json = allowed ? order_turn(agent->session, error) : NULL;
    if (!json) {
        supervisor_set_idle(agent);
        fail_turn(agent->session, allowed ? "provider" : "limit", error);
        return;
    }
    ledger_turn(agent->session);
    agent->state = AGENT_RUNNING;
    agent->turn_facts = agent->turn_bytes = 0;
    agent->turn_steps = 0;
    agent->max_steps = config_number(agent->session->server->config, OPTION_TURN_MAX_STEPS);
    agent->failed = false;
    agent->last_beat = clock_steady_ms();
    uv_timer_start(agent->timer, on_timer, LINK_BEAT_DEADLINE_MS, 0);
    snprintf(agent->ordered, sizeof agent->ordered, "%s", jsonx_str(jsonx_obj(json, "provider"), "name", ""));
    supervisor_give_secrets(agent);
    send_json(agent, agent->session->state->run == RUN_COMPACTING ? LINK_COMPACT : LINK_TURN, json);
}

static bool on_ready(struct agent *agent, const json_t *json)
{
    if (agent->state != AGENT_STARTING || !agentproc_fits(agent->proc, json))
        return false;
    supervisor_load(agent);
    if (session_turn_due(agent->session))
        send_turn(agent);
    else
        supervisor_set_idle(agent);
    return true;
}

/* What servers log goes on for as long as the turn waits for a person, and has a rate of its own. */
static bool is_passing(enum link_kind kind, const json_t *json)
{
    enum event_type type = kind == LINK_FACT ? event_type_parse(jsonx_str(json, "type", "")) : EVENT_COUNT;
    return type != EVENT_COUNT && !event_row(type)->durable;
}

static bool on_frame(void *arg, enum link_kind kind, const char *payload, size_t len)
{
    struct agent *agent = arg;
    agent->last_beat = clock_steady_ms();
    bool is_request = kind >= LINK_REQUEST && kind <= LINK_CANCEL;
    bool is_lent = kind == LINK_LENT;
    bool is_json = kind == LINK_READY || kind == LINK_FACT || is_request || is_lent, good = false;
    json_t *json = is_json ? jsonx_parse(payload, len, NULL) : NULL;
    if (!is_lent && !is_passing(kind, json))
        agent->turn_bytes += len;
    if (agent->turn_bytes > SUPERVISOR_TURN_BYTES)
        good = false;
    else if (kind == LINK_CHUNK)
        good = supervisor_chunk(agent, payload, len);
    else if (kind == LINK_BEAT)
        good = true;
    else if (kind == LINK_READY)
        good = on_ready(agent, json);
    else if (kind == LINK_FACT)
        good = supervisor_fact(agent, json);
    else if (is_request)
        good = agent->state != AGENT_STARTING && agent_requests_frame(agent->requests, kind, json);
    else if (is_lent)
        good = agent->state != AGENT_STARTING &&
               lends_agent(agent->session->server->lends, agent->session, json);
    if (kind != LINK_CHUNK && kind != LINK_BEAT)
        supervisor_line_look(supervisor_of(agent));
    if (!good)
        log_error("agent", "broke the protocol: frame kind=%d bytes=%zu state=%s session=%s", (int)kind, len,
                  supervisor_state_name(agent->state), log_id(agent->session->state->id));
    json_decref(json);
    return good;
}

/* --- start --- */

/* False with a sentence: then the agent is no more. */
static bool start_process(struct agent *agent, char error[256])
{
    static const struct agentproc_callbacks callbacks = {on_frame, on_end};
    struct session *session = agent->session;
    const char *path = supervisor_of(agent)->path;
    snprintf(error, 256, "stoa-agent was not found beside stoad nor in PATH (option agent.path)");
    agent->proc = path ? agentproc_start(session->server->loop, path, &callbacks, agent, error) : NULL;
    if (!agent->proc) {
        log_error("agent", "%s", error);
        agent_free(agent, error);
        return false;
    }
    supervisor_line_hold(agent);
    agent->state = AGENT_STARTING;
    uv_timer_start(agent->timer, on_timer, LINK_READY_MS, 0);
    log_info("agent", "started pid=%d session=%s", (int)agentproc_pid(agent->proc),
             log_id(session->state->id));
    return true;
}

static void say_waiting(struct session *session, int64_t delay)
{
    if (session->state->run == RUN_IDLE)
        return; /* no turn waits */
    json_t *data = json_object();
    char why[128];
    snprintf(why, sizeof why, "the agent crashed %u times in a row", session->crashes);
    jsonx_set_int(data, "attempt", session->crashes < 100 ? session->crashes : 100);
    jsonx_set_int(data, "limit", 100);
    jsonx_set_int(data, "delay_ms", delay);
    jsonx_set_str(data, "why", why);
    session_emit(session, EVENT_TURN_RETRYING, data);
}

void supervisor_begin(struct agent *agent)
{
    struct session *session = agent->session;
    char error[256];
    if (start_process(agent, error)) {
        supervisor_line_say(agent);
        return;
    }
    fail_turn(session, "agent", error);
    registry_release(session->server->registry, session);
}

struct agent *supervisor_bring(struct session *session, struct agent_requests *requests, char error[256])
{
    struct agent *agent = agent_new(session, requests);
    int64_t delay = session->not_before - clock_steady_ms();
    if (session->not_before > 0 && delay > 0) {
        agent->state = AGENT_WAITING;
        uv_timer_start(agent->timer, on_timer, (uint64_t)delay, 0);
        say_waiting(session, delay);
    } else if (!supervisor_line_is_clear(supervisor_of(agent), session->state->owner)) {
        supervisor_line_join(agent);
    } else if (!start_process(agent, error)) {
        return NULL;
    }
    return agent;
}

void supervisor_turn(struct session *session)
{
    struct agent *agent = session->agent;
    char error[256];
    if (!agent && !ledger_allows(session->server, session->state->owner, error)) {
        fail_turn(session, "limit", error);
        return;
    }
    if (agent && agent->state == AGENT_IDLE)
        send_turn(agent);
    else if (agent && agent->state == AGENT_LEAVING)
        supervisor_hurry(agent); /* a deaf server may hold it */
    else if (agent)
        supervisor_line_say(agent);
    if (agent)
        return; /* while it starts, waits or leaves, the turn begins when that is over */
    if (!supervisor_bring(session, NULL, error))
        fail_turn(session, "agent", error);
}

/* --- deadlines --- */

static void check_beat(struct agent *agent)
{
    int64_t quiet = clock_steady_ms() - agent->last_beat;
    if (agent->interrupting || quiet >= LINK_BEAT_DEADLINE_MS)
        agentproc_kill(agent->proc, EXIT_CAUSE_DEADLINE);
    else
        uv_timer_start(agent->timer, on_timer, (uint64_t)(LINK_BEAT_DEADLINE_MS - quiet), 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct agent *agent = timer->data;
    switch (agent->state) {
    case AGENT_WAITING:
        if (supervisor_line_is_clear(supervisor_of(agent), agent->session->state->owner))
            supervisor_begin(agent);
        else
            supervisor_line_join(agent);
        break;
    case AGENT_IN_LINE:
        break;
    case AGENT_STARTING:
        agentproc_kill(agent->proc, EXIT_CAUSE_DEADLINE);
        break;
    case AGENT_IDLE:
        supervisor_title_cancel(agent);
        if (agent_requests_busy(agent->requests) == 0) /* else on_quiet begins the time anew */
            supervisor_leave(agent);
        break;
    case AGENT_RUNNING:
        check_beat(agent);
        break;
    case AGENT_LEAVING:
        agentproc_kill(agent->proc, EXIT_CAUSE_DEADLINE);
        break;
    }
}

bool supervisor_works(const struct session *session)
{
    return session->agent && session->agent->state == AGENT_RUNNING;
}

void supervisor_interrupt(struct session *session, enum link_interrupt why)
{
    struct agent *agent = session->agent;
    if (agent && agent->state == AGENT_RUNNING) {
        json_t *json = json_object();
        jsonx_set_str(json, "why", link_interrupt_name(why));
        agent->interrupting = true;
        uv_timer_start(agent->timer, on_timer, LINK_INTERRUPT_MS, 0);
        send_json(agent, LINK_INTERRUPT, json);
        return;
    }
    /* Nothing has begun: the turn ends here, and an agent that was to start finds nothing to do. */
    session_end_turn(session, NULL, "interrupted");
    if (agent && !agent->proc && agent_requests_busy(agent->requests) == 0)
        agent_free(agent, "interrupted");
    session_next(session);
}

void supervisor_kill(struct session *session)
{
    struct agent *agent = session->agent;
    if (!agent)
        return;
    struct supervisor *supervisor = supervisor_of(agent);
    agentproc_abandon(&agent->proc);
    agent_free(agent, "the agent of this session was ended");
    supervisor_line_serve(supervisor);
}

void supervisor_forward(struct agent *agent, const char *text, size_t len)
{
    if (agent->proc && (agent->state == AGENT_IDLE || agent->state == AGENT_RUNNING))
        agentproc_send(agent->proc, LINK_EVENT, text, len);
}

/* --- the whole --- */

size_t supervisor_turns(const struct supervisor *supervisor)
{
    size_t turns = 0;
    for (const struct agent *agent = supervisor->agents; agent; agent = agent->next)
        turns += agent->session->state->run != RUN_IDLE;
    return turns;
}

void supervisor_stop(struct supervisor *supervisor)
{
    struct agent *next;
    for (struct agent *agent = supervisor->agents; agent; agent = next) {
        next = agent->next;
        bool asks = agent->session->state->run == RUN_AWAITING_PERMISSION;
        if (agent->state == AGENT_IDLE || (agent->state == AGENT_RUNNING && asks))
            supervisor_leave(agent); /* a question waits for the next daemon */
        else if (!agent->proc && (asks || agent->session->state->run == RUN_IDLE))
            agent_free(agent, "the daemon stops");
        else
            session_interrupt(agent->session, LINK_INTERRUPT_STOP, "the daemon, which stops");
    }
}

json_t *supervisor_info(const struct session *session)
{
    const struct agent *agent = session->agent;
    json_t *json = json_object();
    jsonx_set_str(json, "state", agent ? supervisor_state_name(agent->state) : "none");
    if (agent && agent->proc)
        jsonx_set_int(json, "pid", agentproc_pid(agent->proc));
    jsonx_set_int(json, "crashes", session->crashes);
    return json;
}

struct supervisor *supervisor_open(struct server *server)
{
    struct supervisor *supervisor = xcalloc(1, sizeof *supervisor);
    supervisor->server = server;
    const char *set = config_text(server->config, OPTION_AGENT_PATH);
    supervisor->path = set[0] ? xstrdup(set) : paths_program("stoa-agent");
    if (!supervisor->path)
        log_warn("agent", "stoa-agent was found neither beside stoad nor in PATH; turns will fail");
    supervisor->line = supervisor_line_open(server);
    supervisor->timer = xcalloc(1, sizeof *supervisor->timer);
    uv_timer_init(server->loop, supervisor->timer);
    supervisor->timer->data = supervisor;
    return supervisor;
}

void supervisor_close(struct supervisor **slot)
{
    struct supervisor *supervisor = *slot;
    if (!supervisor)
        return;
    struct agent *next;
    for (struct agent *agent = supervisor->agents; agent; agent = next) {
        struct session *session = agent->session;
        next = agent->next;
        supervisor_kill(session);
        fail_turn(session, "agent", "the daemon stopped before the turn had ended");
    }
    uv_close((uv_handle_t *)supervisor->timer, free_handle);
    line_close(&supervisor->line);
    free(supervisor->path);
    free(supervisor);
    *slot = NULL;
}
