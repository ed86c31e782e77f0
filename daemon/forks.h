/* session.fork, one after the other. A fork's messages are copied in the store a few at a time, and between
 * two times whatever others have to store comes first; the session that they are for is made at the end, in
 * one commit. What a kill leaves of one that was not ended has no session, and is removed at the next start.
 */
#ifndef STOA_DAEMON_FORKS_H
#define STOA_DAEMON_FORKS_H

#include "daemon/dispatch.h"

enum {
    FORKS_WAITING_MAX = 256,
    FORKS_SLICE_BYTES = 64 << 10, /* of messages that are copied first; then as many as take the time: */
    FORKS_SLICE_MS = 15,
    FORKS_SLICE_MAX = 4096 /* messages */
};

struct forks;

struct forks *forks_open(struct server *server);
/* After the store was closed, which has answered those that were not ended. */
void forks_close(struct forks **forks);
/* Does what the call asks for, with the messages that there are now; as a handler. */
enum err forks_make(struct forks *forks, struct call *call, json_t **ok, char error[256]);

#endif
