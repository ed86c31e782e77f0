/* Which frames are taken when: READY is said first; then either LOAD and what belongs to a session, or PROBE
 * alone. A frame out of order is a defect of the daemon's, and ends the agent rather than the session. */
#include "daemon/agent/agent.h"
#include "daemon/agent/agent_link.h"
#include "daemon/agent/follower.h"
#include "daemon/agent/http.h"
#include "daemon/agent/probe.h"
#include "daemon/agent/turn.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include <stdio.h>
#include <unistd.h>

struct agent {
    uv_loop_t loop;
    struct agent_link *link;
    struct http *http;
    struct turn *turn;
    struct probe *probe;
    struct state *state; /* NULL before LOAD */
    int exit_code;
};

/* Closes all handles, so that the loop ends. Everything is freed by then; the state in agent_run. */
static void leave(struct agent *agent, int code)
{
    if (!agent->link)
        return;
    agent->exit_code = code;
    turn_free(&agent->turn);
    probe_free(&agent->probe);
    http_close(&agent->http);
    agent_link_close(&agent->link);
}

static void leave_broken(struct agent *agent, const char *why)
{
    log_error("agent", "leaving: %s", why);
    leave(agent, EXIT_PROTOCOL);
}

/* --- frames --- */

static void take_load(struct agent *agent, const char *payload, size_t len)
{
    char error[256];

    if (turn_running(agent->turn) || agent->probe)
        leave_broken(agent, "LOAD during a turn or a probe");
    else if (!follower_load(&agent->state, payload, len, error))
        leave_broken(agent, error);
}

static void take_event(struct agent *agent, const char *payload, size_t len)
{
    char error[256];

    if (!agent->state)
        leave_broken(agent, "EVENT before LOAD");
    else if (!follower_event(agent->state, payload, len, error))
        leave_broken(agent, error);
}

static void take_turn(struct agent *agent, const char *payload, size_t len)
{
    json_t *order;

    if (!agent->state) {
        leave_broken(agent, "TURN before LOAD");
    } else if (turn_running(agent->turn)) {
        leave_broken(agent, "TURN during a turn");
    } else if (!(order = jsonx_parse(payload, len, NULL))) {
        leave_broken(agent, "TURN is not JSON");
    } else {
        turn_begin(agent->turn, order);
        json_decref(order);
    }
}

static void probed(void *arg, json_t *found)
{
    struct agent *agent = arg;
    json_t *answer = json_object();

    json_object_set_new(answer, "found", found);
    agent_link_json(agent->link, LINK_PROBED, answer);
    leave(agent, EXIT_OK);
}

static void take_probe(struct agent *agent, const char *payload, size_t len)
{
    json_t *order;

    if (agent->state || agent->probe) {
        leave_broken(agent, "PROBE of an agent that has a session or a probe");
    } else if (!(order = jsonx_parse(payload, len, NULL))) {
        leave_broken(agent, "PROBE is not JSON");
    } else {
        agent->probe = probe_start(&agent->loop, agent->http, order, probed, agent);
        json_decref(order);
    }
}

static void on_frame(void *arg, enum link_kind kind, const char *payload, size_t len)
{
    struct agent *agent = arg;
    char why[64];

    switch ((int)kind) {
    case LINK_LOAD:
        take_load(agent, payload, len);
        break;
    case LINK_EVENT:
        take_event(agent, payload, len);
        break;
    case LINK_TURN:
        take_turn(agent, payload, len);
        break;
    case LINK_INTERRUPT:
        turn_interrupt(agent->turn);
        break;
    case LINK_STOP:
        leave(agent, EXIT_OK);
        break;
    case LINK_PROBE:
        take_probe(agent, payload, len);
        break;
    default:
        snprintf(why, sizeof why, "a frame of the unknown kind %d", (int)kind);
        leave_broken(agent, why);
    }
}

static void on_lost(void *arg, const char *why)
{
    struct agent *agent = arg;

    if (why)
        leave_broken(agent, why);
    else
        leave(agent, EXIT_OK);
}

/* --- the program's life --- */

static void say_ready(struct agent *agent)
{
    json_t *ready = json_object();

    jsonx_set_int(ready, "link", LINK_VERSION);
    jsonx_set_str(ready, "version", STOA_VERSION);
    jsonx_set_int(ready, "pid", getpid());
    agent_link_json(agent->link, LINK_READY, ready);
}

int agent_run(int fd)
{
    struct agent agent = {.exit_code = EXIT_OK};
    struct agent_link_handler handler = {.arg = &agent, .frame = on_frame, .lost = on_lost};

    uv_loop_init(&agent.loop);
    agent.link = agent_link_open(&agent.loop, fd, &handler);
    if (agent.link) {
        agent.http = http_open(&agent.loop);
        struct turn_options options = {
            .loop = &agent.loop, .link = agent.link, .http = agent.http, .state = &agent.state};
        agent.turn = turn_new(&options);
        say_ready(&agent);
    } else {
        log_error("agent", "descriptor %d is not a stream socket", fd);
        agent.exit_code = EXIT_USAGE;
    }
    uv_run(&agent.loop, UV_RUN_DEFAULT);
    uv_loop_close(&agent.loop);
    state_free(&agent.state);
    return agent.exit_code;
}
