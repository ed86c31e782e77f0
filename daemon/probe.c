#include "daemon/probe.h"

#include "daemon/server.h"
#include "daemon/supervisor/agentproc.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { URLS_MAX = 16 };

struct waiter {
    void (*done)(void *arg);
    void *arg;
};

struct probe {
    struct server *server;
    struct agentproc *proc;
    uv_timer_t *deadline;
    bool done;
    char *url, *model;
    struct waiter *waiters;
    size_t waiter_count;
};

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void stop_deadline(struct probe *probe)
{
    if (probe->deadline)
        uv_close((uv_handle_t *)probe->deadline, free_handle);
    probe->deadline = NULL;
}

static void finish(struct probe *probe)
{
    if (probe->done)
        return;
    probe->done = true;
    for (size_t i = 0; i < probe->waiter_count; i++)
        probe->waiters[i].done(probe->waiters[i].arg);
    free(probe->waiters);
    probe->waiters = NULL;
    probe->waiter_count = 0;
}

static void ask(struct probe *probe)
{
    const char *urls[URLS_MAX];
    size_t count = config_probe_urls(probe->server->config, urls, URLS_MAX);
    json_t *request = json_object(), *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(urls[i]));
    json_object_set_new(request, "urls", list);
    jsonx_set_int(request, "timeout_ms", PROBE_TIMEOUT_MS);
    agentproc_send_json(probe->proc, LINK_PROBE, request);
    json_decref(request);
}

static bool on_frame(void *arg, enum link_kind kind, const char *payload, size_t len)
{
    struct probe *probe = arg;
    if (kind == LINK_READY) {
        json_t *ready = jsonx_parse(payload, len, NULL);
        bool fits = agentproc_fits(probe->proc, ready);
        json_decref(ready);
        if (fits)
            ask(probe);
        return fits;
    }
    if (kind != LINK_PROBED || probe->done)
        return false;
    json_t *answer = jsonx_parse(payload, len, NULL), *found = jsonx_obj(answer, "found");
    probe->url = xstrdup_null(jsonx_str(found, "url", NULL));
    probe->model = xstrdup_null(jsonx_str(found, "model", NULL));
    if (probe->url)
        log_info("probe", "found a model server url=%s model=%s", probe->url,
                 probe->model ? probe->model : "");
    json_decref(answer);
    finish(probe);
    return true;
}

static void on_end(void *arg, enum exit_cause cause, const char *how)
{
    struct probe *probe = arg;
    if (!probe->done)
        log_warn("probe", "the look for a local model server ended early: %s, %s", exit_cause_name(cause),
                 how);
    probe->proc = NULL;
    stop_deadline(probe);
    finish(probe);
}

static void on_deadline(uv_timer_t *timer)
{
    struct probe *probe = timer->data;
    if (probe->proc)
        agentproc_kill(probe->proc, EXIT_CAUSE_DEADLINE);
    finish(probe);
}

static bool is_needed(struct server *server)
{
    const char *urls[URLS_MAX];
    char why[256];
    char *model = config_default_model(server->config, NULL, NULL, why);
    bool open = strncmp(model, "demo/", 5) == 0 && !config_text(server->config, OPTION_DEFAULT_MODEL)[0];
    free(model);
    return open && config_probe_urls(server->config, urls, URLS_MAX) > 0;
}

struct probe *probe_open(struct server *server)
{
    static const struct agentproc_callbacks callbacks = {on_frame, on_end};
    struct probe *probe = xcalloc(1, sizeof *probe);
    probe->server = server;
    probe->done = true;
    if (!is_needed(server))
        return probe;
    char error[256] = "stoa-agent is not beside stoad";
    const char *set = config_text(server->config, OPTION_AGENT_PATH);
    char *path = set[0] ? xstrdup(set) : paths_program("stoa-agent");
    probe->proc = path ? agentproc_start(server->loop, path, &callbacks, probe, error) : NULL;
    free(path);
    if (!probe->proc) {
        log_warn("probe", "no look for a local model server: %s", error);
        return probe;
    }
    probe->done = false;
    probe->deadline = xcalloc(1, sizeof *probe->deadline);
    uv_timer_init(server->loop, probe->deadline);
    probe->deadline->data = probe;
    uv_timer_start(probe->deadline, on_deadline, PROBE_DEADLINE_MS, 0);
    return probe;
}

void probe_close(struct probe **slot)
{
    struct probe *probe = *slot;
    if (!probe)
        return;
    agentproc_abandon(&probe->proc);
    stop_deadline(probe);
    finish(probe);
    free(probe->url);
    free(probe->model);
    free(probe);
    *slot = NULL;
}

bool probe_is_done(const struct probe *probe)
{
    return probe->done;
}

const char *probe_url(const struct probe *probe)
{
    return probe->url;
}

const char *probe_model(const struct probe *probe)
{
    return probe->model;
}

void probe_wait(struct probe *probe, void (*done)(void *arg), void *arg)
{
    if (probe->done) {
        done(arg);
        return;
    }
    probe->waiters = xreallocarray(probe->waiters, probe->waiter_count + 1, sizeof probe->waiters[0]);
    probe->waiters[probe->waiter_count++] = (struct waiter){done, arg};
}
