/* Which frames are taken when: READY is said first; then LOAD and what belongs to a session, or HOST and its
 * requests, or PROBE or VISIT alone. A frame out of order is a defect of the daemon's, and ends the agent
 * rather than the session.
 *
 * The end: the link is closed at once, servers are given a moment, and what is left after that is killed.
 */
#include "daemon/agent/agent.h"
#include "daemon/agent/agent_link.h"
#include "daemon/agent/follower.h"
#include "daemon/agent/host.h"
#include "daemon/agent/http.h"
#include "daemon/agent/probe.h"
#include "daemon/agent/questions.h"
#include "daemon/agent/requests.h"
#include "daemon/agent/secrets.h"
#include "daemon/agent/servers.h"
#include "daemon/agent/title.h"
#include "daemon/agent/turn.h"
#include "daemon/agent/visit.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/subreaper.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    AGENT_LEAVE_MS = 3000, /* for servers to end; then they are killed */
    AGENT_KILL_MS = 500
};

struct agent {
    uv_loop_t loop;
    uv_timer_t deadline; /* of leaving */
    struct agent_link *link;
    struct http *http;
    struct requests *requests;
    struct lents *lents;
    struct questions *questions;
    struct servers *servers;
    struct turn *turn;
    struct title *title; /* NULL: none is asked for */
    struct probe *probe;
    struct visit *visit;
    struct host *host;   /* NULL but in that role */
    struct state *state; /* NULL before LOAD */
    size_t ending;       /* servers and host that are not gone yet */
    int exit_code;
};

/* --- leaving --- */

static void ended(void *arg)
{
    struct agent *agent = arg;

    if (--agent->ending > 0)
        return;
    http_close(&agent->http);
    uv_close((uv_handle_t *)&agent->deadline, NULL);
}

static void on_deadline(uv_timer_t *timer)
{
    struct agent *agent = timer->data;

    log_warn("agent", "a server has not ended within %d ms, and is killed", AGENT_LEAVE_MS);
    uv_stop(&agent->loop);
}

/* Closes all handles, so that the loop ends; what it ran is freed by then, and the state in agent_run.
 * Without a daemon nobody waits for servers to end in order. */
static void leave(struct agent *agent, int code, bool daemon_gone)
{
    if (!agent->link)
        return;
    agent->exit_code = code;
    turn_free(&agent->turn);
    title_cancel(&agent->title);
    probe_free(&agent->probe);
    visit_free(&agent->visit);
    agent->ending = 1;
    if (agent->host) {
        agent->ending++;
        host_free(&agent->host, daemon_gone, ended, agent);
    }
    if (daemon_gone)
        servers_hurry(agent->servers);
    servers_free(&agent->servers, ended, agent);
    questions_free(&agent->questions);
    requests_free(&agent->requests);
    lents_free(&agent->lents);
    agent_link_close(&agent->link);
    uv_timer_start(&agent->deadline, on_deadline, AGENT_LEAVE_MS, 0);
}

static void leave_broken(struct agent *agent, const char *why)
{
    log_error("agent", "leaving: %s", why);
    leave(agent, EXIT_PROTOCOL, false);
}

/* --- a session --- */

static void take_load(struct agent *agent, const char *payload, size_t len)
{
    char error[256], *folder = NULL;

    if (turn_running(agent->turn) || agent->probe || agent->visit || agent->host)
        leave_broken(agent, "LOAD during a turn or a probe, or of a host");
    else if (!follower_load(&agent->state, payload, len, &folder, error))
        leave_broken(agent, error);
    else
        servers_set_folder(agent->servers, folder);
    free(folder);
}

static void take_event(struct agent *agent, const char *payload, size_t len)
{
    struct event event;
    char error[256];

    if (!agent->state) {
        leave_broken(agent, "EVENT before LOAD");
    } else if (!follower_event(agent->state, payload, len, &event, error)) {
        event_clear(&event);
        leave_broken(agent, error);
    } else if (event.json) {
        servers_event(agent->servers, &event);
        questions_event(agent->questions, &event);
        turn_event(agent->turn, &event);
        event_clear(&event);
    }
}

