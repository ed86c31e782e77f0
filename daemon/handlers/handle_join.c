/* session.ticket, ticket.*: how a key that is not known yet comes in, and joins a session. */
#include "daemon/handlers/handlers.h"

#include "daemon/people/audit.h"
#include "daemon/people/invite.h"
#include "daemon/people/rights.h"
#include "daemon/people/tickets.h"
#include "daemon/people/tries.h"
#include "daemon/people/users.h"
#include "daemon/people/users_settings.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TTL_MS = 600000 };

/* --- given --- */

enum err handle_session_ticket(struct call *call, json_t **ok, char error[256])
{
    const json_t *params = call->params;
    struct invite invite = {.session = call->session,
                            .by = &call->principal,
                            .role = role_parse(jsonx_str(params, "role", "writer")),
                            .ttl_ms = jsonx_int(params, "ttl_ms", TTL_MS),
                            .uses = jsonx_int(params, "uses", 1)};
    enum err code = invite_make(&invite, error);
    if (code != ERR_OK)
        return code;
    *ok = json_object();
    jsonx_set_str(*ok, "ticket", invite.ticket.id);
    jsonx_set_str(*ok, "secret", invite.secret);
    jsonx_set_str(*ok, "link", invite.link);
    jsonx_set_int(*ok, "expires", invite.ticket.expires);
    call->shown_once = true;
    invite_wipe(&invite);
    return ERR_OK;
}

static bool is_admin(const struct call *call)
{
    return auth_may(&call->principal, NULL, ROLE_ADMIN);
}

/* Its giver, the owner of its session, and admins. */
static bool may_see(const struct call *call, const struct ticket *ticket)
{
    const struct session *session = registry_find(call->server->registry, ticket->session);
    const char *user = call->principal.user;
    if (call->principal.session[0] && strcmp(call->principal.session, ticket->session) != 0)
        return false;
    return is_admin(call) || strcmp(ticket->by, user) == 0 ||
           (session && auth_may(&call->principal, session->state, ROLE_OWNER));
}

struct listing {
    struct call *call;
    json_t *tickets;
};

static void list_one(void *arg, const struct ticket *ticket)
{
    struct listing *listing = arg;
    if (!may_see(listing->call, ticket) || !registry_knows(listing->call->server->registry, ticket->session))
        return;
    json_t *json = json_object();
    jsonx_set_str(json, "ticket", ticket->id);
    jsonx_set_str(json, "session", ticket->session);
    jsonx_set_str(json, "role", role_name(ticket->role));
    jsonx_set_str(json, "by", ticket->by);
    jsonx_set_int(json, "expires", ticket->expires);
    jsonx_set_int(json, "uses", ticket->uses);
    json_array_append_new(listing->tickets, json);
}

enum err handle_ticket_list(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    struct listing listing = {.call = call, .tickets = json_array()};
    tickets_each(call->server->tickets, clock_wall_ms(), list_one, &listing);
    *ok = json_object();
    json_object_set_new(*ok, "tickets", listing.tickets);
    return ERR_OK;
}

enum err handle_ticket_revoke(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    struct server *server = call->server;
    const char *id = jsonx_str(call->params, "ticket", "");
    const struct ticket *ticket = tickets_find(server->tickets, id, clock_wall_ms());
    if (!ticket || !may_see(call, ticket)) {
        snprintf(error, 256, "there is no ticket '%.39s' that could be used; see stoa tickets", id);
        return ERR_NOT_FOUND;
    }
    if (call->principal.token[0] && call->principal.most < ROLE_OWNER) {
        snprintf(error, 256, "this token is for less than the role owner: it takes no tickets back");
        return ERR_DENIED;
    }
    audit_record(server, &call->principal, "ticket.revoke", ticket->session, "%s, given by %s", ticket->id,
                 ticket->by);
    tickets_revoke(server->tickets, ticket);
    return ERR_OK;
}

/* --- redeemed --- */

struct redeeming { /* an answer that waits for the commit */
    struct call *call;
    json_t *ok;
};

static void on_committed(void *arg, enum err code)
{
    struct redeeming *redeeming = arg;
    char error[256];
    const char *why = redeeming->call->server->store ? store_failing(redeeming->call->server->store) : NULL;
    snprintf(error, sizeof error, "the store can't commit (%.120s); try again: the ticket is not used twice",
             why ? why : "the daemon stops");
    if (code != ERR_OK) {
        json_decref(redeeming->ok);
        redeeming->ok = NULL;
        code = ERR_STORE;
    }
    call_finish(&redeeming->call, code, error, redeeming->ok);
    free(redeeming);
}

static enum err answer_when_kept(struct call *call, const char *user, const struct ticket *ticket,
                                 enum role role)
{
    struct redeeming *redeeming = xmalloc(sizeof *redeeming);
    redeeming->ok = json_object();
    jsonx_set_str(redeeming->ok, "user", user);
    jsonx_set_str(redeeming->ok, "session", ticket->session);
    jsonx_set_str(redeeming->ok, "role", role_name(role));
    redeeming->call = call_keep(call);
    store_commit(call->server->store, on_committed, redeeming);
    return HANDLED_LATER;
}

/* Who shows a secret that there was learns what became of the ticket; a guesser learns nothing. */
static enum err say_fate(struct call *call, enum ticket_fate fate, char error[256])
{
    static const char *const texts[] = {
        [TICKET_UNKNOWN] =
            "there is no such ticket here (mistyped, another daemon's, or over); ask for another",
        [TICKET_EXPIRED] = "this ticket has expired; ask for a new one",
        [TICKET_USED] = "this ticket was used already, as often as it may be; ask for a new one",
        [TICKET_REVOKED] = "this ticket was revoked; ask for a new one"};
    snprintf(error, 256, "%s", texts[fate]);
    return tries_failed(call, ERR_DENIED, error);
}

