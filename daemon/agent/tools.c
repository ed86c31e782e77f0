/* Descriptions and schemas come from servers: a giant one must not take the whole request, so each is
 * bounded, and all of them together. */
#include "daemon/agent/tools.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    TOOLS_DESCRIPTION_MAX = 8 << 10, /* bytes */
    TOOLS_SCHEMA_MAX = 64 << 10,     /* bytes of one; a tool with a larger one is left out */
    TOOLS_BYTES_MAX = 1 << 20,       /* of all */
    TOOLS_NAMES_MAX = 4 << 10,       /* bytes of the list in a sentence */
    TOOLS_NAME_SHOWN_MAX = 100       /* bytes of what the model called, as it is repeated to it */
};

static size_t list(struct servers *servers, struct servers_tool **tools)
{
    *tools = xcalloc(SERVERS_TOOLS_MAX, sizeof **tools);
    return servers ? servers_tools(servers, *tools, SERVERS_TOOLS_MAX) : 0;
}

static json_t *offer(const struct servers_tool *tool)
{
    json_t *json = json_object();
    const char *said = tool->description ? tool->description : "";

    jsonx_set_str(json, "name", tool->name);
    jsonx_set_strn(json, "description", said, utf8_cut(said, strlen(said), TOOLS_DESCRIPTION_MAX));
    json_object_set(json, "schema", (json_t *)tool->schema);
    return json;
}

static size_t bytes_of(const json_t *json)
{
    size_t len;

    free(jsonx_dump(json, &len));
    return len;
}

json_t *tools_offer(struct servers *servers)
{
    struct servers_tool *tools;
    size_t count = list(servers, &tools), bytes = 0, left = 0;
    json_t *offers = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *json = offer(&tools[i]);
        size_t len = bytes_of(json);
        if (len <= TOOLS_SCHEMA_MAX + TOOLS_DESCRIPTION_MAX && bytes + len <= TOOLS_BYTES_MAX) {
            json_array_append(offers, json);
            bytes += len;
        } else if (left++ == 0) {
            log_warn("tools", "not offered, since its schema is too large: %s, and perhaps others",
                     tools[i].name);
        }
        json_decref(json);
    }
    free(tools);
    return offers;
}

char *tools_unknown(struct servers *servers, const char *name)
{
    struct servers_tool *tools;
    size_t count = list(servers, &tools);
    struct buf names;

    buf_init(&names, TOOLS_NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!buf_printf(&names, "%s%s", i > 0 ? ", " : "", tools[i].name))
            break;
    int shown = (int)utf8_cut(name, strlen(name), TOOLS_NAME_SHOWN_MAX);
    char *text = count > 0 ? xasprintf("There is no tool '%.*s'. There are: %s", shown, name, names.data)
                           : xasprintf("There is no tool '%.*s': this session has no tools.", shown, name);
    buf_free(&names);
    free(tools);
    return text;
}
