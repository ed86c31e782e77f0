/* What servers ask of people and of the session's model. Each ask is a question; sampling, once it is
 * allowed, goes on with an order of the daemon's and a run of the model. The trap: the ask may become void at
 * each step, and with its end all that was begun for it ends. */
#include "daemon/agent/mcp/form.h"
#include "daemon/agent/outside.h"
#include "daemon/agent/sample.h"
#include "daemon/agent/servers_internal.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_TEXT_MAX = 8192, ASK_URL_MAX = 8192 };

struct server_ask {
    struct server *server;
    struct server_ask *next;
    struct peer_ask *peer;
    const struct servers_call *call; /* NULL: not known */
    char question[ID_MAX];           /* "" once it is answered, but of an AUTHORIZE */
    struct outgoing *order;          /* sampling: the daemon is asked with which model */
    struct sample *sample;
};

static void ask_free(struct server_ask *ask)
{
    struct server_ask **at = &ask->server->asks;

    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    outgoing_cancel(&ask->order);
    sample_cancel(&ask->sample);
    keeper_release(ask->server->keeper);
    free(ask);
}

static void withdraw(struct server_ask *ask, const char *cause)
{
    if (ask->question[0])
        questions_withdraw(ask->server->servers->options.questions, ask->question, cause);
}

static void finish(struct server_ask *ask, const char *action, const json_t *content, const char *why)
{
    ask->peer->data = NULL;
    peer_answer(ask->peer, action, content, why);
    ask_free(ask);
}

/* --- sampling --- */

/* It has been paid for, whatever becomes of it. */
static void say_spent(const struct server_ask *ask, const json_t *usage)
{
    if (jsonx_int(usage, "input", 0) + jsonx_int(usage, "output", 0) <= 0)
        return;
    json_t *json = json_object();
    jsonx_set_str(json, "op", "spent");
    json_object_set_new(json, "usage", json_deep_copy(usage));
    requests_ask(ask->server->servers->options.requests, json, NULL);
}

static void sampled(void *arg, const json_t *result, const json_t *usage, const char *why)
{
    struct server_ask *ask = arg;

    ask->sample = NULL;
    say_spent(ask, usage);
    finish(ask, result ? "accept" : "cancel", result, why);
}

static void ordered(void *arg, enum err code, const char *text, json_t *ok)
{
    struct server_ask *ask = arg;
    const struct servers_options *options = &ask->server->servers->options;
    struct sample_handler handler = {ask, sampled};

    ask->order = NULL;
    if (code == ERR_OK)
        ask->sample = sample_start(options->loop, options->http, ok, ask->peer->params, &handler);
    else
        finish(ask, "cancel", NULL, text);
}

static void begin_sample(struct server_ask *ask)
{
    struct outgoing_handler handler = {.arg = ask, .reply = ordered};
    json_t *json = json_object();

    jsonx_set_str(json, "op", "order");
    ask->order = requests_ask(ask->server->servers->options.requests, json, &handler);
    if (!ask->order)
        finish(ask, "cancel", NULL, "too many requests wait for the daemon");
}

/* --- the answer --- */

static void answer_form(struct server_ask *ask, const json_t *data)
{
    json_t *said = jsonx_obj(data, "content"), *content = said ? json_deep_copy(said) : json_object();
    char error[256], text[320];

    if (form_check(jsonx_arr(ask->peer->params, "fields"), content, error)) {
        finish(ask, "accept", content, NULL);
    } else {
        snprintf(text, sizeof text, "the answer was not taken: %s", error);
        server_say_log(ask->server, "warning", text);
        finish(ask, "cancel", NULL, NULL);
    }
    json_decref(content);
}

static void decline_authorize(struct server_ask *ask)
{
    struct server *server = ask->server;

    ask->question[0] = '\0';
    server_stop(server, "refused", "a person declined to let us use it");
    server->declined = true;
}

static void answered(void *arg, const json_t *data)
{
    struct server_ask *ask = arg;
    const char *decision = jsonx_str(data, "decision", "");
    bool allow = strcmp(decision, "allow") == 0;

    if (ask->peer->kind == PEER_ASK_AUTHORIZE) {
        if (!allow)
            decline_authorize(ask);
        return; /* else the address comes, to our listener or by a person's hand */
    }
    ask->question[0] = '\0';
    if (!allow)
        finish(ask, strcmp(decision, "deny") == 0 ? "decline" : "cancel", NULL,
               jsonx_str(data, "reason", NULL));
    else if (ask->peer->kind == PEER_ASK_FORM)
        answer_form(ask, data);
    else if (ask->peer->kind == PEER_ASK_SAMPLING)
        begin_sample(ask);
    else
        finish(ask, "accept", NULL, NULL);
}

/* --- the question --- */

