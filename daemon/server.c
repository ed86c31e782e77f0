/* The daemon from start to stop. The order of the start matters: limits, configuration, lock, store,
 * recovery, and only then the socket, so that whoever can connect is served at once. */
#include "daemon/server.h"

#include "daemon/aging.h"
#include "daemon/clients.h"
#include "daemon/dispatch.h"
#include "daemon/identity.h"
#include "daemon/mcp/hidden.h"
#include "daemon/mcp/hosts.h"
#include "daemon/mcp/isolation.h"
#include "daemon/metrics_http.h"
#include "daemon/notify.h"
#include "daemon/people/audit.h"
#include "daemon/people/tickets.h"
#include "daemon/people/users.h"
#include "daemon/people/vault.h"
#include "daemon/registry.h"
#include "daemon/server_parts.h"
#include "daemon/socket/endpoint.h"
#include "daemon/socket/files.h"
#include "daemon/socket/gateway.h"
#include "daemon/socket/lock.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/subreaper.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    STOP_POLL_MS = 20,      /* how often a stop looks whether turns have ended */
    STOP_RESERVE_MS = 2000, /* of stop.timeout, kept for the store's last commit */
    BYE_LINGER_MS = 200,
    SWEEP_MS = 1000 /* at the end, for what agents left */
};

static const int signal_numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

enum { SIGNAL_COUNT = sizeof signal_numbers / sizeof signal_numbers[0] };

struct run { /* what server_run holds besides the server itself */
    struct server server;
    const struct server_options *options;
    char *runtime, *state, *socket_path;
    struct endpoint *endpoint;
    struct isolation *isolation; /* while it is tried */
    int lock;
    uv_signal_t signals[SIGNAL_COUNT];
    uv_timer_t stopper;
    int64_t stop_deadline; /* steady ms */
};

/* --- the process --- */

static void set_process_limits(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* a core would hold keys */
    prctl(PR_SET_DUMPABLE, 0);
    subreaper_become();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk, not an end */
}

static void name_user(char user[64])
{
    const struct passwd *entry = getpwuid(getuid());
    if (entry && entry->pw_name[0])
        snprintf(user, 64, "%s", entry->pw_name);
    else
        snprintf(user, 64, "uid%lu", (unsigned long)getuid());
}

/* --- configuration --- */

static void apply(struct server *server)
{
    if (!getenv("STOA_LOG")) /* for debugging, over the option: log_init has taken it */
        log_set_level((enum log_level)config_number(server->config, OPTION_LOG_LEVEL));
}

static bool knows_key(void *arg, const char *key)
{
    struct server *server = arg;
    return users_knows_key(server->users, key);
}

static void on_stranger_refused(void *arg, const char *key, const char *address)
{
    struct principal stranger = {.most = ROLE_ADMIN};
    snprintf(stranger.key, sizeof stranger.key, "%s", key);
    audit_record(arg, &stranger, "refused", "connection", "too many strangers from=%s", address);
}

static void set_guests(struct server *server)
{
    const struct config *config = server->config;
    const struct gateway_guests guests = {knows_key, server, on_stranger_refused,
                                          (int)config_number(config, OPTION_LIMITS_MAX_STRANGERS),
                                          config_number(config, OPTION_LIMITS_STRANGER_TIMEOUT)};
    gateway_set_guests(server->gateway, &guests);
}

/* *path: the file, NULL for none; free() it. */
static struct config *read_config(const struct server_options *options, char **path, char error[256])
{
    *path = options->config_path ? xstrdup(options->config_path) : paths_config();
    return config_load(*path, options->sets, options->set_count, error);
}

/* MCP servers run as this user does. */
static void hide_places(const struct run *run)
{
    const struct server_options *options = run->options;
    char *path = options->config_path ? xstrdup(options->config_path) : paths_config();
    hidden_set(run->state, run->runtime, run->server.config, path);
    free(path);
}

static void on_isolation(void *arg, bool works)
{
    struct run *run = arg;
    run->isolation = NULL;
    if (!works)
        log_warn("mcp",
                 "MCP servers get no namespaces of their own here: each sees the files of this account, "
                 "the store and keys too, and may leave processes behind; stoa doctor says more");
}

