/* A model's server is asked for its list of models, which needs the key but no model. An MCP server is only
 * asked to begin its stream, and left as soon as it answers at all: any status says that it is there. */
#include "daemon/agent/visit.h"
#include "daemon/agent/dialect.h"
#include "daemon/agent/failure.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { VISIT_BODY_MAX = 4 << 20, VISIT_DEFAULT_MS = 5000, VISIT_LONGEST_MS = 60000, HEADERS_MAX = 160 };

struct visit {
    uv_timer_t timer; /* the time-out; then, of no length, what the answer waits for */
    struct http_transfer *transfer;
    visit_cb *said;
    void *arg;
    struct failure_server server;
    bool mcp;
    struct buf body;
    json_t *answer; /* NULL until it is known */
};

static void closed(uv_handle_t *handle)
{
    struct visit *visit = handle->data;

    failure_server_clear(&visit->server);
    buf_free(&visit->body);
    json_decref(visit->answer);
    free(visit);
}

void visit_free(struct visit **slot)
{
    struct visit *visit = *slot;

    *slot = NULL;
    if (!visit)
        return;
    http_cancel(&visit->transfer);
    uv_close((uv_handle_t *)&visit->timer, closed);
}

/* --- the answer --- */

static void put_models(const struct visit *visit, json_t *answer)
{
    json_t *json = jsonx_parse(visit->body.data, visit->body.len, NULL), *names = json_array(), *model;
    const json_t *data = jsonx_arr(json, "data");
    size_t i;

    json_array_foreach(data, i, model)
    {
        const char *id = jsonx_str(model, "id", NULL);

        if (id && json_array_size(names) < VISIT_MODELS_MAX)
            json_array_append_new(names, json_string(id));
    }
    if (data)
        json_object_set(answer, "models", names);
    json_decref(names);
    json_decref(json);
}

static json_t *answer_of(const struct visit *visit, const struct http_result *result)
{
    int status = result->response->status;
    json_t *answer = json_object();
    char *why = NULL;

    jsonx_set_int(answer, "status", status);
    if (!visit->mcp && result->end == HTTP_WHOLE && status / 100 == 2)
        put_models(visit, answer);
    else if (!visit->mcp)
        why = failure_answer(&visit->server, result);
    else if (status == 0)
        why = xstrdup(result->why);
    jsonx_set_str(answer, "why", why);
    free(why);
    return answer;
}

static void on_timer(uv_timer_t *timer)
{
    struct visit *visit = timer->data;
    json_t *answer = visit->answer;

    http_cancel(&visit->transfer);
    visit->answer = NULL;
    if (!answer) {
        answer = json_object();
        jsonx_set_int(answer, "status", 0);
        jsonx_set_str(answer, "why", "it did not answer in time");
    }
    visit->said(visit->arg, answer);
}

/* From within the transfer's own call nothing is freed. */
static void answer_soon(struct visit *visit, json_t *answer)
{
    json_decref(visit->answer);
    visit->answer = answer;
    uv_timer_start(&visit->timer, on_timer, 0, 0);
}

/* --- the transfer --- */

static bool on_data(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    struct visit *visit = arg;

    (void)response;
    return visit->mcp || buf_put(&visit->body, bytes, len);
}

static void on_head(void *arg, const struct http_response *response)
{
    struct visit *visit = arg;
    json_t *answer;

    if (!visit->mcp)
        return;
    answer = json_object();
    jsonx_set_int(answer, "status", response->status);
    answer_soon(visit, answer);
}

static void on_done(void *arg, const struct http_result *result)
{
    struct visit *visit = arg;

    visit->transfer = NULL;
    answer_soon(visit, answer_of(visit, result));
}

/* --- the request --- */

struct headers {
    char *lines[HEADERS_MAX + 1]; /* ended by a NULL */
    size_t count;
};

static void add_header(struct headers *headers, char *line)
{
    if (headers->count < HEADERS_MAX)
        headers->lines[headers->count++] = line;
    else
        free(line);
}

static void clear_headers(struct headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        explicit_bzero(headers->lines[i], strlen(headers->lines[i]));
        free(headers->lines[i]);
    }
}

static char *models_url(const char *base, bool anthropic)
{
    char *plain = dialect_url(base, ""), *url;
    size_t len = strlen(plain);
    bool versioned = !anthropic || (len >= 3 && strcmp(plain + len - 3, "/v1") == 0);

    url = dialect_url(plain, versioned ? "/models" : "/v1/models");
    free(plain);
    return url;
}

static void put_headers(struct headers *headers, const json_t *order, bool anthropic)
{
    const char *key = jsonx_str(order, "key", NULL), *name;
    json_t *value;

    if (anthropic)
        add_header(headers, xstrdup("anthropic-version: 2023-06-01"));
    if (key && anthropic)
        add_header(headers, xasprintf("x-api-key: %s", key));
    else if (key)
        add_header(headers, xasprintf("Authorization: Bearer %s", key));
    json_object_foreach(jsonx_obj(order, "headers"), name, value)
    {
        if (json_is_string(value))
            add_header(headers, xasprintf("%s: %s", name, json_string_value(value)));
    }
}

static void ask(struct visit *visit, struct http *http, const json_t *order)
{
    static const struct http_handler handler = {.data = on_data, .head = on_head, .done = on_done};
    struct http_handler own = handler;
    struct headers headers = {.count = 0};
    bool anthropic = strcmp(jsonx_str(order, "api", ""), "anthropic") == 0;
    const char *base = jsonx_str(order, "url", "");
    char *url = visit->mcp ? xstrdup(base) : models_url(base, anthropic);
    struct http_request request = {.url = url, .headers = headers.lines};

    put_headers(&headers, order, anthropic);
    if (visit->mcp)
        add_header(&headers, xstrdup("Accept: text/event-stream"));
    own.arg = visit;
    visit->transfer = http_start(http, &request, &own);
    clear_headers(&headers);
    free(url);
}

struct visit *visit_start(uv_loop_t *loop, struct http *http, const json_t *order, visit_cb *said, void *arg)
{
    struct visit *visit = xcalloc(1, sizeof *visit);
    int64_t limit = jsonx_int(order, "timeout_ms", VISIT_DEFAULT_MS);

    visit->said = said;
    visit->arg = arg;
    visit->mcp = strcmp(jsonx_str(order, "api", ""), "mcp") == 0;
    failure_server_init(&visit->server, jsonx_str(order, "name", ""), jsonx_str(order, "url", ""),
                        jsonx_str(order, "key", NULL));
    buf_init(&visit->body, VISIT_BODY_MAX);
    uv_timer_init(loop, &visit->timer);
    visit->timer.data = visit;
    uv_timer_start(&visit->timer, on_timer,
                   (uint64_t)(limit > 0 && limit <= VISIT_LONGEST_MS ? limit : VISIT_LONGEST_MS), 0);
    ask(visit, http, order);
    return visit;
}
