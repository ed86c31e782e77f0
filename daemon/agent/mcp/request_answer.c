/* What an answer means: the end, another page, questions, a task, or once more in another way. A tools/call
 * that may have run is never sent again, unless the tool says that this does no harm. */
#include "daemon/agent/mcp/request_parts.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is(const struct mcp_request *request, const char *method)
{
    return strcmp(request->method->name, method) == 0;
}

static const json_t *tool_of(const struct mcp_request *request)
{
    return is(request, "tools/call")
               ? tool_table_find(request->client->tools, jsonx_str(request->params, "name", NULL))
               : NULL;
}

/* --- the end --- */

/* New reference: the same result, but an error that says what is wrong with it. */
static json_t *misfit(const json_t *result, const char *why)
{
    json_t *changed = json_copy((json_t *)result), *content = json_array(), *block = json_object();
    const json_t *was = jsonx_arr(result, "content");

    jsonx_set_str(block, "type", "text");
    jsonx_set_str(block, "text", why);
    json_array_append_new(content, block);
    if (was)
        json_array_extend(content, (json_t *)was);
    json_object_set_new(changed, "content", content);
    json_object_set_new(changed, "isError", json_true());
    json_object_del(changed, "structuredContent");
    return changed;
}

void request_complete(struct mcp_request *request, json_t *result)
{
    struct mcp_client *client = request->client;
    char why[300];
    json_t *changed;

    if (is(request, "resources/subscribe") && !client->info.modern)
        json_object_set_new(client->subscribed, jsonx_str(request->params, "uri", ""), json_true());
    if (is(request, "resources/unsubscribe"))
        json_object_del(client->subscribed, jsonx_str(request->params, "uri", ""));
    if (is(request, "tools/call") && !tool_fits(tool_of(request), result, why)) {
        changed = misfit(result, why);
        request_finish(request, ERR_OK, NULL, changed);
        json_decref(changed);
        return;
    }
    request_finish(request, ERR_OK, NULL, result);
}

void request_error(struct mcp_request *request, const struct rpc_answer *answer)
{
    enum err code = answer->outcome == RPC_NONSENSE   ? ERR_PROTOCOL
                    : answer->code == RPC_BAD_PARAMS  ? ERR_BAD_REQUEST
                    : answer->code == RPC_NO_METHOD   ? ERR_NOT_FOUND
                    : answer->code == RPC_NO_RESOURCE ? ERR_NOT_FOUND
                                                      : ERR_PROVIDER;
    char *said = client_quote(answer->message), text[CLIENT_TEXT_MAX];

    if (answer->outcome == RPC_NONSENSE)
        snprintf(text, sizeof text, "the answer of \"%s\" makes no sense: %s", request->client->server->name,
                 said);
    else
        snprintf(text, sizeof text, "\"%s\" answered with error %lld: %s", request->client->server->name,
                 (long long)answer->code, said);
    free(said);
    request_finish(request, code, text, NULL);
}

static enum err code_of(const struct mcp_failure *failure)
{
    switch (failure->why) {
    case MCP_WHY_DEADLINE:
        return ERR_TIMEOUT;
    case MCP_WHY_FLOOD:
    case MCP_WHY_NONSENSE:
        return ERR_PROTOCOL;
    case MCP_WHY_REFUSED:
        if (failure->status == 401 || failure->status == 403)
            return ERR_DENIED;
        return failure->status == 404                             ? ERR_NOT_FOUND
               : failure->status == 429 || failure->status >= 500 ? ERR_UNAVAILABLE
                                                                  : ERR_PROVIDER;
    default:
        return ERR_UNAVAILABLE;
    }
}

/* Whether the server has certainly not done it. */
static bool is_undone(const struct mcp_failure *failure)
{
    return failure->why == MCP_WHY_NOT_STARTED || failure->why == MCP_WHY_EXPIRED ||
           (failure->why == MCP_WHY_REFUSED && failure->status < 500);
}

/* --- once more --- */

static bool signs_in(struct mcp_request *request, const struct mcp_failure *failure)
{
    struct mcp_client *client = request->client;
    char error[256] = "it refuses every token";
    bool now;

    if (!sign_in_is_asked(client, failure))
        return false;
    request->sent = false;
    if (++request->sign_ins > REQUEST_SIGN_INS_MAX ||
        !sign_in_begin(client, failure, request->generation, &now, error))
        request_finish_soon(request, ERR_DENIED, NULL, "\"%s\" refused it (%s): %s", client->server->name,
                            failure->text, error);
    else if (now)
        request_send(request);
    else
        request_set_phase(request, REQUEST_SIGNING_IN);
    return true;
}

