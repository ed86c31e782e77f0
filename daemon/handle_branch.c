/* session.fork and session.rewind. */
#include "daemon/branch.h"
#include "daemon/handlers.h"
#include "shared/jsonx.h"

enum err handle_session_fork(struct call *call, json_t **ok, char error[256])
{
    const json_t *params = call->params;
    struct session *fork;
    enum err code = branch_fork(call->session, call->principal.user, jsonx_str(params, "message", NULL),
                                jsonx_str(params, "title", NULL), &fork, error);
    if (code != ERR_OK)
        return code;
    *ok = json_object();
    jsonx_set_str(*ok, "session", fork->state->id);
    jsonx_set_int(*ok, "messages", (int64_t)fork->state->messages_total);
    return ERR_OK;
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
