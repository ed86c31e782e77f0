/* What waits for people, over all sessions: found by its id, answered, and ended at its deadline.
 *
 * A deadline is wall time in the question, so that it outlives the daemon; while the daemon runs it is kept
 * by the steady clock, so that setting the clock neither ends a question early nor lets it hang. */
#ifndef STOA_DAEMON_QUESTIONS_H
#define STOA_DAEMON_QUESTIONS_H

#include "daemon/session.h"
#include <jansson.h>

struct questions;

struct questions *questions_open(struct server *server);
void questions_close(struct questions **questions);
/* The deadlines of what is open in a session: after it was brought to memory, or has asked. */
void questions_watch(struct session *session);
/* Runs the hook (permission.hook) for a question that was just asked. */
void questions_notify(struct session *session, const struct question *question);

enum { QUESTIONS_ANSWERED_MAX = 512 }; /* answered ones that are known without their session */
struct questions_known {               /* what became of a question */
    char id[ID_MAX], session[ID_MAX];
    char owner[64], decision[16], cause[16], by[64]; /* by "": nobody */
    int64_t ts;
};
/* Every question.answered, from whomever. */
void questions_answered(struct session *session, const json_t *data, int64_t ts);
/* The session in memory that waits for it, or NULL. */
struct session *questions_session(struct server *server, const char *id);
/* What became of it; NULL if that is not known. Lives until the loop runs again. */
const struct questions_known *questions_known(struct server *server, const char *id);

/* The decision about an open question, and what follows from it: a call that is not allowed ends, and the
 * turn goes on. by NULL: nobody (a deadline). content: borrowed, or NULL. False if it can't be. */
bool questions_decide(struct session *session, const char *question, const char *decision, const char *cause,
                      const char *scope, const char *by, const char *reason, json_t *content);

#endif
