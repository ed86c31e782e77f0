/* What an agent says, checked before it becomes an event: an agent is trusted with nothing but its own
 * session's turn and servers. What it said before it knew of something newer (an interrupt, an answer) is
 * dropped; anything else that can't be breaks the protocol. */
#include "daemon/supervisor/supervisor_internal.h"

#include "daemon/people/ledger.h"
#include "daemon/people/rights.h"
#include "daemon/people/stored.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* --- the turn --- */

/* A turn that ended without failure goes on with the queue; after a failure queued messages wait for a
 * person. */
static void turn_ended(struct agent *agent)
{
    struct session *session = agent->session;
    bool failed = agent->failed;
    session->crashes = 0;
    session->not_before = 0;
    supervisor_set_idle(agent);
    if (!failed) {
        supervisor_title(agent);
        session_next(session);
    }
    registry_release(session->server->registry, session);
}

/* A step begins: what may be said is counted anew, and the steps themselves are counted, since it is the
 * agent that says where one begins. A compaction may come between any two. */
static bool next_step(struct agent *agent)
{
    agent->turn_facts = agent->turn_bytes = 0;
    return ++agent->turn_steps <= 2 * agent->max_steps + 2;
}

/* The owner's budget was used up by this turn itself: it goes no further, and queued messages wait. */
static void end_by_budget(struct agent *agent, const char *why)
{
    agent->failed = true;
    session_error(agent->session, "limit", why);
    session_interrupt(agent->session, LINK_INTERRUPT_BUDGET, NULL);
}

static bool fact_state(struct agent *agent, const json_t *data)
{
    char why[256];
    struct session *session = agent->session;
    enum run_state from = session->state->run, to = run_state_parse(jsonx_str(data, "new", ""));
    if (from == RUN_INTERRUPTING && to != RUN_IDLE)
        return true;                                           /* said before it knew */
    if (!run_state_allows(from, to) || to == RUN_INTERRUPTING) /* that is for people, and has a deadline */
        return false;
    if (to == RUN_THINKING || to == RUN_COMPACTING) {
        if (state_open_calls(session->state) || state_streaming(session->state))
            return false;
        if (!next_step(agent))
            return false;
        if (to == RUN_THINKING && from != RUN_COMPACTING)
            session_steer(session);
    }
    if (to == RUN_IDLE && !state_streaming(session->state))
        session_close_calls(session, "This was not run: the turn has ended.");
    if (!session_step(session, to, NULL, jsonx_str(data, "reason", NULL)))
        return false;
    if (to == RUN_IDLE)
        turn_ended(agent);
    else if (to == RUN_THINKING && !ledger_allows(session->server, session->state->owner, why))
        end_by_budget(agent, why);
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
    json_t *message = jsonx_obj(data, "message");
    int64_t now = clock_wall_ms(), began = session->state->turn_started;
    jsonx_set_int(message, "ts",
                  now > began ? now : began); /* a turn's steps are counted by it (turn_limit.c) */
    return json_array_size(jsonx_arr(message, "content")) == 0 && !state_open_calls(session->state) &&
           !is_queued(session->state, jsonx_str(message, "id", "")) &&
           strcmp(jsonx_str(message, "role", ""), "assistant") == 0 &&
           strcmp(jsonx_str(message, "status", ""), "streaming") == 0 &&
           session_emit(session, EVENT_MESSAGE_ADDED, json_incref(data));
}

static void add_usage(struct session *session, const json_t *used)
{
    struct usage usage = usage_from_json(used);
    ledger_add(session, &usage);
}

/* What became of a call is said by tool.*, never by the content. */
static bool fact_completed(struct agent *agent, json_t *data)
{
    size_t i, bytes = 0;
    json_t *block, *member;
    const char *name;
    json_array_foreach(jsonx_arr(data, "content"), i, block)
    {
        if (json_object_get(block, "call"))
            return false;
        json_object_foreach(block, name, member)
        {
            bytes += json_string_length(member);
        }
    }
    if (bytes > STATE_MESSAGE_BYTES)
        return false;
    const struct message *message = state_streaming(agent->session->state);
    char *model = xstrdup(message ? message->author : "");
    json_t *used = jsonx_obj(data, "usage");
    struct usage said = usage_from_json(used);
    ledger_price(agent->session->server, model, used);
    bool good = session_emit(agent->session, EVENT_STREAM_COMPLETED, json_incref(data));
    agent->session->unanswered = agent->session->unanswered && !good;
    if (good && strcmp(jsonx_str(data, "status", ""), "complete") == 0)
        add_usage(agent->session, used);
    else if (good)
        ledger_add_broken(agent->session, model, &said, bytes);
    free(model);
    return good;
}

