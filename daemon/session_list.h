/* Pages of the list of sessions, as they are in memory. The store's readers see what is committed; what a
 * session has been told since, and who follows it has seen already, is laid over that here, so that a list is
 * exact at once, however slow the disk is, or if it fails. */
#ifndef STOA_DAEMON_SESSION_LIST_H
#define STOA_DAEMON_SESSION_LIST_H

#include "daemon/people/auth.h"
#include "daemon/store/store.h"
#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;

enum {
    SESSION_LIST_EXTRA = 1000
}; /* sessions that are read beyond the limit, for those that memory knows better */

struct session_list_ask {
    const struct principal *asker;
    bool own; /* without those that are shared; not where the asker may know of one session alone */
    bool archived;
    int limit;
    const char *before; /* a cursor that was given as next, or NULL */
};
/* As store_list_for, but {"sessions","next"?}, with the asker's own role in each, and in_line where a turn
 * waits for an agent. Borrows ask for the call. */
enum err session_list_read(struct server *server, const struct session_list_ask *ask, store_read_cb *cb,
                           void *arg);

struct session_list_row { /* what memory knows of one session */
    int64_t activity;
    uint32_t key;
    json_t *json; /* as store_list gives it, owned; NULL if it is not in this list, whatever the store says */
};
/* The page of at most limit that stored (of store_list, from before on) becomes with these. Sorts the rows. A
 * cursor, or NULL, must be before. */
json_t *session_list_merge(const json_t *stored, struct session_list_row *rows, size_t count,
                           const char *before, int limit);

#endif
