/* How many bytes the store keeps of a session: a sum over its events, so that it can always be counted anew.
 * An event counts with its JSON, which is kept once more where it becomes part of the history, and again for
 * the search; and with what its row takes. What a rewind takes out of the history stays in the log, and so
 * stays counted. */
#ifndef STOA_DAEMON_STORE_STORE_SIZE_H
#define STOA_DAEMON_STORE_STORE_SIZE_H

#include "daemon/store/store.h"

enum {
    STORE_ROW_BYTES = 64,  /* what a row takes besides its JSON, about */
    STORE_SIZE_ROWS = 2000 /* rows that are counted at a time */
};

/* One event with so much JSON. data: for session.started, which says with how many bytes a fork begins; or
 * NULL. */
int64_t store_event_bytes(enum event_type type, size_t len, const json_t *data);

/* Of each user who owns sessions: what is counted of these, in the store and in their folders. ERR_OK or
 * ERR_STORE (logged). */
typedef void store_owner_cb(void *arg, const char *owner, int64_t bytes);
enum err store_owner_bytes(struct store *store, store_owner_cb *each, void *arg);

struct store_uncounted { /* a session of which it is not known: it is from a store that did not count */
    uint32_t key;
    uint64_t seq; /* of its row */
    char sid[ID_MAX];
    char owner[257];
    int64_t files; /* what is counted of its folder already */
};
/* From one such session to the next; key 0 is before the first. False when there are no more, or the store
 * can't tell (logged). */
bool store_next_uncounted(struct store *store, struct store_uncounted *at);
/* What was counted of one that is not in memory. */
void store_set_counted(struct store *store, uint32_t session, int64_t bytes, int64_t files);

/* In the reader thread: {"bytes","rows","last"} of the first rows events after seq; last: the seq of the
 * newest of these. ERR_OK, or ERR_BUSY without ever calling. */
enum err store_size_events(struct store *store, uint32_t session, uint64_t after, int rows, store_read_cb *cb,
                           void *arg);
/* The same of what copies of the first rows messages from that ordinal on take in history and search. */
enum err store_size_messages(struct store *store, uint32_t session, uint64_t ordinal, int rows,
                             store_read_cb *cb, void *arg);

#endif
