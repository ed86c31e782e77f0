/* The trap: telling a client something may end it, and all that it lends with it (clients_reply). So a lend
 * is looked up anew after that, or not touched any more. */
#include "daemon/lends.h"

#include "daemon/config/config_server.h"
#include "daemon/people/audit.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "proto/envelope.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KNOWN_MAX = 64 << 10, /* bytes of what is remembered of a server's tools */
    NOTICE_MAX = ENVELOPE_LENT_MAX + (64 << 10),
    GRACE_MS = 5000, /* for the agent's own deadlines */
    PROLONGED = 10   /* how many times as long a call may take that reports progress */
};

#define GONE "the terminal that lent it has gone"

struct lend {
    struct session *session;
    struct client *client;
    char name[LENDS_NAME_MAX + 1];
    char user[64];
    char run[ID_MAX];  /* as the client knows it; "" if there is none */
    int64_t agent_run; /* as the agent does */
    json_t *known;     /* what an agent has learned of it; NULL: nothing */
    struct lend *next;
};

struct past { /* what was lent until its terminal went */
    uint32_t session;
    char name[LENDS_NAME_MAX + 1];
    char user[64];
    json_t *known;
};

struct lends {
    struct server *server;
    struct lend *all;
    struct past past[LENDS_PAST_MAX]; /* the oldest is overwritten */
    size_t past_count, past_at;
};

static struct lend *find(const struct lends *lends, const struct session *session, const char *name)
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

/* --- what was lent --- */

static struct past *find_past(struct lends *lends, const struct session *session, const char *name)
{
    for (size_t i = 0; i < lends->past_count; i++)
        if (lends->past[i].session == session->key && strcmp(lends->past[i].name, name) == 0)
            return &lends->past[i];
    return NULL;
}

static void remember_past(struct lends *lends, struct lend *lend)
{
    struct past *past = find_past(lends, lend->session, lend->name);
    if (!past) {
        past = &lends->past[lends->past_at];
        lends->past_at = (lends->past_at + 1) % LENDS_PAST_MAX;
        if (lends->past_count < LENDS_PAST_MAX)
            lends->past_count++;
    }
    json_decref(past->known);
    *past = (struct past){.session = lend->session->key, .known = lend->known};
    strcpy(past->name, lend->name);
    strcpy(past->user, lend->user);
    lend->known = NULL;
}

/* What is known of it holds for the same user's alone: another's may be anything. */
static void recall(struct lends *lends, struct lend *lend)
{
    struct past *past = find_past(lends, lend->session, lend->name);
    if (past && strcmp(past->user, lend->user) == 0) {
        lend->known = past->known;
        past->known = NULL;
    }
}

/* --- saying --- */

/* Takes the reference to rest. */
static void tell_client(struct lends *lends, const struct lend *lend, json_t *rest)
{
    struct buf text;
    buf_init(&text, NOTICE_MAX);
    if (!envelope_put_lend(&text, lend->session->state->id, lend->name, rest)) {
        buf_free(&text);
        return;
    }
    struct frame *frame = frame_new(&text);
    struct route route = lend->client->route;
    clients_reply(lends->server->clients, &route, frame);
    frame_free(&frame);
}

static void tell_end(struct lends *lends, const char *run, const struct lend *lend)
{
    json_t *rest = json_object();
    jsonx_set_str(rest, "run", run);
    json_object_set_new(rest, "end", json_true());
    tell_client(lends, lend, rest);
}

static json_t *agent_frame(const struct lend *lend)
{
    json_t *json = json_object();
    jsonx_set_str(json, "server", lend->name);
    jsonx_set_int(json, "run", lend->agent_run);
    return json;
}

/* Takes the reference to json. */
static bool tell_agent(const struct lend *lend, json_t *json)
{
    bool told = supervisor_lent(lend->session, json);
    json_decref(json);
    return told;
}

/* The run is over for the agent. */
static void end_run(struct lend *lend, const char *cause, const char *why)
{
    if (!lend->run[0])
        return;
    json_t *json = agent_frame(lend);
    jsonx_set_str(json, "end", why);
    jsonx_set_str(json, "cause", cause);
    lend->run[0] = '\0';
    tell_agent(lend, json);
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
    end_run(lend, "closed", GONE);
    remember_past(lends, lend);
    jsonx_set_str(data, "server", lend->name);
    jsonx_set_str(data, "why", why);
    session_emit(session, EVENT_TOOLS_RETURNED, data);
    supervisor_define(session);
    jsonx_set_str(rest, "over", why);
    if (is_told(why))
        tell_client(lends, lend, rest);
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
    struct lend *lend = find(lends, session, name);
    if (!lend || lend->client != client)
        return false;
    audit_record(lends->server, &client->principal, "lend.withdraw", session->state->id, "%s", name);
    end_lend(lends, lend, why);
    return true;
}

