/* A session that has no title gets one from its model, once it has an answer to name it after. Nothing waits
 * for it: it runs beside whatever comes next, gives way to hibernation, and its failures are only logged. A
 * title that a person gives, also meanwhile, stays. */
#include "daemon/supervisor/supervisor_internal.h"

#include "daemon/people/ledger.h"
#include "daemon/server.h"
#include "daemon/supervisor/order.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
    TITLE_MS = 30000,
    TITLE_TRIES = 3,  /* of one agent */
    TITLE_BYTES = 80, /* room for six long words */
    TITLE_BY_BYTES = 200
};

/* A title that is not taken has been paid for all the same. */
static void give(struct session *session, const json_t *ok)
{
    const char *said = jsonx_str(ok, "title", ""), *model = jsonx_str(ok, "model", "");
    char *title = sanitise_line(said, strlen(said), TITLE_BYTES);
    char *by = sanitise_line(model, strlen(model), TITLE_BY_BYTES);
    const struct state *state = session->state;
    ledger_price(session->server, by, jsonx_obj(ok, "usage"));
    struct usage usage = usage_from_json(jsonx_obj(ok, "usage"));
    bool lives = !state->ended && session->end == SESSION_LIVES;
    bool paid = usage.input + usage.output > 0;
    bool takes = lives && !state->title[0] && !utf8_blank(title, strlen(title));
    if (!takes)
        log_debug("agent", "a title that is not needed session=%s", log_id(state->id));
    if (takes || (lives && paid)) {
        json_t *data = json_object();
        if (takes)
            jsonx_set_str(data, "title", title);
        jsonx_set_str(data, "by", by);
        if (paid)
            json_object_set_new(data, "usage", usage_to_json(&usage));
        json_object_set_new(data, "quiet", json_true());
        session_emit(session, EVENT_SESSION_UPDATED, data);
    }
    ledger_add(session, &usage);
    free(title);
    free(by);
}

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct agent *agent = arg;
    agent->title = NULL;
    agent->title_quiet = agent_requests_busy(agent->requests) == 0;
    if (code == ERR_OK)
        give(agent->session, ok);
    else
        log_info("agent", "no title: %s session=%s", text, log_id(agent->session->state->id));
}

static bool is_due(const struct agent *agent)
{
    const struct session *session = agent->session;
    const struct state *state = session->state;
    const struct message *newest = state->message_count ? state->messages[state->message_count - 1] : NULL;
    return config_number(session->server->config, OPTION_SESSION_AUTO_TITLE) && !state->title[0] &&
           !agent->title && agent->titles < TITLE_TRIES && !session->server->stopping && newest &&
           newest->role == MESSAGE_ROLE_ASSISTANT && newest->status == MESSAGE_COMPLETE;
}

void supervisor_title(struct agent *agent)
{
    struct outgoing_handler handler = {agent, NULL, on_reply};
    char error[256];
    if (agent->state != AGENT_IDLE || !is_due(agent) ||
        !ledger_allows(agent->session->server, agent->session->state->owner, error))
        return;
    json_t *order = order_turn(agent->session, error);
    if (!order) {
        log_info("agent", "no title: %s session=%s", error, log_id(agent->session->state->id));
        return;
    }
    json_t *json = json_object();
    jsonx_set_str(json, "op", "title");
    json_object_set_new(json, "order", order);
    supervisor_give_secrets(agent);
    agent->titles++;
    agent->title = agent_requests_ask(agent->requests, json, TITLE_MS, &handler);
}

void supervisor_title_cancel(struct agent *agent)
{
    agent->title_quiet = agent->title && agent_requests_busy(agent->requests) == 1;
    outgoing_cancel(&agent->title);
}
