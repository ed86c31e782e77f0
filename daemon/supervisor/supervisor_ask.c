/* Asking a session's agent, in a turn or without one, and telling it what it must know for that: its folder,
 * its servers, the rules. Requests are the session's, not the process's: they outlast an agent that leaves.
 */
#include "daemon/supervisor/supervisor_internal.h"

#include "daemon/mcp/definitions.h"
#include "daemon/mcp/folders.h"
#include "daemon/server.h"
#include "daemon/supervisor/agent_ops.h"
#include "shared/jsonx.h"
#include "shared/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void send_json(struct agent *agent, enum link_kind kind, json_t *json)
{
    agentproc_send_json(agent->proc, kind, json);
    json_decref(json);
}

/* --- its requests --- */

static void send_request(void *arg, enum link_kind kind, json_t *json)
{
    const struct session *session = arg;
    if (session->agent && session->agent->proc)
        agentproc_send_json(session->agent->proc, kind, json);
}

static bool take_request(void *arg, struct incoming *incoming, const json_t *json)
{
    return agent_ops_run(arg, incoming, json);
}

/* Nobody waits for it any more: from now on it is idle. It was so all the while if it made a title. */
static void on_quiet(void *arg)
{
    const struct session *session = arg;
    struct agent *agent = session->agent;
    if (!agent)
        return;
    bool title = agent->title_quiet;
    agent->title_quiet = false;
    if (agent->state == AGENT_IDLE && !title)
        supervisor_set_idle(agent);
}

struct agent_requests *supervisor_new_requests(struct session *session)
{
    struct agent_requests_handler handler = {session, send_request, take_request, on_quiet};
    return agent_requests_new(session->server->loop, &handler);
}

struct agent_requests *supervisor_requests(struct session *session, enum err *code, char error[256])
{
    struct agent *agent = session->agent;
    if (session->server->stopping) {
        *code = ERR_SHUTTING_DOWN;
        snprintf(error, 256, "the daemon is stopping");
        return NULL;
    }
    if (session->end != SESSION_LIVES) { /* it was deleted while what is asked waited */
        *code = ERR_NOT_FOUND;
        snprintf(error, 256, "the session was deleted");
        return NULL;
    }
    *code = ERR_UNAVAILABLE;
    if (!agent && !supervisor_line_moves(session->server->supervisor, session->state->owner)) {
        *code = ERR_LIMIT;
        snprintf(error, 256, "%zu agents are at work already (limits.max_live_agents is %d); try again later",
                 supervisor_processes(session->server->supervisor),
                 (int)config_number(session->server->config, OPTION_LIMITS_MAX_LIVE_AGENTS));
        return NULL;
    }
    if (!agent)
        agent = supervisor_bring(session, NULL, error);
    if (!agent)
        return NULL;
    *code = ERR_OK;
    if (agent->state != AGENT_RUNNING)
        agent->turn_facts = agent->turn_bytes = 0;
    return agent->requests;
}

/* --- what it is told --- */

void supervisor_give_secrets(struct agent *agent)
{
    const struct session *session = agent->session;
    struct server *server = session->server;
    struct model model;
    char error[256], whose[128];
    bool known = config_model(server->config, session->state->model, &model, error) == ERR_OK;
    /* the turn goes on with the model that it began with, whatever the session's is by now */
    const struct provider *const providers[HANDOUT_PROVIDERS] = {
        known ? model.provider : NULL,
        agent->state == AGENT_RUNNING ? config_provider_find(server->config, agent->ordered) : NULL};
    snprintf(whose, sizeof whose, "by the agent of the session %s", session->state->id);
    handout_send(server, agent->proc, &agent->handout, session->state->owner, whose, agent->secrets,
                 providers);
}

void supervisor_order_follows(struct session *session)
{
    if (session->agent && session->agent->proc && session->agent->state != AGENT_STARTING)
        supervisor_give_secrets(session->agent);
}

static void define(struct agent *agent)
{
    json_t *payload = definitions_session(agent->session);
    json_decref(agent->secrets);
    agent->secrets = json_object();
    handout_collect(payload, agent->secrets);
    supervisor_give_secrets(agent);
    send_json(agent, LINK_SERVERS, payload);
}

/* All that a session's agent must know before anything is asked of it. */
void supervisor_load(struct agent *agent)
{
    struct session *session = agent->session;
    json_t *load = json_object();
    char error[256];
    char *folder = folders_session(session->server->folders, session->state->id, error);
    if (!folder)
        log_error("agent", "the session has no folder: %s session=%s", error, log_id(session->state->id));
    json_object_set_new(load, "snapshot",
                        state_snapshot(session->state, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES));
    jsonx_set_str(load, "folder", folder);
    free(folder);
    agent->state = AGENT_IDLE;
    send_json(agent, LINK_LOAD, load);
    define(agent);
    agent_requests_open(agent->requests);
}

void supervisor_reload(struct session *session)
{
    struct agent *agent = session->agent;
    if (!agent || !agent->proc || agent->state != AGENT_IDLE)
        return;
    supervisor_title_cancel(agent);
    supervisor_load(agent);
}

void supervisor_define(struct session *session)
{
    struct agent *agent = session->agent;
    if (agent && agent->proc && (agent->state == AGENT_IDLE || agent->state == AGENT_RUNNING))
        define(agent);
}

bool supervisor_lent(struct session *session, json_t *json)
{
    struct agent *agent = session->agent;
    return agent && agent->proc && agent->state != AGENT_STARTING &&
           agentproc_send_json(agent->proc, LINK_LENT, json);
}

size_t supervisor_lent_waiting(const struct session *session)
{
    const struct agent *agent = session->agent;
    return agent && agent->proc ? agentproc_waiting(agent->proc) : 0;
}

void supervisor_define_all(struct supervisor *supervisor, const char *owner)
{
    for (struct agent *agent = supervisor->agents; agent; agent = agent->next)
        if (!owner || strcmp(agent->session->state->owner, owner) == 0)
            supervisor_define(agent->session);
}
