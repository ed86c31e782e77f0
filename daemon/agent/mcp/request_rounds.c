/* What a server wants to know before it answers: input rounds of the modern era, and URLs that somebody must
 * have visited (-32042 of 2025-11-25). Both are bounded, since a server may ask for ever. */
#include "daemon/agent/mcp/request_parts.h"
#include "shared/jsonx.h"
#include <stdlib.h>
#include <string.h>

static void fail(struct mcp_request *request, enum err code, const char *what)
{
    request_finish_soon(request, code, NULL, "\"%s\" %s", request->client->server->name, what);
}

/* --- input rounds --- */

static void all_answered(struct mcp_request *request)
{
    if (request->task.id)
        request_task_inputs(request);
    else
        request_send(request);
}

static void one_less(struct mcp_request *request)
{
    if (--request->open == 0 && request->phase == REQUEST_ASKING)
        all_answered(request);
}

static void on_input(struct mcp_ask *ask, json_t *result, int64_t code, const char *why)
{
    struct mcp_request *request = (struct mcp_request *)ask_request(ask);

    (void)code;
    if (result) {
        json_object_set(request->responses, ask_key(ask), result);
    } else { /* there is no way to say it to the server */
        request_finish_soon(request, ERR_DENIED, NULL, "\"%s\" asked for what was refused: %s",
                            request->client->server->name, why ? why : "");
        return;
    }
    request_touch(request);
    one_less(request);
}

void request_ask_inputs(struct mcp_request *request, const json_t *inputs)
{
    const char *key;
    json_t *input;

    json_decref(request->responses);
    request->responses = json_object();
    request_set_phase(request, REQUEST_ASKING);
    if (json_object_size(inputs) > REQUEST_INPUTS_MAX) {
        fail(request, ERR_PROTOCOL, "asks too many questions at once");
        return;
    }
    request_hold(request);
    request->open = 1;
    json_object_foreach((json_t *)inputs, key, input)
    {
        struct ask_order order = {.method = jsonx_str(input, "method", ""),
                                  .params = jsonx_obj(input, "params"),
                                  .request = request,
                                  .key = key,
                                  .answered = on_input};
        json_t *result = NULL;
        char error[256];
        int64_t code;

        if (request->phase != REQUEST_ASKING || request->over)
            break; /* the owner has ended it meanwhile */
        request->open++;
        switch (ask_begin(request->client, &order, &result, &code, error)) {
        case ASK_OPEN:
            break;
        case ASK_NOW:
            json_object_set_new(request->responses, key, result);
            request->open--;
            break;
        case ASK_WRONG:
            request_finish_soon(request, ERR_PROTOCOL, NULL, "\"%s\" asks for what it can't have: %s",
                                request->client->server->name, error);
            break;
        }
    }
    if (!request->over)
        one_less(request);
    request_release(request);
}

void request_input_required(struct mcp_request *request, const json_t *result)
{
    const json_t *inputs = jsonx_obj(result, "inputRequests"),
                 *state = json_object_get(result, "requestState");

    if (++request->rounds > REQUEST_ROUNDS_MAX) {
        fail(request, ERR_PROTOCOL, "asks again and again");
        return;
    }
    if (state && !json_is_string(state))
        state = NULL;
    json_decref(request->state);
    request->state = state ? json_incref((json_t *)state) : NULL;
    json_decref(request->responses);
    request->responses = NULL;
    if (!inputs && !state) {
        fail(request, ERR_PROTOCOL, "wants input, but does not say which");
    } else if (!inputs) {
        request_touch(request);
        request_set_phase(request, REQUEST_ASKING);
        deadline_set(request->client->deadlines, &request->soon,
                     10 << (request->rounds - 1 < 8 ? request->rounds - 1 : 8));
    } else {
        request_ask_inputs(request, inputs);
    }
}

/* --- URLs --- */

static void go_on(struct mcp_request *request)
{
    if (json_object_size(request->urls) == 0)
        request_send(request);
    else /* it may never say that it is done */
        deadline_set(request->client->deadlines, &request->soon, REQUEST_URL_DONE_MS);
}

static void on_url(struct mcp_ask *ask, json_t *result, int64_t code, const char *why)
{
    struct mcp_request *request = (struct mcp_request *)ask_request(ask);

    (void)code;
    (void)why;
    if (strcmp(jsonx_str(result, "action", ""), "accept") != 0) {
        fail(request, ERR_DENIED, "needs a URL to be visited, which was declined");
        return;
    }
    request_touch(request);
    if (--request->open == 0 && request->phase == REQUEST_ASKING)
        go_on(request);
}

void request_needs_urls(struct mcp_request *request, const json_t *data)
{
    const json_t *list = jsonx_arr(data, "elicitations");
    size_t count = json_array_size(list);

    if (count == 0 || count > REQUEST_INPUTS_MAX || ++request->url_rounds > REQUEST_URL_ROUNDS_MAX) {
        fail(request, ERR_PROTOCOL,
             count == 0 ? "needs a URL to be visited, but does not say which"
                        : "needs too many URLs to be visited");
        return;
    }
    request_hold(request);
    request_set_phase(request, REQUEST_ASKING);
    json_decref(request->urls);
    request->urls = json_object();
    request->open = 1;
    for (size_t i = 0; i < count && request->phase == REQUEST_ASKING && !request->over; i++) {
        json_t *each = json_array_get(list, i),
               *params = json_is_object(each) ? json_copy(each) : json_object(), *result = NULL;
        struct ask_order order = {
            .method = "elicitation/create", .params = params, .request = request, .answered = on_url};
        const char *id = jsonx_str(params, "elicitationId", "");
        char error[256];
        int64_t code;

        jsonx_set_str(params, "mode", "url");
        request->open++;
        if (*id)
            json_object_set_new(request->urls, id, json_true());
        if (ask_begin(request->client, &order, &result, &code, error) != ASK_OPEN)
            request_finish_soon(request, ERR_PROTOCOL, NULL, "\"%s\" asks for what it can't have: %s",
                                request->client->server->name, error);
        json_decref(params);
    }
    if (!request->over && --request->open == 0 && request->phase == REQUEST_ASKING)
        go_on(request);
    request_release(request);
}

void request_url_done(struct mcp_client *client, const char *id)
{
    for (struct mcp_request *each = client->requests, *next; each; each = next) {
        next = each->next;
        if (!json_object_get(each->urls, id))
            continue;
        json_object_del(each->urls, id);
        if (each->open == 0 && each->phase == REQUEST_ASKING && json_object_size(each->urls) == 0) {
            deadline_clear(client->deadlines, &each->soon);
            request_send(each);
        }
    }
}
