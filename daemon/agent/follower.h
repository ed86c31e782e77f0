/* The agent's copy of its session: a snapshot, and every durable event after it, folded as everyone folds
 * them. It is what is said to the model. */
#ifndef STOA_AGENT_FOLLOWER_H
#define STOA_AGENT_FOLLOWER_H

#include "proto/state.h"
#include <stdbool.h>
#include <stddef.h>

/* Payload of LOAD: replaces *state (which may be NULL); *folder receives the session's folder, free()d by the
 * caller, or NULL. False, with both untouched and a sentence in error, if it holds no snapshot. */
bool follower_load(struct state **state, const char *payload, size_t len, char **folder, char error[256]);
/* Payload of EVENT: folds it. *event is what has changed the state, for event_clear; its json is NULL if
 * nothing did. False with a sentence in error if it does not follow what is known. */
bool follower_event(struct state *state, const char *payload, size_t len, struct event *event,
                    char error[256]);

#endif
