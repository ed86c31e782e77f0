/* What is said in a run of a lent server: from the agent to the client that lends it, and back. */
#include "daemon/lends_internal.h"

#include "daemon/config/config.h"
#include "daemon/people/audit.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "proto/envelope.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOTICE_MAX = ENVELOPE_LENT_MAX + (64 << 10),
    GRACE_MS = 5000, /* for the agent's own deadlines */
    PROLONGED = 10   /* how many times as long a call may take that reports progress */
};

void lend_tell(struct lends *lends, const struct lend *lend, json_t *rest)
{
    struct buf text;
    buf_init(&text, NOTICE_MAX);
    if (!envelope_put_lend(&text, lend->session->state->id, lend->name, rest)) {
        buf_free(&text);
        return;
    }
    struct frame *frame = frame_new(&text);
    struct route route = lend->client->route;
    clients_reply(lends->server->clients, &route, frame);
    frame_free(&frame);
}

static void tell_end(struct lends *lends, const char *run, const struct lend *lend)
{
    json_t *rest = json_object();
    jsonx_set_str(rest, "run", run);
    json_object_set_new(rest, "end", json_true());
    lend_tell(lends, lend, rest);
}

static json_t *agent_frame(const struct lend *lend)
{
    json_t *json = json_object();
    jsonx_set_str(json, "server", lend->name);
    jsonx_set_int(json, "run", lend->agent_run);
    return json;
}

/* Takes the reference to json. */
static bool tell_agent(const struct lend *lend, json_t *json)
{
    bool told = supervisor_lent(lend->session, json);
    json_decref(json);
    return told;
}

void lend_end_run(struct lend *lend, const char *cause, const char *why)
{
    if (!lend->run[0])
        return;
    json_t *json = agent_frame(lend);
    jsonx_set_str(json, "end", why);
    jsonx_set_str(json, "cause", cause);
    lend->run[0] = '\0';
    tell_agent(lend, json);
}

/* --- from the client --- */

static bool has_shape(const json_t *messages, char error[256])
{
    size_t i;
    json_t *message;
    json_array_foreach(messages, i, message)
    {
        if (json_is_object(message))
            continue;
        snprintf(error, 256, "parameter 'messages': number %zu is no object", i + 1);
        return false;
    }
    return true;
}

/* Each as the text of its frame; false with a sentence if one is too large. */
static enum err pass_on(struct lend *lend, const json_t *messages, char error[256])
{
    size_t i, len;
    json_t *message;
    json_array_foreach(messages, i, message)
    {
        free(jsonx_dump(message, &len));
        if (len <= ENVELOPE_LENT_MAX)
            continue;
        snprintf(error, 256, "a message has %zu bytes; at most %d are possible", len, ENVELOPE_LENT_MAX);
        return ERR_TOO_LARGE;
    }
    json_array_foreach(messages, i, message)
    {
        json_t *json = agent_frame(lend);
        json_object_set(json, "message", message);
        tell_agent(lend, json);
    }
    return ERR_OK;
}

enum err lends_message(struct lends *lends, const struct client *client, struct session *session,
                       const char *name, const char *run, const json_t *messages, const char *end, bool began,
                       char error[256])
{
    struct lend *lend = lends_find(lends, session, name);
    if (!lend || lend->client != client) {
        snprintf(error, 256, "this terminal lends no MCP server '%.40s' to this session", name);
        if (lend) /* else it crossed the end */
            audit_record(lends->server, &client->principal, "refused", session->state->id,
                         "lend.message for '%.40s', which another terminal lends", name);
        return ERR_DENIED;
    }
    if (!lend->run[0] || strcmp(lend->run, run) != 0) {
        snprintf(error, 256, "the run '%.40s' of MCP server '%s' is over", run, name);
        return ERR_CONFLICT;
    }
    if (!has_shape(messages, error))
        return ERR_BAD_REQUEST;
    if (supervisor_lent_waiting(session) > LENDS_WAITING_MAX) {
        snprintf(error, 256, "the session's agent is behind; try again");
        return ERR_BUSY;
    }
    enum err code = pass_on(lend, messages, error);
    if (code == ERR_OK && end)
        lend_end_run(lend, began ? "crashed" : "not_started", *end ? end : "it has ended");
    return code;
}

/* --- from the agent --- */

static void begin_run(struct lends *lends, struct lend *lend, int64_t number)
{
    json_t *rest = json_object();
    id_make(lend->run, "l_");
    lend->agent_run = number;
    jsonx_set_str(rest, "run", lend->run);
    json_object_set_new(rest, "start", json_true());
    lend_tell(lends, lend, rest);
}

/* Nobody lends it (any more): it crossed the end, or what was lent is not known here. */
static void refuse_run(struct session *session, const char *name, int64_t number)
{
    json_t *json = json_object();
    jsonx_set_str(json, "server", name);
    jsonx_set_int(json, "run", number);
    jsonx_set_str(json, "end", "no terminal lends it now");
    jsonx_set_str(json, "cause", "closed");
    supervisor_lent(session, json);
    json_decref(json);
}

static bool take_start(struct lends *lends, struct session *session, struct lend *lend, const char *name,
                       int64_t number)
{
    if (!lend) {
        refuse_run(session, name, number);
        return true;
    }
    if (lend->run[0]) { /* it has begun anew without a word of its end */
        char run[ID_MAX];
        strcpy(run, lend->run);
        lend->run[0] = '\0';
        tell_end(lends, run, lend);
        lend = lends_find(lends, session, name);
    }
    if (lend)
        begin_run(lends, lend, number);
    return true;
}

static void take_message(struct lends *lends, struct lend *lend, json_t *message)
{
    json_t *rest = json_object();
    size_t len;
    free(jsonx_dump(message, &len));
    if (len > ENVELOPE_LENT_MAX) {
        json_decref(rest);
        return;
    }
    jsonx_set_str(rest, "run", lend->run);
    json_object_set(rest, "message", message);
    lend_tell(lends, lend, rest);
}

bool lends_agent(struct lends *lends, struct session *session, json_t *json)
{
    const char *name = jsonx_str(json, "server", "");
    int64_t number = jsonx_int(json, "run", 0);
    json_t *message = jsonx_obj(json, "message");
    bool starts = jsonx_bool(json, "start", false), ends = json_object_get(json, "end") != NULL;
    if (number <= 0 || !lends_is_name(name) || starts + ends + (message != NULL) != 1)
        return false;
    struct lend *lend = lends_find(lends, session, name);
    if (starts)
        return take_start(lends, session, lend, name, number);
    if (!lend || !lend->run[0] || lend->agent_run != number)
        return true;
    if (message) {
        take_message(lends, lend, message);
    } else {
        char run[ID_MAX];
        strcpy(run, lend->run);
        lend->run[0] = '\0';
        tell_end(lends, run, lend);
    }
    return true;
}

void lends_agent_gone(struct lends *lends, const struct session *session)
{
    struct lend *lend;
    do {
        for (lend = lends ? lends->all : NULL; lend; lend = lend->next)
            if (lend->session == session && lend->run[0])
                break;
        if (lend) {
            char run[ID_MAX];
            strcpy(run, lend->run);
            lend->run[0] = '\0';
            tell_end(lends, run, lend);
        }
    } while (lend);
}

/* --- deadlines --- */

int64_t lends_patience(const struct lends *lends, int64_t call_ms)
{
    const struct config *config = lends->server->config;
    if (call_ms <= 0)
        call_ms = config_number(config, OPTION_MCP_CALL_TIMEOUT);
    return config_number(config, OPTION_MCP_START_TIMEOUT) + PROLONGED * call_ms + GRACE_MS;
}
