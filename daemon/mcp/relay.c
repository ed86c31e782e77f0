/* Each relayed request is a request of the daemon's to the host with an id of its own, and knows the one
 * request of the one agent that it is for: that is why an answer can't reach another session. */
#include "daemon/mcp/relay.h"

#include "daemon/mcp/definitions.h"
#include "daemon/mcp/hosts.h"
#include "daemon/server.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MAX_MS (INT64_C(24) * 3600 * 1000)

struct relay {
    struct relays *relays;
    const struct session *session; /* whose agent asks; for counting alone */
    struct incoming *incoming;     /* the agent's */
    struct outgoing *outgoing;     /* to the host */
    struct relay *next;
};

struct relays {
    struct relay *all;
};

static void relay_free(struct relay *relay)
{
    struct relay **at = &relay->relays->all;
    while (*at != relay)
        at = &(*at)->next;
    *at = relay->next;
    free(relay);
}

static size_t in_flight(const struct relays *relays, const struct session *session)
{
    size_t count = 0;
    for (const struct relay *relay = relays->all; relay; relay = relay->next)
        count += relay->session == session;
    return count;
}

/* --- passing on --- */

/* Ids are of one link alone: they are put in anew. */
static json_t *without_id(const json_t *note)
{
    json_t *copy = json_copy((json_t *)note);
    json_object_del(copy, "id");
    return copy;
}

static void on_host_note(void *arg, const json_t *note)
{
    const struct relay *relay = arg;
    incoming_note(relay->incoming, without_id(note));
}

static void on_agent_note(void *arg, const json_t *note)
{
    const struct relay *relay = arg;
    outgoing_note(relay->outgoing, without_id(note));
}

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct relay *relay = arg;
    struct incoming *incoming = relay->incoming;
    relay_free(relay);
    if (code == ERR_OK)
        incoming_reply(incoming, json_incref(ok));
    else
        incoming_refuse(incoming, code, text);
}

static void on_cancelled(void *arg)
{
    struct relay *relay = arg;
    outgoing_cancel(&relay->outgoing);
    relay_free(relay);
}

/* --- beginning --- */

/* The server that the session may ask, in the variant that it has selected; else why not. */
static enum err may_ask(const struct session *session, const json_t *json,
                        const struct config_server **config, const struct config_variant **variant,
                        char error[256])
{
    const char *name = jsonx_str(json, "server", ""), *wanted = jsonx_str(json, "variant", "");
    *config = config_server_find(session->server->config, name);
    if (!*config || (*config)->scope == SCOPE_SESSION) {
        snprintf(error, 256, "there is no MCP server '%.40s' that sessions share", name);
        return ERR_NOT_FOUND;
    }
    *variant = definitions_variant(session, *config, error);
    if (!*variant)
        return ERR_CONFIG;
    if (strcmp((*variant)->name, wanted) == 0)
        return ERR_OK;
    snprintf(error, 256, "this session has not selected the variant '%.40s' of MCP server '%s'", wanted,
             (*config)->name);
    return ERR_CONFLICT;
}

static json_t *host_request(const json_t *json, bool info, int64_t timeout_ms)
{
    json_t *request = json_object(), *params = jsonx_obj(json, "params");
    jsonx_set_str(request, "op", info ? "info" : "mcp");
    if (info)
        return request;
    jsonx_set_str(request, "method", jsonx_str(json, "method", ""));
    if (params)
        json_object_set(request, "params", params);
    jsonx_set_int(request, "timeout_ms", timeout_ms);
    return request;
}

static void begin(struct session *session, struct incoming *incoming, struct agent_requests *requests,
                  json_t *request, int64_t patience_ms)
{
    struct relays *relays = session->server->relays;
    struct relay *relay = xcalloc(1, sizeof *relay);
    struct outgoing_handler handler = {relay, on_host_note, on_reply};
    relay->relays = relays;
    relay->session = session;
    relay->incoming = incoming;
    relay->next = relays->all;
    relays->all = relay;
    relay->outgoing = agent_requests_ask(requests, request, patience_ms, &handler);
    if (relay->outgoing) {
        incoming_on(incoming, on_cancelled, on_agent_note, relay);
        return;
    }
    relay_free(relay);
    char text[80];
    snprintf(text, sizeof text, "%d requests wait for this MCP server's host already; try again",
             AGENT_REQUESTS_MAX);
    incoming_refuse(incoming, ERR_BUSY, text);
}

bool relay_request(struct session *session, struct incoming *incoming, const json_t *json, bool info)
{
    struct server *server = session->server;
    const struct config_server *config;
    const struct config_variant *variant;
    char error[256];
    int64_t timeout_ms = jsonx_int(json, "timeout_ms", 0);
    if (!info && (!jsonx_str(json, "method", NULL) || timeout_ms < 0 || timeout_ms > TIMEOUT_MAX_MS)) {
        incoming_refuse(incoming, ERR_PROTOCOL, "relay needs a method and a time-out");
        return false;
    }
    enum err code = may_ask(session, json, &config, &variant, error);
    if (code == ERR_OK && in_flight(server->relays, session) >= RELAY_SESSION_MAX) {
        code = ERR_BUSY;
        snprintf(error, sizeof error, "%d requests of this session are in progress with shared MCP servers",
                 RELAY_SESSION_MAX);
    }
    struct agent_requests *requests =
        code == ERR_OK ? hosts_requests(server->hosts, config, variant, session->state->owner, &code, error)
                       : NULL;
    if (!requests) {
        incoming_refuse(incoming, code, error);
        return true;
    }
    if (timeout_ms == 0)
        timeout_ms = config_bound(server->config, variant, BOUND_CALL);
    begin(session, incoming, requests, host_request(json, info, timeout_ms),
          definitions_patience(server->config, variant, timeout_ms));
    return true;
}

struct relays *relays_open(void)
{
    return xcalloc(1, sizeof(struct relays));
}

void relays_close(struct relays **slot)
{
    free(*slot);
    *slot = NULL;
}
