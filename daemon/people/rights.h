/* Who else may do what in a session: given and taken by events, and what follows when somebody may do less
 * there than before. Whatever takes a right away ends here, so that nothing of it outlasts the right. */
#ifndef STOA_DAEMON_PEOPLE_RIGHTS_H
#define STOA_DAEMON_PEOPLE_RIGHTS_H

#include "daemon/session.h"

/* Shares the session with a user, or changes the role (viewer, writer or approver) that it is shared with.
 * ERR_OK, also if they have that role; ERR_NOT_FOUND for an unknown user, ERR_CONFLICT for the owner and for
 * one who is disabled, ERR_LIMIT, with a sentence. */
enum err rights_share(struct session *session, const char *user, enum role role, const char *by,
                      char error[256]);
/* False if it is not shared with that user. by: NULL for the daemon. reason: "left", "user" (there is none of
 * that name any more), or NULL. */
bool rights_unshare(struct session *session, const char *user, const char *by, const char *reason);

/* Whether that user's word about a call counts: the owner's, and that of an approver who may come in. */
bool rights_may_approve(const struct session *session, const char *user);
/* Whether the user may have calls of the server run: nobody gives more than they have. "" and RULE_BUILTIN
 * for the built-in tools, which are all people's. False with a sentence. */
bool rights_may_server(const struct session *session, const char *user, const char *server, char error[256]);
/* The same for all servers that a rule's pattern names. */
bool rights_may_pattern(const struct session *session, const char *user, const char *pattern,
                        char error[256]);
/* Whether a call needs two persons (permission.two_person). */
bool rights_two_person(const struct server *server, const char *name, const char *tool,
                       const json_t *arguments);

/* Whether that user can be the second of two persons, after the first has allowed the call: another one, whom
 * no ticket connects with the first (users_may_be_one). False with a sentence. */
bool rights_is_second(const struct session *session, const char *first, const char *user, char error[256]);

/* Removes the session's rules that count no more: their makers lost the role approver there, or what they
 * allow. */
void rights_settle(struct session *session);
/* session_emit's: after session.shared and session.unshared were published. */
void rights_changed(struct session *session, const json_t *data);
/* A user was disabled, or their settings changed: the rules that they made in sessions of others. Sessions
 * that are not in memory are looked at when they are brought there. */
void rights_user_changed(struct server *server);
/* A user was removed: nothing is shared any more with that name, which somebody else may get. */
void rights_user_gone(struct server *server, const char *user);

#endif
