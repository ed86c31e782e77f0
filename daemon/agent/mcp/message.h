/* One JSON-RPC message from outside, as text and as JSON. */
#ifndef STOA_AGENT_MCP_MESSAGE_H
#define STOA_AGENT_MCP_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* An object, or an array of at least one object (a batch). NULL with a sentence part in error if it is none:
 * no JSON, no UTF-8, nested deeper than JSONX_DEPTH_MAX, something else than an object. What JSON allows in
 * an escape and Unicode does not (a NUL, half of a surrogate pair: tools that cut text produce it) becomes
 * U+FFFD. */
json_t *mcp_message_parse(const char *text, size_t len, char error[160]);
/* Whether message is a response (a result or an error) to the request of that JSON-RPC id; an error whose id
 * is null counts as one if nameless. */
bool mcp_message_answers(const json_t *message, const json_t *id, bool nameless);
/* Whether it is a response to whatever request. */
bool mcp_message_is_response(const json_t *message);

#endif