static void take_servers(struct agent *agent, const json_t *json)
{
    char error[256];

    if (!agent->state)
        leave_broken(agent, "SERVERS before LOAD");
    else if (!servers_define(agent->servers, json, error))
        leave_broken(agent, error);
}

static void take_order(struct agent *agent, enum link_kind kind, const json_t *json)
{
    const char *name = kind == LINK_TURN ? "TURN" : "COMPACT";
    char why[64];

    if (!agent->state || turn_running(agent->turn)) {
        snprintf(why, sizeof why, "%s %s", name, agent->state ? "during a turn" : "before LOAD");
        leave_broken(agent, why);
    } else if (kind == LINK_TURN) {
        turn_begin(agent->turn, json);
    } else {
        turn_compact(agent->turn, json);
    }
}

/* --- other roles --- */

static bool has_role(const struct agent *agent)
{
    return agent->state || agent->probe || agent->visit || agent->host;
}

static void probed(void *arg, json_t *found)
{
    struct agent *agent = arg;
    json_t *answer = json_object();

    json_object_set_new(answer, "found", found);
    agent_link_json(agent->link, LINK_PROBED, answer);
    leave(agent, EXIT_OK, false);
}

static void take_probe(struct agent *agent, const json_t *json)
{
    if (has_role(agent))
        leave_broken(agent, "PROBE of an agent that has a session, a server or a probe");
    else
        agent->probe = probe_start(&agent->loop, agent->http, json, probed, agent);
}

static void visited(void *arg, json_t *said)
{
    struct agent *agent = arg;

    agent_link_json(agent->link, LINK_VISITED, said);
    leave(agent, EXIT_OK, false);
}

static void take_visit(struct agent *agent, const json_t *json)
{
    if (has_role(agent))
        leave_broken(agent, "VISIT of an agent that has a session, a server or a probe");
    else
        agent->visit = visit_start(&agent->loop, agent->http, json, visited, agent);
}

static void take_host(struct agent *agent, const json_t *json)
{
    struct host_options options = {&agent->loop, agent->http, agent->requests};
    char error[256];

    if (has_role(agent))
        leave_broken(agent, "HOST of an agent that has a session, a server or a probe");
    else if (!(agent->host = host_new(&options, json, error)))
        leave_broken(agent, error);
}

static void titled(void *arg)
{
    struct agent *agent = arg;

    agent->title = NULL;
}

static void take_title(struct agent *agent, struct incoming *incoming, const json_t *json)
{
    struct title_options options = {&agent->loop, agent->http, agent->state, titled, agent};

    if (agent->title)
        incoming_refuse(incoming, ERR_CONFLICT, "a title is asked for already");
    else
        agent->title = title_start(&options, incoming, jsonx_obj(json, "order"));
}

static void on_request(void *arg, struct incoming *incoming, const json_t *json)
{
    struct agent *agent = arg;

    if (agent->host)
        host_request(agent->host, incoming, json);
    else if (agent->state && strcmp(jsonx_str(json, "op", ""), "title") == 0)
        take_title(agent, incoming, json);
    else if (agent->state)
        servers_request(agent->servers, incoming, json);
    else
        incoming_refuse(incoming, ERR_CONFLICT, "this agent has no session");
}

/* --- frames --- */

static void take_json(struct agent *agent, enum link_kind kind, json_t *json)
{
    switch ((int)kind) {
    case LINK_LENT:
        if (!lents_frame(agent->lents, json))
            leave_broken(agent, "a LENT frame without run, or with neither message nor end");
        break;
    case LINK_SERVERS:
        take_servers(agent, json);
        break;
    case LINK_INTERRUPT:
        turn_interrupt(agent->turn, link_interrupt_parse(jsonx_str(json, "why", "")));
        break;
    case LINK_GO:
        turn_go(agent->turn, jsonx_str(json, "message", ""), (int)jsonx_int(json, "block", -1));
        break;
    case LINK_PROBE:
        take_probe(agent, json);
        break;
    case LINK_VISIT:
        take_visit(agent, json);
        break;
    case LINK_HOST:
        take_host(agent, json);
        break;
    default:
        take_order(agent, kind, json);
    }
}

