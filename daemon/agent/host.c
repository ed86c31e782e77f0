/* One keeper, many jobs. The trap: what the server says without naming a request could be meant for any
 * session, so it goes to the only one that is under way, else to nobody. */
#include "daemon/agent/host.h"
#include "daemon/agent/keeper.h"
#include "daemon/agent/outside.h"
#include "daemon/agent/tool_list.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_REPLY_MAX = 4 << 20 /* bytes: the daemon reads and writes it, and everybody waits meanwhile */ };

struct job { /* one request of one session's */
    struct host *host;
    struct job *next;
    struct incoming *incoming;
    struct keeper_call *call;
    bool info, lists_tools;
};

struct host_ask {
    struct host *host;
    struct host_ask *next;
    struct peer_ask *peer;
    struct job *job; /* NULL: an AUTHORIZE for which nobody waits */
    int64_t number;
};

struct host {
    struct host_options options;
    struct mcp_server *server;
    struct keeper *keeper;
    struct job *jobs;
    struct host_ask *asks;
    int64_t made; /* asks */
    void (*closed)(void *arg);
    void *closed_arg;
};

/* --- what the server asks of people --- */

static void ask_free(struct host_ask *ask)
{
    struct host_ask **at = &ask->host->asks;

    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    keeper_release(ask->host->keeper);
    free(ask);
}

static void ask_note(const struct host_ask *ask, const char *kind)
{
    json_t *note = json_object();

    jsonx_set_int(note, "ask", ask->number);
    jsonx_set_str(note, "kind", kind);
    if (strcmp(kind, "void") != 0)
        json_object_set(note, "params", (json_t *)ask->peer->params);
    else if (ask->peer->done)
        json_object_set_new(note, "done", json_true());
    incoming_note(ask->job->incoming, note);
}

static void ask_say(const struct host_ask *ask)
{
    static const char *const kinds[] = {"form", "url", "sampling", "authorize"};

    if (ask->job)
        ask_note(ask, kinds[ask->peer->kind]);
}

static void on_ask(void *arg, struct peer_ask *peer, void *call)
{
    struct host *host = arg;
    struct host_ask *ask;

    if (peer->kind == PEER_ASK_AUTHORIZE)
        call = host->jobs; /* anybody who waits for it */
    else if (!call || outside_is_deep(peer->params) || outside_bytes(peer->params) > HOST_REPLY_MAX) {
        peer_answer(peer, "decline", NULL, "nobody can be asked");
        return;
    }
    ask = xcalloc(1, sizeof *ask);
    *ask = (struct host_ask){host, host->asks, peer, call, ++host->made};
    host->asks = ask;
    peer->data = ask;
    keeper_hold(host->keeper);
    ask_say(ask);
}

static void on_ask_void(void *arg, struct peer_ask *peer)
{
    struct host_ask *ask = peer->data;

    (void)arg;
    if (!ask)
        return;
    if (ask->job)
        ask_note(ask, "void");
    ask_free(ask);
}

/* The job ends. Who must be asked so that the server can be used is asked in another session then. */
static void asks_leave(struct job *job, struct job *other)
{
    struct host_ask *ask = job->host->asks, *next;

    for (; ask; ask = next) {
        next = ask->next;
        if (ask->job != job)
            continue;
        ask->job = NULL;
        if (ask->peer->kind == PEER_ASK_AUTHORIZE) {
            ask->job = other;
            ask_say(ask);
        } else {
            peer_answer(ask->peer, "cancel", NULL, "who was asked is gone");
            ask_free(ask);
        }
    }
}

static void asks_drop(struct host *host)
{
    while (host->asks) {
        struct host_ask *next = host->asks->next;
        keeper_release(host->keeper);
        free(host->asks);
        host->asks = next;
    }
}

