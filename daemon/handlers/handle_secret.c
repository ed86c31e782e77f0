/* secret.*: a user's own secrets. None is ever given back. The dispatcher wipes what brought one. */
#include "daemon/handlers/handlers.h"

#include "daemon/mcp/hosts.h"
#include "daemon/people/audit.h"
#include "daemon/people/vault.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/jsonx.h"

#include <stdio.h>

/* A token that is less than its user, or of one session, is for a program that need not know of them: who
 * sets a secret decides which account is used, in every session. */
static enum err check_whole(const struct call *call, char error[256])
{
    const struct principal *who = &call->principal;
    if (!who->token[0] || (who->most >= ROLE_OWNER && !who->session[0]))
        return ERR_OK;
    snprintf(error, 256, "secrets are for their user, and not for a token with fewer rights");
    return ERR_DENIED;
}

/* What runs with an older one is begun anew, by its next use; what could not be used may be so now. */
static void tell_users(struct server *server, const char *user)
{
    if (server->hosts)
        hosts_secret(server->hosts, user);
    if (server->supervisor)
        supervisor_define_all(server->supervisor, user);
}

enum err handle_secret_list(struct call *call, json_t **ok, char error[256])
{
    enum err code = check_whole(call, error);
    if (code != ERR_OK)
        return code;
    *ok = json_object();
    json_object_set_new(*ok, "secrets", vault_list(call->server->vault, call->principal.user));
    return ERR_OK;
}

enum err handle_secret_remove(struct call *call, json_t **ok, char error[256])
{
    const char *name = jsonx_str(call->params, "name", "");
    enum err code = check_whole(call, error);
    (void)ok;
    if (code != ERR_OK)
        return code;
    if (!vault_remove(call->server->vault, call->principal.user, name)) {
        snprintf(error, 256, "there is no secret '%.64s'; yours are listed by: stoa secret ls", name);
        return ERR_NOT_FOUND;
    }
    audit_record(call->server, &call->principal, "secret.remove", name, NULL);
    tell_users(call->server, call->principal.user);
    return ERR_OK;
}

enum err handle_secret_set(struct call *call, json_t **ok, char error[256])
{
    const char *name = jsonx_str(call->params, "name", "");
    const json_t *value = json_object_get(call->params, "value");
    enum err code = check_whole(call, error);
    (void)ok;
    if (code == ERR_OK)
        code = vault_set(call->server->vault, call->principal.user, name, json_string_value(value),
                         json_string_length(value), error);
    if (code != ERR_OK)
        return code;
    audit_record(call->server, &call->principal, "secret.set", name, NULL);
    tell_users(call->server, call->principal.user);
    return ERR_OK;
}
