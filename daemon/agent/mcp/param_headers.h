/* Arguments of a tool that are mirrored into HTTP headers (2026-07-28): the x-mcp-header annotations of its
 * inputSchema, which must be right, or the tool is not to be used over HTTP at all. */
#ifndef STOA_AGENT_MCP_PARAM_HEADERS_H
#define STOA_AGENT_MCP_PARAM_HEADERS_H

#include <jansson.h>
#include <stdbool.h>

/* Whether all annotations of the schema are as they must be; none at all is right too. False with a sentence
 * that names the place. */
bool param_headers_check(const json_t *schema, char error[256]);
/* "Mcp-Param-Name: value" for each annotated argument that is there, ended by NULL; NULL if there is none.
 * Free with param_headers_free. The schema must have been checked. */
char **param_headers_make(const json_t *schema, const json_t *arguments);
void param_headers_free(char **headers);

#endif
