/* Slash commands: what a person types, as the request that it means. It runs as that request, checked like
 * one that came directly, so a command is never a way around rights. */
#include "daemon/handlers/handlers.h"

#include "daemon/session.h"
#include "proto/slash.h"
#include "shared/jsonx.h"

#include <stdlib.h>
#include <string.h>

enum err handle_command_list(struct call *call, json_t **ok, char error[256])
{
    size_t count;
    const struct slash_row *rows = slash_rows(&count);
    json_t *commands = json_array();
    (void)call;
    (void)error;
    for (size_t i = 0; i < count; i++) {
        json_t *json = json_object();
        jsonx_set_str(json, "name", rows[i].name);
        jsonx_set_str(json, "arguments", rows[i].arguments);
        jsonx_set_str(json, "summary", rows[i].summary);
        json_array_append_new(commands, json);
    }
    *ok = json_object();
    json_object_set_new(*ok, "commands", commands);
    return ERR_OK;
}

static json_t *command_reply(const struct call *call, json_t *ok)
{
    const char *text = jsonx_str(call->asked, "text", "");
    char *said = slash_said(text, call->session->state, call->params, ok);
    bool makes = call->method == METHOD_SESSION_CREATE || call->method == METHOD_SESSION_FORK;
    json_t *reply = json_object();
    jsonx_set_strn(reply, "command", text + 1, strcspn(text + 1, " \t\r\n"));
    jsonx_set_str(reply, "text", said);
    jsonx_set_str(reply, "session", makes ? jsonx_str(ok, "session", NULL) : NULL);
    json_object_set(reply, "result", ok);
    free(said);
    return reply;
}

enum err handle_session_command(struct call *call, json_t **ok, char error[256])
{
    enum method method;
    json_t *params;
    if (!slash_parse(jsonx_str(call->params, "text", ""), call->session->state, &method, &params, error))
        return ERR_BAD_REQUEST;
    return call_run_as(call, method, params, command_reply, ok, error);
}
