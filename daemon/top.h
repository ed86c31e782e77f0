/* What runs, for those who run the daemon: who is connected, which sessions are in memory, with their agents
 * and these' MCP servers, what each user has used today, and the store. Titles and contents are not in it: an
 * admin need not see what is not theirs. */
#ifndef STOA_DAEMON_TOP_H
#define STOA_DAEMON_TOP_H

#include <jansson.h>

enum {
    TOP_ROWS_MAX = 1000,    /* of clients, and of sessions; the others are counted */
    TOP_PROCESSES_MAX = 64, /* of one agent or host that are looked at */
    TOP_AGENTS_MAX = 256    /* agents that are looked at: each costs some system calls */
};

struct server;

/* The answer of admin.top as PROTOCOL.md has it (new reference). */
json_t *top_json(struct server *server);

#endif