static void on_note(void *arg, const json_t *note)
{
    struct job *job = arg;
    struct host_ask *ask = job->host->asks;
    const char *action = jsonx_str(note, "action", "");
    char error[256];

    while (ask && (ask->job != job || ask->number != jsonx_int(note, "ask", -1)))
        ask = ask->next;
    if (!ask)
        return;
    if (ask->peer->kind == PEER_ASK_AUTHORIZE) {
        if (!keeper_redirected(job->host->keeper, jsonx_str(jsonx_obj(note, "content"), "redirect", ""),
                               error))
            log_warn("host", "%s", error);
        return;
    }
    if (strcmp(action, "accept") != 0 && strcmp(action, "decline") != 0)
        action = "cancel";
    peer_answer(ask->peer, action, jsonx_obj(note, "content"), jsonx_str(note, "text", NULL));
    ask_free(ask);
}

/* --- jobs --- */

static void job_free(struct job *job)
{
    struct job **at = &job->host->jobs;

    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    asks_leave(job, job->host->jobs);
    free(job);
}

static void on_cancelled(void *arg)
{
    struct job *job = arg;
    struct keeper_call *call = job->call;

    job_free(job);
    keeper_cancel(&call, "it was cancelled");
}

static void on_progress(void *arg, double progress, double total, const char *text)
{
    const struct job *job = arg;
    json_t *note = json_object();

    json_object_set_new(note, "progress", json_real(progress));
    if (total >= 0)
        json_object_set_new(note, "total", json_real(total));
    jsonx_set_str(note, "text", text);
    incoming_note(job->incoming, note);
}

static json_t *info_json(const struct host *host)
{
    const struct mcp_info *info = keeper_info(host->keeper);
    json_t *json = json_object();

    if (!info)
        return json;
    jsonx_set_str(json, "title", info->name);
    jsonx_set_str(json, "version", info->version);
    jsonx_set_str(json, "protocol", info->protocol);
    if (json_is_object(info->capabilities) && !outside_is_deep(info->capabilities))
        json_object_set(json, "capabilities", (json_t *)info->capabilities);
    return json;
}

static json_t *bounded_tools(const json_t *result)
{
    char left[256];
    json_t *json = json_object();

    json_object_set_new(json, "tools", tool_list_read(jsonx_arr(result, "tools"), left));
    if (left[0])
        log_warn("host", "%s", left);
    return json;
}

static void on_done(void *arg, const struct mcp_reply *reply)
{
    struct job *job = arg;
    struct incoming *incoming = job->incoming;
    json_t *ok;

    if (reply->code != ERR_OK)
        ok = NULL;
    else if (job->info)
        ok = info_json(job->host);
    else if (job->lists_tools)
        ok = bounded_tools(reply->result);
    else
        ok = json_incref(reply->result);
    job_free(job);
    if (!ok)
        incoming_refuse(incoming, reply->code, reply->text);
    else if (outside_is_deep(ok) || outside_bytes(ok) > HOST_REPLY_MAX)
        incoming_refuse(incoming, ERR_TOO_LARGE,
                        "what the MCP server answered is larger than 4 MiB, which is the most for one that "
                        "sessions share, or nested too deep");
    else
        incoming_reply(incoming, json_incref(ok));
    json_decref(ok);
}

/* What would change the server for the other sessions is not among them. */
static bool is_allowed(const char *method)
{
    static const char *const methods[] = {"tools/list",     "tools/call",         "resources/list",
                                          "resources/read", "prompts/list",       "resources/templates/list",
                                          "prompts/get",    "completion/complete"};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i], method) == 0)
            return true;
    return false;
}

