/* Which tools a model is offered, and by what names. The order is that of the definitions and of the servers'
 * own lists, so that it stays the same while nothing changes. */
#include "daemon/agent/outside.h"
#include "daemon/agent/servers_internal.h"
#include "daemon/agent/tool_list.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *description;
} builtins[] = {
    {"get_session_info",
     "Tells about this session: its id, title, model, servers, who takes part, and how much "
     "was used. Takes no arguments."},
    {"get_attach_command", "Tells the command by which a further terminal joins this session. Takes no "
                           "arguments."},
    {"list_sessions", "Lists the sessions that the owner of this session has. Takes no arguments."},
};

enum { BUILTINS = sizeof builtins / sizeof *builtins, LIST_TEXT_MAX = 64 << 10, LINE_MAX_BYTES = 512 };

void offered_clear(struct servers *servers)
{
    for (size_t i = 0; i < servers->offered_count; i++) {
        free(servers->offered[i].tool);
        free(servers->offered[i].description);
        json_decref(servers->offered[i].schema);
    }
    free(servers->offered);
    servers->offered = NULL;
    servers->offered_count = 0;
}

/* --- making the list --- */

static bool is_taken(const struct servers *servers, const char *name)
{
    for (size_t i = 0; i < servers->offered_count; i++)
        if (strcmp(servers->offered[i].name, name) == 0)
            return true;
    return false;
}

/* False if no name can be found. */
static bool choose_name(const struct servers *servers, const char *server, const char *tool,
                        char name[TOOL_NAME_MAX + 1])
{
    for (unsigned twin = 0; twin < SERVERS_TWINS_MAX; twin++) {
        tool_name_make(server, tool, twin, name);
        if (!is_taken(servers, name))
            return true;
    }
    return false;
}

static json_t *empty_schema(void)
{
    return json_pack("{s:s,s:{}}", "type", "object", "properties");
}

/* Steals the schema. NULL if there is no room for it. */
static struct offered *offer(struct servers *servers, struct server *server, const char *tool,
                             const char *name, const char *description, json_t *schema)
{
    struct offered *offered = &servers->offered[servers->offered_count];

    if (servers->offered_count == SERVERS_TOOLS_MAX ||
        !choose_name(servers, server ? server->name : "", name, offered->name)) {
        json_decref(schema);
        return NULL;
    }
    servers->offered_count++;
    offered->server = server;
    offered->tool = xstrdup(tool);
    offered->description = xstrdup(description);
    offered->schema = schema;
    offered->read_only = offered->destructive = offered->idempotent = offered->connects = false;
    return offered;
}

static bool offer_tool(struct servers *servers, struct server *server, const json_t *tool, size_t *bytes)
{
    const char *name = jsonx_str(tool, "name", ""), *title = jsonx_str(tool, "title", "");
    const char *description = jsonx_str(tool, "description", title);
    const json_t *hints = jsonx_obj(tool, "annotations");
    json_t *schema = jsonx_obj(tool, "inputSchema");
    size_t size = strlen(name) + strlen(description) + outside_bytes(schema);
    struct offered *offered = NULL;

    if (*bytes + size <= SERVERS_BYTES_MAX)
        offered = offer(servers, server, name, name, description, json_incref(schema));
    if (!offered)
        return false;
    *bytes += size;
    offered->destructive = jsonx_bool(hints, "destructiveHint", false);
    offered->read_only = jsonx_bool(hints, "readOnlyHint", false) && !offered->destructive;
    offered->idempotent = jsonx_bool(hints, "idempotentHint", false);
    return true;
}

static void offer_placeholder(struct servers *servers, struct server *server)
{
    char *description =
        xasprintf("Connects to the MCP server %s and lists its tools. Takes no arguments.", server->name);
    struct offered *offered = offer(servers, server, SERVERS_CONNECT, "connect", description, empty_schema());

    if (offered)
        offered->connects = offered->read_only = true;
    free(description);
}

static bool is_usable(const struct server *server)
{
    return server->def && !server->off;
}

