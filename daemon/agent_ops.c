/* An agent is trusted with its own session alone: no op names another one. An answer that comes later looks
 * first whether the agent still wants it. */
#include "daemon/agent_ops.h"

#include "daemon/definitions.h"
#include "daemon/order.h"
#include "daemon/relay.h"
#include "shared/jsonx.h"

#include <string.h>

/* The order of a turn that would begin now: for questions to the model outside of one. */
static bool op_order(struct session *session, struct incoming *incoming, const json_t *json)
{
    char error[256];
    json_t *order = order_turn(session, error);
    (void)json;
    if (order)
        incoming_reply(incoming, order);
    else
        incoming_refuse(incoming, ERR_PROVIDER, error);
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

static const struct {
    const char *op;
    bool (*run)(struct session *session, struct incoming *incoming, const json_t *json);
} ops[] = {
    {"order", op_order},
    {"relay", op_relay},
    {"relay_info", op_relay_info},
    {"remember", op_remember},
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
