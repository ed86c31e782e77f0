/* Pages of a session's history, as it is in memory: the newest messages are there, and of what the store's
 * readers do not see yet, or see although it is gone, memory is right. So a page is exact at once, however
 * slow the disk is, or if it fails. */
#ifndef STOA_DAEMON_SESSION_HISTORY_H
#define STOA_DAEMON_SESSION_HISTORY_H

#include "daemon/session.h"
#include "daemon/store/store.h"
#include "proto/state.h"
#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct session_history_ask {
    const char *before,
        *after; /* the page ends right before that message, or begins right after it; one at most */
    int limit;
};
/* {"messages","more","behind"?}, as store_history says; behind: it may lack some (see below). ERR_OK: calls
 * back, perhaps at once; borrows ask for the call. */
enum err session_history_read(struct session *session, const struct session_history_ask *ask,
                              store_read_cb *cb, void *arg);
/* False in the rare case that messages are neither on disk yet nor in memory any more: a page may lack them.
 * Also one that is being read when that comes to be. */
bool session_history_is_whole(const struct session *session);

/* --- how it is made --- */

struct session_history { /* one page: where it is, and which of it memory knows */
    uint64_t from;       /* messages from this ordinal on are memory's, those before are the store's */
    uint64_t first, end; /* those that it may have are from first on, before end */
    bool anchored;       /* memory knows where: else only the store does, and all of it is the store's */
    bool after;
    int limit;
};
/* from: the first message that the store may not have as it is, or UINT64_MAX. */
void session_history_place(struct session_history *history, const struct state *state, uint64_t from,
                           const struct session_history_ask *ask);
/* Whether the store has to be read, and which page of it. */
bool session_history_part(const struct session_history *history, const struct state *state,
                          struct store_page *part);
/* The page. stored: of store_history, or NULL if it was not read. from: as above, but now: what was the
 * store's may have become memory's meanwhile. */
json_t *session_history_merge(const struct session_history *history, const struct state *state,
                              const json_t *stored, uint64_t from);

#endif
