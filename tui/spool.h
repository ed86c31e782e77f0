/* A whole session as text in a file, as it is laid out: fetched page by page in the background, the newest
 * page first, so that memory holds one page whatever the session's length. */
#ifndef STOA_TUI_SPOOL_H
#define STOA_TUI_SPOOL_H

#include "tui/client.h"
#include "tui/record.h"
#include <stdbool.h>
#include <stddef.h>

struct spool;

struct spool_callbacks {
    /* So many messages are there. */
    void (*progress)(void *arg, size_t messages);
    /* path: the file, of this user alone, for the receiver to remove; NULL: error says why there is none.
     * Both live during the call. */
    void (*done)(void *arg, const char *path, const char *error);
};

struct spool *spool_new(struct client *client, const struct spool_callbacks *callbacks, void *arg);
/* After client_close: no answer comes any more. */
void spool_free(struct spool **spool);
/* heading: the first line. What is under way is given up for it. */
void spool_start(struct spool *spool, const char *session, const char *heading,
                 const struct record_look *look);
/* Gives up what is under way: nothing more is called. */
void spool_cancel(struct spool *spool);
bool spool_busy(const struct spool *spool);

#endif
