/* Who lends what to which session: offers, and every way in which one ends. */
#include "daemon/lends_internal.h"

#include "daemon/config/config_server.h"
#include "daemon/people/audit.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GONE "the terminal that lent it has gone"

struct lend *lends_find(const struct lends *lends, const struct session *session, const char *name)
{
    struct lend *lend = lends->all;
    while (lend && (lend->session != session || strcmp(lend->name, name) != 0))
        lend = lend->next;
    return lend;
}

static size_t count(const struct lends *lends, const struct client *client, const struct session *session)
{
    size_t found = 0;
    for (const struct lend *lend = lends->all; lend; lend = lend->next)
        found += (!client || lend->client == client) && (!session || lend->session == session);
    return found;
}

static void say_lent(const struct lend *lend, const char *title)
{
    json_t *data = json_object();
    jsonx_set_str(data, "server", lend->name);
    jsonx_set_str(data, "participant", lend->client->id);
    jsonx_set_str(data, "user", lend->user);
    if (lend->client->terminal[0])
        jsonx_set_str(data, "terminal", lend->client->terminal);
    if (title && *title)
        jsonx_set_str(data, "title", title);
    session_emit(lend->session, EVENT_TOOLS_LENT, data);
}

/* --- ends --- */

static void take_out(struct lends *lends, struct lend *lend)
{
    struct lend **at = &lends->all;
    while (*at != lend)
        at = &(*at)->next;
    *at = lend->next;
}

static void lend_free(struct lend *lend)
{
    json_decref(lend->known);
    free(lend);
}

/* Whether a client that ends so is told: others are gone, or asked for it. */
static bool is_told(const char *why)
{
    return strcmp(why, "silent") == 0 || strcmp(why, "revoked") == 0 || strcmp(why, "deleted") == 0 ||
           strcmp(why, "replaced") == 0;
}

static void end_lend(struct lends *lends, struct lend *lend, const char *why)
{
    struct session *session = lend->session;
    struct server *server = lends->server;
    json_t *data = json_object(), *rest = json_object();
    take_out(lends, lend);
    log_info("lend", "'%s' is not lent any more: %s session=%s", lend->name, why, log_id(session->state->id));
    lend_end_run(lend, "closed", GONE);
    lends_keep(lends, lend);
    jsonx_set_str(data, "server", lend->name);
    jsonx_set_str(data, "why", why);
    session_emit(session, EVENT_TOOLS_RETURNED, data);
    supervisor_define(session);
    jsonx_set_str(rest, "over", why);
    if (is_told(why))
        lend_tell(lends, lend, rest);
    else
        json_decref(rest);
    lend_free(lend);
    session->holds--;
    registry_release(server->registry, session);
}

void lends_end(struct lends *lends, const struct client *client, const struct session *session,
               const char *why)
{
    struct lend *lend;
    do {
        for (lend = lends ? lends->all : NULL; lend; lend = lend->next)
            if ((!client || lend->client == client) && (!session || lend->session == session))
                break;
        if (lend)
            end_lend(lends, lend, why);
    } while (lend);
}

void lends_recheck(struct lends *lends, const struct client *client)
{
    struct lend *lend;
    do {
        for (lend = lends ? lends->all : NULL; lend; lend = lend->next)
            if ((!client || lend->client == client) &&
                !auth_may(&lend->client->principal, lend->session->state, ROLE_WRITER))
                break;
        if (lend)
            end_lend(lends, lend, "revoked");
    } while (lend);
}

bool lends_withdraw(struct lends *lends, struct client *client, struct session *session, const char *name,
                    const char *why)
{
    struct lend *lend = lends_find(lends, session, name);
    if (!lend || lend->client != client)
        return false;
    audit_record(lends->server, &client->principal, "lend.withdraw", session->state->id, "%s", name);
    end_lend(lends, lend, why);
    return true;
}

/* --- offers --- */

