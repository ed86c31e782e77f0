/* MCP over the standard streams of a child: one JSON object a line. */
#ifndef STOA_AGENT_MCP_STDIO_H
#define STOA_AGENT_MCP_STDIO_H

#include "daemon/agent/mcp/launch.h"
#include "daemon/agent/mcp/transport.h"
#include <uv.h>

enum {
    STDIO_EOF_MS = 2000,  /* from closing its stdin to SIGTERM */
    STDIO_TERM_MS = 2000, /* from SIGTERM to SIGKILL */
    STDIO_LINGER_MS =
        1000, /* a server that has closed a stream of its own is given so long to end and say how */
    STDIO_NOISE_MAX = 64,  /* lines on stdout in a row that are no JSON object, after which it is nonsense;
                              they  are passed to said, as are those of stderr (see talk.h) */
    STDIO_CENSUS_MS = 1000 /* how often processes are counted where the kernel does not */
};

/* Starts the child. NULL with a sentence in error if there can be no child at all; that its program does not
 * exist or can't be run is told by lost (MCP_WHY_NOT_STARTED, with a whole sentence as text). */
struct mcp_transport *stdio_open(uv_loop_t *loop, const struct launch *launch,
                                 const struct mcp_transport_handler *handler, char error[256]);
/* Its process, for people; 0 once it has ended. */
pid_t stdio_pid(const struct mcp_transport *transport);

#endif