/* Said when it is known: a start, or a reload, does not wait for that. */
static void tell_isolation(struct run *run)
{
    const struct config *config = run->server.config;
    const char *set = config_text(config, OPTION_AGENT_PATH);
    char *agent = set[0] ? xstrdup(set) : paths_program("stoa-agent");
    if (agent && !run->isolation && isolation_matters(config)) {
        run->isolation = isolation_begin(run->server.loop, agent, on_isolation, run);
        if (!run->isolation)
            on_isolation(run, false);
    }
    free(agent);
}

enum err server_reload(struct server *server, char error[256])
{
    struct run *run = (struct run *)server; /* its first member */
    notify_say(server->notify, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_steady_us());
    char *path;
    struct config *fresh = read_config(run->options, &path, error);
    if (!fresh) {
        log_error("config", "not reloaded, the old one stays: %s", error);
    } else {
        enum option stuck = config_needs_restart(server->config, fresh);
        if (stuck != OPTION_COUNT)
            log_warn("config", "option %s has changed and takes effect at the next start",
                     option_row(stuck)->name);
        bool mattered = isolation_matters(server->config);
        config_free(&server->config);
        server->config = fresh;
        hide_places(run);
        if (!mattered)
            tell_isolation(run);
        apply(server);
        if (server->listen_count > 0)
            set_guests(server);
        hosts_reload(server->hosts);
        supervisor_define_all(server->supervisor, NULL);
        supervisor_limit(server->supervisor);
        aging_reload(server->aging);
        log_info("config", "reloaded file=%s", path ? path : "none");
    }
    free(path);
    notify_say(server->notify, "READY=1");
    return fresh ? ERR_OK : ERR_CONFIG;
}

/* --- stop --- */

static void on_stopper(uv_timer_t *timer)
{
    struct run *run = timer->data;
    bool late = clock_steady_ms() >= run->stop_deadline;
    size_t turns = supervisor_turns(run->server.supervisor);
    if (supervisor_agents(run->server.supervisor) + hosts_count(run->server.hosts) > 0 && !late)
        return;
    if (late && turns > 0)
        log_warn("server", "%zu turns did not end in time; their replies are kept as far as they came",
                 turns);
    uv_stop(run->server.loop);
}

void server_stop(struct server *server)
{
    struct run *run = (struct run *)server;
    if (server->stopping)
        return;
    server->stopping = true;
    log_info("server", "stopping");
    notify_say(server->notify, "STOPPING=1\nSTATUS=stopping");
    int64_t patience = config_number(server->config, OPTION_STOP_TIMEOUT) - STOP_RESERVE_MS;
    run->stop_deadline = clock_steady_ms() + (patience > 0 ? patience : 0);
    supervisor_stop(server->supervisor);
    hosts_stop(server->hosts);
    uv_timer_start(&run->stopper, on_stopper, 0, STOP_POLL_MS);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *server = handle->data;
    char error[256];
    if (number == SIGCHLD) /* of an agent, which may have left children, or of such a one */
        subreaper_sweep();
    else if (number != SIGHUP)
        server_stop(server);
    else if (!server->stopping && /* READY=1 after STOPPING=1 would be a lie */
             server_reload(server, error) != ERR_OK && server->clients)
        clients_tell_config(server->clients, error);
}

void server_hold_signals(bool hold)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&set, signal_numbers[i]);
    pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void watch_signals(struct run *run)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        uv_signal_init(run->server.loop, &run->signals[i]);
        run->signals[i].data = &run->server;
        uv_signal_start(&run->signals[i], on_signal, signal_numbers[i]);
    }
    uv_timer_init(run->server.loop, &run->stopper);
    run->stopper.data = run;
    server_hold_signals(false);
}

/* --- start --- */

static void on_health(void *arg, bool failing, const char *why)
{
    struct server *server = arg;
    (void)why; /* the store logs it */
    if (!failing && server->dispatch)
        dispatch_store_recovered(server->dispatch);
    if (!failing && server->registry)
        registry_store_recovered(server->registry);
    notify_say(server->notify, failing ? "STATUS=the store can't commit" : "STATUS=serving");
}

