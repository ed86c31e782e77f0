/* The line before limits.max_live_agents processes: who comes first is served first. Somebody who waits has
 * an agent leave that is idle, the one that has been so longest; and a turn that ends makes way for the line
 * before its session's next one begins. */
#include "daemon/supervisor/supervisor_internal.h"

#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"

#include <stdio.h>

static size_t max_processes(const struct supervisor *supervisor)
{
    return (size_t)config_number(supervisor->server->config, OPTION_LIMITS_MAX_LIVE_AGENTS);
}

/* --- who may leave --- */

/* Nobody asks it anything but for a title, which gives way. */
static bool is_quiet(const struct agent *agent)
{
    return agent_requests_busy(agent->requests) == (agent->title != NULL);
}

/* Its turn waits for people alone: nothing runs that would be lost. */
static bool is_asking(const struct state *state)
{
    const struct message *message = state_open_calls(state);
    if (state->run != RUN_AWAITING_PERMISSION)
        return false;
    for (size_t i = 0; message && i < message->block_count; i++)
        if (message->blocks[i].call && message->blocks[i].call->state == CALL_RUNNING)
            return false;
    for (size_t i = 0; i < state->question_count; i++)
        if (state->questions[i]->kind != QUESTION_PERMISSION)
            return false;
    return true;
}

/* Steady ms from when on it may leave for another; INT64_MAX: it is needed. A question that was just asked
 * may be answered soon, and servers may hold what the turn needs then. */
static int64_t free_from(const struct agent *agent)
{
    int64_t patience = config_number(agent->session->server->config, OPTION_SESSION_IDLE_TIMEOUT);
    if (!is_quiet(agent))
        return INT64_MAX;
    if (agent->state == AGENT_IDLE)
        return agent->last_used;
    if (agent->state != AGENT_RUNNING || !is_asking(agent->session->state))
        return INT64_MAX;
    return agent->last_used + (patience < SUPERVISOR_ASKING_MS ? patience : SUPERVISOR_ASKING_MS);
}

/* How many more are wanted, with so many more in line, than there can be once all that leave have left. */
static size_t missing(const struct supervisor *supervisor, size_t more)
{
    size_t wanted = supervisor->processes + supervisor->waiting + more, max = max_processes(supervisor);
    for (const struct agent *agent = supervisor->agents; agent; agent = agent->next)
        wanted -= agent->state == AGENT_LEAVING;
    return wanted > max ? wanted - max : 0;
}

static void make_room(struct supervisor *supervisor)
{
    int64_t now = clock_steady_ms(), soonest = 0;
    for (size_t more = missing(supervisor, 0); more > 0; more--) {
        struct agent *oldest = NULL;
        for (struct agent *agent = supervisor->agents; agent; agent = agent->next)
            if (free_from(agent) < (oldest ? free_from(oldest) : INT64_MAX))
                oldest = agent;
        soonest = oldest ? free_from(oldest) : 0;
        if (!oldest || soonest > now)
            break;
        supervisor_leave(oldest);
    }
    if (supervisor->waiting > 0 && soonest > now)
        uv_timer_start(supervisor->timer, supervisor_line_on_timer, (uint64_t)(soonest - now), 0);
}

/* Those that leave have others wait for them now. */
static void hurry(struct supervisor *supervisor)
{
    for (struct agent *agent = supervisor->agents; agent && supervisor->waiting > 0; agent = agent->next)
        if (agent->state == AGENT_LEAVING)
            supervisor_hurry(agent);
}

/* --- the line --- */

void supervisor_line_say(const struct agent *agent)
{
    struct session *session = agent->session;
    const struct state *state = session->state;
    bool waits = agent->state == AGENT_IN_LINE, said = state->retry_why && state->retry_limit == 0;
    char why[160] = "";
    if (state->run == RUN_IDLE || waits == said)
        return;
    size_t max = max_processes(supervisor_of(agent));
    if (waits)
        snprintf(why, sizeof why,
                 "%s at work (limits.max_live_agents is %zu); this turn is in line, and begins by itself",
                 max == 1 ? "another agent is" : "other agents are", max);
    json_t *data = json_object();
    jsonx_set_int(data, "attempt", 0);
    jsonx_set_int(data, "limit", 0);
    jsonx_set_int(data, "delay_ms", 0);
    jsonx_set_str(data, "why", why);
    session_emit(session, EVENT_TURN_RETRYING, data);
}

bool supervisor_line_is_clear(const struct supervisor *supervisor)
{
    return supervisor->waiting == 0 && supervisor->processes < max_processes(supervisor);
}

void supervisor_line_join(struct agent *agent)
{
    struct supervisor *supervisor = supervisor_of(agent);
    agent->state = AGENT_IN_LINE;
    if (supervisor->last)
        supervisor->last->behind = agent;
    else
        supervisor->first = agent;
    supervisor->last = agent;
    supervisor->waiting++;
    log_debug("agent", "in line, waiting=%zu session=%s", supervisor->waiting,
              log_id(agent->session->state->id));
    make_room(supervisor);
    hurry(supervisor);
    supervisor_line_say(agent);
}

void supervisor_line_take_out(struct agent *agent)
{
    struct supervisor *supervisor = supervisor_of(agent);
    struct agent **at = &supervisor->first, *before = NULL;
    while (*at && *at != agent) {
        before = *at;
        at = &before->behind;
    }
    if (!*at)
        return;
    *at = agent->behind;
    agent->behind = NULL;
    if (supervisor->last == agent)
        supervisor->last = before;
    supervisor->waiting--;
}

void supervisor_line_serve(struct supervisor *supervisor)
{
    if (supervisor->server->stopping)
        return;
    while (supervisor->first && supervisor->processes < max_processes(supervisor)) {
        struct agent *agent = supervisor->first;
        supervisor_line_take_out(agent);
        supervisor_begin(agent);
    }
    make_room(supervisor);
    hurry(supervisor);
}

void supervisor_line_on_timer(uv_timer_t *timer)
{
    supervisor_line_serve(timer->data);
}

void supervisor_line_look(struct supervisor *supervisor)
{
    if (supervisor->waiting > 0)
        uv_timer_start(supervisor->timer, supervisor_line_on_timer, 0, 0);
}

bool supervisor_line_needs(const struct agent *agent)
{
    return is_quiet(agent) && missing(supervisor_of(agent), 0) > 0;
}

bool supervisor_line_moves(const struct supervisor *supervisor)
{
    size_t could = 0;
    int64_t now = clock_steady_ms();
    for (const struct agent *agent = supervisor->agents; agent; agent = agent->next)
        could += free_from(agent) <= now;
    return missing(supervisor, 1) <= could;
}