static void parse_json(struct agent *agent, enum link_kind kind, const char *payload, size_t len)
{
    char error[160], why[256];
    json_t *json = jsonx_parse(payload, len, error);

    if (json) {
        take_json(agent, kind, json);
    } else {
        snprintf(why, sizeof why, "a frame of kind %d is not JSON: %s", (int)kind, error);
        leave_broken(agent, why);
    }
    json_decref(json);
}

static void on_frame(void *arg, enum link_kind kind, const char *payload, size_t len)
{
    struct agent *agent = arg;
    char why[256];

    switch ((int)kind) {
    case LINK_LOAD:
        take_load(agent, payload, len);
        break;
    case LINK_EVENT:
        take_event(agent, payload, len);
        break;
    case LINK_STOP:
        leave(agent, EXIT_OK, false);
        break;
    case LINK_SECRETS:
        if (!secrets_take(payload, len))
            leave_broken(agent, "SECRETS is damaged");
        break;
    case LINK_TURN:
    case LINK_COMPACT:
    case LINK_INTERRUPT:
    case LINK_SERVERS:
    case LINK_GO:
    case LINK_PROBE:
    case LINK_VISIT:
    case LINK_HOST:
    case LINK_LENT:
        parse_json(agent, kind, payload, len);
        break;
    case LINK_REQUEST:
    case LINK_REPLY:
    case LINK_NOTE:
    case LINK_CANCEL:
        if (!requests_frame(agent->requests, kind, payload, len, why))
            leave_broken(agent, why);
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
        log_error("agent", "leaving: %s", why);
    leave(agent, why ? EXIT_PROTOCOL : EXIT_OK, true);
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

static void say_lent(void *arg, json_t *json)
{
    struct agent *agent = arg;

    agent_link_json(agent->link, LINK_LENT, json);
}

static void begin(struct agent *agent)
{
    struct requests_handler requests = {agent, on_request};

    uv_timer_init(&agent->loop, &agent->deadline);
    agent->deadline.data = agent;
    agent->http = http_open(&agent->loop);
    agent->requests = requests_new(agent->link, &requests);
    agent->questions = questions_new(agent->link);
    agent->lents = lents_new(&agent->loop, say_lent, agent);
    struct servers_options servers = {.loop = &agent->loop,
                                      .link = agent->link,
                                      .http = agent->http,
                                      .requests = agent->requests,
                                      .lents = agent->lents,
                                      .questions = agent->questions,
                                      .state = &agent->state};
    agent->servers = servers_new(&servers);
    struct turn_options turn = {.loop = &agent->loop,
                                .link = agent->link,
                                .http = agent->http,
                                .servers = agent->servers,
                                .state = &agent->state};
    agent->turn = turn_new(&turn);
}

int agent_run(int fd)
{
    static struct agent agent; /* not on the stack: what is left at the deadline points into it */
    struct agent_link_handler handler = {.arg = &agent, .frame = on_frame, .lost = on_lost};

    uv_loop_init(&agent.loop);
    agent.link = agent_link_open(&agent.loop, fd, &handler);
    if (agent.link) {
        begin(&agent);
        say_ready(&agent);
    } else {
        log_error("agent", "descriptor %d is not a stream socket", fd);
        agent.exit_code = EXIT_USAGE;
    }
    uv_run(&agent.loop, UV_RUN_DEFAULT);
    if (agent.ending > 0) {
        subreaper_forget_all();
        subreaper_finish(AGENT_KILL_MS);
    }
    uv_loop_close(&agent.loop);
    secrets_forget();
    state_free(&agent.state);
    return agent.exit_code;
}
