/* A server that a host runs for many sessions: each request is relayed by the daemon, and what the host says
 * during it comes as notes of it. Nothing tells us that the host has lost the server but requests that
 * fail (see keeper_call.c). */
#include "daemon/agent/peer.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct remote_request {
    struct remote *remote;
    struct remote_request *next;
    struct outgoing *outgoing;
    struct mcp_request_handler handler; /* done NULL: it is the relay_info */
};

struct remote_ask {
    struct peer_ask base;
    struct remote_ask *next;
    struct remote_request *request;
    json_t *note;
    int64_t number; /* the host's */
};

struct remote {
    struct peer base;
    struct requests *requests;
    const struct mcp_server *server;
    struct remote_request *asked;
    struct remote_ask *asks;
    json_t *said; /* what info borrows from */
    struct mcp_info info;
};

/* --- asks --- */

static void ask_free(struct remote *remote, struct remote_ask *ask)
{
    struct remote_ask **at = &remote->asks;

    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    json_decref(ask->note);
    free(ask);
}

static void ask_void(struct remote *remote, struct remote_ask *ask)
{
    remote->base.events.ask_void(remote->base.events.arg, &ask->base);
    ask_free(remote, ask);
}

static struct remote_ask *ask_find(struct remote *remote, const struct remote_request *request,
                                   int64_t number)
{
    struct remote_ask *ask = remote->asks;

    while (ask && (ask->request != request || ask->number != number))
        ask = ask->next;
    return ask;
}

static void take_ask(struct remote_request *request, json_t *note)
{
    static const char *const kinds[] = {"form", "url", "sampling", "authorize"};
    struct remote *remote = request->remote;
    const char *kind = jsonx_str(note, "kind", "");
    int64_t number = jsonx_int(note, "ask", -1);
    struct remote_ask *ask = ask_find(remote, request, number);
    size_t at = 0;

    if (ask) {
        ask->base.done = jsonx_bool(note, "done", false);
        ask_void(remote, ask);
    }
    while (at < 4 && strcmp(kinds[at], kind) != 0)
        at++;
    if (at == 4 || !jsonx_obj(note, "params"))
        return;
    ask = xcalloc(1, sizeof *ask);
    ask->base.kind = (enum peer_ask_kind)at;
    ask->base.params = jsonx_obj(note, "params");
    ask->base.request = request->handler.done ? request->handler.arg : NULL;
    ask->base.peer = &remote->base;
    ask->note = json_incref(note);
    ask->number = number;
    ask->request = request;
    ask->next = remote->asks;
    remote->asks = ask;
    remote->base.events.ask(remote->base.events.arg, &ask->base);
}

static void answer_note(const struct remote_ask *ask, const char *action, const json_t *content,
                        const char *why)
{
    json_t *note = json_object();

    jsonx_set_int(note, "ask", ask->number);
    jsonx_set_str(note, "action", action);
    jsonx_set_str(note, "text", why);
    if (content)
        json_object_set(note, "content", (json_t *)content);
    outgoing_note(ask->request->outgoing, note);
}

static void answer(struct peer_ask *base, const char *action, const json_t *content, const char *why)
{
    struct remote_ask *ask = (struct remote_ask *)base;

    if (base->kind == PEER_ASK_AUTHORIZE)
        return;
    answer_note(ask, action, content, why);
    ask_free((struct remote *)base->peer, ask);
}

static bool redirected(struct peer *peer, const char *url, char error[256])
{
    struct remote_ask *ask = ((struct remote *)peer)->asks;
    json_t *content;

    while (ask && ask->base.kind != PEER_ASK_AUTHORIZE)
        ask = ask->next;
    if (!ask) {
        strcpy(error, "nobody waits for that address any more");
        return false;
    }
    content = json_object();
    jsonx_set_str(content, "redirect", url);
    answer_note(ask, "accept", content, NULL);
    json_decref(content);
    return true;
}

/* --- requests --- */

static void request_free(struct remote_request *request)
{
    struct remote_request **at = &request->remote->asked;

    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    free(request);
}

static void on_note(void *arg, const json_t *note)
{
    struct remote_request *request = arg;

    if (json_object_get(note, "ask"))
        take_ask(request, (json_t *)note);
    else if (request->handler.progress && json_is_number(json_object_get(note, "progress")))
        request->handler.progress(request->handler.arg, jsonx_real(note, "progress", 0),
                                  jsonx_real(note, "total", -1), jsonx_str(note, "text", NULL));
}

