/* message.*: what is said and what waits. What was said before is read in handle_read.c. */
#include "daemon/handlers/handlers.h"

#include "daemon/server.h"
#include "daemon/session.h"
#include "shared/jsonx.h"

#include <stdio.h>
#include <string.h>

static const struct field attachment_fields[] = {
    {"name", FIELD_STRING, true, false, 1, STATE_ATTACHMENT_NAME_MAX, NULL},
    {"text", FIELD_STRING, true, false, 0, STATE_TEXT_MAX, NULL},
    {NULL, 0, false, false, 0, 0, NULL}};

/* Whether a name has no control character, C1 included. */
static bool is_name(const char *name)
{
    for (const unsigned char *at = (const unsigned char *)name; *at; at++)
        if (*at < 0x20 || *at == 0x7F || (*at == 0xC2 && at[1] < 0xA0))
            return false;
    return true;
}

static enum err check_attachments(const json_t *attachments, char error[256])
{
    const json_t *attachment;
    size_t i;
    json_array_foreach(attachments, i, attachment)
    {
        char why[256], shown[64];
        const json_t *name = json_object_get(attachment, "name");
        size_t len = json_string_length(json_object_get(attachment, "text"));
        schema_show(name, shown);
        if (len > STATE_TEXT_MAX) {
            snprintf(error, 256, "attachment %s has %zu bytes; at most %d are taken", shown, len,
                     STATE_TEXT_MAX);
            return ERR_TOO_LARGE;
        }
        bool fits = schema_check(attachment_fields, attachment, true, why);
        if (!fits)
            snprintf(error, 256, "attachment %zu: %.200s", i + 1, why);
        else if (!is_name(json_string_value(name)))
            snprintf(error, 256, "attachment %zu has the name %s; it must have no control characters", i + 1,
                     shown);
        else
            continue;
        return ERR_BAD_REQUEST;
    }
    return ERR_OK;
}

enum err handle_message_send(struct call *call, json_t **ok, char error[256])
{
    char message[ID_MAX];
    bool queued, steer = strcmp(jsonx_str(call->params, "mode", "queue"), "steer") == 0;
    const json_t *attachments = jsonx_arr(call->params, "attachments");
    enum err code = check_attachments(attachments, error);
    if (code == ERR_OK)
        code = session_send(call->session, call->principal.user, jsonx_str(call->params, "text", ""),
                            attachments, steer, message, &queued, error);
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
