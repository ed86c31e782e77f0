/* The life of a request. Its clock starts when it can be sent, begins anew with each sign of life, stands
 * still while a person is asked, and never passes REQUEST_HARD_TIMES of the time-out. */
#include "daemon/agent/mcp/request_parts.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct method methods[] = {
    {"tools/list", "tools", NULL, "tools", NULL, METHOD_SAFE},
    {"tools/call", NULL, "name", "tools", NULL, METHOD_ROUNDS | METHOD_PROGRESS},
    {"resources/list", "resources", NULL, "resources", NULL, METHOD_SAFE},
    {"resources/templates/list", "resourceTemplates", NULL, "resources", NULL, METHOD_SAFE},
    {"resources/read", NULL, "uri", "resources", NULL, METHOD_SAFE | METHOD_ROUNDS | METHOD_PROGRESS},
    {"resources/subscribe", NULL, NULL, "resources", "subscribe", METHOD_SAFE},
    {"resources/unsubscribe", NULL, NULL, "resources", "subscribe", METHOD_SAFE},
    {"prompts/list", "prompts", NULL, "prompts", NULL, METHOD_SAFE},
    {"prompts/get", NULL, "name", "prompts", NULL, METHOD_SAFE | METHOD_ROUNDS | METHOD_PROGRESS},
    {"completion/complete", NULL, NULL, NULL, NULL, METHOD_SAFE},
    {"logging/setLevel", NULL, NULL, "logging", NULL, METHOD_SAFE},
    {"ping", NULL, NULL, NULL, NULL, METHOD_SAFE}};
static const struct method unknown = {.name = ""};

/* --- the clock --- */

static void set_clock(struct mcp_request *request)
{
    int64_t left = request->hard_at - clock_steady_ms();

    deadline_set(request->client->deadlines, &request->clock,
                 left < request->timeout_ms ? left : request->timeout_ms);
}

static void start_clock(struct mcp_request *request)
{
    if (request->hard_at)
        return;
    request->hard_at = clock_steady_ms() + request->timeout_ms * REQUEST_HARD_TIMES;
    set_clock(request);
}

void request_touch(struct mcp_request *request)
{
    if (request->hard_at && !request->over && request->phase != REQUEST_ENDING)
        set_clock(request);
}

static void abandon(struct mcp_request *request, const char *reason)
{
    struct mcp_client *client = request->client;
    bool by_stream = client->info.modern && client->is_http; /* ending the stream says it all */

    request_task_cancel(request);
    if (request->call)
        rpc_cancel(client->rpc, &request->call, by_stream ? NULL : reason);
    ask_void_all(client, request);
}

static void on_clock(void *arg)
{
    struct mcp_request *request = arg;
    struct mcp_client *client = request->client;
    bool is_person =
        ask_is_open(client, request) ||
        (client->can_ask && (request->phase == REQUEST_SIGNING_IN || client->handshake.signs_in));
    char text[CLIENT_TEXT_MAX];

    if (is_person && clock_steady_ms() < request->hard_at) {
        set_clock(request);
        return;
    }
    abandon(request, "it took too long");
    if (request->phase == REQUEST_SIGNING_IN || client->handshake.signs_in)
        snprintf(text, sizeof text, "somebody must sign in to \"%s\" first", client->server->name);
    else
        snprintf(text, sizeof text, "no answer from \"%s\" to %s within %.3g s", client->server->name,
                 request->method->name, (double)request->timeout_ms / 1000);
    request_finish(request, ERR_TIMEOUT, text, NULL);
}

/* --- the end --- */

static void disarm(struct mcp_request *request)
{
    deadline_clear(request->client->deadlines, &request->clock);
    deadline_clear(request->client->deadlines, &request->soon);
    request->over = true;
}

static void clear(struct mcp_request *request)
{
    struct mcp_request **at = &request->client->requests;

    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    disarm(request);
}

void request_hold(struct mcp_request *request)
{
    request->holds++;
}

void request_release(struct mcp_request *request)
{
    if (--request->holds > 0 || !request->over)
        return;
    json_decref(request->params);
    json_decref(request->whole);
    json_decref(request->tools);
    json_decref(request->cursors);
    json_decref(request->responses);
    json_decref(request->state);
    json_decref(request->urls);
    json_decref(request->task.answered);
    json_decref(request->result);
    free(request->cursor);
    free(request->task.id);
    free(request->text);
    free(request);
}

void request_finish(struct mcp_request *request, enum err code, const char *text, json_t *result)
{
    struct mcp_reply reply = {
        .code = code, .text = code ? text : NULL, .result = code ? NULL : result, .sent = request->sent};

    if (request->over)
        return;
    request_hold(request);
    clear(request);
    ask_void_all(request->client, request);
    request->handler.done(request->handler.arg, &reply);
    request_release(request);
}