static void say_left_out(struct server *server, size_t left, size_t all)
{
    char text[256];

    snprintf(
        text, sizeof text,
        "%zu tools of all servers are not offered to the model, from this server's on: it is given at most "
        "%d of them, of %d KiB in all (there are %zu)",
        left, SERVERS_TOOLS_MAX, SERVERS_BYTES_MAX >> 10, all);
    server_say_log(server, "warning", text);
}

void offered_update(struct servers *servers)
{
    struct server *first = NULL;
    size_t bytes = 0, left = 0, i;
    const json_t *tool;

    if (!servers->stale)
        return;
    offered_clear(servers);
    servers->offered = xcalloc(SERVERS_TOOLS_MAX, sizeof *servers->offered);
    for (i = 0; i < BUILTINS; i++) {
        struct offered *offered =
            offer(servers, NULL, builtins[i].name, builtins[i].name, builtins[i].description, empty_schema());
        offered->read_only = true;
    }
    for (struct server *server = servers->list; server; server = server->next) {
        if (is_usable(server) && !server->tools)
            offer_placeholder(servers, server);
        json_array_foreach(is_usable(server) ? server->tools : NULL, i, tool)
        {
            if (!offer_tool(servers, server, tool, &bytes) && left++ == 0)
                first = server;
        }
    }
    servers->offered = xreallocarray(servers->offered, servers->offered_count, sizeof *servers->offered);
    servers->stale = false;
    if (left != servers->left_out && left > 0)
        say_left_out(first, left, left + servers->offered_count);
    servers->left_out = left;
}

/* --- the interface --- */

static void fill(struct servers_tool *tool, const struct offered *offered)
{
    *tool = (struct servers_tool){.name = offered->name,
                                  .server = offered->server ? offered->server->name : "",
                                  .tool = offered->tool,
                                  .description = offered->description,
                                  .schema = offered->schema,
                                  .read_only = offered->read_only,
                                  .destructive = offered->destructive,
                                  .idempotent = offered->idempotent,
                                  .connects = offered->connects};
}

size_t servers_tools(struct servers *servers, struct servers_tool *tools, size_t max)
{
    size_t count;

    offered_update(servers);
    for (struct server *server = servers->list; server; server = server->next)
        if (is_usable(server) && !server->tools && !server->declined)
            keeper_need(server->keeper);
    for (count = 0; count < servers->offered_count && count < max; count++)
        fill(&tools[count], &servers->offered[count]);
    return count;
}

bool servers_find(struct servers *servers, const char *name, struct servers_tool *tool)
{
    const char *rest = NULL;
    const struct server *server;

    offered_update(servers);
    for (size_t i = 0; i < servers->offered_count; i++)
        if (strcmp(servers->offered[i].name, name) == 0) {
            fill(tool, &servers->offered[i]);
            return true;
        }
    for (server = servers->list; server; server = server->next)
        if ((rest = tool_name_of_server(server->name, name)))
            break;
    if (!rest)
        return false;
    *tool = (struct servers_tool){.name = name, .server = server->name, .tool = rest, .description = ""};
    tool->connects = tool->read_only = strcmp(rest, "connect") == 0;
    if (tool->connects)
        tool->tool = SERVERS_CONNECT;
    return true;
}

char *offered_list(struct server *server)
{
    struct buf out;
    size_t shown = 0;

    offered_update(server->servers);
    buf_init(&out, LIST_TEXT_MAX);
    for (size_t i = 0; i < server->servers->offered_count; i++) {
        const struct offered *offered = &server->servers->offered[i];
        char *cut;
        if (offered->server != server || offered->connects)
            continue;
        cut = outside_text(offered->description, LINE_MAX_BYTES);
        if (buf_printf(&out, "%s: %s\n", offered->name, cut))
            shown++;
        free(cut);
    }
    if (json_array_size(server->tools) > shown)
        buf_printf(&out, "(and %zu more)\n", json_array_size(server->tools) - shown);
    char *list = buf_take(&out), *text;
    if (json_array_size(server->tools) == 0)
        text = xasprintf("The MCP server %s is connected. It has no tools.", server->name);
    else
        text = xasprintf("The MCP server %s is connected. Its tools can be called from now on:\n%s",
                         server->name, list);
    free(list);
    return text;
}
