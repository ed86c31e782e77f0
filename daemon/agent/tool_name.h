/* Names of tools as models are given them: SERVER__TOOL, of A-Z a-z 0-9 _ - only. */
#ifndef STOA_AGENT_TOOL_NAME_H
#define STOA_AGENT_TOOL_NAME_H

#include <stdbool.h>

enum { TOOL_NAME_MAX = 64 }; /* bytes: what all APIs take */

/* The name depends on server and tool alone. It ends in a hash of both where it would not be exact otherwise:
 * where it was cut, where a character was replaced, and where the server's name could be read in two ways.
 * twin: 0, or higher for another name, where somebody made up a tool that has the same. server "" is for
 * built-in tools, which keep their names. */
void tool_name_make(const char *server, const char *tool, unsigned twin, char name[TOOL_NAME_MAX + 1]);
/* The tool of that server which has this name, if the name alone says so: points into name. NULL if it does
 * not. */
const char *tool_name_of_server(const char *server, const char *name);

#endif
