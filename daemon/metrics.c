/* One table of what is a plain number; histograms and states follow. */
#include "daemon/metrics.h"

#include "daemon/clients.h"
#include "daemon/mcp/hosts.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/proc.h"

#include <inttypes.h>
#include <unistd.h>

static void put_number(struct buf *out, const char *name, const char *type, const char *help, double value)
{
    buf_printf(out, "# HELP stoa_%s %s\n# TYPE stoa_%s %s\nstoa_%s %.15g\n", name, help, name, type, name,
               value);
}

static void put_seconds(struct buf *out, int64_t us)
{
    buf_printf(out, "%.15g", (double)us / 1e6);
}

static void put_histogram(struct buf *out, const char *name, const char *help,
                          const struct histogram *histogram)
{
    uint64_t count = 0;
    buf_printf(out, "# HELP stoa_%s_seconds %s\n# TYPE stoa_%s_seconds histogram\n", name, help, name);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += histogram->counts[i];
        buf_printf(out, "stoa_%s_seconds_bucket{le=\"", name);
        put_seconds(out, histogram_bound_us(i));
        buf_printf(out, "\"} %" PRIu64 "\n", count);
    }
    count += histogram->counts[HISTOGRAM_BUCKETS];
    buf_printf(out, "stoa_%s_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\nstoa_%s_seconds_sum ", name, count,
               name);
    put_seconds(out, (int64_t)histogram->sum_us);
    buf_printf(out, "\nstoa_%s_seconds_count %" PRIu64 "\n", name, count);
}

/* --- sessions --- */

struct tally {
    size_t states[RUN_COUNT], questions;
};

static void tally_session(struct session *session, void *arg)
{
    struct tally *tally = arg;
    tally->states[session->state->run]++;
    tally->questions += session->state->question_count;
}

static void put_states(struct buf *out, const struct tally *tally)
{
    buf_puts(out, "# HELP stoa_sessions_state Sessions in memory by state.\n"
                  "# TYPE stoa_sessions_state gauge\n");
    for (int state = 0; state < RUN_COUNT; state++)
        buf_printf(out, "stoa_sessions_state{state=\"%s\"} %zu\n", run_state_name((enum run_state)state),
                   tally->states[state]);
}

json_t *metrics_sessions(struct server *server)
{
    struct tally tally = {{0}, 0};
    json_t *json = json_object(), *states = json_object();
    registry_each(server->registry, tally_session, &tally);
    for (int state = 0; state < RUN_COUNT; state++)
        jsonx_set_int(states, run_state_name((enum run_state)state), (int64_t)tally.states[state]);
    jsonx_set_int(json, "loaded", (int64_t)registry_loaded(server->registry));
    jsonx_set_int(json, "agents", (int64_t)supervisor_processes(server->supervisor));
    jsonx_set_int(json, "in_line", (int64_t)supervisor_waiting(server->supervisor));
    jsonx_set_int(json, "questions", (int64_t)tally.questions);
    json_object_set_new(json, "states", states);
    return json;
}

json_t *metrics_health(struct server *server, bool *good)
{
    const char *failing = store_failing(server->store);
    json_t *json = json_object();
    *good = !failing && !server->stopping;
    jsonx_set_str(json, "status", failing ? "failing" : server->stopping ? "stopping" : "ok");
    jsonx_set_str(json, "failing", failing);
    jsonx_set_str(json, "version", STOA_VERSION);
    jsonx_set_int(json, "uptime_ms", clock_steady_ms() - server->started);
    return json;
}

/* --- all --- */

static void put_numbers(struct server *server, const struct tally *tally, struct buf *out)
{
    const struct stats *stats = &server->stats;
    struct store_stats store;
    struct store_counts counts;
    struct proc_figures own;
    store_stats(server->store, &store);
    store_counts(server->store, &counts);
    proc_look(getpid(), &own);
    const struct {
        const char *name, *type, *help;
        double value;
    } rows[] = {
        {"uptime_seconds", "gauge", "Since the daemon started.",
         (double)(clock_steady_ms() - server->started) / 1000},
        {"cpu_seconds_total", "counter", "CPU time of the daemon.", (double)own.cpu_ms / 1000},
        {"resident_bytes", "gauge", "Resident memory of the daemon.", (double)own.resident},
        {"clients", "gauge", "Connected clients.", (double)clients_count(server->clients)},
        {"sessions", "gauge", "Sessions in the store.", (double)counts.sessions},
        {"sessions_archived", "gauge", "Those of them that are archived.", (double)counts.archived},
        {"sessions_loaded", "gauge", "Sessions in memory.", (double)registry_loaded(server->registry)},
        {"agents", "gauge", "Agent processes.", (double)supervisor_processes(server->supervisor)},
        {"turns_in_line", "gauge", "Turns that wait for an agent process.",
         (double)supervisor_waiting(server->supervisor)},
        {"hosts", "gauge", "Processes that run shared MCP servers.", (double)hosts_count(server->hosts)},
        {"questions", "gauge", "Questions that wait for people, in sessions in memory.",
         (double)tally->questions},
        {"requests_total", "counter", "Messages from clients.", (double)stats->requests},
        {"events_total", "counter", "Events of sessions.", (double)stats->events},
        {"chunks_total", "counter", "Chunks of models' replies.", (double)stats->chunks},
        {"deliveries_total", "counter", "Events that were sent to a client.", (double)stats->deliveries},
        {"resyncs_total", "counter", "Times that a client was told to fetch a snapshot.",
         (double)stats->resyncs},
        {"clients_cut_total", "counter", "Clients that were disconnected because they did not read.",
         (double)stats->cut},
        {"agent_crashes_total", "counter", "Agents that ended by themselves.", (double)stats->crashes},
        {"backlog_bytes", "gauge", "Bytes that wait for all clients.", (double)frames_bytes()},
        {"store_bytes", "gauge", "The store's file and its log.", (double)counts.bytes},
        {"store_queued", "gauge", "Writes that are not on disk yet.", (double)store.queued},
        {"store_commits_total", "counter", "Transactions.", (double)store.commits},
        {"store_failed_total", "counter", "Transactions that failed.", (double)store.failed},
        {"store_failing", "gauge", "1 while the store can't commit.", store_failing(server->store) ? 1 : 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_number(out, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
}

void metrics_text(struct server *server, struct buf *out)
{
    struct tally tally = {{0}, 0};
    registry_each(server->registry, tally_session, &tally);
    buf_printf(out,
               "# HELP stoa_info The daemon's version.\n# TYPE stoa_info gauge\n"
               "stoa_info{version=\"%s\"} 1\n",
               STOA_VERSION);
    put_numbers(server, &tally, out);
    put_states(out, &tally);
    put_histogram(out, "request", "How long a request holds the daemon's thread.", &server->stats.handling);
    put_histogram(out, "commit", "From a changing request to its events on disk.", &server->stats.promised);
}
