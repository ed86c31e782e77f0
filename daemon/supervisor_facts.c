/* What an agent says, checked before it becomes an event: an agent is trusted with nothing but its own
 * session's turn. */
#include "daemon/supervisor_internal.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/jsonx.h"
#include "shared/log.h"

#include <string.h>

/* A turn that ended without failure goes on with the queue; after a failure queued messages wait for a
 * person. */
static void turn_ended(struct agent *agent)
{
    struct session *session = agent->session;
    const char *error = session->state->error_kind;
    session->crashes = 0;
    session->not_before = 0;
    supervisor_set_idle(agent);
    if (!error || strcmp(error, "tools") == 0)
        session_next(session);
    registry_release(session->server->registry, session);
}

static bool fact_state(struct agent *agent, const json_t *data)
{
    struct session *session = agent->session;
    enum run_state to = run_state_parse(jsonx_str(data, "new", ""));
    if (session->state->run == RUN_INTERRUPTING && to != RUN_IDLE)
        return true; /* said before it knew */
    if (!run_state_allows(session->state->run, to) ||
        !session_step(session, to, NULL, jsonx_str(data, "reason", NULL)))
        return false;
    if (to == RUN_IDLE)
        turn_ended(agent);
    return true;
}

static bool is_queued(const struct state *state, const char *id)
{
    for (size_t i = 0; i < state->queue_count; i++)
        if (strcmp(state->queue[i]->id, id) == 0)
            return true;
    return false;
}

/* A message of its own that begins: what people have said, and what waits, is not the agent's. */
static bool fact_message(struct agent *agent, json_t *data)
{
    struct session *session = agent->session;
    const json_t *message = jsonx_obj(data, "message");
    return json_array_size(jsonx_arr(message, "content")) == 0 &&
           !is_queued(session->state, jsonx_str(message, "id", "")) &&
           strcmp(jsonx_str(message, "role", ""), "assistant") == 0 &&
           strcmp(jsonx_str(message, "status", ""), "streaming") == 0 &&
           session_emit(session, EVENT_MESSAGE_ADDED, json_incref(data));
}

static bool fact_completed(struct agent *agent, json_t *data)
{
    size_t i, bytes = 0;
    json_t *block, *member;
    const char *name;
    json_array_foreach(jsonx_arr(data, "content"), i, block)
    {
        json_object_foreach(block, name, member)
        {
            bytes += json_string_length(member);
        }
    }
    return bytes <= STATE_MESSAGE_BYTES &&
           session_emit(agent->session, EVENT_STREAM_COMPLETED, json_incref(data));
}

bool supervisor_fact(struct agent *agent, json_t *json)
{
    char error[256];
    enum event_type type = event_type_parse(jsonx_str(json, "type", ""));
    json_t *data = jsonx_obj(json, "data");
    if (type == EVENT_COUNT || !event_row(type)->agent_may || agent->state != AGENT_RUNNING ||
        agent->session->state->run == RUN_IDLE || ++agent->turn_facts > SUPERVISOR_TURN_FACTS)
        return false;
    if (!schema_check(event_row(type)->fields, data, true, error)) {
        log_error("agent", "%s: %s session=%s", event_row(type)->name, error,
                  log_id(agent->session->state->id));
        return false;
    }
    if (type == EVENT_STATE_CHANGED)
        return fact_state(agent, data);
    if (type == EVENT_MESSAGE_ADDED)
        return fact_message(agent, data);
    if (type == EVENT_STREAM_COMPLETED)
        return fact_completed(agent, data);
    return session_emit(agent->session, type, json_incref(data));
}

bool supervisor_chunk(struct agent *agent, const char *payload, size_t len)
{
    char message[ID_MAX];
    struct chunk chunk;
    return agent->state == AGENT_RUNNING && link_get_chunk(payload, len, message, &chunk) &&
           session_chunk(agent->session, &chunk);
}
