/* A server that is a client of this process: mcp/client.h with its asks made alike to those of a remote one.
 */
#include "daemon/agent/peer.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <signal.h>
#include <stdlib.h>

struct local_ask {
    struct peer_ask base;
    struct mcp_ask *ask; /* NULL: AUTHORIZE */
    struct local_ask *next;
    json_t *params; /* of AUTHORIZE: ours; else NULL */
};

struct local {
    struct peer base;
    struct lents *lents; /* of a server that a terminal lends; else NULL */
    const char *name;
    struct mcp_client *client;
    struct local_ask *asks;
};

static struct local *local_of(struct peer *peer)
{
    return (struct local *)peer;
}

/* --- asks --- */

static struct local_ask *ask_new(struct local *local, enum peer_ask_kind kind, const json_t *params)
{
    struct local_ask *ask = xcalloc(1, sizeof *ask);

    ask->base.kind = kind;
    ask->base.params = params;
    ask->base.peer = &local->base;
    ask->next = local->asks;
    local->asks = ask;
    return ask;
}

static void ask_free(struct local *local, struct local_ask *ask)
{
    struct local_ask **at = &local->asks;

    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    json_decref(ask->params);
    free(ask);
}

static void on_ask(void *arg, struct mcp_ask *mcp_ask, enum mcp_ask_kind kind, const json_t *params,
                   struct mcp_request *request)
{
    struct local *local = arg;
    struct local_ask *ask = ask_new(local,
                                    kind == MCP_ASK_FORM  ? PEER_ASK_FORM
                                    : kind == MCP_ASK_URL ? PEER_ASK_URL
                                                          : PEER_ASK_SAMPLING,
                                    params);

    ask->ask = mcp_ask;
    ask->base.request = request ? mcp_request_arg(request) : NULL;
    mcp_ask_set_data(mcp_ask, ask);
    local->base.events.ask(local->base.events.arg, &ask->base);
}

static void on_ask_void(void *arg, struct mcp_ask *mcp_ask)
{
    struct local *local = arg;
    struct local_ask *ask = mcp_ask_data(mcp_ask);

    if (!ask)
        return;
    local->base.events.ask_void(local->base.events.arg, &ask->base);
    ask_free(local, ask);
}

static void end_authorize(struct local *local, bool done)
{
    struct local_ask *ask = local->asks;

    while (ask && ask->base.kind != PEER_ASK_AUTHORIZE)
        ask = ask->next;
    if (!ask)
        return;
    ask->base.done = done;
    local->base.events.ask_void(local->base.events.arg, &ask->base);
    ask_free(local, ask);
}

static void on_authorize(void *arg, const char *url, const char *redirect_uri, bool over)
{
    struct local *local = arg;
    struct local_ask *ask;
    json_t *params;

    end_authorize(local, over && url);
    if (over)
        return;
    params = json_object();
    jsonx_set_str(params, "url", url);
    jsonx_set_str(params, "redirect_uri", redirect_uri);
    ask = ask_new(local, PEER_ASK_AUTHORIZE, params);
    ask->params = params;
    local->base.events.ask(local->base.events.arg, &ask->base);
}

static void answer(struct peer_ask *base, const char *action, const json_t *content, const char *why)
{
    struct local *local = local_of(base->peer);
    struct local_ask *ask = (struct local_ask *)base;

    if (!ask->ask)
        return;
    if (base->kind == PEER_ASK_SAMPLING && !content)
        mcp_ask_refuse(ask->ask, -1, why ? why : "a person declined it");
    else
        mcp_ask_answer(ask->ask, action, content);
    ask_free(local, ask);
}

/* --- what else the client says --- */

static void on_ready(void *arg, const struct mcp_info *info)
{
    struct local *local = arg;

    (void)info;
    local->base.events.ready(local->base.events.arg);
}

static void on_lost(void *arg, const struct mcp_failure *failure)
{
    struct local *local = arg;

    local->base.events.lost(local->base.events.arg, mcp_why_name(failure->why), failure->text);
}

static void on_changed(void *arg, enum mcp_changed what)
{
    struct local *local = arg;

    local->base.events.changed(local->base.events.arg, what);
}

static void on_updated(void *arg, const char *uri)
{
    struct local *local = arg;

    local->base.events.updated(local->base.events.arg, uri);
}

static void on_log(void *arg, const char *level, const char *text)
{
    struct local *local = arg;

    local->base.events.log(local->base.events.arg, level, text);
}

/* --- the interface --- */

static void *request(struct peer *peer, const char *method, const json_t *params, int64_t timeout_ms,
                     const struct mcp_request_handler *handler)
{
    return mcp_client_request(local_of(peer)->client, method, params, timeout_ms, handler);
}

static void cancel(struct peer *peer, void *of, const char *why)
{
    struct mcp_request *asked = of;

    (void)peer;
    mcp_request_cancel(&asked, why);
}

static bool redirected(struct peer *peer, const char *url, char error[256])
{
    return mcp_client_redirected(local_of(peer)->client, url, error);
}

static const struct mcp_info *info(const struct peer *peer)
{
    return mcp_client_info(((const struct local *)peer)->client);
}

static void close_local(struct peer *peer, bool at_once, void (*closed)(void *arg), void *arg)
{
    struct local *local = local_of(peer);
    int pid = mcp_client_pid(local->client);

    while (local->asks)
        ask_free(local, local->asks);
    if (at_once && pid > 0) { /* it was not reaped yet, or pid were 0 */
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
    }
    mcp_client_close(&local->client, closed, arg);
    free(local);
}

static const struct peer_ops ops = {request, cancel, answer, redirected, info, close_local};

static struct mcp_transport *open_lent(void *arg, const struct mcp_transport_handler *handler,
                                       char error[256])
{
    const struct local *local = arg;

    (void)error;
    return lent_open(local->lents, local->name, handler);
}

struct peer *peer_local_open(const struct peer_options *options, const struct peer_events *events)
{
    struct local *local = xcalloc(1, sizeof *local);
    const struct mcp_server *server = options->server;
    struct mcp_client_options client = {.loop = options->loop,
                                        .http = options->http,
                                        .server = server,
                                        .era = options->era,
                                        .root = options->root,
                                        .token_file = server->token_file,
                                        .token_key = server->token_file ? server->token_key : NULL,
                                        .can_ask = true};
    struct mcp_callbacks callbacks = {.arg = local,
                                      .ready = on_ready,
                                      .lost = on_lost,
                                      .changed = on_changed,
                                      .updated = on_updated,
                                      .log = on_log,
                                      .ask = on_ask,
                                      .ask_void = on_ask_void,
                                      .authorize = on_authorize};

    const struct mcp_connector connector = {.arg = local, .open = open_lent};

    local->lents = options->lents;
    local->name = server->name;
    if (server->lender) { /* our folder is none of that machine's */
        client.connector = &connector;
        client.root = NULL;
    }
    local->base.ops = &ops;
    local->base.events = *events;
    local->client = mcp_client_open(&client, &callbacks);
    return &local->base;
}
