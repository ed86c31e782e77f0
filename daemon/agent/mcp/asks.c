/* What a server asks of people and of the model. In the legacy era these are requests of the server's, in the
 * modern one parts of a result (request_rounds.c); both come through here, so that both are checked in the
 * same way: nothing that we did not declare is passed on. */
#include "daemon/agent/mcp/client_parts.h"
#include "daemon/agent/mcp/form.h"
#include "daemon/agent/mcp/sampling.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { URL_MAX = 8192, ELICITATION_ID_MAX = 1024 };

struct mcp_ask {
    struct mcp_client *client;
    struct mcp_ask *next;
    enum mcp_ask_kind kind;
    json_t *params;
    struct mcp_request *request;
    char *key;
    json_t *id; /* of the server's request */
    ask_answered *answered;
    void *data;
    bool is_void; /* the owner is to be told, or is being told */
};

const struct mcp_request *ask_request(const struct mcp_ask *ask)
{
    return ask->request;
}

const char *ask_key(const struct mcp_ask *ask)
{
    return ask->key;
}

void mcp_ask_set_data(struct mcp_ask *ask, void *data)
{
    ask->data = data;
}

void *mcp_ask_data(const struct mcp_ask *ask)
{
    return ask->data;
}

static void ask_free(struct mcp_ask *ask)
{
    json_decref(ask->params);
    json_decref(ask->id);
    free(ask->key);
    free(ask);
}

static void unlink_from(struct mcp_ask **list, const struct mcp_ask *ask)
{
    while (*list && *list != ask)
        list = &(*list)->next;
    if (*list)
        *list = ask->next;
}

/* --- what they ask --- */

static bool is_web(const char *url)
{
    return strncasecmp(url, "https://", 8) == 0 || strncasecmp(url, "http://", 7) == 0;
}

/* New reference; NULL with code and error. */
static json_t *read_url(const json_t *params, int64_t *code, char error[256])
{
    const char *url = jsonx_str(params, "url", ""), *id = jsonx_str(params, "elicitationId", "");

    *code = RPC_BAD_PARAMS;
    if (!is_web(url) || strlen(url) > URL_MAX) {
        snprintf(error, 256, "url must be an http or https URL of at most %d bytes", URL_MAX);
        return NULL;
    }
    if (strlen(id) > ELICITATION_ID_MAX) {
        snprintf(error, 256, "elicitationId is longer than %d bytes", ELICITATION_ID_MAX);
        return NULL;
    }
    return json_pack("{s:s,s:s,s:s}", "message", jsonx_str(params, "message", ""), "url", url, "id", id);
}

static json_t *read_form(const json_t *params, int64_t *code, char error[256])
{
    json_t *fields = form_fields(json_object_get(params, "requestedSchema"), error);

    *code = RPC_BAD_PARAMS;
    if (!fields)
        return NULL;
    return json_pack("{s:s,s:o}", "message", jsonx_str(params, "message", ""), "fields", fields);
}

static json_t *read_ask(const struct mcp_client *client, const struct ask_order *order,
                        enum mcp_ask_kind *kind, int64_t *code, char error[256])
{
    const char *mode = jsonx_str(order->params, "mode", "form");

    *code = RPC_NO_METHOD;
    if (client->can_ask && strcmp(order->method, "sampling/createMessage") == 0) {
        *kind = MCP_ASK_SAMPLING;
        *code = RPC_BAD_PARAMS;
        return sampling_check(order->params, error) ? json_deep_copy(order->params) : NULL;
    }
    if (client->can_ask && strcmp(order->method, "elicitation/create") == 0) {
        if (strcmp(mode, "form") == 0) {
            *kind = MCP_ASK_FORM;
            return read_form(order->params, code, error);
        }
        if (strcmp(mode, "url") == 0) {
            *kind = MCP_ASK_URL;
            return read_url(order->params, code, error);
        }
        *code = RPC_BAD_PARAMS;
        snprintf(error, 256, "this mode of elicitation was not declared");
        return NULL;
    }
    snprintf(error, 256, "this client does not offer that method");
    return NULL;
}

