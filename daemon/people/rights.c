/* A role is the session's own state. What hangs on it besides: what connections follow, what terminals lend,
 * and the rules that somebody has made, which are as good as their maker's word. */
#include "daemon/people/rights.h"

#include "daemon/clients.h"
#include "daemon/people/users.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "proto/rule.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- giving and taking --- */

static enum err check_user(const struct session *session, const char *name, char error[256])
{
    const struct user *user = users_find(session->server->users, name);
    if (strcmp(session->state->owner, name) == 0)
        snprintf(error, 256, "the session is %s's own; share it with somebody else", name);
    else if (!user)
        snprintf(error, 256,
                 "there is no user '%s'; an admin makes one (stoa user add), or invite whoever "
                 "holds a ticket (stoa ticket)",
                 name);
    else if (user_is_disabled(user))
        snprintf(error, 256, "the user '%s' is disabled; an admin can change that (stoa user set)", name);
    else
        return ERR_OK;
    return user || strcmp(session->state->owner, name) == 0 ? ERR_CONFLICT : ERR_NOT_FOUND;
}

enum err rights_share(struct session *session, const char *user, enum role role, const char *by,
                      char error[256])
{
    const struct state *state = session->state;
    const struct member *member = state_member(state, user);
    enum err code = check_user(session, user, error);
    if (code != ERR_OK || (member && member->role == role))
        return code;
    if (!member && state->member_count >= STATE_MEMBERS_MAX) {
        snprintf(error, 256, "the session is shared with %d users already; unshare it with one first",
                 STATE_MEMBERS_MAX);
        return ERR_LIMIT;
    }
    json_t *data = json_object();
    jsonx_set_str(data, "user", user);
    jsonx_set_str(data, "role", role_name(role));
    jsonx_set_str(data, "by", by);
    return session_emit(session, EVENT_SESSION_SHARED, data) ? ERR_OK : ERR_INTERNAL;
}

bool rights_unshare(struct session *session, const char *user, const char *by, const char *reason)
{
    if (!state_member(session->state, user))
        return false;
    json_t *data = json_object();
    jsonx_set_str(data, "user", user);
    jsonx_set_str(data, "by", by);
    jsonx_set_str(data, "reason", reason);
    return session_emit(session, EVENT_SESSION_UNSHARED, data);
}

/* --- whose word counts --- */

bool rights_may_approve(const struct session *session, const char *user)
{
    const struct member *member = state_member(session->state, user);
    if (strcmp(session->state->owner, user) == 0)
        return true;
    const struct user *known = member ? users_find(session->server->users, user) : NULL;
    return known && !user_is_disabled(known) && member->role >= ROLE_APPROVER;
}

bool rights_may_server(const struct session *session, const char *user, const char *server, char error[256])
{
    if (!*server || strcmp(server, RULE_BUILTIN) == 0)
        return true;
    return users_may_server(session->server->users, user, server, error);
}

/* The server's part as it is written: one with * in it is on no list but one that has it, too. */
bool rights_may_pattern(const struct session *session, const char *user, const char *pattern, char error[256])
{
    char *server = xstrndup(pattern, strcspn(pattern, "/"));
    bool may = rights_may_server(session, user, server, error);
    free(server);
    return may;
}

bool rights_two_person(const struct server *server, const char *name, const char *tool,
                       const json_t *arguments)
{
    const char *patterns = config_text(server->config, OPTION_PERMISSION_TWO_PERSON);
    return patterns[0] && rule_list_matches(patterns, name, tool, arguments);
}

bool rights_is_second(const struct session *session, const char *first, const char *user, char error[256])
{
    const struct users *users = session->server->users;
    if (!users_may_be_one(users, first, user))
        return true;
    bool guest = strcmp(users_let_in_by(users, user), user) != 0;
    if (strcmp(first, user) == 0)
        snprintf(error, 256, "you have allowed it already; a second person is needed");
    else
        snprintf(error, 256,
                 "%.40s has allowed it already, and may be you, by tickets of %.40s's; a second person is "
                 "needed (an admin can say that you are one: stoa user set NAME --vouched)",
                 first, users_let_in_by(users, guest ? user : first));
    return false;
}

/* --- what outlasts no right --- */

static bool counts(const struct session *session, const struct rule *rule)
{
    char unused[256];
    return rights_may_approve(session, rule->by) &&
           (strcmp(rule->effect, "allow") != 0 || strcmp(session->state->owner, rule->by) == 0 ||
            rights_may_pattern(session, rule->by, rule->pattern, unused));
}

void rights_settle(struct session *session)
{
    const struct state *state = session->state;
    for (size_t i = state->rule_count; session->end == SESSION_LIVES && i-- > 0;) {
        const struct rule *rule = &state->rules[i];
        if (counts(session, rule))
            continue;
        log_info("rights", "a rule of user=%s counts no more session=%s", rule->by, log_id(state->id));
        if (!session_remove_rule(session, rule->id, NULL))
            return;
    }
}

void rights_changed(struct session *session, const json_t *data)
{
    const char *user = jsonx_str(data, "user", "");
    bool left = strcmp(jsonx_str(data, "reason", ""), "left") == 0;
    clients_recheck_session(session->server->clients, session, user, left ? "left" : "unshared");
    rights_settle(session);
}

static void settle(struct session *session, void *arg)
{
    (void)arg;
    rights_settle(session);
}

void rights_user_changed(struct server *server)
{
    registry_each(server->registry, settle, NULL);
}

/* --- a user who is gone --- */

struct shares { /* sessions that are shared with a user */
    char (*sids)[ID_MAX];
    size_t count, cap;
    const char *user;
};

static void add(struct shares *shares, const char *sid)
{
    if (shares->count == shares->cap) {
        shares->cap = shares->cap ? 2 * shares->cap : 16;
        shares->sids = xreallocarray(shares->sids, shares->cap, sizeof shares->sids[0]);
    }
    snprintf(shares->sids[shares->count++], ID_MAX, "%s", sid);
}

static void on_stored(void *arg, const char *sid)
{
    add(arg, sid);
}

/* What is not on disk yet is in memory. */
static void on_session(struct session *session, void *arg)
{
    struct shares *shares = arg;
    if (session->end == SESSION_LIVES && state_member(session->state, shares->user))
        add(shares, session->state->id);
}

void rights_user_gone(struct server *server, const char *user)
{
    struct shares shares = {.user = user};
    registry_each(server->registry, on_session, &shares);
    store_shared_with(server->store, user, on_stored, &shares);
    for (size_t i = 0; i < shares.count; i++) {
        struct session *session;
        char error[256];
        enum err code = registry_get(server->registry, shares.sids[i], &session, error);
        if (code == ERR_OK)
            rights_unshare(session, user, NULL, "user");
        else if (code != ERR_NOT_FOUND)
            log_error("rights", "a session stays shared with user=%s: %s", user, error);
    }
    free(shares.sids);
    rights_user_changed(server);
}
