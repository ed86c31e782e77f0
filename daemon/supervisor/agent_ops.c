/* An agent is trusted with its own session alone: no op names another one. An answer that comes later looks
 * first whether the agent still wants it. */
#include "daemon/supervisor/agent_ops.h"

#include "daemon/builtin.h"
#include "daemon/mcp/definitions.h"
#include "daemon/mcp/relay.h"
#include "daemon/mcp/room.h"
#include "daemon/people/ledger.h"
#include "daemon/server.h"
#include "daemon/supervisor/order.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct builtin_call {
    struct incoming *incoming; /* NULL: the agent wants no answer any more */
};

static void builtin_cancelled(void *arg)
{
    struct builtin_call *call = arg;
    call->incoming = NULL;
}

static void on_builtin(void *arg, enum err code, const char *text)
{
    struct builtin_call *call = arg;
    if (call->incoming && code == ERR_OK) {
        json_t *ok = json_object();
        jsonx_set_str(ok, "text", text);
        incoming_reply(call->incoming, ok);
    } else if (call->incoming) {
        incoming_refuse(call->incoming, code, text);
    }
    free(call);
}

static bool op_builtin(struct session *session, struct incoming *incoming, const json_t *json)
{
    struct builtin_call *call = xcalloc(1, sizeof *call);
    call->incoming = incoming;
    incoming_on(incoming, builtin_cancelled, NULL, call);
    builtin_run(session, jsonx_str(json, "tool", ""), jsonx_obj(json, "arguments"), on_builtin, call);
    return true;
}

/* The order of a turn that would begin now: for questions to the model outside of one. */
static bool op_order(struct session *session, struct incoming *incoming, const json_t *json)
{
    char error[256];
    bool allowed = ledger_allows(session->server, session->state->owner, error);
    json_t *order = allowed ? order_turn(session, error) : NULL;
    (void)json;
    if (order)
        supervisor_order_follows(session);
    if (order)
        incoming_reply(incoming, order);
    else
        incoming_refuse(incoming, allowed ? ERR_PROVIDER : ERR_LIMIT, error);
    return true;
}

/* What a question to the model outside of turns has used, as its order was the session's model's. */
static bool op_spent(struct session *session, struct incoming *incoming, const json_t *json)
{
    json_t *used = jsonx_obj(json, "usage");
    ledger_price(session->server, session->state->model, used);
    struct usage usage = usage_from_json(used);
    if (usage.input + usage.output > 0 && !session->state->ended && session->end == SESSION_LIVES) {
        json_t *data = json_object();
        json_object_set_new(data, "usage", usage_to_json(&usage));
        jsonx_set_str(data, "by", session->state->model);
        json_object_set_new(data, "quiet", json_true());
        session_emit(session, EVENT_SESSION_UPDATED, data);
    }
    ledger_add(session, &usage);
    incoming_reply(incoming, NULL);
    return true;
}

static bool op_relay(struct session *session, struct incoming *incoming, const json_t *json)
{
    return relay_request(session, incoming, json, false);
}

static bool op_relay_info(struct session *session, struct incoming *incoming, const json_t *json)
{
    return relay_request(session, incoming, json, true);
}

static bool op_remember(struct session *session, struct incoming *incoming, const json_t *json)
{
    bool good = definitions_remember(session, json);
    incoming_reply(incoming, NULL);
    return good;
}

/* Whether it may start one more MCP server; counted from now on, so that others that start are. */
static bool op_start(struct session *session, struct incoming *incoming, const json_t *json)
{
    const char *name = jsonx_str(json, "server", "");
    const struct state *state = session->state;
    const struct config_server *config = config_server_find(session->server->config, name);
    char error[256];
    if (!*name || strlen(name) > STATE_SERVER_NAME_MAX) {
        incoming_refuse(incoming, ERR_PROTOCOL, "start needs the name of an MCP server");
        return false;
    }
    if (config && !room_for_server(session, config, error)) {
        incoming_refuse(incoming, ERR_LIMIT, error);
        return true;
    }
    if (!state->ended && session->end == SESSION_LIVES &&
        (state_server(state, name) || state->server_count < STATE_SERVERS_MAX)) {
        json_t *data = json_object();
        jsonx_set_str(data, "server", name);
        session_emit(session, EVENT_MCP_STARTING, data);
    }
    incoming_reply(incoming, NULL);
    return true;
}

static const struct {
    const char *op;
    bool (*run)(struct session *session, struct incoming *incoming, const json_t *json);
} ops[] = {
    {"builtin", op_builtin},   {"order", op_order}, {"relay", op_relay}, {"relay_info", op_relay_info},
    {"remember", op_remember}, {"spent", op_spent}, {"start", op_start},
};

bool agent_ops_run(struct session *session, struct incoming *incoming, const json_t *json)
{
    const char *op = jsonx_str(json, "op", "");
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(ops[i].op, op) == 0)
            return ops[i].run(session, incoming, json);
    incoming_refuse(incoming, ERR_NOT_FOUND, "there is no such op");
    return false;
}
