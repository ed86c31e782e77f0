/* The parts of the daemon, in the order in which they need each other. */
#include "daemon/server_parts.h"

#include "daemon/aging.h"
#include "daemon/clients.h"
#include "daemon/counting.h"
#include "daemon/counting_hosts.h"
#include "daemon/dispatch.h"
#include "daemon/forks.h"
#include "daemon/identity.h"
#include "daemon/lends.h"
#include "daemon/mcp/folders.h"
#include "daemon/mcp/hosts.h"
#include "daemon/mcp/known.h"
#include "daemon/mcp/mcp_asks.h"
#include "daemon/mcp/relay.h"
#include "daemon/people/audit.h"
#include "daemon/people/ledger.h"
#include "daemon/people/pairs.h"
#include "daemon/people/stored.h"
#include "daemon/people/throttle.h"
#include "daemon/people/tickets.h"
#include "daemon/people/tries.h"
#include "daemon/people/users.h"
#include "daemon/people/users_end.h"
#include "daemon/people/vault.h"
#include "daemon/probe.h"
#include "daemon/questions.h"
#include "daemon/registry.h"
#include "daemon/rules.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/clock.h"

void server_parts_open(struct server *server, const char *state)
{
    server->folders = folders_open(server, state);
    server->known = known_open(state);
    server->asks = mcp_asks_open();
    server->hosts = hosts_open(server);
    server->relays = relays_open();
    server->lends = lends_open(server);
    server->probe = probe_open(server);
    server->questions = questions_open(server);
    server->rules = rules_open(server);
    server->audit = audit_open(server);
    server->tickets = tickets_open(server->store, clock_wall_ms());
    server->pairs = pairs_open();
    server->tries = tries_open();
    server->users = users_open(server);
    server->identity = identity_open(state);
    server->vault = vault_open(server, state);
    server->throttle = throttle_open(server);
    server->ledger = ledger_open(server);
    server->stored = stored_open(server);
    server->supervisor = supervisor_open(server);
    server->clients = clients_open(server);
    server->dispatch = dispatch_open(server);
    server->registry = registry_open(server);
    server->counting = counting_open(server);
    server->counting_hosts = counting_hosts_open(server);
    registry_recover(server->registry);
    users_end_removed(server);
    server->aging = aging_open(server);
    server->forks = forks_open(server);
}

void server_parts_halt(struct server *server)
{
    aging_close(&server->aging);
    counting_close(&server->counting);
    counting_hosts_close(&server->counting_hosts);
    supervisor_close(&server->supervisor);
    hosts_close(&server->hosts);
    relays_close(&server->relays);
    lends_close(&server->lends);
    probe_close(&server->probe);
}

static void store_snapshot_of(struct session *session, void *arg)
{
    (void)arg;
    session_store_snapshot(session);
}

void server_parts_save(struct server *server)
{
    if (server->registry)
        registry_each(server->registry, store_snapshot_of, NULL);
    audit_close(&server->audit);
    ledger_close(&server->ledger);
}

void server_parts_close(struct server *server)
{
    folders_close(&server->folders);
    known_close(&server->known);
    questions_close(&server->questions);
    rules_close(&server->rules);
    clients_close(&server->clients);
    throttle_close(&server->throttle);
    users_close(&server->users);
    vault_close(&server->vault);
    tickets_close(&server->tickets);
    pairs_close(&server->pairs);
    tries_close(&server->tries);
    mcp_asks_close(&server->asks);
    forks_close(&server->forks);
    dispatch_close(&server->dispatch);
    registry_close(&server->registry);
    stored_close(&server->stored);
    identity_close(&server->identity);
}