bool lends_is_name(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len <= LENDS_NAME_MAX && *name != '-' && *name != '_' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* Room in the session's state, which keeps how each server was that it ever had, and in what agents take. */
static enum err room(const struct lends *lends, const struct client *client, const struct session *session,
                     const char *name, char error[256])
{
    const struct state *state = session->state;
    size_t lent = count(lends, NULL, session);
    if (lent >= STATE_LENT_MAX) {
        snprintf(error, 256,
                 "terminals lend %zu MCP servers to this session already; at most %d are possible", lent,
                 STATE_LENT_MAX);
        return ERR_LIMIT;
    }
    if (count(lends, client, NULL) >= LENDS_CLIENT_MAX) {
        snprintf(error, 256, "this terminal lends %d MCP servers already; at most so many are possible",
                 LENDS_CLIENT_MAX);
        return ERR_LIMIT;
    }
    if (config_server_count(lends->server->config) + lent >= STATE_SERVERS_MAX ||
        (!state_server(state, name) && state->server_count >= STATE_SERVERS_MAX)) {
        snprintf(
            error, 256,
            "this session has had %d MCP servers, configured and lent, and can't have one of another name",
            STATE_SERVERS_MAX);
        return ERR_LIMIT;
    }
    return ERR_OK;
}

/* The same terminal, which goes on, or another of the same user. */
static enum err take_over(struct lends *lends, struct lend *lend, struct client *client, char error[256])
{
    if (strcmp(lend->user, client->principal.user) != 0) {
        snprintf(error, 256,
                 "%s lends an MCP server '%s' to this session already, from %s; take another name",
                 lend->user, lend->name, lend->client->terminal[0] ? lend->client->terminal : "a program");
        return ERR_CONFLICT;
    }
    struct lend before = *lend;
    if (lend->client == client)
        return ERR_OK;
    lend_end_run(lend, "closed", "the terminal that lends it has begun anew");
    lend->client = client;
    json_t *rest = json_object();
    jsonx_set_str(rest, "over", "replaced");
    lend_tell(lends, &before, rest);
    return ERR_OK;
}

static void add(struct lends *lends, struct client *client, struct session *session, const char *name)
{
    struct lend *lend = xcalloc(1, sizeof *lend);
    lend->session = session;
    lend->client = client;
    snprintf(lend->name, sizeof lend->name, "%s", name);
    snprintf(lend->user, sizeof lend->user, "%s", client->principal.user);
    lends_recall(lends, lend);
    lend->next = lends->all;
    lends->all = lend;
    session->holds++;
}

enum err lends_offer(struct lends *lends, struct client *client, struct session *session, const char *name,
                     const char *title, char run[ID_MAX], char error[256])
{
    struct lend *lend = lends_find(lends, session, name);
    enum err code = ERR_OK;
    if (!lends_is_name(name)) {
        snprintf(
            error, 256,
            "'%.40s' is no name for an MCP server: 1 to %d of a-z, 0-9, _ and -, a letter or digit first",
            name, LENDS_NAME_MAX);
        return ERR_BAD_REQUEST;
    }
    if (config_server_find(lends->server->config, name)) {
        snprintf(error, 256, "an MCP server '%s' is in the daemon's configuration; take another name", name);
        return ERR_CONFLICT;
    }
    code = lend ? take_over(lends, lend, client, error) : room(lends, client, session, name, error);
    if (code != ERR_OK)
        return code;
    if (!lend)
        add(lends, client, session, name);
    lend = lends_find(lends, session, name);
    if (!lend || lend->client != client) {
        snprintf(error, 256, "the offer of '%s' has ended", name);
        return ERR_UNAVAILABLE;
    }
    log_info("lend", "'%s' is lent by user=%s %s session=%s", name, lend->user, log_id(client->id),
             log_id(session->state->id));
    audit_record(lends->server, &client->principal, "lend.offer", session->state->id, "%s from %s", name,
                 client->terminal);
    say_lent(lend, title);
    supervisor_define(session);
    strcpy(run, lend->run);
    return ERR_OK;
}

/* --- life --- */

struct lends *lends_open(struct server *server)
{
    struct lends *lends = xcalloc(1, sizeof *lends);
    lends->server = server;
    return lends;
}

void lends_close(struct lends **slot)
{
    struct lends *lends = *slot;
    *slot = NULL;
    if (!lends)
        return;
    while (lends->all) {
        struct lend *next = lends->all->next;
        lends->all->session->holds--;
        lend_free(lends->all);
        lends->all = next;
    }
    lends_past_free(lends);
    free(lends);
}