static void on_soon(void *arg)
{
    struct mcp_request *request = arg;

    if (request->phase == REQUEST_ENDING)
        request_finish(request, request->code, request->text, request->result);
    else if (request->phase == REQUEST_POLLING)
        request_poll(request);
    else
        request_send(request);
}

void request_set_phase(struct mcp_request *request, enum request_phase phase)
{
    request->phase = phase;
}

void request_finish_soon(struct mcp_request *request, enum err code, json_t *result, const char *format, ...)
{
    va_list args;

    if (request->over || request->phase == REQUEST_ENDING)
        return;
    va_start(args, format);
    request->text = xmalloc(CLIENT_TEXT_MAX);
    vsnprintf(request->text, CLIENT_TEXT_MAX, format, args);
    va_end(args);
    request->code = code;
    request->result = json_incref(result);
    request_set_phase(request, REQUEST_ENDING);
    deadline_clear(request->client->deadlines, &request->clock);
    deadline_set(request->client->deadlines, &request->soon, 0);
}

/* --- the beginning --- */

static const struct method *find(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return &unknown;
}

struct mcp_request *mcp_client_request(struct mcp_client *client, const char *method, const json_t *params,
                                       int64_t timeout_ms, const struct mcp_request_handler *handler)
{
    struct mcp_request *request = xcalloc(1, sizeof *request), **last = &client->requests;

    request->client = client;
    request->method = find(method);
    request->params = json_is_object(params) ? json_deep_copy(params) : json_object();
    request->handler = *handler;
    request->timeout_ms = timeout_ms > 0 ? timeout_ms : client->server->call_ms;
    if (request->timeout_ms > REQUEST_TIMEOUT_MAX)
        request->timeout_ms = REQUEST_TIMEOUT_MAX;
    request->token = ++client->last_token;
    request->progress = -INFINITY;
    request->clock = (struct deadline){.ring = on_clock, .arg = request};
    request->soon = (struct deadline){.ring = on_soon, .arg = request};
    while (*last)
        last = &(*last)->next;
    *last = request;
    if (request->method == &unknown) {
        char *quoted = client_quote(method);

        request_finish_soon(request, ERR_BAD_REQUEST, NULL, "there is no request \"%s\"", quoted);
        free(quoted);
    } else if (client->state >= CLIENT_LOST) {
        request_finish_soon(request, ERR_UNAVAILABLE, NULL, "\"%s\" is not there any more",
                            client->server->name);
    } else if (client->state == CLIENT_READY) {
        start_clock(request);
        request_send(request);
    } else if (client->handshake.signs_in) {
        start_clock(request);
    }
    return request;
}

void mcp_request_cancel(struct mcp_request **slot, const char *reason)
{
    struct mcp_request *request = *slot;

    *slot = NULL;
    if (!request || request->over)
        return;
    request_hold(request);
    abandon(request, reason ? reason : "cancelled");
    clear(request);
    request_release(request);
}

void *mcp_request_arg(const struct mcp_request *request)
{
    return request->handler.arg;
}

/* --- all of them --- */

/* The next one of those that were there at the beginning: any of them may end meanwhile. */
static struct mcp_request *next_in(struct mcp_client *client, enum request_phase phase, int64_t *after,
                                   int64_t last)
{
    for (struct mcp_request *each = client->requests; each; each = each->next)
        if (each->phase == phase && each->token > *after && each->token <= last) {
            *after = each->token;
            return each;
        }
    return NULL;
}

void request_go(struct mcp_client *client)
{
    struct mcp_request *request;
    int64_t after = 0, last = client->last_token;

    while (client->state == CLIENT_READY && (request = next_in(client, REQUEST_QUEUED, &after, last))) {
        start_clock(request);
        request_send(request);
    }
}

void request_start_clocks(struct mcp_client *client)
{
    for (struct mcp_request *each = client->requests; each; each = each->next)
        if (each->phase == REQUEST_QUEUED)
            start_clock(each);
}

void request_signed_in(struct mcp_client *client, bool ok, const char *why)
{
    struct mcp_request *request;
    int64_t after = 0, last = client->last_token;

    while (client->state == CLIENT_READY && (request = next_in(client, REQUEST_SIGNING_IN, &after, last))) {
        if (ok)
            request_send(request);
        else
            request_finish_soon(request, ERR_DENIED, NULL, "nobody has signed in to \"%s\": %s",
                                client->server->name, why ? why : "it was given up");
    }
}

