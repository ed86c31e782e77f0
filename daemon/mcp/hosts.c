/* One timer a host serves its one deadline:
 *     starting -> ready    ready -> idle    leaving -> killed    down (crashed) -> forgotten
 * A host that is down is kept without a process, so that the next start knows how often it crashed. */
#include "daemon/mcp/hosts.h"

#include "daemon/counting_hosts.h"
#include "daemon/mcp/definitions.h"
#include "daemon/server.h"
#include "daemon/supervisor/agentproc.h"
#include "daemon/supervisor/handout.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum host_state { HOST_STARTING, HOST_READY, HOST_LEAVING, HOST_DOWN };

struct host {
    struct hosts *hosts;
    char *user, *name, *variant; /* user "" for shared scope */
    json_t *definition;          /* without what is remembered; it holds secrets */
    struct agentproc *proc;      /* NULL while it is down */
    struct agent_requests *requests;
    struct handout handout; /* what its process was given */
    enum host_state state;
    unsigned crashes;            /* in a row */
    int64_t started, not_before; /* steady ms */
    int64_t idle_ms;             /* 0: it is never idle */
    char why[256];               /* it is down */
    uv_timer_t *timer;
    struct host *next;
};

struct hosts {
    struct server *server;
    struct host *all;
};

static void on_timer(uv_timer_t *timer);

/* --- the list --- */

static void send_request(void *arg, enum link_kind kind, json_t *json)
{
    const struct host *host = arg;
    if (host->proc)
        agentproc_send_json(host->proc, kind, json);
}

/* What the host has learned of its server; it may ask nothing else. */
static bool take_request(void *arg, struct incoming *incoming, const json_t *json)
{
    const struct host *host = arg;
    struct server *server = host->hosts->server;
    const struct config_server *config = config_server_find(server->config, host->name);
    const struct config_variant *variant = config ? config_variant_find(config, host->variant) : NULL;
    bool known = strcmp(jsonx_str(json, "op", ""), "remember") == 0;
    if (known && variant && host->state != HOST_LEAVING)
        definitions_remember_host(server, config, variant, host->user, json);
    incoming_reply(incoming, NULL);
    return known;
}

static void rest(struct host *host)
{
    if (host->idle_ms > 0)
        uv_timer_start(host->timer, on_timer, (uint64_t)host->idle_ms, 0);
    else
        uv_timer_stop(host->timer);
}

static void on_quiet(void *arg)
{
    struct host *host = arg;
    if (host->state == HOST_READY)
        rest(host);
}

