/* What each user has stored: of their sessions, what the store keeps (store_size.h) and what lies in their
 * folders; and what servers of theirs keep beside that (counting_hosts.h). Sums are kept in memory, and each
 * session's in its row, so that they are the same after a restart. A session counts for its owner, whoever
 * writes in it. */
#ifndef STOA_DAEMON_PEOPLE_STORED_H
#define STOA_DAEMON_PEOPLE_STORED_H

#include "daemon/session.h"
#include "shared/err.h"
#include <stdbool.h>

enum {
    STORED_WARN_PERCENT = 80,
    STORED_CALM_PERCENT = 70, /* below this much it may be said again */
    STORED_RESULT_COPIES = 2, /* of a tool's result that are kept */
    STORED_RESULT_MIN = 4096, /* bytes that are left of a tool's result, though the quota is reached */
    STORED_TEXT_MAX = 32
};

struct server;
struct call;
struct store_uncounted;
struct stored;

/* Reads the sums; the store, the users and the configuration are there. */
struct stored *stored_open(struct server *server);
void stored_close(struct stored **stored);

int64_t stored_of(const struct server *server, const char *user);
/* How much more the user may store: not below 0; INT64_MAX without a limit. */
int64_t stored_left(const struct server *server, const char *user);
/* Whether so much more may be stored for the user: ERR_OK, or ERR_LIMIT with a sentence that says how much
 * there is, and what to do. */
enum err stored_room(const struct server *server, const char *user, int64_t more, char error[256]);
/* The same of a request, before its handler: what only takes something away, or ends it, may always be. */
enum err stored_admits(const struct call *call, char error[256]);
/* {"bytes"} and, if there is one, {"limit"}: a new reference. */
json_t *stored_json(const struct server *server, const char *user);
/* session_store.c's: an event of so many bytes was stored. */
void stored_add(struct session *session, int64_t bytes);
/* What is known of the session by its row, and by events that are newer than that. */
void stored_loaded(struct session *session, int64_t bytes, int64_t files, int64_t newer);
/* What was counted of one that was not counted before, but perhaps its folder. row: when it is not in memory
 * (session NULL). */
void stored_counted(struct server *server, struct session *session, const struct store_uncounted *row,
                    int64_t bytes, int64_t files);
/* What lies in its folder. True if that is another sum than before. */
bool stored_set_files(struct session *session, int64_t files);
/* What servers keep for the user beside their sessions is so much more, or less. was: it was so before the
 * start, too, when it was said what that comes to. */
void stored_add_hosts(struct server *server, const char *user, int64_t more, bool was);
/* It was deleted. */
void stored_drop(struct session *session);
/* Says in the session (budget.reached) that its owner has come to 80% of the quota, or to its end, once. */
void stored_tell(struct session *session);

#endif
