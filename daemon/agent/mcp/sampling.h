/* Whether the params of a sampling/createMessage are as MCP wants them: roles, contents, tool uses that are
 * all answered, and by messages that hold nothing else. */
#ifndef STOA_AGENT_MCP_SAMPLING_H
#define STOA_AGENT_MCP_SAMPLING_H

#include <jansson.h>
#include <stdbool.h>

enum { SAMPLING_MESSAGES_MAX = 1000 };

bool sampling_check(const json_t *params, char error[256]);

#endif