/* Of two that are started at once the second is no error. */
static void log_refusal(const char *area, enum err code, const char *why)
{
    log_line(code == ERR_CONFLICT ? LOG_INFO : LOG_ERROR, area, "%s", why);
}

static int find_places(struct run *run)
{
    char error[256];
    run->runtime = paths_runtime();
    run->state = paths_state();
    if (!run->state) {
        log_error("server", "no folder for the state: set HOME or STOA_STATE_DIR");
        return EXIT_CONFIG;
    }
    hide_places(run);
    run->socket_path = paths_join(run->runtime, "stoad.sock");
    enum err code = lock_take(run->runtime, run->socket_path, &run->lock, error);
    int exit_code = code == ERR_OK ? EXIT_OK : code == ERR_CONFLICT ? EXIT_ALREADY_RUNNING : EXIT_UNSAFE;
    if (exit_code == EXIT_OK && paths_make(run->state, error) != ERR_OK)
        exit_code = EXIT_STORE;
    if (exit_code != EXIT_OK)
        log_refusal("server", code, error);
    return exit_code;
}

static int open_store(struct run *run)
{
    static const struct store_callbacks callbacks = {on_health};
    struct server *server = &run->server;
    char error[256], *path = paths_join(run->state, "stoa.db");
    enum err code;
    server->store = store_open(server->loop, path, &callbacks, server, error, &code);
    free(path);
    if (server->store)
        return EXIT_OK;
    log_refusal("store", code, error);
    return code == ERR_CONFLICT ? EXIT_ALREADY_RUNNING : EXIT_STORE;
}

static int load_identity(struct server *server)
{
    char error[256];
    enum err code = identity_load(server->identity, error);
    if (code == ERR_OK)
        return EXIT_OK;
    log_error("server", "%s", error);
    return code == ERR_DENIED ? EXIT_UNSAFE : code == ERR_CONFIG ? EXIT_CONFIG : EXIT_STORE;
}

static int open_addresses(struct server *server)
{
    struct listen_address addresses[LISTEN_MAX];
    char error[256];
    int count = listen_parse(config_text(server->config, OPTION_LISTEN), addresses, error);
    if (count <= 0) /* a bad one was refused with the configuration */
        return EXIT_OK;
    int code = load_identity(server);
    if (code != EXIT_OK)
        return code;
    set_guests(server);
    for (int i = 0; i < count; i++, server->listen_count++) {
        if (!gateway_listen(server->gateway, &addresses[i], identity_pair(server->identity),
                            server->listens[i], error)) {
            log_error("server", "%s", error);
            return EXIT_ADDRESS;
        }
        log_info("server", "listening address=%s", server->listens[i]);
    }
    log_info("server", "key=%s fingerprint=%s words=%s", identity_key(server->identity),
             identity_fingerprint(server->identity), identity_words(server->identity));
    return EXIT_OK;
}

static int open_gateway(struct run *run)
{
    struct server *server = &run->server;
    char error[256];
    int backlog = (int)config_number(server->config, OPTION_LIMITS_CLIENT_BACKLOG);
    server->gateway =
        gateway_open(server->loop, run->socket_path, backlog, dispatch_message, server->dispatch, error);
    if (server->gateway) {
        run->endpoint =
            endpoint_open(server->loop, run->runtime, run->socket_path, &run->lock, server->gateway);
        return open_addresses(server);
    }
    log_error("server", "%s", error);
    return EXIT_UNSAFE;
}

static int open_metrics(struct server *server)
{
    char error[256];
    if (metrics_http_open(server, config_text(server->config, OPTION_METRICS_LISTEN), &server->metrics,
                          error))
        return EXIT_OK;
    log_error("server", "%s", error);
    return EXIT_CONFIG;
}

static int start(struct run *run)
{
    struct server *server = &run->server;
    watch_signals(run);
    server->notify = notify_open(server->loop);
    int code = find_places(run);
    if (code == EXIT_OK)
        code = open_store(run);
    if (code != EXIT_OK)
        return code;
    server_parts_open(server, run->state);
    int opened = open_gateway(run);
    if (opened == EXIT_OK)
        tell_isolation(run);
    return opened == EXIT_OK ? open_metrics(server) : opened;
}

