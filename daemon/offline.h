/* stoad --request: one request while no daemon runs, by the same handlers, as the daemon's own user. */
#ifndef STOA_DAEMON_OFFLINE_H
#define STOA_DAEMON_OFFLINE_H

#include "daemon/server.h"

/* request: {"method":...,"params":{...}} as text. Prints the reply without its id, {"ok":{...}} or
 * {"error":{...}}, once what it changed is on disk. Returns an exit code: those of shared/err.h, EXIT_FAILED
 * if the request was refused. */
int offline_run(const struct server_options *options, const char *request);

#endif
