/* session.share, session.unshare, session.who: who may do what in a session. */
#include "daemon/handlers/handlers.h"

#include "daemon/people/audit.h"
#include "daemon/people/rights.h"
#include "daemon/server.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <string.h>

enum err handle_session_share(struct call *call, json_t **ok, char error[256])
{
    const char *user = jsonx_str(call->params, "user", ""), *role = jsonx_str(call->params, "role", "");
    enum err code = rights_share(call->session, user, role_parse(role), call->principal.user, error);
    if (code != ERR_OK)
        return code;
    audit_record(call->server, &call->principal, "session.share", call->session->state->id, "%s: %s", user,
                 role);
    *ok = seq_reply(call->session);
    return ERR_OK;
}

enum err handle_session_unshare(struct call *call, json_t **ok, char error[256])
{
    const char *user = jsonx_str(call->params, "user", ""), *own = call->principal.user;
    const struct state *state = call->session->state;
    bool leaves = strcmp(user, own) == 0;
    if (!leaves && !auth_may(&call->principal, state, ROLE_OWNER)) {
        snprintf(error, 256, "only the owner, %.63s, takes others out; one may leave oneself", state->owner);
        return ERR_DENIED;
    }
    if (leaves && call->principal.token[0] && call->principal.most < ROLE_OWNER) {
        snprintf(error, 256, "this token is for less than the role owner: it can't leave for %.63s", own);
        return ERR_DENIED;
    }
    if (strcmp(user, state->owner) == 0) {
        snprintf(error, 256, "the session is %.63s's own; archive or delete it instead", state->owner);
        return ERR_CONFLICT;
    }
    if (!rights_unshare(call->session, user, own, leaves ? "left" : NULL)) {
        snprintf(error, 256, "the session is not shared with '%s'", user);
        return ERR_NOT_FOUND;
    }
    audit_record(call->server, &call->principal, "session.unshare", state->id, "%s", user);
    *ok = seq_reply(call->session);
    return ERR_OK;
}

enum err handle_session_who(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    const struct state *state = call->session->state;
    json_t *snapshot = state_snapshot(state, 0, 0);
    *ok = json_object();
    jsonx_set_str(*ok, "owner", state->owner);
    json_object_set(*ok, "members", json_object_get(snapshot, "members"));
    json_object_set(*ok, "participants", json_object_get(snapshot, "participants"));
    jsonx_set_str(*ok, "role", role_name(auth_role(&call->principal, state)));
    json_decref(snapshot);
    return ERR_OK;
}
