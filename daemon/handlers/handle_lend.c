/* lend.*: tools of a terminal's own machine, lent to one session. */
#include "daemon/handlers/handlers.h"

#include "daemon/lends.h"
#include "daemon/server.h"
#include "shared/jsonx.h"

#include <stdio.h>

enum err handle_lend_message(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    return lends_message(call->server->lends, call->client, call->session,
                         jsonx_str(call->params, "server", ""), jsonx_str(call->params, "run", ""),
                         jsonx_arr(call->params, "messages"), jsonx_str(call->params, "end", NULL),
                         jsonx_bool(call->params, "began", true), error);
}

enum err handle_lend_offer(struct call *call, json_t **ok, char error[256])
{
    const char *name = jsonx_str(call->params, "server", "");
    char run[ID_MAX];
    enum err code = lends_offer(call->server->lends, call->client, call->session, name,
                                jsonx_str(call->params, "title", NULL), run, error);
    if (code == ERR_OK) {
        *ok = json_object();
        jsonx_set_str(*ok, "server", name);
        jsonx_set_str(*ok, "run", run);
    }
    return code;
}

enum err handle_lend_withdraw(struct call *call, json_t **ok, char error[256])
{
    const char *name = jsonx_str(call->params, "server", "");
    (void)ok;
    if (lends_withdraw(call->server->lends, call->client, call->session, name, "withdrawn"))
        return ERR_OK;
    snprintf(error, 256, "this terminal lends no MCP server '%.40s' to this session", name);
    return ERR_NOT_FOUND;
}
