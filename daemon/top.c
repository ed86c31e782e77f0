/* Everything is gathered anew each time: nothing is kept, so that it costs nothing while nobody looks. */
#include "daemon/top.h"

#include "daemon/clients.h"
#include "daemon/mcp/hosts.h"
#include "daemon/people/ledger.h"
#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/proc.h"

#include <string.h>
#include <unistd.h>

struct gathering {
    struct server *server;
    json_t *clients, *sessions;
    json_t *users; /* by name */
    size_t agents; /* looked at */
    size_t more_clients, more_sessions;
};

static void count(json_t *json, const char *name, int64_t more)
{
    jsonx_set_int(json, name, jsonx_int(json, name, 0) + more);
}

static json_t *user_row(struct gathering *gathering, const char *name)
{
    json_t *row = json_object_get(gathering->users, name);
    if (row)
        return row;
    row = json_object();
    jsonx_set_str(row, "user", name);
    jsonx_set_int(row, "clients", 0);
    jsonx_set_int(row, "sessions", 0);
    jsonx_set_int(row, "agents", 0);
    jsonx_set_int(row, "requests", 0);
    json_object_set_new(row, "today", ledger_today(gathering->server, name));
    json_object_set_new(row, "stored", stored_json(gathering->server, name));
    json_object_set_new(gathering->users, name, row);
    return row;
}

/* --- processes --- */

/* {"pid","name","cpu_ms","memory"}; NULL if it is gone. */
static json_t *process_json(pid_t pid)
{
    struct proc_figures figures;
    if (!proc_look(pid, &figures))
        return NULL;
    json_t *json = json_object();
    jsonx_set_int(json, "pid", pid);
    jsonx_set_str(json, "name", figures.name);
    jsonx_set_int(json, "cpu_ms", figures.cpu_ms);
    jsonx_set_int(json, "memory", figures.resident);
    return json;
}

/* Adds cpu_ms and memory of the process, and children with theirs. */
static void add_processes(json_t *json, pid_t pid)
{
    pid_t pids[TOP_PROCESSES_MAX];
    json_t *own = process_json(pid), *children = json_array();
    size_t found = own ? proc_descendants(pid, pids, TOP_PROCESSES_MAX) : 0;
    for (size_t i = 0; i < found; i++) {
        json_t *child = process_json(pids[i]);
        if (child)
            json_array_append_new(children, child);
    }
    jsonx_set_int(json, "cpu_ms", jsonx_int(own, "cpu_ms", 0));
    jsonx_set_int(json, "memory", jsonx_int(own, "memory", 0));
    json_object_set_new(json, "children", children);
    json_decref(own);
}

/* --- sessions and clients --- */

static void add_session(struct session *session, void *arg)
{
    struct gathering *gathering = arg;
    const struct state *state = session->state;
    json_t *user = user_row(gathering, state->owner), *agent = supervisor_info(session);
    pid_t pid = (pid_t)jsonx_int(agent, "pid", 0);
    count(user, "sessions", 1);
    count(user, "agents", pid > 0);
    if (json_array_size(gathering->sessions) >= TOP_ROWS_MAX) {
        gathering->more_sessions++;
        json_decref(agent);
        return;
    }
    if (pid > 0 && gathering->agents++ < TOP_AGENTS_MAX)
        add_processes(agent, pid);
    json_t *json = json_object();
    jsonx_set_str(json, "session", state->id);
    jsonx_set_str(json, "owner", state->owner);
    jsonx_set_str(json, "state", run_state_name(state->run));
    jsonx_set_str(json, "model", state->model);
    jsonx_set_int(json, "since", state->turn_started);
    jsonx_set_int(json, "clients", (int64_t)session->follower_count);
    jsonx_set_int(json, "queued", (int64_t)state->queue_count);
    jsonx_set_int(json, "questions", (int64_t)state->question_count);
    jsonx_set_int(json, "events", (int64_t)state->seq);
    jsonx_set_int(json, "tokens", state->usage.input + state->usage.output);
    json_object_set_new(json, "agent", agent);
    json_array_append_new(gathering->sessions, json);
}

static bool is_behind(const struct client *client)
{
    if (client->mine_behind || client->reply_count > 0)
        return true;
    for (size_t i = 0; i < client->subscription_count; i++)
        if (client->subscriptions[i]->state != SUBSCRIBED)
            return true;
    return false;
}

