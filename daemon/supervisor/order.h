/* The order for a turn: which model is asked, where, with which key, and within which bounds. */
#ifndef STOA_DAEMON_SUPERVISOR_ORDER_H
#define STOA_DAEMON_SUPERVISOR_ORDER_H

#include "daemon/session.h"
#include <jansson.h>

/* The LINK_TURN frame (proto/link.h) for the session's model, as a new reference; it holds the API key. NULL
 * with a sentence in error if the model can't be used: unknown, no server known, no key. */
json_t *order_turn(const struct session *session, char error[256]);

#endif
