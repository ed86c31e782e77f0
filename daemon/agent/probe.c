/* All addresses are asked at once. The answer is given as soon as no address before it in the list can still
 * answer, and after the time-out in any case. */
#include "daemon/agent/probe.h"
#include "daemon/agent/dialect.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>

enum {
    PROBE_MAX = 16, /* addresses */
    PROBE_BODY_MAX = 1 << 20,
    PROBE_DEFAULT_MS = 300,
    PROBE_LONGEST_MS = 10000
};

struct probed {
    struct probe *probe;
    struct http_transfer *transfer; /* NULL once it has ended */
    char *url;
    struct buf body;
    char *model; /* NULL if it is no model server */
};

struct probe {
    uv_timer_t timer;
    probe_cb *found;
    void *arg;
    struct probed each[PROBE_MAX];
    size_t count;
};

static void closed(uv_handle_t *handle)
{
    struct probe *probe = handle->data;

    for (size_t i = 0; i < probe->count; i++) {
        free(probe->each[i].url);
        free(probe->each[i].model);
        buf_free(&probe->each[i].body);
    }
    free(probe);
}

void probe_free(struct probe **probe)
{
    struct probe *gone = *probe;

    *probe = NULL;
    if (!gone)
        return;
    for (size_t i = 0; i < gone->count; i++)
        http_cancel(&gone->each[i].transfer);
    uv_close((uv_handle_t *)&gone->timer, closed);
}

static void answer(struct probe *probe, const struct probed *best)
{
    json_t *found = json_null();

    if (best) {
        found = json_object();
        jsonx_set_str(found, "url", best->url);
        jsonx_set_str(found, "model", best->model);
    }
    uv_timer_stop(&probe->timer);
    probe->found(probe->arg, found);
}

/* Answers if the best is known by now. */
static void decide(struct probe *probe)
{
    for (size_t i = 0; i < probe->count; i++) {
        if (probe->each[i].model) {
            answer(probe, &probe->each[i]);
            return;
        }
        if (probe->each[i].transfer)
            return;
    }
    answer(probe, NULL);
}

static void on_timer(uv_timer_t *timer)
{
    struct probe *probe = timer->data;

    for (size_t i = 0; i < probe->count; i++)
        http_cancel(&probe->each[i].transfer);
    decide(probe);
}

static bool on_data(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    struct probed *probed = arg;

    (void)response;
    return buf_put(&probed->body, bytes, len);
}

static void on_done(void *arg, const struct http_result *result)
{
    struct probed *probed = arg;

    probed->transfer = NULL;
    if (result->end == HTTP_WHOLE && result->response->status == 200) {
        json_t *models = jsonx_parse(probed->body.data, probed->body.len, NULL);
        const json_t *first = json_array_get(jsonx_arr(models, "data"), 0);

        probed->model = xstrdup_null(jsonx_str(first, "id", NULL));
        json_decref(models);
    }
    decide(probed->probe);
}

static void ask(struct probe *probe, struct http *http, const char *url)
{
    struct probed *probed = &probe->each[probe->count++];
    struct http_handler handler = {.arg = probed, .data = on_data, .done = on_done};
    char *models = dialect_url(url, "/models");
    struct http_request request = {.url = models};

    probed->probe = probe;
    probed->url = xstrdup(url);
    buf_init(&probed->body, PROBE_BODY_MAX);
    probed->transfer = http_start(http, &request, &handler);
    free(models);
}

struct probe *probe_start(uv_loop_t *loop, struct http *http, const json_t *order, probe_cb *found, void *arg)
{
    struct probe *probe = xcalloc(1, sizeof *probe);
    const json_t *urls = jsonx_arr(order, "urls");
    int64_t limit = jsonx_int(order, "timeout_ms", PROBE_DEFAULT_MS);

    probe->found = found;
    probe->arg = arg;
    for (size_t i = 0; i < json_array_size(urls) && probe->count < PROBE_MAX; i++) {
        const char *url = json_string_value(json_array_get(urls, i));
        if (url)
            ask(probe, http, url);
    }
    if (probe->count == 0)
        limit = 0;
    else if (limit < 1 || limit > PROBE_LONGEST_MS)
        limit = PROBE_LONGEST_MS;
    uv_timer_init(loop, &probe->timer);
    probe->timer.data = probe;
    uv_timer_start(&probe->timer, on_timer, (uint64_t)limit, 0);
    return probe;
}