static void add_client(struct client *client, void *arg)
{
    struct gathering *gathering = arg;
    json_t *user = user_row(gathering, client->principal.user);
    count(user, "clients", 1);
    count(user, "requests", (int64_t)client->requests);
    if (json_array_size(gathering->clients) >= TOP_ROWS_MAX) {
        gathering->more_clients++;
        return;
    }
    json_t *json = json_object();
    jsonx_set_str(json, "client", client->id);
    jsonx_set_str(json, "user", client->principal.user);
    jsonx_set_str(json, "kind", client->kind);
    jsonx_set_str(json, "terminal", client->terminal);
    jsonx_set_str(json, "version", client->version);
    json_object_set_new(json, "local", json_boolean(client->principal.key[0] == '\0'));
    jsonx_set_int(json, "since", client->since);
    jsonx_set_int(json, "silent_ms", clock_steady_ms() - client->last_seen);
    jsonx_set_int(json, "sessions", (int64_t)client->subscription_count);
    jsonx_set_int(json, "requests", (int64_t)client->requests);
    jsonx_set_int(json, "waiting_bytes", (int64_t)client_waiting_bytes(client));
    json_object_set_new(json, "behind", json_boolean(is_behind(client)));
    json_array_append_new(gathering->clients, json);
}

static json_t *hosts_json(const struct server *server)
{
    json_t *hosts = hosts_info(server->hosts), *host;
    size_t i;
    json_array_foreach(hosts, i, host)
    {
        add_processes(host, (pid_t)jsonx_int(host, "pid", 0));
    }
    return hosts;
}

/* --- the daemon --- */

static json_t *daemon_json(struct server *server)
{
    json_t *json = json_object();
    struct proc_figures own;
    proc_look(getpid(), &own);
    jsonx_set_str(json, "version", STOA_VERSION);
    jsonx_set_int(json, "pid", getpid());
    jsonx_set_int(json, "uptime_ms", clock_steady_ms() - server->started);
    jsonx_set_int(json, "cpu_ms", own.cpu_ms);
    jsonx_set_int(json, "memory", own.resident);
    jsonx_set_int(json, "requests", (int64_t)server->stats.requests);
    jsonx_set_int(json, "events", (int64_t)server->stats.events);
    jsonx_set_int(json, "chunks", (int64_t)server->stats.chunks);
    jsonx_set_int(json, "deliveries", (int64_t)server->stats.deliveries);
    jsonx_set_int(json, "resyncs", (int64_t)server->stats.resyncs);
    jsonx_set_int(json, "cut", (int64_t)server->stats.cut);
    jsonx_set_int(json, "crashes", (int64_t)server->stats.crashes);
    jsonx_set_int(json, "backlog_bytes", (int64_t)frames_bytes());
    jsonx_set_int(json, "agents", (int64_t)supervisor_processes(server->supervisor));
    jsonx_set_int(json, "in_line", (int64_t)supervisor_waiting(server->supervisor));
    return json;
}

static json_t *store_json(struct server *server)
{
    struct store_stats stats;
    struct store_counts counts;
    json_t *json = json_object();
    store_stats(server->store, &stats);
    store_counts(server->store, &counts);
    jsonx_set_int(json, "sessions", (int64_t)counts.sessions);
    jsonx_set_int(json, "archived", (int64_t)counts.archived);
    jsonx_set_int(json, "messages", (int64_t)counts.messages);
    jsonx_set_int(json, "bytes", (int64_t)counts.bytes);
    jsonx_set_int(json, "queued", (int64_t)stats.queued);
    jsonx_set_int(json, "queued_bytes", (int64_t)stats.queued_bytes);
    jsonx_set_int(json, "commits", (int64_t)stats.commits);
    jsonx_set_int(json, "failed", (int64_t)stats.failed);
    jsonx_set_str(json, "failing", store_failing(server->store));
    return json;
}

static json_t *user_rows(const json_t *by_name)
{
    json_t *rows = json_array(), *row;
    const char *name;
    json_object_foreach((json_t *)by_name, name, row)
    {
        json_array_append(rows, row);
    }
    return rows;
}

json_t *top_json(struct server *server)
{
    struct gathering gathering = {
        .server = server, .clients = json_array(), .sessions = json_array(), .users = json_object()};
    registry_each(server->registry, add_session, &gathering);
    clients_each(server->clients, add_client, &gathering);
    json_t *json = json_object();
    jsonx_set_int(json, "ts", clock_wall_ms());
    json_object_set_new(json, "daemon", daemon_json(server));
    json_object_set_new(json, "store", store_json(server));
    json_object_set_new(json, "users", user_rows(gathering.users));
    json_object_set_new(json, "sessions", gathering.sessions);
    json_object_set_new(json, "clients", gathering.clients);
    json_object_set_new(json, "hosts", hosts_json(server));
    jsonx_set_int(json, "more_sessions", (int64_t)gathering.more_sessions);
    jsonx_set_int(json, "more_clients", (int64_t)gathering.more_clients);
    json_decref(gathering.users);
    return json;
}
