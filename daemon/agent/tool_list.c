/* Only the members that we use are copied: what else a server says of a tool is neither remembered nor shown.
 */
#include "daemon/agent/tool_list.h"
#include "daemon/agent/outside.h"
#include "shared/jsonx.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE_MAX = 256 };

static const char *const hints[] = {"readOnlyHint", "destructiveHint", "idempotentHint"};

static void copy_text(json_t *to, const json_t *from, const char *name, size_t max)
{
    const char *text = jsonx_str(from, name, NULL);
    char *cut = text ? outside_text(text, max) : NULL;

    jsonx_set_str(to, name, cut);
    free(cut);
}

static void copy_hints(json_t *to, const json_t *from)
{
    const json_t *said = jsonx_obj(from, "annotations");
    json_t *annotations = json_object();

    copy_text(annotations, said, "title", TITLE_MAX);
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (json_is_boolean(json_object_get(said, hints[i])))
            json_object_set(annotations, hints[i], json_object_get(said, hints[i]));
    if (json_object_size(annotations) > 0)
        json_object_set_new(to, "annotations", annotations);
    else
        json_decref(annotations);
}

/* NULL with what is wrong with it. */
static json_t *read_tool(const json_t *from, const char **wrong)
{
    const char *name = jsonx_str(from, "name", "");
    json_t *schema = jsonx_obj(from, "inputSchema"), *to;

    if (!*name || strlen(name) > TOOL_LIST_NAME_MAX)
        *wrong = "has no name of 1 to 256 bytes";
    else if (schema && json_object_get(schema, "type") &&
             strcmp(jsonx_str(schema, "type", ""), "object") != 0)
        *wrong = "has a schema that is not of an object";
    else if (schema && outside_is_deep(schema))
        *wrong = "has a schema that is nested too deep";
    else if (schema && outside_bytes(schema) > TOOL_LIST_SCHEMA_MAX)
        *wrong = "has a schema of more than 64 KiB";
    else
        *wrong = NULL;
    if (*wrong)
        return NULL;
    to = json_object();
    jsonx_set_str(to, "name", name);
    copy_text(to, from, "title", TITLE_MAX);
    copy_text(to, from, "description", TOOL_LIST_DESCRIPTION_MAX);
    schema = schema ? json_copy(schema) : json_pack("{s:{}}", "properties");
    json_object_set_new(schema, "type", json_string("object"));
    json_object_set_new(to, "inputSchema", schema);
    copy_hints(to, from);
    return to;
}

json_t *tool_list_read(const json_t *tools, char left[256])
{
    json_t *list = json_array(), *names = json_object(), *from, *tool;
    const char *wrong, *first = NULL;
    char *first_name = NULL;
    size_t i, bytes = 0, omitted = 0;

    json_array_foreach(tools, i, from)
    {
        tool = read_tool(from, &wrong);
        if (tool && json_object_get(names, jsonx_str(tool, "name", "")))
            wrong = "is there twice";
        else if (tool && json_array_size(list) == TOOL_LIST_MAX)
            wrong = "is beyond the 512th";
        else if (tool && bytes + outside_bytes(tool) > TOOL_LIST_BYTES_MAX)
            wrong = "makes the list larger than 512 KiB";
        if (wrong) {
            if (omitted++ == 0) {
                first = wrong;
                first_name = outside_text(jsonx_str(from, "name", ""), 64);
            }
            json_decref(tool);
            continue;
        }
        bytes += outside_bytes(tool);
        json_object_set_new(names, jsonx_str(tool, "name", ""), json_true());
        json_array_append_new(list, tool);
    }
    json_decref(names);
    left[0] = '\0';
    if (omitted > 0)
        snprintf(left, 256, "%zu of %zu tools are left out: '%s' %s%s", omitted, json_array_size(tools),
                 first_name, first, omitted > 1 ? ", and others" : "");
    free(first_name);
    return list;
}
