/* The line before limits.max_live_agents processes, and before each owner's own number (line.h says who is
 * next). Somebody who waits has an agent leave that is idle, of whoever has most; and a turn that ends makes
 * way for the line before its session's next one begins. */
#include "daemon/supervisor/supervisor_internal.h"

#include "daemon/people/users.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"

#include <stdio.h>
#include <string.h>

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

/* How many more are wanted, with one more of that owner's in line (or NULL), than there can be once all that
 * leave have left. */
static size_t missing(const struct supervisor *supervisor, const char *owner)
{
    size_t wanted = line_wanted(supervisor->line, owner, owner != NULL), max = max_processes(supervisor);
    return wanted > max ? wanted - max : 0;
}

static const char *owner_of(const struct agent *agent)
{
    return agent->session->state->owner;
}

/* How many processes of its owner's stay. */
static size_t staying(const struct agent *agent)
{
    const struct line_owner *owner = agent->place.owner;
    return owner ? owner->held - owner->leaving : 0;
}

/* The agent that has been free longest of those whose owner (if one is given, of that one's) has most. NULL
 * if none is free now: then *soonest is lowered to when one will be. */
static struct agent *choose(const struct supervisor *supervisor, const struct line_owner *owner,
                            int64_t *soonest)
{
    int64_t now = clock_steady_ms();
    struct agent *best = NULL;
    for (struct agent *agent = supervisor->agents; agent; agent = agent->next) {
        int64_t from = free_from(agent);
        if (owner && agent->place.owner != owner)
            continue;
        if (from > now) {
            *soonest = from < *soonest ? from : *soonest;
            continue;
        }
        if (!best || staying(agent) > staying(best) ||
            (staying(agent) == staying(best) && from < free_from(best)))
            best = agent;
    }
    return best;
}

/* First who waits for nobody but its own owner's. */
static void make_room(struct supervisor *supervisor)
{
    int64_t soonest = INT64_MAX, now = clock_steady_ms();
    struct agent *agent;
    for (const struct line_owner *owner = line_owners(supervisor->line); owner; owner = owner->next)
        while (line_over(supervisor->line, owner->name, 0) > 0 &&
               (agent = choose(supervisor, owner, &soonest)))
            supervisor_leave(agent);
    while (missing(supervisor, NULL) > 0 && (agent = choose(supervisor, NULL, &soonest)))
        supervisor_leave(agent);
    if (line_waiting(supervisor->line) > 0 && soonest < INT64_MAX)
        uv_timer_start(supervisor->timer, supervisor_line_on_timer,
                       (uint64_t)(soonest > now ? soonest - now : 0), 0);
}

/* Those that leave have others wait for them now. */
static void hurry(struct supervisor *supervisor)
{
    for (struct agent *agent = supervisor->agents; agent && line_waiting(supervisor->line) > 0;
         agent = agent->next)
        if (agent->state == AGENT_LEAVING)
            supervisor_hurry(agent);
}

/* --- the line --- */

static void say_why(const struct agent *agent, char why[256])
{
    const struct supervisor *supervisor = supervisor_of(agent);
    const struct line_owner *owner = agent->place.owner;
    size_t max = max_processes(supervisor);
    if (owner && !line_may(supervisor->line, owner->name))
        snprintf(why, 256,
                 "%zu agent%s of %.64s's at work (quota.agents is %lld); this turn is in line, and begins by "
                 "itself",
                 owner->held, owner->held == 1 ? " is" : "s are", owner->name,
                 (long long)(owner->may > 0 ? owner->may : 0));
    else
        snprintf(why, 256,
                 "%s at work (limits.max_live_agents is %zu); this turn is in line, and begins by itself",
                 max == 1 ? "another agent is" : "other agents are", max);
}

void supervisor_line_say(const struct agent *agent)
{
    struct session *session = agent->session;
    const struct state *state = session->state;
    bool waits = agent->state == AGENT_IN_LINE, said = state->retry_why && state->retry_limit == 0;
    char why[256] = "";
    if (state->run == RUN_IDLE || waits == said)
        return;
    if (waits)
        say_why(agent, why);
    json_t *data = json_object();
    jsonx_set_int(data, "attempt", 0);
    jsonx_set_int(data, "limit", 0);
    jsonx_set_int(data, "delay_ms", 0);
    jsonx_set_str(data, "why", why);
    session_emit(session, EVENT_TURN_RETRYING, data);
}

bool supervisor_line_is_clear(const struct supervisor *supervisor, const char *owner)
{
    line_renew(supervisor->line);
    return line_held(supervisor->line) < max_processes(supervisor) && !line_next(supervisor->line) &&
           line_may(supervisor->line, owner);
}

void supervisor_line_hold(struct agent *agent)
{
    line_hold(supervisor_of(agent)->line, &agent->place, owner_of(agent));
}

void supervisor_line_join(struct agent *agent)
{
    struct supervisor *supervisor = supervisor_of(agent);
    agent->state = AGENT_IN_LINE;
    line_join(supervisor->line, &agent->place, owner_of(agent));
    log_debug("agent", "in line, waiting=%zu session=%s", line_waiting(supervisor->line),
              log_id(agent->session->state->id));
    make_room(supervisor);
    hurry(supervisor);
    supervisor_line_say(agent);
}

void supervisor_line_take_out(struct agent *agent)
{
    line_out(supervisor_of(agent)->line, &agent->place);
}

void supervisor_line_serve(struct supervisor *supervisor)
{
    struct line_place *place;
    if (supervisor->server->stopping)
        return;
    line_renew(supervisor->line);
    while (line_held(supervisor->line) < max_processes(supervisor) && (place = line_next(supervisor->line))) {
        struct agent *agent = (struct agent *)((char *)place - offsetof(struct agent, place));
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
    if (line_waiting(supervisor->line) > 0)
        uv_timer_start(supervisor->timer, supervisor_line_on_timer, 0, 0);
}

bool supervisor_line_needs(const struct agent *agent)
{
    const struct supervisor *supervisor = supervisor_of(agent);
    return is_quiet(agent) &&
           (missing(supervisor, NULL) > 0 || line_over(supervisor->line, owner_of(agent), 0) > 0);
}

bool supervisor_line_moves(const struct supervisor *supervisor, const char *owner)
{
    size_t could = 0, own = 0;
    int64_t now = clock_steady_ms();
    for (const struct agent *agent = supervisor->agents; agent; agent = agent->next) {
        bool free = agent->place.owner && free_from(agent) <= now;
        could += free;
        own += free && strcmp(owner_of(agent), owner) == 0;
    }
    return missing(supervisor, owner) <= could && line_over(supervisor->line, owner, 1) <= own;
}

static int64_t may_have(void *arg, const char *owner)
{
    const struct server *server = arg;
    return users_quota(server->users, owner, QUOTA_AGENTS);
}

struct line *supervisor_line_open(struct server *server)
{
    struct line_handler handler = {server, may_have};
    return line_open(&handler);
}
