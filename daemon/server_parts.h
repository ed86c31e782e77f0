/* For server.c, and for whoever plays the socket and the agents in tests: what the daemon is made of between
 * its store and its socket, begun and ended in an order that holds for all. */
#ifndef STOA_DAEMON_SERVER_PARTS_H
#define STOA_DAEMON_SERVER_PARTS_H

#include "daemon/server.h"

/* loop, config, notify and store are there already, and user and epoch are known. Brings back what the store
 * has. state: the folder of the state. */
void server_parts_open(struct server *server, const char *state);

/* The end has three steps, each once, in this order; the store is closed after the second, and whatever
 * speaks to clients after the last. Parts that were never opened are left out.
 *
 * Ends agents, hosts and what else runs by itself: their ends are events. */
void server_parts_halt(struct server *server);
/* What is still to be stored is queued: snapshots, audit records, usage. */
void server_parts_save(struct server *server);
/* Frees all. */
void server_parts_close(struct server *server);

#endif
