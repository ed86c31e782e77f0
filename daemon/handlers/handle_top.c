/* admin.top, admin.metrics, admin.hibernate, admin.end: what runs, for those who run it. */
#include "daemon/handlers/handlers.h"

#include "daemon/metrics.h"
#include "daemon/people/audit.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "daemon/top.h"
#include "shared/buf.h"
#include "shared/jsonx.h"

#include <stdio.h>

enum { METRICS_TEXT_MAX = 256 << 10 };

enum err handle_admin_top(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    *ok = top_json(call->server);
    return ERR_OK;
}

enum err handle_admin_metrics(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    struct buf text;
    buf_init(&text, METRICS_TEXT_MAX);
    metrics_text(call->server, &text);
    *ok = json_object();
    json_object_set_new(*ok, "text", json_stringn(text.data, text.len));
    buf_free(&text);
    return ERR_OK;
}

/* The one that is named, if it is in memory: only there it has an agent. *session NULL: it sleeps. */
static enum err named(struct call *call, struct session **session, char error[256])
{
    const char *sid = jsonx_str(call->params, "session", "");
    *session = registry_find(call->server->registry, sid);
    if (*session || registry_knows(call->server->registry, sid))
        return ERR_OK;
    snprintf(error, 256, "there is no session '%.40s'", sid);
    return ERR_NOT_FOUND;
}

static enum err act(struct call *call, const char *action, const char *answer, json_t **ok, char error[256])
{
    struct session *session;
    enum err code = named(call, &session, error);
    if (code != ERR_OK)
        return code;
    bool ends = call->method == METHOD_ADMIN_END;
    bool done =
        session && (ends ? supervisor_end(session, call->principal.user) : supervisor_hibernate(session));
    audit_record(call->server, &call->principal, action, jsonx_str(call->params, "session", ""), "%s",
                 done ? "done" : "there was nothing to do");
    *ok = json_object();
    json_object_set_new(*ok, answer, json_boolean(done));
    return ERR_OK;
}

enum err handle_admin_hibernate(struct call *call, json_t **ok, char error[256])
{
    return act(call, "admin.hibernate", "hibernated", ok, error);
}

enum err handle_admin_end(struct call *call, json_t **ok, char error[256])
{
    return act(call, "admin.end", "ended", ok, error);
}