static bool fact_compacted(struct agent *agent, json_t *data)
{
    struct session *session = agent->session;
    const struct message *upto = state_message(session->state, jsonx_str(data, "upto", ""));
    if (session->state->run == RUN_INTERRUPTING)
        return true;
    if (session->state->run != RUN_COMPACTING || !upto || upto->status == MESSAGE_STREAMING)
        return false;
    json_object_del(data, "by");
    if (session->compacts_for[0])
        jsonx_set_str(data, "by", session->compacts_for);
    json_t *used = jsonx_obj(data, "usage");
    ledger_price(session->server, session->state->model, used);
    if (!session_emit(session, EVENT_SESSION_COMPACTED, json_incref(data)))
        return false;
    add_usage(session, used);
    return true;
}

/* --- calls --- */

bool supervisor_names_call(const struct state *state, const json_t *data, enum call_state *call)
{
    const char *message = jsonx_str(data, "message", "");
    const struct message *newest = state->message_count ? state->messages[state->message_count - 1] : NULL;
    *call = state_call(state, message, (int)jsonx_int(data, "block", -1));
    return newest && strcmp(newest->id, message) == 0 && *call != CALL_STATE_COUNT;
}

static bool is_persons(const json_t *data)
{
    return !json_object_get(data, "message") && !json_object_get(data, "block");
}

/* It runs with the model's arguments, which are in its message, or with those of the person who allowed it.
 */
static void set_arguments(const struct state *state, json_t *data)
{
    const struct message *message = state_message(state, jsonx_str(data, "message", ""));
    int64_t block = jsonx_int(data, "block", -1);
    json_object_del(data, "arguments");
    if (!message || block < 0 || (size_t)block >= message->block_count || !message->blocks[block].call)
        return;
    const char *changed = message->blocks[block].call->arguments;
    if (changed)
        jsonx_set_str(data, "arguments", changed);
}

/* What the call that data names is, and would be run with: NULL, or a new reference. *block: its block. */
static json_t *call_arguments(const struct state *state, const json_t *data, const struct block **block)
{
    const struct message *message = state_message(state, jsonx_str(data, "message", ""));
    int64_t at = jsonx_int(data, "block", -1);
    *block = message && at >= 0 && (size_t)at < message->block_count ? &message->blocks[at] : NULL;
    if (!*block)
        return NULL;
    const char *changed = (*block)->call ? (*block)->call->arguments : NULL;
    const struct buf *input = &(*block)->text;
    if (changed)
        return jsonx_parse(changed, strlen(changed), NULL);
    return input->len > 0 ? jsonx_parse(input->data, input->len, NULL) : json_object();
}

bool supervisor_needs_two(const struct session *session, const json_t *data)
{
    const struct block *block;
    json_t *arguments = call_arguments(session->state, data, &block);
    bool needs = rights_two_person(session->server, jsonx_str(data, "server", ""),
                                   jsonx_str(data, "tool", ""), arguments);
    json_decref(arguments);
    return needs;
}

/* Whether what was allowed is what begins, and was allowed by as many as it needs. */
static bool was_allowed(const struct session *session, const json_t *data, bool *by_enough)
{
    const struct message *message = state_message(session->state, jsonx_str(data, "message", ""));
    const struct tool_call *call = message->blocks[jsonx_int(data, "block", 0)].call;
    *by_enough = (call && call->first) || !supervisor_needs_two(session, data);
    return !call || (strcmp(call->server, jsonx_str(data, "server", "")) == 0 &&
                     strcmp(call->tool, jsonx_str(data, "tool", "")) == 0);
}

