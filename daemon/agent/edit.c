/* A schema that can't be used refuses nothing: the server has the last word on its arguments anyway. */
#include "daemon/agent/edit.h"
#include "daemon/agent/mcp/json_schema.h"
#include "daemon/agent/permission.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <string.h>

/* The tool as it is known now, or as it was asked about. */
static void find_tool(struct servers *servers, const struct block *block, struct servers_tool *tool)
{
    if (!servers_find(servers, block->name, tool))
        *tool = (struct servers_tool){
            .name = block->name, .server = block->call->server, .tool = block->call->tool};
}

enum call_state edit_check(const struct state *state, struct servers *servers, const struct block *block,
                           char **why)
{
    const char *text = block->call ? block->call->arguments : NULL;
    char error[JSON_SCHEMA_ERROR_MAX];
    struct servers_tool tool;
    struct permission permission;
    enum call_state end = CALL_ALLOWED;

    *why = NULL;
    if (!text || !servers)
        return CALL_ALLOWED;
    json_t *arguments = jsonx_parse(text, strlen(text), NULL);
    find_tool(servers, block, &tool);
    permission_decide(state, servers_rules(servers), &tool, arguments, &permission);
    if (permission.effect == RULE_DENY) {
        *why = xasprintf("Not run: %s denies it.", permission.why);
        end = CALL_DENIED;
    } else if (tool.schema && json_schema_check(tool.schema, arguments, error) == JSON_SCHEMA_DIFFERS) {
        *why = xasprintf("Not run: the tool does not take these arguments: %s.", error);
        end = CALL_FAILED;
    }
    json_decref(arguments);
    return end;
}
