/* For registry.c: the state of a session that comes back into memory. */
#ifndef STOA_DAEMON_SESSION_LOAD_H
#define STOA_DAEMON_SESSION_LOAD_H

#include "daemon/store/store.h"
#include "proto/state.h"

#include <stdint.h>

struct server;

/* A new state of the session whose row, snapshot and half reply record has (of store_load); the caller's.
 * *newer: bytes of events that a kill has left without their row. NULL with a sentence in error if the store
 * can't be read, or has less of the session than its row says. */
struct state *session_load(struct server *server, const char *sid, const struct store_record *record,
                           int64_t *newer, char error[256]);

#endif