void request_cut_all(struct mcp_client *client)
{
    for (struct mcp_request *each = client->requests; each; each = each->next) {
        bool was_sent = each->call != NULL;

        each->call = NULL; /* freed with its connection */
        if (client->state >= CLIENT_LOST || each->phase == REQUEST_QUEUED || each->phase == REQUEST_ENDING)
            continue;
        if (each->task.id) {
            request_set_phase(each, REQUEST_POLLING); /* never begun a second time */
            deadline_set(client->deadlines, &each->soon, each->task.poll_ms);
            continue;
        }
        if (was_sent && !(each->method->flags & METHOD_SAFE)) {
            request_finish_soon(each, ERR_UNAVAILABLE, NULL,
                                "\"%s\" has forgotten the session during the call", client->server->name);
            continue;
        }
        if (each->phase != REQUEST_ASKING && each->phase != REQUEST_SIGNING_IN)
            request_set_phase(each, REQUEST_QUEUED);
    }
}

void request_drop_all(struct mcp_client *client)
{
    while (client->requests) {
        struct mcp_request *request = client->requests;

        client->requests = request->next;
        request->call = NULL; /* the connection's to free */
        request_hold(request);
        disarm(request);
        request_release(request);
    }
}

/* --- what comes for one of them --- */

void request_progress(struct mcp_client *client, const json_t *params)
{
    const json_t *token = json_object_get(params, "progressToken"),
                 *progress = json_object_get(params, "progress"), *total = json_object_get(params, "total");
    const char *text = jsonx_str(params, "message", NULL);
    char cut[CLIENT_TEXT_MAX + 1];

    for (struct mcp_request *each = client->requests; each && json_is_integer(token); each = each->next) {
        double value = json_number_value(progress);

        if (each->token != json_integer_value(token) || each->phase == REQUEST_ENDING)
            continue;
        if (!json_is_number(progress) || !(value > each->progress))
            return; /* it must rise: what does not is no sign of life */
        each->progress = value;
        request_touch(each);
        if (text && strlen(text) > CLIENT_TEXT_MAX) {
            size_t len = utf8_cut(text, strlen(text), CLIENT_TEXT_MAX);

            memcpy(cut, text, len);
            cut[len] = '\0';
            text = cut;
        }
        if (each->handler.progress)
            each->handler.progress(each->handler.arg, value,
                                   json_is_number(total) ? json_number_value(total) : -1, text);
        return;
    }
}

static struct mcp_request *by_task(struct mcp_client *client, const char *task)
{
    for (struct mcp_request *each = client->requests; each; each = each->next)
        if (each->task.id && strcmp(each->task.id, task) == 0)
            return each;
    return NULL;
}

void request_task_changed(struct mcp_client *client, const char *task)
{
    struct mcp_request *request = by_task(client, task);

    if (request && request->phase == REQUEST_POLLING)
        deadline_set(client->deadlines, &request->soon, REQUEST_POLL_MIN_MS);
}

struct mcp_request *request_during(struct mcp_client *client, uint64_t during, const json_t *params)
{
    const char *task = jsonx_str(
        jsonx_obj(jsonx_obj(params, "_meta"), "io.modelcontextprotocol/related-task"), "taskId", NULL);
    struct mcp_request *only = NULL;

    if (task)
        return by_task(client, task);
    for (struct mcp_request *each = client->requests; each; each = each->next)
        if (during && each->call && rpc_call_id(each->call) == during)
            return each;
    /* stdio and HTTP+SSE do not say; but if only one is under way that may ask, it is that */
    for (struct mcp_request *each = client->requests; each && !during; each = each->next) {
        if (!(each->method->flags & METHOD_ROUNDS) || each->phase != REQUEST_SENT)
            continue;
        if (only)
            return NULL;
        only = each;
    }
    return only;
}

static bool is_listed(const json_t *list, const char *uri)
{
    json_t *each;
    size_t i;

    json_array_foreach(list, i, each)
    {
        if (json_is_string(each) && strcmp(json_string_value(each), uri) == 0)
            return true;
    }
    return false;
}

void request_listening(struct mcp_client *client, const json_t *filter, enum err code, const char *text)
{
    const json_t *uris = jsonx_arr(filter, "resourceSubscriptions");

    for (struct mcp_request *each = client->requests; each; each = each->next) {
        const char *uri = jsonx_str(each->params, "uri", "");
        json_t *done = json_object();

        if (each->phase == REQUEST_LISTENING && is_listed(uris, uri)) {
            request_finish_soon(each, ERR_OK, done, "%s", "");
        } else if (each->phase == REQUEST_LISTENING) {
            json_object_del(client->subscribed, uri);
            request_finish_soon(each, code ? code : ERR_NOT_FOUND, NULL,
                                "\"%s\" does not subscribe to this: %s", client->server->name,
                                text ? text : "it was not among what it acknowledged");
        }
        json_decref(done);
    }
}
