/* message.*: what is said and what waits. What was said before is read in handle_read.c. */
#include "daemon/handlers.h"

#include "daemon/server.h"
#include "daemon/session.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <string.h>

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