static struct host *host_new(struct hosts *hosts, const char *user, const char *name, const char *variant)
{
    struct host *host = xcalloc(1, sizeof *host);
    struct agent_requests_handler handler = {host, send_request, take_request, on_quiet};
    host->hosts = hosts;
    host->user = xstrdup(user);
    host->name = xstrdup(name);
    host->variant = xstrdup(variant);
    host->state = HOST_DOWN;
    host->requests = agent_requests_new(hosts->server->loop, &handler);
    host->timer = xcalloc(1, sizeof *host->timer);
    uv_timer_init(hosts->server->loop, host->timer);
    host->timer->data = host;
    host->next = hosts->all;
    hosts->all = host;
    return host;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void host_free(struct hosts *hosts, struct host *host)
{
    if (hosts->all == host) {
        hosts->all = host->next;
    } else {
        struct host *before = hosts->all;
        while (before->next != host)
            before = before->next;
        before->next = host->next;
    }
    agent_requests_free(&host->requests);
    uv_close((uv_handle_t *)host->timer, free_handle);
    json_decref(host->definition);
    handout_clear(&host->handout);
    free(host->user);
    free(host->name);
    free(host->variant);
    free(host);
}

/* One that leaves belongs to nobody any more. */
static struct host *find(const struct hosts *hosts, const char *user, const char *name, const char *variant)
{
    struct host *host = hosts->all;
    while (host && (host->state == HOST_LEAVING || strcmp(host->user, user) != 0 ||
                    strcmp(host->name, name) != 0 || strcmp(host->variant, variant) != 0))
        host = host->next;
    return host;
}

json_t *hosts_info(const struct hosts *hosts)
{
    json_t *array = json_array();
    for (const struct host *host = hosts->all; host; host = host->next) {
        if (!host->proc)
            continue;
        json_t *json = json_object();
        jsonx_set_str(json, "server", host->name);
        jsonx_set_str(json, "variant", host->variant);
        jsonx_set_str(json, "user", host->user);
        jsonx_set_int(json, "pid", agentproc_pid(host->proc));
        json_array_append_new(array, json);
    }
    return array;
}

size_t hosts_count(const struct hosts *hosts)
{
    size_t count = 0;
    for (const struct host *host = hosts->all; host; host = host->next)
        count += host->proc != NULL;
    return count;
}

/* --- the process --- */

static void leave(struct host *host, const char *why)
{
    host->state = HOST_LEAVING;
    agent_requests_fail(host->requests, true, ERR_UNAVAILABLE, why);
    uv_timer_start(host->timer, on_timer, AGENTPROC_LEAVE_MS, 0);
    agentproc_stop(host->proc, EXIT_CAUSE_DONE);
}

static void give_secrets(struct host *host)
{
    json_t *names = json_object();
    const struct provider *const none[HANDOUT_PROVIDERS] = {NULL};
    char whose[64];
    snprintf(whose, sizeof whose, "by the host of the MCP server %s", host->name);
    handout_collect(host->definition, names);
    handout_clear(&host->handout);
    handout_send(host->hosts->server, host->proc, &host->handout, host->user, whose, names, none);
    json_decref(names);
}

static bool on_ready(struct host *host, const json_t *json)
{
    if (host->state == HOST_LEAVING)
        return true;
    if (host->state != HOST_STARTING || !agentproc_fits(host->proc, json))
        return false;
    json_t *payload = json_object(), *definition = json_copy(host->definition);
    struct server *server = host->hosts->server;
    const struct config_server *config = config_server_find(server->config, host->name);
    const struct config_variant *variant = config ? config_variant_find(config, host->variant) : NULL;
    if (variant)
        definitions_add_known(server, config, variant, host->user, definition);
    give_secrets(host);
    json_object_set_new(payload, "server", definition);
    agentproc_send_json(host->proc, LINK_HOST, payload);
    json_decref(payload);
    host->state = HOST_READY;
    rest(host);
    agent_requests_open(host->requests);
    return true;
}

static bool on_frame(void *arg, enum link_kind kind, const char *payload, size_t len)
{
    struct host *host = arg;
    bool is_request = kind >= LINK_REQUEST && kind <= LINK_CANCEL, good = kind == LINK_BEAT;
    json_t *json = is_request || kind == LINK_READY ? jsonx_parse(payload, len, NULL) : NULL;
    if (kind == LINK_READY)
        good = on_ready(host, json);
    else if (is_request)
        good = host->state != HOST_STARTING && agent_requests_frame(host->requests, kind, json);
    if (!good)
        log_error("host", "broke the protocol: frame kind=%d bytes=%zu server=%s", (int)kind, len,
                  host->name);
    json_decref(json);
    return good;
}

static int64_t backoff_ms(unsigned crashes)
{
    if (crashes < 2)
        return 0;
    unsigned doublings = crashes - 2 < 5 ? crashes - 2 : 5;
    int64_t delay = (int64_t)HOSTS_BACKOFF_MS << doublings;
    return delay < HOSTS_BACKOFF_MAX_MS ? delay : HOSTS_BACKOFF_MAX_MS;
}

/* Only those who wait for it learn of it: their calls fail, and may have had their effect. */
static void on_end(void *arg, enum exit_cause cause, const char *how)
{
    struct host *host = arg;
    int64_t now = clock_steady_ms();
    host->proc = NULL;
    counting_hosts_look(host->hosts->server->counting_hosts);
    if (host->state == HOST_LEAVING) {
        log_info("host", "left, cause=%s server=%s", exit_cause_name(cause), host->name);
        host_free(host->hosts, host);
        return;
    }
    host->crashes = now - host->started > HOSTS_BACKOFF_MAX_MS ? 1 : host->crashes + 1;
    host->hosts->server->stats.crashes++;
    host->not_before = now + backoff_ms(host->crashes);
    host->state = HOST_DOWN;
    snprintf(host->why, sizeof host->why, "the host of MCP server '%s' ended (%s: %s)", host->name,
             exit_cause_name(cause), how);
    log_warn("host", "ended, cause=%s how=%s crashes=%u server=%s", exit_cause_name(cause), how,
             host->crashes, host->name);
    uv_timer_start(host->timer, on_timer, 2 * HOSTS_BACKOFF_MAX_MS, 0);
    agent_requests_fail(host->requests, true, ERR_UNAVAILABLE, host->why);
}

static void on_timer(uv_timer_t *timer)
{
    struct host *host = timer->data;
    switch (host->state) {
    case HOST_STARTING:
    case HOST_LEAVING:
        agentproc_kill(host->proc, EXIT_CAUSE_DEADLINE);
        break;
    case HOST_READY:
        if (agent_requests_busy(host->requests) == 0) /* else on_quiet begins the time anew */
            leave(host, "the host leaves");
        break;
    case HOST_DOWN:
        host_free(host->hosts, host);
        break;
    }
}

/* --- asking --- */

/* False with a sentence. */
static bool start(struct host *host, const struct config_server *config, const struct config_variant *variant,
                  enum err *code, char error[256])
{
    static const struct agentproc_callbacks callbacks = {on_frame, on_end};
    struct server *server = host->hosts->server;
    const char *path = supervisor_path(server->supervisor);
    json_t *definition = definitions_host(server, config, variant, host->user, error);
    *code = definition ? ERR_UNAVAILABLE : ERR_CONFIG;
    if (!definition)
        return false;
    json_decref(host->definition);
    host->definition = definition;
    host->idle_ms = jsonx_int(definition, "idle_ms", 0);
    snprintf(error, 256, "stoa-agent was not found beside stoad nor in PATH (option agent.path)");
    host->proc = path ? agentproc_start(server->loop, path, &callbacks, host, error) : NULL;
    if (!host->proc)
        return false;
    host->state = HOST_STARTING;
    host->started = clock_steady_ms();
    uv_timer_start(host->timer, on_timer, LINK_READY_MS, 0);
    log_info("host", "started pid=%d server=%s variant=%s scope=%s", (int)agentproc_pid(host->proc),
             host->name, host->variant, server_scope_name(config->scope));
    counting_hosts_look(server->counting_hosts);
    *code = ERR_OK;
    return true;
}

/* The one that there is or a new one; NULL with a sentence when there are too many. */
static struct host *find_or_new(struct hosts *hosts, const struct config_server *config,
                                const struct config_variant *variant, const char *user, char error[256])
{
    const char *owner = config->scope == SCOPE_USER ? user : "";
    struct host *host = find(hosts, owner, config->name, variant->name);
    if (host)
        return host;
    if (hosts_count(hosts) < HOSTS_MAX)
        return host_new(hosts, owner, config->name, variant->name);
    snprintf(error, 256, "%d hosts of MCP servers are at work already; try again later", HOSTS_MAX);
    return NULL;
}

struct agent_requests *hosts_requests(struct hosts *hosts, const struct config_server *config,
                                      const struct config_variant *variant, const char *user, enum err *code,
                                      char error[256])
{
    *code = ERR_SHUTTING_DOWN;
    snprintf(error, 256, "the daemon is stopping");
    if (hosts->server->stopping)
        return NULL;
    *code = ERR_LIMIT;
    struct host *host = find_or_new(hosts, config, variant, user, error);
    if (!host)
        return NULL;
    *code = ERR_OK;
    if (host->state != HOST_DOWN)
        return host->requests;
    int64_t left = host->not_before - clock_steady_ms();
    if (host->crashes > 0 && left > 0) {
        *code = ERR_UNAVAILABLE;
        snprintf(error, 256, "%.160s; it crashed %u times in a row and may start again in %d s", host->why,
                 host->crashes, (int)((left + 999) / 1000));
        return NULL;
    }
    if (start(host, config, variant, code, error))
        return host->requests;
    if (host->crashes == 0)
        host_free(hosts, host);
    return NULL;
}

/* --- the whole --- */

static bool is_as_before(const struct host *host)
{
    struct server *server = host->hosts->server;
    const struct config_server *config = config_server_find(server->config, host->name);
    const struct config_variant *variant = config ? config_variant_find(config, host->variant) : NULL;
    char error[256];
    bool same_scope = config && (host->user[0] ? config->scope == SCOPE_USER : config->scope == SCOPE_SHARED);
    json_t *definition =
        variant && same_scope ? definitions_host(server, config, variant, host->user, error) : NULL;
    bool same = definition && json_equal(definition, host->definition);
    json_decref(definition);
    return same;
}

void hosts_secret(struct hosts *hosts, const char *user)
{
    struct host *next;
    for (struct host *host = hosts->all; host; host = next) {
        next = host->next;
        if (strcmp(host->user, user) != 0 || host->state == HOST_LEAVING || is_as_before(host))
            continue;
        if (host->state == HOST_DOWN)
            host_free(hosts, host);
        else
            leave(host, "a secret of the MCP server was set anew or removed, and its host was stopped");
    }
}

void hosts_forget_user(struct hosts *hosts, const char *user)
{
    struct host *next;
    for (struct host *host = hosts->all; host; host = next) {
        next = host->next;
        if (strcmp(host->user, user) != 0 || host->state == HOST_LEAVING)
            continue;
        if (host->state == HOST_DOWN)
            host_free(hosts, host);
        else
            leave(host, "the user whose MCP server it is was removed, and its host was stopped");
    }
}

void hosts_reload(struct hosts *hosts)
{
    struct host *next;
    for (struct host *host = hosts->all; host; host = next) {
        char why[160];
        next = host->next;
        snprintf(why, sizeof why,
                 "the configuration of MCP server '%s' has changed, and its host was stopped", host->name);
        if (host->state == HOST_DOWN)
            host_free(hosts, host); /* what crashed may have been set right */
        else if (host->state != HOST_LEAVING && !is_as_before(host))
            leave(host, why);
    }
}

void hosts_stop(struct hosts *hosts)
{
    struct host *next;
    for (struct host *host = hosts->all; host; host = next) {
        next = host->next;
        if (host->state == HOST_DOWN)
            host_free(hosts, host);
        else if (host->state != HOST_LEAVING)
            leave(host, "the daemon stops");
    }
}

struct hosts *hosts_open(struct server *server)
{
    struct hosts *hosts = xcalloc(1, sizeof *hosts);
    hosts->server = server;
    return hosts;
}

void hosts_close(struct hosts **slot)
{
    struct hosts *hosts = *slot;
    if (!hosts)
        return;
    while (hosts->all) {
        struct host *host = hosts->all;
        host->state = HOST_LEAVING;
        agent_requests_fail(host->requests, true, ERR_SHUTTING_DOWN, "the daemon stops");
        agentproc_abandon(&host->proc);
        host_free(hosts, host);
    }
    free(hosts);
    *slot = NULL;
}
