/* MCP over the standard streams of a child: one JSON object a line. */
#ifndef STOA_AGENT_MCP_STDIO_H
#define STOA_AGENT_MCP_STDIO_H

#include "daemon/agent/mcp/launch.h"
#include "daemon/agent/mcp/transport.h"
#include <uv.h>

enum {
    STDIO_EOF_MS = 2000,  /* from closing its stdin to SIGTERM */
    STDIO_TERM_MS = 2000, /* from SIGTERM to SIGKILL */
    STDIO_NOISE_MAX = 64  /* lines on stdout that are no JSON object, after which it is nonsense */
};

/* Starts the child. NULL with a sentence in error if it can't be started at all; that its program does not
 * exist is told here too. */
struct mcp_transport *stdio_open(uv_loop_t *loop, const struct launch *launch,
                                 const struct mcp_transport_handler *handler, char error[256]);
/* Its process, for people; 0 once it has ended. */
pid_t stdio_pid(const struct mcp_transport *transport);

#endif
