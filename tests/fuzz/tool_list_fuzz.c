/* Lists of tools as servers make them up: what is kept is bounded, each name once, and each tool gets a name
 * that models take and that finds it again where it says to. */
#include "daemon/agent/outside.h"
#include "daemon/agent/tool_list.h"
#include "daemon/agent/tool_name.h"
#include "shared/jsonx.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *server, const char *tool)
{
    char name[TOOL_NAME_MAX + 1];
    const char *rest;

    tool_name_make(server, tool, 0, name);
    assert(*name && strlen(name) <= TOOL_NAME_MAX);
    assert(strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == strlen(name));
    rest = tool_name_of_server(server, name);
    assert(!rest || strcmp(rest, tool) == 0 || strcmp(rest, name + strlen(server) + 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char left[256];
    json_t *tools = jsonx_parse((const char *)data, size, NULL), *list = tool_list_read(tools, left), *tool;
    json_t *seen = json_object();
    size_t i;

    assert(memchr(left, '\0', sizeof left));
    assert(json_array_size(list) <= TOOL_LIST_MAX && !outside_is_deep(list));
    json_array_foreach(list, i, tool)
    {
        const char *name = jsonx_str(tool, "name", "");
        const json_t *schema = jsonx_obj(tool, "inputSchema");
        assert(*name && strlen(name) <= TOOL_LIST_NAME_MAX && !json_object_get(seen, name));
        assert(strlen(jsonx_str(tool, "description", "")) <= TOOL_LIST_DESCRIPTION_MAX);
        assert(schema && strcmp(jsonx_str(schema, "type", ""), "object") == 0);
        json_object_set_new(seen, name, json_true());
        check_name("files", name);
        check_name("a__b", name);
    }
    json_decref(seen);
    json_decref(list);
    json_decref(tools);
    return 0;
}