static void set_text(json_t *json, const char *server, const char *what, const char *said)
{
    char *cut = outside_text(said, ASK_TEXT_MAX);
    char *text = xasprintf("MCP server '%s' %s%s%s", server, what, *cut ? ": " : ".", cut);

    jsonx_set_str(json, "text", text);
    free(text);
    free(cut);
}

static void set_arguments(json_t *json, const json_t *params)
{
    size_t len;
    char *text = jsonx_dump(params, &len);
    size_t kept = len > STATE_ARGUMENTS_MAX ? utf8_cut(text, len, STATE_ARGUMENTS_MAX) : len;

    jsonx_set_strn(json, "arguments", text, kept);
    if (kept < len)
        json_object_set_new(json, "cut", json_true());
    free(text);
}

static json_t *question_of(const struct server_ask *ask)
{
    static const char *const kinds[] = {"form", "url", "sampling", "authorize"};
    const json_t *params = ask->peer->params;
    const char *server = ask->server->name;
    json_t *json = json_object();

    jsonx_set_str(json, "kind", kinds[ask->peer->kind]);
    jsonx_set_str(json, "server", server);
    if (ask->call && ask->call->message[0]) {
        jsonx_set_str(json, "message", ask->call->message);
        jsonx_set_int(json, "block", ask->call->block);
    }
    switch (ask->peer->kind) {
    case PEER_ASK_FORM:
        set_text(json, server, "asks", jsonx_str(params, "message", ""));
        json_object_set(json, "fields", jsonx_arr(params, "fields"));
        break;
    case PEER_ASK_URL:
        set_text(json, server, "asks you to open a page", jsonx_str(params, "message", ""));
        jsonx_set_str(json, "url", jsonx_str(params, "url", ""));
        break;
    case PEER_ASK_SAMPLING:
        set_text(json, server, "wants to ask this session's model", jsonx_str(params, "systemPrompt", ""));
        set_arguments(json, params);
        break;
    case PEER_ASK_AUTHORIZE:
        set_text(json, server, "can be used once you let us; open this page", "");
        jsonx_set_str(json, "url", jsonx_str(params, "url", ""));
        break;
    }
    return json;
}

/* Whoever made its calls may have gone, or have interrupted them: then it has nobody to ask. */
static bool is_called(const struct server *server)
{
    for (const struct servers_call *call = server->servers->calls; call; call = call->next)
        if (call->server == server && !call->ending)
            return true;
    return false;
}

void server_ask_begin(struct server *server, struct peer_ask *peer, struct servers_call *call)
{
    struct server_ask *ask;
    struct servers *servers = server->servers;
    char error[256], text[320];

    if (peer->kind != PEER_ASK_AUTHORIZE && !is_called(server)) {
        peer_answer(peer, "decline", NULL, "nobody has asked it anything");
        return;
    }
    ask = xcalloc(1, sizeof *ask);
    ask->server = server;
    ask->peer = peer;
    ask->call = peer->kind == PEER_ASK_AUTHORIZE ? NULL : call; /* that is for all of them */
    ask->next = server->asks;
    server->asks = ask;
    peer->data = ask;
    keeper_hold(server->keeper);
    if (questions_ask(servers->options.questions, servers_state(servers), question_of(ask), answered, ask,
                      ask->question, error))
        return;
    ask->question[0] = '\0';
    snprintf(text, sizeof text, "what it asks can't be asked: %s", error);
    server_say_log(server, "warning", text);
    finish(ask, "cancel", NULL, error);
}

/* --- the end --- */

void server_ask_void(struct server *server, struct peer_ask *peer)
{
    struct server_ask *ask = peer->data;

    if (!ask)
        return;
    if (peer->done && ask->question[0])
        questions_settle(server->servers->options.questions, ask->question);
    else
        withdraw(ask, "server");
    ask_free(ask);
}

void server_asks_drop(struct server *server, const char *cause)
{
    while (server->asks) {
        if (cause)
            withdraw(server->asks, cause);
        ask_free(server->asks);
    }
}

void server_asks_of_call(struct server *server, const struct servers_call *call, const char *cause)
{
    struct server_ask *ask = server->asks, *next;

    for (; ask; ask = next) {
        next = ask->next;
        if (ask->call != call)
            continue;
        if (!cause) {
            ask->call = NULL;
        } else {
            withdraw(ask, cause);
            finish(ask, "cancel", NULL, "the call was cancelled");
        }
    }
}

struct server *server_of_authorize(const struct servers *servers, const char *question)
{
    for (struct server *server = servers->list; server; server = server->next)
        for (const struct server_ask *ask = server->asks; ask; ask = ask->next)
            if (ask->peer->kind == PEER_ASK_AUTHORIZE && strcmp(ask->question, question) == 0)
                return server;
    return NULL;
}