/* --- end --- */

/* Once libuv has let go of them, a further one would have its default effect, and be the exit code. No other
 * thread is left that takes signals. */
static void hold_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void close_handles(struct run *run)
{
    hold_signals();
    for (size_t i = 0; i < sizeof run->signals / sizeof run->signals[0]; i++)
        uv_close((uv_handle_t *)&run->signals[i], NULL);
    uv_close((uv_handle_t *)&run->stopper, NULL);
}

/* The lock last. */
static void free_places(struct run *run)
{
    config_free(&run->server.config);
    free(run->runtime);
    free(run->state);
    free(run->socket_path);
    if (run->lock >= 0)
        close(run->lock);
}

/* Agents first, since their ends are events; then the clients, whose leaving is none of the store's; then the
 * store, whose last commit answers what waits; the lock last. */
static int finish(struct run *run, int code)
{
    struct server *server = &run->server;
    server->stopping = true;
    metrics_http_close(&server->metrics);
    isolation_end(&run->isolation);
    server_parts_halt(server);
    subreaper_finish(SWEEP_MS);
    server_parts_save(server);
    if (server->store && !store_close(&server->store) && code == EXIT_OK) {
        log_error("store", "the last changes could not be committed");
        code = EXIT_STORE;
    }
    if (server->gateway)
        clients_bye(server->clients, "shutting_down", 100);
    server_parts_close(server);
    endpoint_close(&run->endpoint);
    gateway_close(&server->gateway, BYE_LINGER_MS);
    notify_close(&server->notify);
    close_handles(run);
    uv_run(server->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(server->loop) != 0)
        log_error("server", "a handle of the loop was left open");
    free_places(run);
    return code;
}

int server_run(const struct server_options *options)
{
    char error[256], *path;
    struct run run = {.options = options, .lock = -1};
    struct server *server = &run.server;
    server->started = clock_steady_ms();
    server->config = read_config(options, &path, error);
    free(path);
    if (!server->config) {
        log_error("config", "%s", error);
        return EXIT_CONFIG;
    }
    apply(server);
    if (!files_raise(error)) {
        log_error("server", "%s", error);
        config_free(&server->config);
        return EXIT_CONFIG;
    }
    set_process_limits();
    name_user(server->user);
    id_make(server->epoch, "e_");
    uv_loop_t loop;
    uv_loop_init(&loop);
    server->loop = &loop;
    int code = start(&run);
    if (code == EXIT_OK) {
        log_info("server", "serving socket=%s version=%s pid=%d", run.socket_path, STOA_VERSION,
                 (int)getpid());
        notify_say(server->notify, "READY=1\nSTATUS=serving\nMAINPID=%d", (int)getpid());
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    return finish(&run, code);
}

int server_offline(const struct server_options *options, server_work_fn *work, void *arg)
{
    char error[256], *path;
    struct run run = {.options = options, .lock = -1};
    struct server *server = &run.server;
    uv_loop_t loop;
    server->config = read_config(options, &path, error);
    free(path);
    if (!server->config) {
        log_error("config", "%s", error);
        return EXIT_CONFIG;
    }
    set_process_limits();
    name_user(server->user);
    uv_loop_init(&loop);
    server->loop = &loop;
    server->notify = notify_open(server->loop);
    int code = find_places(&run);
    if (code == EXIT_OK)
        code = open_store(&run);
    if (code == EXIT_OK) {
        server->audit = audit_open(server);
        server->tickets = tickets_open(server->store, clock_wall_ms());
        server->users = users_open(server);
        server->vault = vault_open(server, run.state);
        code = work(server, arg);
        server->stopping = true;
    }
    audit_close(&server->audit);
    if (server->store && !store_close(&server->store) && code == EXIT_OK)
        code = EXIT_STORE;
    vault_close(&server->vault);
    users_close(&server->users);
    tickets_close(&server->tickets);
    notify_close(&server->notify);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    free_places(&run);
    return code;
}
