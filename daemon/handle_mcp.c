/* mcp.*: what a session's MCP servers are asked on behalf of a person. */
#include "daemon/handlers.h"

#include <stdio.h>

enum err handle_mcp_ask(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)ok;
    snprintf(error, 256, "no MCP server is configured (mcp_servers)");
    return ERR_NOT_FOUND;
}

enum err handle_mcp_select(struct call *call, json_t **ok, char error[256])
{
    return handle_mcp_ask(call, ok, error);
}

enum err handle_mcp_servers(struct call *call, json_t **ok, char error[256])
{
    (void)call;
    (void)error;
    *ok = json_object();
    json_object_set_new(*ok, "servers", json_array());
    return ERR_OK;
}
