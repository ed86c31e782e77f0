/* stoa-agent isolation: whether a program that is started as MCP servers are has namespaces of its own here.
 */
#ifndef STOA_AGENT_MCP_ISOLATION_H
#define STOA_AGENT_MCP_ISOLATION_H

/* Returns an exit code: 0, or 1 if servers would run without. Blocks. */
int isolation_main(void);

#endif
