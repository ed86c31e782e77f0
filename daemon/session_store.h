/* For session.c: what of a session goes to the store. */
#ifndef STOA_DAEMON_SESSION_STORE_H
#define STOA_DAEMON_SESSION_STORE_H

#include "daemon/session.h"

/* A durable event that was just folded, and the rows that it changes. */
void session_store_event(struct session *session, const struct event *event);
/* While a reply streams, what has come of it is stored every SESSION_CHECKPOINT_MS. */
void session_checkpoint_start(struct session *session);
void session_checkpoint_stop(struct session *session);

#endif