static bool fact_tool_started(struct agent *agent, json_t *data)
{
    struct session *session = agent->session;
    enum call_state call;
    bool by_enough;
    if (is_persons(data))
        return session_emit(session, EVENT_TOOL_STARTED, json_incref(data));
    if (session->state->run == RUN_INTERRUPTING)
        return true; /* without GO it does not begin */
    json_object_del(data, "by");
    set_arguments(session->state, data);
    if (agent->state != AGENT_RUNNING || !supervisor_names_call(session->state, data, &call) ||
        (call != CALL_NONE && call != CALL_ALLOWED) || !was_allowed(session, data, &by_enough))
        return false;
    if (!by_enough) { /* it was decided on before that was configured, or its agent is not to be trusted */
        session_end_call(
            session, jsonx_str(data, "message", ""), (int)jsonx_int(data, "block", -1), CALL_CANCELLED,
            "Not run: two persons must allow this call (permission.two_person), and have not.", NULL);
        return true;
    }
    if (!session_emit(session, EVENT_TOOL_STARTED, json_incref(data)))
        return false;
    supervisor_go_when_stored(agent, jsonx_str(data, "message", ""), (int)jsonx_int(data, "block", -1));
    return true;
}

static bool fact_tool_progress(struct agent *agent, json_t *data)
{
    enum call_state call;
    if (!supervisor_names_call(agent->session->state, data, &call))
        return false;
    return call != CALL_RUNNING || session_emit(agent->session, EVENT_TOOL_PROGRESS, json_incref(data));
}

static bool is_asked(const struct state *state, const json_t *data)
{
    for (size_t i = 0; i < state->question_count; i++)
        if (state->questions[i]->kind == QUESTION_PERMISSION &&
            strcmp(state->questions[i]->message, jsonx_str(data, "message", "")) == 0 &&
            state->questions[i]->block == jsonx_int(data, "block", -1))
            return true;
    return false;
}

/* What the owner has no room for is not stored; that there was more is said in its place. */
static void fit_result(const struct session *session, json_t *data)
{
    const char *result = jsonx_str(data, "result", "");
    size_t len = strlen(result), room = STORED_RESULT_MIN;
    int64_t left = stored_left(session->server, session->state->owner);
    if (left == INT64_MAX || len <= STORED_RESULT_MIN || left / STORED_RESULT_COPIES >= (int64_t)len)
        return;
    if (left / STORED_RESULT_COPIES > STORED_RESULT_MIN)
        room = (size_t)(left / STORED_RESULT_COPIES);
    size_t kept = utf8_cut(result, len, room);
    char *text = xasprintf("%.*s\n[cut: %zu of %zu bytes; %s may store no more (quota.stored)]", (int)kept,
                           result, kept, len, session->state->owner);
    jsonx_set_str(data, "result", text);
    free(text);
}

/* A call that nobody has decided can only be denied or cancelled; one that is asked about not at all. */
static bool fact_tool_ended(struct agent *agent, json_t *data)
{
    struct session *session = agent->session;
    enum call_state call, to = call_state_parse(jsonx_str(data, "state", ""));
    fit_result(session, data);
    if (is_persons(data))
        return session_emit(session, EVENT_TOOL_ENDED, json_incref(data));
    if (agent->state != AGENT_RUNNING || !supervisor_names_call(session->state, data, &call))
        return false;
    if (call_ended(call))
        return true;
    json_object_del(data, "by");
    if ((call != CALL_RUNNING && to != CALL_DENIED && to != CALL_CANCELLED && to != CALL_FAILED) ||
        (call == CALL_ASKED && is_asked(session->state, data)))
        return false;
    const struct message *message = state_message(session->state, jsonx_str(data, "message", ""));
    size_t len = strlen(jsonx_str(data, "result", ""));
    if (len > STATE_NOTE_MAX && message->bytes + len > STATE_MESSAGE_BYTES)
        jsonx_set_str(data, "result", "[The result has no room in this message any more; it was left out.]");
    return session_emit(session, EVENT_TOOL_ENDED, json_incref(data));
}

/* --- servers --- */

static bool fact_server(struct agent *agent, enum event_type type, json_t *data)
{
    struct session *session = agent->session;
    const char *name = jsonx_str(data, "server", "");
    if (!state_server(session->state, name) && session->state->server_count >= STATE_SERVERS_MAX)
        return false;
    return session_emit(session, type, json_incref(data));
}

/* --- all --- */

