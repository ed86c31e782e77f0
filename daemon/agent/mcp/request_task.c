/* Calls that a server works on for longer: it gives a task, which is looked after until it has ended.
 * 2025-11-25: the result is fetched by tasks/result, which also waits for what the server asks meanwhile.
 * 2026-07-28 (an extension): tasks/get brings result, error and questions. */
#include "daemon/agent/mcp/request_parts.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

static void poll_later(struct mcp_request *request)
{
    request_set_phase(request, REQUEST_POLLING);
    deadline_set(request->client->deadlines, &request->soon, request->task.poll_ms);
}

static json_t *task_params(const struct mcp_request *request)
{
    return json_pack("{s:s}", "taskId", request->task.id);
}

static void read_interval(struct mcp_request *request, const json_t *task)
{
    int64_t given =
        jsonx_int(task, request->task.modern ? "pollIntervalMs" : "pollInterval", REQUEST_POLL_MS);

    request->task.poll_ms = given < REQUEST_POLL_MIN_MS   ? REQUEST_POLL_MIN_MS
                            : given > REQUEST_POLL_MAX_MS ? REQUEST_POLL_MAX_MS
                                                          : given;
}

static void take_task(struct mcp_request *request, const json_t *task);

static void nonsense(struct mcp_request *request, const char *message)
{
    struct rpc_answer answer = {.outcome = RPC_NONSENSE, .message = message};

    request_error(request, &answer);
}

/* Whether it went on; else the request was told. */
static bool went_well(struct mcp_request *request, const struct rpc_answer *answer)
{
    request->call = NULL;
    if (answer->outcome == RPC_RESULT)
        return true;
    if (answer->outcome != RPC_FAILED) {
        request_error(request, answer);
    } else if (answer->failure->why == MCP_WHY_BROKEN && request->client->state == CLIENT_READY &&
               request->repeats++ < REQUEST_REPEATS_MAX) {
        poll_later(request); /* looking after it once more does no harm */
    } else {
        request_failed(request, answer->failure);
    }
    return false;
}

static void on_result(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    struct mcp_request *request = arg;

    (void)call;
    request_hold(request);
    if (went_well(request, answer)) {
        free(request->task.id); /* it has ended: nothing of it is to be cancelled */
        request->task.id = NULL;
        request_complete(request, answer->result);
    }
    request_release(request);
}

static void on_task(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    struct mcp_request *request = arg;

    (void)call;
    request_hold(request);
    if (went_well(request, answer))
        take_task(request, answer->result);
    request_release(request);
}

static void on_told(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    struct mcp_request *request = arg;
    const char *key;
    json_t *value;

    (void)call;
    request_hold(request);
    if (went_well(request, answer)) {
        json_object_foreach(request->responses, key, value)
        {
            json_object_set_new(request->task.answered, key, json_true());
        }
        poll_later(request);
    }
    request_release(request);
}

/* Questions that were not answered yet. New reference. */
static json_t *new_inputs(const struct mcp_request *request, const json_t *inputs)
{
    json_t *fresh = json_object(), *input;
    const char *key;

    json_object_foreach((json_t *)inputs, key, input)
    {
        if (!json_object_get(request->task.answered, key))
            json_object_set(fresh, key, input);
    }
    return fresh;
}

static void take_modern(struct mcp_request *request, const json_t *task, const char *status)
{
    json_t *result = jsonx_obj(task, "result"), *inputs;
    const json_t *error = jsonx_obj(task, "error");

    if (strcmp(status, "completed") == 0 && result) {
        free(request->task.id);
        request->task.id = NULL;
        request_complete(request, result);
    } else if (strcmp(status, "failed") == 0) {
        struct rpc_answer answer = {.outcome = RPC_ERROR,
                                    .code = jsonx_int(error, "code", 0),
                                    .message = jsonx_str(error, "message", "the task failed")};

        request_error(request, &answer);
    } else if (strcmp(status, "completed") == 0) {
        nonsense(request, "its task is completed without a result");
    } else {
        inputs = new_inputs(request, jsonx_obj(task, "inputRequests"));
        if (strcmp(status, "input_required") != 0 || json_object_size(inputs) == 0)
            poll_later(request);
        else if (++request->rounds > REQUEST_ROUNDS_MAX)
            nonsense(request, "its task asks again and again");
        else
            request_ask_inputs(request, inputs);
        json_decref(inputs);
    }
}

static void take_task(struct mcp_request *request, const json_t *task)
{
    const char *status = jsonx_str(task, "status", "");
    bool ended = strcmp(status, "completed") == 0 || strcmp(status, "failed") == 0;

    read_interval(request, task);
    request_touch(request); /* it is there, and at work */
    if (strcmp(status, "cancelled") == 0) {
        struct rpc_answer answer = {.outcome = RPC_ERROR, .message = "its task was cancelled"};

        free(request->task.id);
        request->task.id = NULL;
        request_error(request, &answer);
    } else if (!ended && strcmp(status, "working") != 0 && strcmp(status, "input_required") != 0) {
        nonsense(request, "the status of its task is not known here");
    } else if (request->task.modern) {
        take_modern(request, task, status);
    } else if (ended || strcmp(status, "input_required") == 0) {
        request_call(request, "tasks/result", task_params(request), NULL, on_result);
    } else {
        poll_later(request);
    }
}

void request_poll(struct mcp_request *request)
{
    if (request->client->state != CLIENT_READY)
        poll_later(request);
    else
        request_call(request, "tasks/get", task_params(request), request->task.id, on_task);
}

bool request_take_task(struct mcp_request *request, const json_t *result)
{
    bool modern = request->client->info.modern;
    const json_t *task = modern ? result : jsonx_obj(result, "task");
    const char *id = jsonx_str(task, "taskId", "");

    if (modern ? strcmp(jsonx_str(result, "resultType", ""), "task") != 0 : !request->task.wanted || !task)
        return false;
    if (!*id || strlen(id) > REQUEST_TASK_ID_MAX) {
        nonsense(request, "its task has no usable id");
        return true;
    }
    free(request->task.id);
    request->task.id = xstrdup(id);
    request->task.modern = modern;
    json_decref(request->task.answered);
    request->task.answered = json_object();
    request_touch(request);
    take_task(request, task);
    return true;
}

void request_task_inputs(struct mcp_request *request)
{
    json_t *params = task_params(request);

    json_object_set(params, "inputResponses", request->responses);
    request_call(request, "tasks/update", params, request->task.id, on_told);
}

void request_task_cancel(struct mcp_request *request)
{
    const json_t *tasks = jsonx_obj(request->client->capabilities, "tasks");

    if (!request->task.id)
        return;
    if (request->call) /* what waits for the task, and is not what is cancelled */
        rpc_cancel(request->client->rpc, &request->call, NULL);
    if (request->task.modern || jsonx_obj(tasks, "cancel"))
        request_tell(request->client, "tasks/cancel", task_params(request), request->task.id);
}
