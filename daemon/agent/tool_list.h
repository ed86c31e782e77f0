/* What a server lists as its tools, made small and harmless enough to be kept, remembered and offered. */
#ifndef STOA_AGENT_TOOL_LIST_H
#define STOA_AGENT_TOOL_LIST_H

#include <jansson.h>

enum {
    TOOL_LIST_MAX = 512,              /* tools of one server */
    TOOL_LIST_NAME_MAX = 256,         /* bytes; a tool of a longer name can't be called */
    TOOL_LIST_DESCRIPTION_MAX = 4096, /* bytes; more is cut */
    TOOL_LIST_SCHEMA_MAX = 64 << 10,  /* bytes; a tool with a larger one is left out */
    TOOL_LIST_BYTES_MAX = 512 << 10   /* of all of them */
};

/* New reference: [{"name","title"?,"description"?,"inputSchema","annotations"?}], each name once. tools: as
 * the server listed them. left receives a sentence about what was left out; "" if nothing was. */
json_t *tool_list_read(const json_t *tools, char left[256]);

#endif
