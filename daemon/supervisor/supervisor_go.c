/* GO: a call begins only when its tool.started is on disk, so that after any end it is known what may have
 * run.
 */
#include "daemon/supervisor/supervisor_internal.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <string.h>

struct going { /* a call that waits for the disk */
    struct server *server;
    char sid[ID_MAX], message[ID_MAX];
    int block;
    uint64_t serial; /* of its agent: another one has its own turn */
    bool said;
};

/* The agent, if it still waits for this. */
static struct agent *waiting_agent(const struct going *going)
{
    const struct server *server = going->server;
    struct session *session = server->registry ? registry_find(server->registry, going->sid) : NULL;
    struct agent *agent = session && session->end == SESSION_LIVES ? session->agent : NULL;
    bool waits = agent && agent->serial == going->serial && agent->state == AGENT_RUNNING &&
                 state_call(session->state, going->message, going->block) == CALL_RUNNING;
    return waits ? agent : NULL;
}

static void send_go(struct agent *agent, const struct going *going)
{
    json_t *json = json_object();
    jsonx_set_str(json, "message", going->message);
    jsonx_set_int(json, "block", going->block);
    agentproc_send_json(agent->proc, LINK_GO, json);
    json_decref(json);
}

static void say_waiting(struct session *session, const char *why)
{
    char text[320];
    snprintf(text, sizeof text, "the store can't commit (%s); a tool's call waits for that",
             why ? why : "unknown");
    session_error(session, "store", text);
}

static void on_stored(void *arg, enum err code)
{
    struct going *going = arg;
    struct server *server = going->server;
    struct agent *agent = waiting_agent(going);
    if (agent && code == ERR_STORE && !server->stopping) {
        if (!going->said)
            say_waiting(agent->session, store_failing(server->store));
        going->said = true;
        store_commit(server->store, on_stored, going);
        return;
    }
    if (agent && code == ERR_OK)
        send_go(agent, going);
    else if (agent && code == ERR_INTERNAL) /* it may not be kept: then it must not run */
        session_interrupt(agent->session, LINK_INTERRUPT_STORE, NULL);
    free(going);
}

void supervisor_go_when_stored(struct agent *agent, const char *message, int block)
{
    static uint64_t serials;
    if (!agent->serial)
        agent->serial = ++serials;
    struct going *going = xcalloc(1, sizeof *going);
    going->server = agent->session->server;
    snprintf(going->sid, sizeof going->sid, "%s", agent->session->state->id);
    snprintf(going->message, sizeof going->message, "%s", message);
    going->block = block;
    going->serial = agent->serial;
    store_commit(going->server->store, on_stored, going);
}
