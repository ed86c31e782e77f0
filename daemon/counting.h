/* What sessions have stored, where it is not counted as it comes: what lies in their folders, and sessions of
 * a store that did not count yet. One after the other, in other threads, and slowly. */
#ifndef STOA_DAEMON_COUNTING_H
#define STOA_DAEMON_COUNTING_H

#include "daemon/session.h"

enum {
    COUNTING_START_MS = 3000,       /* from the start until uncounted sessions are looked for */
    COUNTING_PAUSE_MS = 20,         /* between two of them */
    COUNTING_RETRY_MS = 60000,      /* until those are looked at again that were busy */
    COUNTING_FOLDER_MS = 2000,      /* between two looks at a folder that grows, at least; ... */
    COUNTING_FOLDER_MAX_MS = 60000, /* twice as long each time that it has not, up to this; ... */
    COUNTING_FOLDER_SHARE = 100     /* and so many times as long as a look takes */
};

struct server;
struct counting;

struct counting *counting_open(struct server *server);
/* Freed when the loop has run once more. */
void counting_close(struct counting **counting);

/* The session has an agent, whose servers and results may fill its folder; it is looked at from now on, and
 * once more when the agent has gone. */
void counting_watch(struct session *session);
/* The agent has gone. */
void counting_left(struct session *session);
/* registry.c's: it was just loaded, and its row has no sum: the one that is being written, if it is known. */
void counting_loaded(struct session *session);

#endif
