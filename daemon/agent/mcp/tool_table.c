/* Annotations are the server's word, and not trusted for more than whether a call may be repeated after its
 * answer was lost. */
#include "daemon/agent/mcp/tool_table.h"
#include "daemon/agent/mcp/json_schema.h"
#include "daemon/agent/mcp/param_headers.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tool_table {
    json_t *by_name; /* NULL: no list yet */
};

struct tool_table *tool_table_new(void)
{
    return xcalloc(1, sizeof(struct tool_table));
}

void tool_table_free(struct tool_table **slot)
{
    struct tool_table *table = *slot;

    *slot = NULL;
    if (!table)
        return;
    json_decref(table->by_name);
    free(table);
}

void tool_table_set(struct tool_table *table, const json_t *tools)
{
    json_t *by_name = json_object(), *tool;
    size_t i;

    json_array_foreach(tools, i, tool)
    {
        const char *name = jsonx_str(tool, "name", NULL);

        if (name)
            json_object_set(by_name, name, tool);
    }
    json_decref(table->by_name);
    table->by_name = by_name;
}

bool tool_table_is_known(const struct tool_table *table)
{
    return table->by_name;
}

const json_t *tool_table_find(const struct tool_table *table, const char *name)
{
    return name ? json_object_get(table->by_name, name) : NULL;
}

bool tool_needs_task(const json_t *tool)
{
    return strcmp(jsonx_str(jsonx_obj(tool, "execution"), "taskSupport", ""), "required") == 0;
}

bool tool_is_repeatable(const json_t *tool)
{
    const json_t *hints = jsonx_obj(tool, "annotations");

    return jsonx_bool(hints, "readOnlyHint", false) || jsonx_bool(hints, "idempotentHint", false);
}

bool tool_fits(const json_t *tool, const json_t *result, char error[256])
{
    const json_t *schema = json_object_get(tool, "outputSchema"),
                 *value = json_object_get(result, "structuredContent");
    char why[JSON_SCHEMA_ERROR_MAX];

    if (!schema || json_is_null(schema) || !value || jsonx_bool(result, "isError", false))
        return true;
    switch (json_schema_check(schema, value, why)) {
    case JSON_SCHEMA_FITS:
        return true;
    case JSON_SCHEMA_DIFFERS:
        snprintf(error, 256, "the structured result is not as the tool's output schema says: %s", why);
        break;
    case JSON_SCHEMA_UNUSABLE:
        snprintf(error, 256,
                 "the structured result can't be checked, since the tool's output schema is unusable: %s",
                 why);
        break;
    }
    return false;
}

/* Why it is not to be used, or NULL. */
static const char *fault_of(const json_t *tool, const json_t *seen, bool headers, char error[256])
{
    const char *name = jsonx_str(tool, "name", NULL);

    if (!name || !*name)
        return "it has no name";
    if (json_object_get(seen, name))
        return "its name is there twice";
    if (headers && !param_headers_check(json_object_get(tool, "inputSchema"), error))
        return error;
    return NULL;
}

void tool_list_clean(json_t *tools, bool headers,
                     void (*dropped)(void *arg, const char *name, const char *why), void *arg)
{
    json_t *seen = json_object();
    char error[256];

    for (size_t i = 0; i < json_array_size(tools);) {
        json_t *tool = json_array_get(tools, i);
        const char *name = jsonx_str(tool, "name", ""), *fault = fault_of(tool, seen, headers, error);

        if (!fault) {
            json_object_set_new(seen, name, json_true());
            i++;
            continue;
        }
        if (*name)
            dropped(arg, name, fault);
        json_array_remove(tools, i);
    }
    json_decref(seen);
}
