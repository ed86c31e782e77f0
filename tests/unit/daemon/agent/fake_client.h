/* An MCP client that a test plays: nothing happens but what it says. Stands for mcp/client.c and mcp/server.c
 * where this is included. */
#ifndef STOA_TEST_FAKE_CLIENT_H
#define STOA_TEST_FAKE_CLIENT_H

#include "daemon/agent/mcp/client.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FAKES_MAX = 64 };

struct mcp_request {
    struct mcp_client *client;
    struct mcp_request *next;
    char *method;
    json_t *params;
    int64_t timeout_ms;
    struct mcp_request_handler handler;
};

struct mcp_ask {
    struct mcp_client *client;
    struct mcp_ask *next;
    json_t *params;
    void *data;
};

struct mcp_client {
    char name[64], variant[64];
    const struct mcp_server *server;
    char *era, *root;
    struct mcp_callbacks callbacks;
    struct mcp_info info;
    json_t *capabilities;
    struct mcp_request *requests;
    struct mcp_ask *asks;
    bool ready;
    void (*closed)(void *arg); /* while it is closing */
    void *closed_arg;
    bool closing;
};

struct fakes {
    struct mcp_client *open[FAKES_MAX]; /* those that live, closing ones too; in the order of opening */
    size_t count, opened;
    char answered[256];  /* what the newest answer to an ask was */
    char cancelled[256]; /* the newest cancelled method and why */
    char redirected[256];
    bool close_at_once; /* closed is called in fakes_pump, else by fake_closed */
};
static struct fakes fakes;

/* --- the interface --- */

struct mcp_client *mcp_client_open(const struct mcp_client_options *options,
                                   const struct mcp_callbacks *callbacks)
{
    struct mcp_client *client = calloc(1, sizeof *client);

    snprintf(client->name, sizeof client->name, "%s", options->server->name);
    snprintf(client->variant, sizeof client->variant, "%s", options->server->variant);
    client->server = options->server;
    client->era = options->era ? strdup(options->era) : NULL;
    client->root = options->root ? strdup(options->root) : NULL;
    client->callbacks = *callbacks;
    assert_true(fakes.count < FAKES_MAX);
    fakes.open[fakes.count++] = client;
    fakes.opened++;
    return client;
}

static inline void fake_request_free(struct mcp_request *request)
{
    struct mcp_request **at = &request->client->requests;

    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    free(request->method);
    json_decref(request->params);
    free(request);
}

static inline void fake_ask_free(struct mcp_ask *ask)
{
    struct mcp_ask **at = &ask->client->asks;

    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    json_decref(ask->params);
    free(ask);
}

static inline void fake_closed(struct mcp_client *client)
{
    void (*closed)(void *arg) = client->closed;
    void *arg = client->closed_arg;
    size_t at = 0;

    assert_true(client->closing);
    while (fakes.open[at] != client)
        at++;
    memmove(&fakes.open[at], &fakes.open[at + 1], (--fakes.count - at) * sizeof *fakes.open);
    assert_string_equal(client->server->name, client->name); /* it must live as long as the client */
    json_decref(client->capabilities);
    free(client->era);
    free(client->root);
    free(client);
    if (closed)
        closed(arg);
}

void mcp_client_close(struct mcp_client **slot, void (*closed)(void *arg), void *arg)
{
    struct mcp_client *client = *slot;

    *slot = NULL;
    if (!client)
        return;
    while (client->requests)
        fake_request_free(client->requests);
    while (client->asks)
        fake_ask_free(client->asks);
    client->closing = true;
    client->closed = closed;
    client->closed_arg = arg;
}

bool mcp_client_is_ready(const struct mcp_client *client)
{
    return client->ready;
}

const struct mcp_info *mcp_client_info(const struct mcp_client *client)
{
    return &client->info;
}

int mcp_client_pid(const struct mcp_client *client)
{
    (void)client;
    return 0;
}

struct mcp_request *mcp_client_request(struct mcp_client *client, const char *method, const json_t *params,
                                       int64_t timeout_ms, const struct mcp_request_handler *handler)
{
    struct mcp_request *request = calloc(1, sizeof *request), **at = &client->requests;

    assert_false(client->closing);
    request->client = client;
    request->method = strdup(method);
    request->params = params ? json_deep_copy(params) : NULL;
    request->timeout_ms = timeout_ms;
    request->handler = *handler;
    while (*at)
        at = &(*at)->next;
    *at = request;
    return request;
}

void mcp_request_cancel(struct mcp_request **request, const char *reason)
{
    if (*request) {
        snprintf(fakes.cancelled, sizeof fakes.cancelled, "%s: %s", (*request)->method, reason);
        fake_request_free(*request);
    }
    *request = NULL;
}

