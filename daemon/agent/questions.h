/* What servers want to know of people during a call: asked as facts, answered by question.answered events.
 * Permissions are the turn's own (see turn.c): they outlive this process, these do not. */
#ifndef STOA_AGENT_QUESTIONS_H
#define STOA_AGENT_QUESTIONS_H

#include "daemon/agent/agent_link.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>

struct questions;

struct questions *questions_new(struct agent_link *link);
void questions_free(struct questions **questions);
/* Asks: json is the question without id and asked, stolen. answered is called once, with the event's data,
 * unless it is withdrawn. id receives its id. False with a sentence if it does not fit into the session (too
 * many, too large). state: to see that. */
bool questions_ask(struct questions *questions, const struct state *state, json_t *json,
                   void (*answered)(void *arg, const json_t *data), void *arg, char id[ID_MAX],
                   char error[256]);
/* Takes it back (cause: "server", "interrupted" or "agent"); answered is not called. Nothing if it is
 * answered already. */
void questions_withdraw(struct questions *questions, const char *id, const char *cause);
/* The same of one of kind authorize that came to its good end: answered with allow, cause agent. */
void questions_settle(struct questions *questions, const char *id);
/* Every durable event of the session, after it was folded. */
void questions_event(struct questions *questions, const struct event *event);

#endif
