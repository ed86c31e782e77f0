/* session.fork and session.rewind. */
#include "daemon/branch.h"
#include "daemon/forks.h"
#include "daemon/handlers/handlers.h"
#include "daemon/server.h"
#include "shared/jsonx.h"

enum err handle_session_fork(struct call *call, json_t **ok, char error[256])
{
    return forks_make(call->server->forks, call, ok, error);
}

enum err handle_session_rewind(struct call *call, json_t **ok, char error[256])
{
    uint64_t removed = 0;
    enum err code = branch_rewind(call->session, call->principal.user,
                                  jsonx_str(call->params, "message", NULL), &removed, error);
    if (code != ERR_OK)
        return code;
    *ok = seq_reply(call->session);
    jsonx_set_int(*ok, "removed", (int64_t)removed);
    return ERR_OK;
}