static void end_asks(struct remote *remote, const struct remote_request *request, bool say)
{
    struct remote_ask *ask = remote->asks, *next;

    for (; ask; ask = next) {
        next = ask->next;
        if (request && ask->request != request)
            continue;
        if (say)
            ask_void(remote, ask);
        else
            ask_free(remote, ask);
        next = remote->asks; /* what was called may have answered others */
    }
}

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct remote_request *request = arg;
    struct remote *remote = request->remote;
    struct mcp_request_handler handler = request->handler;
    struct mcp_reply reply = {.code = code, .text = text, .result = ok, .sent = true};

    end_asks(remote, request, true);
    request_free(request);
    handler.done(handler.arg, &reply);
}

/* The host names the server, and so does the keeper that is told. */
static const char *without_name(const struct remote *remote, const char *text)
{
    char prefix[128];
    int len = snprintf(prefix, sizeof prefix, "MCP server '%s' failed: ", remote->server->name);

    return text && strncmp(text, prefix, (size_t)len) == 0 ? text + len : text;
}

static void on_info(void *arg, enum err code, const char *text, json_t *ok)
{
    struct remote_request *request = arg;
    struct remote *remote = request->remote;

    end_asks(remote, request, true);
    request_free(request);
    if (code != ERR_OK) {
        remote->base.events.lost(remote->base.events.arg, code == ERR_TIMEOUT ? "deadline" : "not_started",
                                 without_name(remote, text));
        return;
    }
    remote->said = json_incref(ok);
    remote->info = (struct mcp_info){.name = jsonx_str(ok, "title", ""),
                                     .version = jsonx_str(ok, "version", ""),
                                     .protocol = jsonx_str(ok, "protocol", ""),
                                     .capabilities = jsonx_obj(ok, "capabilities")};
    remote->base.events.ready(remote->base.events.arg);
}

/* NULL if too many wait. */
static struct remote_request *ask_host(struct remote *remote, json_t *json,
                                       const struct mcp_request_handler *handler)
{
    struct remote_request *request = xcalloc(1, sizeof *request);
    struct outgoing_handler outgoing = {request, on_note, handler ? on_reply : on_info};

    jsonx_set_str(json, "server", remote->server->name);
    jsonx_set_str(json, "variant", remote->server->variant);
    request->remote = remote;
    if (handler)
        request->handler = *handler;
    request->next = remote->asked;
    remote->asked = request;
    request->outgoing = requests_ask(remote->requests, json, &outgoing);
    if (!request->outgoing) {
        request_free(request);
        return NULL;
    }
    return request;
}

static void *request(struct peer *peer, const char *method, const json_t *params, int64_t timeout_ms,
                     const struct mcp_request_handler *handler)
{
    struct remote *remote = (struct remote *)peer;
    json_t *json = json_object();

    jsonx_set_str(json, "op", "relay");
    jsonx_set_str(json, "method", method);
    if (params)
        json_object_set(json, "params", (json_t *)params);
    jsonx_set_int(json, "timeout_ms", timeout_ms > 0 ? timeout_ms : remote->server->call_ms);
    return ask_host(remote, json, handler);
}

static void cancel(struct peer *peer, void *of, const char *why)
{
    struct remote_request *asked = of;

    (void)why;
    end_asks((struct remote *)peer, asked, true);
    outgoing_cancel(&asked->outgoing);
    request_free(asked);
}

static const struct mcp_info *info(const struct peer *peer)
{
    return &((const struct remote *)peer)->info;
}

static void close_remote(struct peer *peer, bool at_once, void (*closed)(void *arg), void *arg)
{
    struct remote *remote = (struct remote *)peer;

    end_asks(remote, NULL, false);
    while (remote->asked) {
        if (!at_once) /* else there may be nobody to tell */
            outgoing_cancel(&remote->asked->outgoing);
        request_free(remote->asked);
    }
    json_decref(remote->said);
    free(remote);
    if (closed)
        closed(arg);
}

static const struct peer_ops ops = {request, cancel, answer, redirected, info, close_remote};

struct peer *peer_remote_open(const struct peer_options *options, const struct peer_events *events)
{
    struct remote *remote = xcalloc(1, sizeof *remote);
    json_t *json = json_object();

    remote->base.ops = &ops;
    remote->base.events = *events;
    remote->requests = options->requests;
    remote->server = options->server;
    jsonx_set_str(json, "op", "relay_info");
    ask_host(remote, json, NULL);
    return &remote->base;
}
