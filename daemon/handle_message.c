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

/* Changes the text of a message that waits; it stays its author's, and in its place. */
static enum err edit(struct call *call, char error[256])
{
    const char *id = jsonx_str(call->params, "message", NULL), *text = jsonx_str(call->params, "text", NULL);
    if (!id && !text)
        return ERR_OK;
    if (!id || !text) {
        snprintf(error, 256, "to change a message that waits, give both its id (message) and its new text");
        return ERR_BAD_REQUEST;
    }
    return session_edit_queued(call->session, call->principal.user, id, text, error);
}

enum err handle_message_edit_queue(struct call *call, json_t **ok, char error[256])
{
    enum err code = edit(call, error);
    if (code != ERR_OK)
        return code;
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