/* Whether the one who gave it could still do so. */
static bool giver_may(const struct server *server, const struct ticket *ticket, const struct session *session)
{
    const struct user *giver = users_find(server->users, ticket->by);
    return giver && !user_is_disabled(giver) && strcmp(session->state->owner, ticket->by) == 0 &&
           !session->state->ended;
}

/* A new user for a stranger's key: they work in what is shared with them, and begin nothing of their own. */
static enum err enrol(struct call *call, const char *giver, char name[USER_NAME_MAX + 1], char error[256])
{
    struct users *users = call->server->users;
    const char *key = call->principal.key, *label = jsonx_str(call->params, "label", "");
    if (!key[0]) {
        snprintf(error, 256, "this connection has no key that could be let in");
        return ERR_DENIED;
    }
    users_free_name(users, jsonx_str(call->params, "name", "guest"), name);
    enum err code = users_check_new(users, name, key, error);
    if (code != ERR_OK)
        return code;
    json_t *settings = json_pack("{s:i}", "quota.sessions", 0);
    jsonx_set_str(settings, SETTING_LET_IN_BY, users_let_in_by(users, giver));
    code = users_create(users, name, false, settings, error);
    json_decref(settings);
    return code == ERR_OK ? users_add_key(users, name, key, label, error) : code;
}

static enum err check_room(const struct state *state, char error[256])
{
    if (state->member_count < STATE_MEMBERS_MAX)
        return ERR_OK;
    snprintf(error, 256, "the session is shared with %d users already, and can't be with more",
             STATE_MEMBERS_MAX);
    return ERR_LIMIT;
}

/* Lets in whom the ticket is for. All of it is one commit, or nothing is. */
static enum err let_in(struct call *call, const struct ticket *ticket, struct session *session,
                       char error[256])
{
    struct server *server = call->server;
    struct principal *principal = &call->principal;
    bool stranger = !principal->user[0];
    char name[USER_NAME_MAX + 1];
    snprintf(name, sizeof name, "%s", principal->user);
    enum err code = state_member(session->state, name) ? ERR_OK : check_room(session->state, error);
    store_join(server->store);
    if (code == ERR_OK && stranger)
        code = enrol(call, ticket->by, name, error);
    if (code == ERR_OK)
        code = rights_share(session, name, ticket->role, ticket->by, error);
    if (code != ERR_OK)
        return code;
    tickets_use(server->tickets, ticket);
    log_info("users", "ticket=%s lets in user=%s session=%s", log_id(ticket->id), name,
             log_id(ticket->session));
    audit_record(server, principal, "ticket.redeem", ticket->session, "%s, given by %s: %s is %s%s",
                 ticket->id, ticket->by, name, role_name(ticket->role), stranger ? ", a new user" : "");
    return answer_when_kept(call, name, ticket, ticket->role);
}

/* What the ticket would give is theirs already, perhaps by it: so an answer that was lost is given again, and
 * no use is spent. */
static bool has_it(const struct call *call, const struct ticket *ticket, const struct session *session,
                   enum role *role)
{
    *role = auth_role(&call->principal, session->state);
    return *role >= ticket->role;
}

static enum err redeem(struct call *call, const struct ticket *ticket, struct session *session,
                       enum ticket_fate fate, char error[256])
{
    const char *user = call->principal.user;
    enum role role;
    if (call->principal.token[0]) {
        snprintf(error, 256, "a connection that came in by a token redeems no tickets; use a key");
        return ERR_DENIED;
    }
    if (!call->principal.key[0] && strcmp(session->state->owner, user) == 0) {
        snprintf(error, 256,
                 "this terminal is on the daemon's own host, and the session is your own: stoa attach %s",
                 ticket->session);
        return ERR_CONFLICT;
    }
    if (has_it(call, ticket, session, &role))
        return answer_when_kept(call, user, ticket, role);
    if (fate == TICKET_GOOD && !giver_may(call->server, ticket, session))
        fate = TICKET_REVOKED;
    if (fate != TICKET_GOOD)
        return say_fate(call, fate, error);
    return let_in(call, ticket, session, error);
}

enum err handle_ticket_redeem(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    struct server *server = call->server;
    const char *secret = jsonx_str(call->params, "secret", ""), *failing = store_failing(server->store);
    struct session *session;
    enum ticket_fate fate;
    if (!tries_may(call))
        return HANDLED_LATER;
    if (server->stopping || failing) {
        snprintf(error, 256, "nobody new can be let in now (%.160s); try again later",
                 failing ? failing : "the daemon stops");
        return failing ? ERR_STORE : ERR_SHUTTING_DOWN;
    }
    const struct ticket *found = tickets_show(server->tickets, secret, clock_wall_ms(), &fate);
    if (!found)
        return say_fate(call, TICKET_UNKNOWN, error);
    struct ticket ticket = *found;
    enum err code = registry_get(server->registry, ticket.session, &session, error);
    if (code == ERR_NOT_FOUND)
        return say_fate(call, TICKET_REVOKED, error);
    if (code != ERR_OK)
        return code;
    session->holds++;
    code = redeem(call, &ticket, session, fate, error);
    session->holds--;
    registry_release(server->registry, session);
    return code;
}