void host_request(struct host *host, struct incoming *incoming, const json_t *json)
{
    const char *op = jsonx_str(json, "op", ""), *method = jsonx_str(json, "method", "");
    bool info = strcmp(op, "info") == 0;
    char text[160];

    if (!info && (strcmp(op, "mcp") != 0 || !is_allowed(method))) {
        snprintf(text, sizeof text, "a host does not know the request '%.32s' '%.64s'", op, method);
        incoming_refuse(incoming, ERR_NOT_FOUND, text);
        return;
    }
    struct job *job = xcalloc(1, sizeof *job);
    struct mcp_request_handler handler = {job, on_progress, on_done};
    *job = (struct job){.host = host, .next = host->jobs, .incoming = incoming, .info = info};
    job->lists_tools = strcmp(method, "tools/list") == 0;
    host->jobs = job;
    incoming_on(incoming, on_cancelled, on_note, job);
    for (struct host_ask *ask = host->asks; ask; ask = ask->next)
        if (!ask->job) {
            ask->job = job;
            ask_say(ask);
        }
    job->call = keeper_call(host->keeper, info ? NULL : method, jsonx_obj(json, "params"),
                            jsonx_int(json, "timeout_ms", 0), &handler);
}

/* --- what the keeper says --- */

static struct peer *on_open(void *arg, const struct peer_events *events)
{
    const struct host *host = arg;
    struct peer_options options = {.loop = host->options.loop,
                                   .http = host->options.http,
                                   .requests = host->options.requests,
                                   .server = host->server,
                                   .era = host->server->era};

    return peer_local_open(&options, events);
}

static void remember(const struct host *host, const struct mcp_info *info, const json_t *tools)
{
    char left[256];
    json_t *json = json_object();

    jsonx_set_str(json, "op", "remember");
    jsonx_set_str(json, "server", host->server->name);
    jsonx_set_str(json, "variant", host->server->variant);
    jsonx_set_str(json, "era", info->protocol);
    json_object_set_new(json, "tools", tool_list_read(tools, left));
    requests_ask(host->options.requests, json, NULL);
}

static void on_connected(void *arg, const struct mcp_info *info, const json_t *tools)
{
    remember(arg, info, tools);
}

static void on_tools(void *arg, const json_t *tools)
{
    const struct host *host = arg;

    remember(host, keeper_info(host->keeper), tools);
}

static void on_disconnected(void *arg, const char *cause, const char *text)
{
    struct host *host = arg;

    asks_drop(host);
    log_info("host", "server %s ended: %s %s", host->server->name, cause, text ? text : "");
}

static void on_closed(void *arg)
{
    (void)arg;
}

static void on_updated(void *arg, const char *uri)
{
    (void)arg;
    (void)uri;
}

static void on_log(void *arg, const char *level, const char *text)
{
    const struct host *host = arg;

    log_debug("host", "server %s %s: %s", host->server->name, level, text);
}

/* --- the host's life --- */

struct host *host_new(const struct host_options *options, const json_t *payload, char error[256])
{
    struct host *host;
    const json_t *definition = jsonx_obj(payload, "server");
    struct mcp_server *server;

    strcpy(error, "HOST defines no server");
    if (!definition || !(server = mcp_server_from_json(definition, error)))
        return NULL;
    if (!server->command && !server->url) { /* a session may know no more of it; who runs it must */
        snprintf(error, 256, "HOST defines MCP server \"%.40s\" without a command or a url", server->name);
        mcp_server_free(&server);
        return NULL;
    }
    host = xcalloc(1, sizeof *host);
    const struct keeper_owner owner = {
        host,      NULL,       on_open, on_connected, on_tools,   on_disconnected,
        on_closed, on_updated, on_log,  on_ask,       on_ask_void};
    host->options = *options;
    host->server = server;
    host->keeper = keeper_new(options->loop, server->name, &owner);
    keeper_set_times(host->keeper, server->start_ms, server->idle_ms);
    return host;
}

static void keeper_gone(void *arg)
{
    struct host *host = arg;

    mcp_server_free(&host->server);
    if (host->closed)
        host->closed(host->closed_arg);
    free(host);
}

void host_free(struct host **slot, bool at_once, void (*closed)(void *arg), void *arg)
{
    struct host *host = *slot;

    *slot = NULL;
    host->closed = closed;
    host->closed_arg = arg;
    asks_drop(host);
    while (host->jobs) {
        struct job *next = host->jobs->next;
        free(host->jobs);
        host->jobs = next;
    }
    keeper_free(&host->keeper, at_once, keeper_gone, host);
}