void request_failed(struct mcp_request *request, const struct mcp_failure *failure)
{
    struct mcp_client *client = request->client;
    bool ready = client->state == CLIENT_READY || client->state == CLIENT_CONNECTING;
    char text[CLIENT_TEXT_MAX];

    if (ready && signs_in(request, failure))
        return;
    if (ready && failure->why == MCP_WHY_EXPIRED && !request->renewed) {
        request->renewed = true; /* it was refused, so not done */
        request_set_phase(request, REQUEST_QUEUED);
        handshake_again(client);
        return;
    }
    if (ready && failure->why == MCP_WHY_BROKEN && !request->task.id &&
        request->repeats < REQUEST_REPEATS_MAX &&
        ((request->method->flags & METHOD_SAFE) || tool_is_repeatable(tool_of(request)))) {
        request->repeats++;
        request_set_phase(request, REQUEST_QUEUED);
        deadline_set(client->deadlines, &request->soon, 100 << request->repeats);
        return;
    }
    if (is_undone(failure) || request->phase == REQUEST_QUEUED)
        request->sent = false;
    snprintf(text, sizeof text, "\"%s\" is gone: %s", client->server->name,
             failure->text ? failure->text : "");
    if (client->state != CLIENT_LOST)
        snprintf(text, sizeof text, "\"%s\" did not answer: %s", client->server->name,
                 failure->text ? failure->text : "");
    request_finish(request,
                   client->state == CLIENT_LOST && failure->why != MCP_WHY_REFUSED ? ERR_UNAVAILABLE
                                                                                   : code_of(failure),
                   text, NULL);
}

void request_fail_all(struct mcp_client *client, const struct mcp_failure *failure)
{
    for (struct mcp_request *each; client->state == CLIENT_LOST && (each = client->requests);) {
        if (each->phase == REQUEST_ENDING)
            request_finish(each, each->code, each->text, each->result);
        else
            request_failed(each, failure);
    }
}

/* --- the list of tools, in between --- */

static void drop_quietly(void *arg, const char *name, const char *why)
{
    (void)arg;
    (void)name;
    (void)why;
}

static void next_page(struct mcp_request *request, const char *cursor);

static void on_tools(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    struct mcp_request *request = arg;
    struct mcp_client *client = request->client;
    json_t *tools = answer->outcome == RPC_RESULT ? jsonx_arr(answer->result, "tools") : NULL;
    const char *cursor = tools ? jsonx_str(answer->result, "nextCursor", NULL) : NULL;

    (void)call;
    request->call = NULL;
    if (answer->outcome == RPC_FAILED) {
        request->listed = false; /* then it is listed once more before it is called */
        request_failed(request, answer->failure);
        return;
    }
    json_array_extend(request->tools, tools);
    if (cursor && ++request->pages < REQUEST_PAGES_MAX &&
        json_array_size(request->tools) < REQUEST_ITEMS_MAX) {
        next_page(request, cursor);
        return;
    }
    if (tools) {
        tool_list_clean(request->tools, client->is_http && client->info.modern, drop_quietly, NULL);
        tool_table_set(client->tools, request->tools);
    }
    request_send(request); /* without headers, if there was no list: the server will say */
}

static void next_page(struct mcp_request *request, const char *cursor)
{
    json_t *params = json_object();

    jsonx_set_str(params, "cursor", cursor);
    request_touch(request);
    request_call(request, "tools/list", params, NULL, on_tools);
    request_set_phase(request, REQUEST_LISTING);
}

void request_list_tools(struct mcp_request *request)
{
    request->listed = true;
    request->pages = 0;
    json_decref(request->tools);
    request->tools = json_array();
    next_page(request, NULL);
}

/* --- answers --- */

static void take_result(struct mcp_request *request, json_t *result)
{
    const char *type = jsonx_str(result, "resultType", "complete");

    if (request->method->list) {
        request_take_page(request, result);
    } else if (is(request, "tools/call") && request_take_task(request, result)) {
        return;
    } else if (request->client->info.modern && strcmp(type, "input_required") == 0 &&
               (request->method->flags & METHOD_ROUNDS)) {
        request_input_required(request, result);
    } else if (request->client->info.modern && strcmp(type, "complete") != 0) {
        struct rpc_answer nonsense = {.outcome = RPC_NONSENSE, .message = "its resultType is not known here"};

        request_error(request, &nonsense);
    } else {
        request_complete(request, result);
    }
}

/* Whether the server refused the call since we do not know the tool as it is now: its headers have changed,
 * or it has to be a task. */
static bool is_list_of_use(const struct mcp_request *request, const struct rpc_answer *answer)
{
    const struct mcp_client *client = request->client;

    if (!is(request, "tools/call") || request->listed)
        return false;
    if (client->info.modern)
        return answer->code == RPC_HEADER_MISMATCH;
    return answer->code == RPC_NO_METHOD && !tool_table_is_known(client->tools) &&
           jsonx_obj(client->capabilities, "tasks");
}

static void take_error(struct mcp_request *request, const struct rpc_answer *answer)
{
    struct mcp_client *client = request->client;

    if (is_list_of_use(request, answer)) {
        request_list_tools(request);
    } else if (answer->code == RPC_UNSUPPORTED_VERSION && !request->renewed) {
        request->renewed = true; /* it was replaced by one that speaks otherwise */
        request_set_phase(request, REQUEST_QUEUED);
        handshake_again(client);
    } else if (answer->code == RPC_NEEDS_URL && !client->info.modern && client->can_ask) {
        request_needs_urls(request, answer->data);
    } else {
        request_error(request, answer);
    }
}

void request_answered(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    struct mcp_request *request = arg;

    (void)call;
    request->call = NULL;
    request_hold(request);
    switch (answer->outcome) {
    case RPC_RESULT:
        take_result(request, answer->result);
        break;
    case RPC_ERROR:
        take_error(request, answer);
        break;
    case RPC_NONSENSE:
        request_error(request, answer);
        break;
    case RPC_FAILED:
        request_failed(request, answer->failure);
        break;
    }
    request_release(request);
}