/* --- offers --- */

static bool is_name(const char *name)
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
    end_run(lend, "closed", "the terminal that lends it has begun anew");
    lend->client = client;
    json_t *rest = json_object();
    jsonx_set_str(rest, "over", "replaced");
    tell_client(lends, &before, rest);
    return ERR_OK;
}

static void add(struct lends *lends, struct client *client, struct session *session, const char *name)
{
    struct lend *lend = xcalloc(1, sizeof *lend);
    lend->session = session;
    lend->client = client;
    snprintf(lend->name, sizeof lend->name, "%s", name);
    snprintf(lend->user, sizeof lend->user, "%s", client->principal.user);
    recall(lends, lend);
    lend->next = lends->all;
    lends->all = lend;
    session->holds++;
}

enum err lends_offer(struct lends *lends, struct client *client, struct session *session, const char *name,
                     const char *title, char run[ID_MAX], char error[256])
{
    struct lend *lend = find(lends, session, name);
    enum err code = ERR_OK;
    if (!is_name(name)) {
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
    lend = find(lends, session, name);
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

/* --- from the client --- */

static bool has_shape(const json_t *messages, char error[256])
{
    size_t i;
    json_t *message;
    json_array_foreach(messages, i, message)
    {
        if (json_is_object(message))
            continue;
        snprintf(error, 256, "parameter 'messages': number %zu is no object", i + 1);
        return false;
    }
    return true;
}

/* Each as the text of its frame; false with a sentence if one is too large. */
static enum err pass_on(struct lend *lend, const json_t *messages, char error[256])
{
    size_t i, len;
    json_t *message;
    json_array_foreach(messages, i, message)
    {
        free(jsonx_dump(message, &len));
        if (len <= ENVELOPE_LENT_MAX)
            continue;
        snprintf(error, 256, "a message has %zu bytes; at most %d are possible", len, ENVELOPE_LENT_MAX);
        return ERR_TOO_LARGE;
    }
    json_array_foreach(messages, i, message)
    {
        json_t *json = agent_frame(lend);
        json_object_set(json, "message", message);
        tell_agent(lend, json);
    }
    return ERR_OK;
}

enum err lends_message(struct lends *lends, const struct client *client, struct session *session,
                       const char *name, const char *run, const json_t *messages, const char *end, bool began,
                       char error[256])
{
    struct lend *lend = find(lends, session, name);
    if (!lend || lend->client != client) {
        snprintf(error, 256, "this terminal lends no MCP server '%.40s' to this session", name);
        if (lend) /* else it crossed the end */
            audit_record(lends->server, &client->principal, "refused", session->state->id,
                         "lend.message for '%.40s', which another terminal lends", name);
        return ERR_DENIED;
    }
    if (!lend->run[0] || strcmp(lend->run, run) != 0) {
        snprintf(error, 256, "the run '%.40s' of MCP server '%s' is over", run, name);
        return ERR_CONFLICT;
    }
    if (!has_shape(messages, error))
        return ERR_BAD_REQUEST;
    if (supervisor_lent_waiting(session) > LENDS_WAITING_MAX) {
        snprintf(error, 256, "the session's agent is behind; try again");
        return ERR_BUSY;
    }
    enum err code = pass_on(lend, messages, error);
    if (code == ERR_OK && end)
        end_run(lend, began ? "crashed" : "not_started", *end ? end : "it has ended");
    return code;
}

/* --- from the agent --- */

static void begin_run(struct lends *lends, struct lend *lend, int64_t number)
{
    json_t *rest = json_object();
    id_make(lend->run, "l_");
    lend->agent_run = number;
    jsonx_set_str(rest, "run", lend->run);
    json_object_set_new(rest, "start", json_true());
    tell_client(lends, lend, rest);
}

/* Nobody lends it (any more): it crossed the end, or what was lent is not known here. */
static void refuse_run(struct session *session, const char *name, int64_t number)
{
    json_t *json = json_object();
    jsonx_set_str(json, "server", name);
    jsonx_set_int(json, "run", number);
    jsonx_set_str(json, "end", "no terminal lends it now");
    jsonx_set_str(json, "cause", "closed");
    supervisor_lent(session, json);
    json_decref(json);
}

static bool take_start(struct lends *lends, struct session *session, struct lend *lend, const char *name,
                       int64_t number)
{
    if (!lend) {
        refuse_run(session, name, number);
        return true;
    }
    if (lend->run[0]) { /* it has begun anew without a word of its end */
        char run[ID_MAX];
        strcpy(run, lend->run);
        lend->run[0] = '\0';
        tell_end(lends, run, lend);
        lend = find(lends, session, name);
    }
    if (lend)
        begin_run(lends, lend, number);
    return true;
}

static void take_message(struct lends *lends, struct lend *lend, json_t *message)
{
    json_t *rest = json_object();
    size_t len;
    free(jsonx_dump(message, &len));
    if (len > ENVELOPE_LENT_MAX) {
        json_decref(rest);
        return;
    }
    jsonx_set_str(rest, "run", lend->run);
    json_object_set(rest, "message", message);
    tell_client(lends, lend, rest);
}

bool lends_agent(struct lends *lends, struct session *session, json_t *json)
{
    const char *name = jsonx_str(json, "server", "");
    int64_t number = jsonx_int(json, "run", 0);
    json_t *message = jsonx_obj(json, "message");
    bool starts = jsonx_bool(json, "start", false), ends = json_object_get(json, "end") != NULL;
    if (number <= 0 || !is_name(name) || starts + ends + (message != NULL) != 1)
        return false;
    struct lend *lend = find(lends, session, name);
    if (starts)
        return take_start(lends, session, lend, name, number);
    if (!lend || !lend->run[0] || lend->agent_run != number)
        return true;
    if (message) {
        take_message(lends, lend, message);
    } else {
        char run[ID_MAX];
        strcpy(run, lend->run);
        lend->run[0] = '\0';
        tell_end(lends, run, lend);
    }
    return true;
}

void lends_agent_gone(struct lends *lends, const struct session *session)
{
    struct lend *lend;
    do {
        for (lend = lends ? lends->all : NULL; lend; lend = lend->next)
            if (lend->session == session && lend->run[0])
                break;
        if (lend) {
            char run[ID_MAX];
            strcpy(run, lend->run);
            lend->run[0] = '\0';
            tell_end(lends, run, lend);
        }
    } while (lend);
}

/* --- definitions --- */

static json_t *definition(const char *name)
{
    json_t *json = json_object();
    jsonx_set_str(json, "name", name);
    jsonx_set_str(json, "variant", "");
    jsonx_set_str(json, "scope", "lent");
    jsonx_set_str(json, "start", "eager");
    return json;
}

static bool is_named(const json_t *servers, const char *name)
{
    size_t i;
    json_t *json;
    json_array_foreach(servers, i, json)
    {
        if (strcmp(jsonx_str(json, "name", ""), name) == 0)
            return true;
    }
    return false;
}

/* An idle one is not ended: the terminal's owner sees when it is used, and what it holds is theirs. */
void lends_define(const struct lends *lends, const struct session *session, json_t *servers)
{
    if (!lends)
        return;
    const struct config *config = lends->server->config;
    for (const struct lend *lend = lends->all; lend; lend = lend->next) {
        if (lend->session != session || is_named(servers, lend->name) ||
            json_array_size(servers) >= STATE_SERVERS_MAX)
            continue;
        json_t *json = definition(lend->name);
        jsonx_set_str(json, "lender", lend->user);
        jsonx_set_int(json, "start_ms", config_number(config, OPTION_MCP_START_TIMEOUT));
        jsonx_set_int(json, "call_ms", config_number(config, OPTION_MCP_CALL_TIMEOUT));
        jsonx_set_int(json, "idle_ms", 0);
        if (lend->known)
            json_object_set(json, "known", lend->known);
        json_array_append_new(servers, json);
    }
    for (size_t i = 0; i < lends->past_count; i++) {
        const struct past *past = &lends->past[i];
        if (past->session != session->key || is_named(servers, past->name) ||
            json_array_size(servers) >= STATE_SERVERS_MAX)
            continue;
        json_t *json = definition(past->name);
        char text[96];
        snprintf(text, sizeof text, "no terminal lends '%s' now", past->name);
        jsonx_set_str(json, "error", text);
        json_array_append_new(servers, json);
    }
}

bool lends_remember(struct lends *lends, const struct session *session, const json_t *request)
{
    struct lend *lend = lends ? find(lends, session, jsonx_str(request, "server", "")) : NULL;
    if (!lend)
        return false;
    json_t *known = json_object();
    size_t len;
    json_object_set(known, "era", json_object_get(request, "era"));
    json_object_set(known, "tools", json_object_get(request, "tools"));
    free(jsonx_dump(known, &len));
    json_decref(lend->known);
    lend->known = len <= KNOWN_MAX ? json_incref(known) : NULL;
    json_decref(known);
    return true;
}

int64_t lends_patience(const struct lends *lends, int64_t call_ms)
{
    const struct config *config = lends->server->config;
    if (call_ms <= 0)
        call_ms = config_number(config, OPTION_MCP_CALL_TIMEOUT);
    return config_number(config, OPTION_MCP_START_TIMEOUT) + PROLONGED * call_ms + GRACE_MS;
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
    for (size_t i = 0; i < lends->past_count; i++)
        json_decref(lends->past[i].known);
    free(lends);
}