/* What an agent may say while no turn runs. */
static bool is_outside(enum event_type type, const json_t *data)
{
    switch (type) {
    case EVENT_MCP_CONNECTED:
    case EVENT_MCP_DISCONNECTED:
    case EVENT_MCP_LOG:
    case EVENT_QUESTION_ANSWERED:
        return true;
    case EVENT_QUESTION_ASKED:
        return !json_object_get(jsonx_obj(data, "question"), "message");
    case EVENT_TOOL_STARTED:
    case EVENT_TOOL_ENDED:
        return is_persons(data);
    default:
        return false;
    }
}

/* One that was told to leave may be in the middle of something. */
static bool may_say(const struct agent *agent, enum event_type type, const json_t *data)
{
    switch (agent->state) {
    case AGENT_RUNNING:
        return agent->session->state->run != RUN_IDLE;
    case AGENT_IDLE:
        return is_outside(type, data);
    case AGENT_LEAVING:
        return true;
    default:
        return false;
    }
}

/* Counts against what a turn may say, and for what is not kept or outside of turns against what a while may
 * bring. *drop: it is left out, and nobody misses it. */
static bool within_bounds(struct agent *agent, enum event_type type, bool *drop)
{
    int64_t now = clock_steady_ms();
    bool durable = event_row(type)->durable;
    *drop = false;
    if (durable && agent->state == AGENT_RUNNING)
        return ++agent->turn_facts <= SUPERVISOR_TURN_FACTS;
    if (now - agent->rate_since >= SUPERVISOR_RATE_MS) {
        agent->rate_since = now;
        agent->rate_facts = agent->rate_passing = 0;
    }
    if (durable)
        return ++agent->rate_facts <= SUPERVISOR_RATE_FACTS;
    *drop = ++agent->rate_passing > SUPERVISOR_RATE_FACTS;
    return true;
}

static bool take(struct agent *agent, enum event_type type, json_t *data)
{
    switch (type) {
    case EVENT_STATE_CHANGED:
        return fact_state(agent, data);
    case EVENT_MESSAGE_ADDED:
        return fact_message(agent, data);
    case EVENT_STREAM_COMPLETED:
        return fact_completed(agent, data);
    case EVENT_SESSION_COMPACTED:
        return fact_compacted(agent, data);
    case EVENT_TOOL_STARTED:
        return fact_tool_started(agent, data);
    case EVENT_TOOL_PROGRESS:
        return fact_tool_progress(agent, data);
    case EVENT_TOOL_ENDED:
        return fact_tool_ended(agent, data);
    case EVENT_QUESTION_ASKED:
        return supervisor_fact_asked(agent, data);
    case EVENT_QUESTION_ANSWERED:
        return supervisor_fact_answered(agent, data);
    case EVENT_MCP_CONNECTED:
    case EVENT_MCP_DISCONNECTED:
        return fact_server(agent, type, data);
    case EVENT_ERROR_OCCURRED:
        agent->failed = agent->failed || strcmp(jsonx_str(data, "kind", ""), "tools") != 0;
        break;
    default:
        break;
    }
    return session_emit(agent->session, type, json_incref(data));
}

bool supervisor_fact(struct agent *agent, json_t *json)
{
    char error[256];
    bool drop;
    enum event_type type = event_type_parse(jsonx_str(json, "type", ""));
    json_t *data = jsonx_obj(json, "data");
    if (type == EVENT_COUNT || !event_row(type)->agent_may || !may_say(agent, type, data) ||
        !within_bounds(agent, type, &drop))
        return false;
    if (drop || (agent->state == AGENT_LEAVING && !is_outside(type, data)))
        return true;
    if (!schema_check(event_row(type)->fields, data, true, error)) {
        log_error("agent", "%s: %s session=%s", event_row(type)->name, error,
                  log_id(agent->session->state->id));
        return false;
    }
    return take(agent, type, data);
}

bool supervisor_chunk(struct agent *agent, const char *payload, size_t len)
{
    char message[ID_MAX];
    struct chunk chunk;
    if (agent->state == AGENT_LEAVING)
        return true;
    return agent->state == AGENT_RUNNING && link_get_chunk(payload, len, message, &chunk) &&
           session_chunk(agent->session, &chunk);
}