/* Everything but unreserved characters and slashes is escaped. */
static json_t *root_of(const char *folder)
{
    static const char plain[] = "-._~/";
    const char *name = strrchr(folder, '/');
    char *uri = xmalloc(strlen(folder) * 3 + 8), *out = uri + sprintf(uri, "file://");
    json_t *root = json_object();

    for (const unsigned char *c = (const unsigned char *)folder; *c; c++)
        if ((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
            strchr(plain, *c))
            *out++ = (char)*c;
        else
            out += sprintf(out, "%%%02X", *c);
    *out = '\0';
    jsonx_set_str(root, "uri", uri);
    jsonx_set_str(root, "name", name && name[1] ? name + 1 : folder);
    free(uri);
    return root;
}

static size_t count_open(const struct mcp_client *client)
{
    size_t count = 0;

    for (const struct mcp_ask *each = client->asks; each; each = each->next)
        count++;
    return count;
}

enum ask_begun ask_begin(struct mcp_client *client, const struct ask_order *order, json_t **result,
                         int64_t *code, char error[256])
{
    struct mcp_ask *ask;
    enum mcp_ask_kind kind;
    json_t *params;

    if (client->root && strcmp(order->method, "roots/list") == 0) {
        *result = json_pack("{s:[o]}", "roots", root_of(client->root));
        return ASK_NOW;
    }
    params = read_ask(client, order, &kind, code, error);
    if (!params)
        return ASK_WRONG;
    if (count_open(client) >= CLIENT_ASKS_MAX) {
        json_decref(params);
        *code = RPC_INTERNAL;
        snprintf(error, 256, "more than %d questions are open", CLIENT_ASKS_MAX);
        return ASK_WRONG;
    }
    ask = xcalloc(1, sizeof *ask);
    ask->client = client;
    ask->kind = kind;
    ask->params = params;
    ask->request = order->request;
    ask->key = xstrdup_null(order->key);
    ask->id = order->id ? json_incref((json_t *)order->id) : NULL;
    ask->answered = order->answered;
    ask->next = client->asks;
    client->asks = ask;
    client->callbacks.ask(client->callbacks.arg, ask, kind, params, order->request);
    return ASK_OPEN;
}

bool ask_is_open(const struct mcp_client *client, const struct mcp_request *request)
{
    for (const struct mcp_ask *each = client->asks; each; each = each->next)
        if (!each->request || each->request == request)
            return true;
    return false;
}

/* --- the answers --- */

static json_t *answer_of(struct mcp_ask *ask, const char *action, const json_t *content)
{
    json_t *copy, *answer;
    char error[FORM_ERROR_MAX];

    if (ask->kind == MCP_ASK_SAMPLING)
        return json_deep_copy(content);
    answer = json_pack("{s:s}", "action", action);
    if (ask->kind != MCP_ASK_FORM || strcmp(action, "accept") != 0)
        return answer;
    copy = content ? json_deep_copy(content) : json_object();
    if (form_check(jsonx_arr(ask->params, "fields"), copy, error)) {
        json_object_set_new(answer, "content", copy);
    } else {
        json_decref(copy);
        jsonx_set_str(answer, "action", "cancel");
    }
    return answer;
}

/* Takes result. */
static void answered(struct mcp_ask *ask, json_t *result, int64_t code, const char *why)
{
    unlink_from(ask->is_void ? &ask->client->void_asks : &ask->client->asks, ask);
    if (!ask->is_void)
        ask->answered(ask, result, code, why);
    json_decref(result);
    ask_free(ask);
}

void mcp_ask_answer(struct mcp_ask *ask, const char *action, const json_t *content)
{
    if (ask->kind == MCP_ASK_SAMPLING && (strcmp(action, "accept") != 0 || !json_is_object(content)))
        mcp_ask_refuse(ask, RPC_REFUSED, "a person declined it");
    else
        answered(ask, answer_of(ask, action, content), 0, NULL);
}

void mcp_ask_refuse(struct mcp_ask *ask, int code, const char *why)
{
    if (ask->kind == MCP_ASK_SAMPLING)
        answered(ask, NULL, code, why);
    else
        answered(ask, json_pack("{s:s}", "action", "decline"), 0, NULL);
}

/* --- asks that are void --- */

void ask_tell_void(struct mcp_client *client)
{
    while (client->state != CLIENT_CLOSED && client->void_asks) {
        struct mcp_ask *ask = client->void_asks;

        client->void_asks = ask->next;
        client->callbacks.ask_void(client->callbacks.arg, ask);
        ask_free(ask);
    }
}

static void on_void_soon(void *arg)
{
    ask_tell_void(arg);
}

void ask_init(struct mcp_client *client)
{
    client->void_soon = (struct deadline){.ring = on_void_soon, .arg = client};
}

static void make_void(struct mcp_ask *ask)
{
    struct mcp_client *client = ask->client;

    unlink_from(&client->asks, ask);
    ask->is_void = true;
    ask->next = client->void_asks;
    client->void_asks = ask;
    deadline_set(client->deadlines, &client->void_soon, 0);
}

void ask_void_all(struct mcp_client *client, const struct mcp_request *request)
{
    for (struct mcp_ask *each = client->asks, *next; each; each = next) {
        next = each->next;
        if (!request || each->request == request)
            make_void(each);
    }
}

void ask_void_id(struct mcp_client *client, const json_t *id)
{
    for (struct mcp_ask *each = client->asks; each; each = each->next)
        if (each->id && json_equal(each->id, id)) {
            make_void(each);
            return;
        }
}

void ask_url_done(struct mcp_client *client, const char *id)
{
    for (struct mcp_ask *each = client->asks; each; each = each->next)
        if (each->kind == MCP_ASK_URL && *id && strcmp(jsonx_str(each->params, "id", ""), id) == 0) {
            json_t *result = json_pack("{s:s}", "action", "accept");

            make_void(each); /* first: its answer may end the request, which makes void what is left */
            each->answered(each, result, 0, NULL);
            json_decref(result);
            return;
        }
}

void ask_drop_all(struct mcp_client *client)
{
    struct mcp_ask **lists[] = {&client->asks, &client->void_asks};

    for (size_t i = 0; i < 2; i++)
        while (*lists[i]) {
            struct mcp_ask *ask = *lists[i];

            *lists[i] = ask->next;
            ask_free(ask);
        }
}

/* --- requests of the server's --- */

static void served(struct mcp_ask *ask, json_t *result, int64_t code, const char *why)
{
    if (!ask->client->rpc)
        return;
    if (result)
        rpc_result(ask->client->rpc, ask->id, result);
    else
        rpc_error(ask->client->rpc, ask->id, code, why ? why : "declined");
}

void ask_serve(struct mcp_client *client, const json_t *id, const char *method, const json_t *params,
               uint64_t during)
{
    struct ask_order order = {.method = method, .params = params, .id = id, .answered = served};
    json_t *result = NULL;
    char error[256];
    int64_t code;

    if (client->state >= CLIENT_LOST || client->info.modern)
        return; /* the modern era has no requests of servers, and no responses to them */
    if (strcmp(method, "ping") == 0) {
        result = json_object();
        rpc_result(client->rpc, id, result);
        json_decref(result);
        return;
    }
    if (client->state != CLIENT_READY) {
        rpc_error(client->rpc, id, RPC_INVALID_REQUEST, "not initialized yet");
        return;
    }
    order.request = request_during(client, during, params);
    switch (ask_begin(client, &order, &result, &code, error)) {
    case ASK_OPEN:
        return;
    case ASK_NOW:
        rpc_result(client->rpc, id, result);
        json_decref(result);
        return;
    case ASK_WRONG:
        rpc_error(client->rpc, id, code, error);
        return;
    }
}