void *mcp_request_arg(const struct mcp_request *request)
{
    return request->handler.arg;
}

void mcp_ask_answer(struct mcp_ask *ask, const char *action, const json_t *content)
{
    char *text = content ? json_dumps(content, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

    snprintf(fakes.answered, sizeof fakes.answered, "%s%s%s", action, text ? " " : "", text ? text : "");
    free(text);
    fake_ask_free(ask);
}

void mcp_ask_refuse(struct mcp_ask *ask, int code, const char *why)
{
    snprintf(fakes.answered, sizeof fakes.answered, "refused %d %s", code, why);
    fake_ask_free(ask);
}

void mcp_ask_set_data(struct mcp_ask *ask, void *data)
{
    ask->data = data;
}

void *mcp_ask_data(const struct mcp_ask *ask)
{
    return ask->data;
}

bool mcp_client_redirected(struct mcp_client *client, const char *url, char error[256])
{
    (void)client;
    snprintf(fakes.redirected, sizeof fakes.redirected, "%s", url);
    snprintf(error, 256, "it is not ours");
    return strncmp(url, "http://127.0.0.1", 16) == 0;
}

/* --- what a test makes it do --- */

/* Closes what is closing. */
static inline void fakes_close(void)
{
    for (size_t i = 0; i < fakes.count;)
        if (fakes.open[i]->closing)
            fake_closed(fakes.open[i]);
        else
            i++;
}

/* The newest one of that name that is not closing; NULL if there is none. */
static inline struct mcp_client *fake_find(const char *name)
{
    for (size_t i = fakes.count; i-- > 0;)
        if (!fakes.open[i]->closing && strcmp(fakes.open[i]->name, name) == 0)
            return fakes.open[i];
    return NULL;
}

static inline struct mcp_request *fake_request(const struct mcp_client *client, const char *method)
{
    struct mcp_request *request = client->requests;

    while (request && strcmp(request->method, method) != 0)
        request = request->next;
    return request;
}

static inline void fake_reply(struct mcp_request *request, const struct mcp_reply *reply)
{
    struct mcp_request_handler handler = request->handler;

    fake_request_free(request);
    handler.done(handler.arg, reply);
}

static inline void fake_answer(const struct mcp_client *client, const char *method, const char *result)
{
    struct mcp_request *request = fake_request(client, method);
    json_t *json = json_loads(result, 0, NULL);
    struct mcp_reply reply = {.result = json, .sent = true};

    assert_non_null(json);
    assert_non_null(request);
    fake_reply(request, &reply);
    json_decref(json);
}

static inline void fake_fail(const struct mcp_client *client, const char *method, enum err code,
                             const char *text)
{
    struct mcp_request *request = fake_request(client, method);
    struct mcp_reply reply = {.code = code, .text = text, .sent = true};

    assert_non_null(request);
    fake_reply(request, &reply);
}

/* Connected; it has not listed its tools yet. */
static inline void fake_ready(struct mcp_client *client)
{
    client->ready = true;
    client->capabilities = json_pack("{s:{}}", "tools");
    client->info = (struct mcp_info){
        .name = "Fake", .version = "1.0", .protocol = "2025-11-25", .capabilities = client->capabilities};
    client->callbacks.ready(client->callbacks.arg, &client->info);
}

static inline void fake_lost(struct mcp_client *client, enum mcp_why why, const char *text)
{
    struct mcp_failure failure = {.why = why, .text = text};
    struct mcp_reply reply = {.code = ERR_UNAVAILABLE, .text = text, .sent = true};

    while (client->asks) {
        client->callbacks.ask_void(client->callbacks.arg, client->asks);
        fake_ask_free(client->asks);
    }
    while (client->requests)
        fake_reply(client->requests, &reply);
    client->callbacks.lost(client->callbacks.arg, &failure);
}

static inline struct mcp_ask *fake_ask(struct mcp_client *client, enum mcp_ask_kind kind, const char *params,
                                       struct mcp_request *request)
{
    struct mcp_ask *ask = calloc(1, sizeof *ask);

    ask->client = client;
    ask->params = json_loads(params, 0, NULL);
    ask->next = client->asks;
    client->asks = ask;
    assert_non_null(ask->params);
    client->callbacks.ask(client->callbacks.arg, ask, kind, ask->params, request);
    return ask;
}

static inline void fake_ask_void(struct mcp_ask *ask)
{
    ask->client->callbacks.ask_void(ask->client->callbacks.arg, ask);
    fake_ask_free(ask);
}

#endif
