/* message.*: what is said, what waits, what was said before. */
#include "daemon/handlers.h"

#include "daemon/server.h"
#include "daemon/session.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <string.h>

enum { HISTORY_MESSAGES = 50, SEARCH_HITS = 20 };

enum err handle_message_send(struct call *call, json_t **ok, char error[256])
{
    char message[ID_MAX];
    bool queued, steer = strcmp(jsonx_str(call->params, "mode", "queue"), "steer") == 0;
    enum err code = session_send(call->session, call->principal.user, jsonx_str(call->params, "text", ""),
                                 steer, message, &queued, error);
    if (code != ERR_OK)
        return code;
    *ok = seq_reply(call->session);
    jsonx_set_str(*ok, "message", message);
    json_object_set_new(*ok, "queued", json_boolean(queued));
    return ERR_OK;
}

static bool is_queued(const struct state *state, const char *id)
{
    for (size_t i = 0; i < state->queue_count; i++)
        if (strcmp(state->queue[i]->id, id) == 0)
            return true;
    return false;
}

enum err handle_message_edit_queue(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    json_t *removed = json_array(), *id;
    size_t i;
    json_array_foreach(jsonx_arr(call->params, "remove"), i, id)
    {
        if (is_queued(call->session->state, json_string_value(id)))
            json_array_append(removed, id);
    }
    if (json_array_size(removed) > 0) {
        json_t *data = json_object();
        json_object_set(data, "removed", removed);
        jsonx_set_str(data, "by", call->principal.user);
        session_emit(call->session, EVENT_QUEUE_CHANGED, data);
    }
    *ok = seq_reply(call->session);
    json_object_set_new(*ok, "removed", removed);
    return ERR_OK;
}

static void on_read(void *arg, enum err code, const char *error, json_t *result)
{
    struct call *call = arg;
    call_finish(&call, code, error, json_incref(result));
}

static enum err begun(struct call **kept, enum err code)
{
    if (code != ERR_OK)
        call_finish(kept, code, "too many reads wait; repeat it", NULL);
    return HANDLED_LATER;
}

enum err handle_message_history(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    const char *before = jsonx_str(call->params, "before", NULL),
               *after = jsonx_str(call->params, "after", NULL);
    if (before && after) {
        snprintf(error, 256, "give 'before' or 'after', not both");
        return ERR_BAD_REQUEST;
    }
    struct call *kept = call_keep(call);
    return begun(&kept,
                 store_history(call->server->store, call->session->key, before, after,
                               (int)jsonx_int(call->params, "limit", HISTORY_MESSAGES), on_read, kept));
}

enum err handle_message_search(struct call *call, json_t **ok, char error[256])
{
    (void)ok;
    (void)error;
    struct call *kept = call_keep(call);
    return begun(&kept,
                 store_search(call->server->store, call->principal.user, jsonx_str(call->params, "text", ""),
                              (int)jsonx_int(call->params, "limit", SEARCH_HITS), on_read, kept));
}
