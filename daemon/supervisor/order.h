/* The order for a turn: which model is asked, where, with which key, and within which bounds. */
#ifndef STOA_DAEMON_SUPERVISOR_ORDER_H
#define STOA_DAEMON_SUPERVISOR_ORDER_H

#include "daemon/config/config.h"
#include "daemon/session.h"
#include <jansson.h>
#include <stdbool.h>

/* The LINK_TURN frame (proto/link.h) for the session's model, as a new reference; what it calls its key is in
 * LINK_SECRETS, which must be sent before. NULL with a sentence in error if the model can't be used: unknown,
 * no server known, no key. */
json_t *order_turn(const struct session *session, char error[256]);

/* As config_provider_ready, for that user: whose secret the key may be. */
bool order_provider_ready(struct server *server, const struct provider *provider, const char *user,
                          char why[128]);

#endif
