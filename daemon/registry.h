/* The sessions in memory: brought there when someone needs them, and let go when nobody does. */
#ifndef STOA_DAEMON_REGISTRY_H
#define STOA_DAEMON_REGISTRY_H

#include "daemon/session.h"
#include "shared/err.h"

enum {
    REGISTRY_LINGER_MS = 5000, /* how long an unused session stays in memory */
    REGISTRY_LEAVING_MAX = 16, /* sessions whose leaving is being stored: others need the loop and the disk */
    REGISTRY_SWEEP_US = 2000   /* ... and those are no more than can be written as snapshots in that time */
};

struct registry;

struct registry *registry_open(struct server *server);
/* Frees all sessions; agents and clients must be gone. */
void registry_close(struct registry **registry);
size_t registry_loaded(const struct registry *registry);

/* Whether there may be one more session of that owner that is not archived: ERR_OK, or ERR_LIMIT with a
 * sentence. Ask right before one is made, or taken back from the archive. */
enum err registry_room(const struct registry *registry, const char *owner, char error[256]);
/* How many the owner has that are not archived. */
size_t registry_open_of(const struct registry *registry, const char *owner);
/* session.c's: so many more of the owner's are not archived (1), or so many fewer (-1). */
void registry_count(struct registry *registry, const char *owner, int change);
/* Makes a session; its session.started is emitted. */
struct session *registry_create(struct registry *registry, const char *owner, const char *title,
                                const char *model, const char *system);
/* The same with the data of a session.started, whose reference it takes, but for created. key: of
 * store_next_session_key; 0: a new one. */
struct session *registry_start(struct registry *registry, uint32_t key, json_t *started);
/* The session of that id, loaded if need be. ERR_OK, ERR_NOT_FOUND, ERR_STORE, with a sentence in error. */
enum err registry_get(struct registry *registry, const char *sid, struct session **session, char error[256]);
/* Whether there is such a session, in memory or in the store; true also when the store can't tell. */
bool registry_knows(struct registry *registry, const char *sid);
/* The one in memory, or NULL. */
struct session *registry_find(const struct registry *registry, const char *sid);
/* Nobody needs the session at present, perhaps: look again soon, and let it go; a deleted one may be freed at
 * once. */
void registry_release(struct registry *registry, struct session *session);
/* Ends it for good: followers and agent must be gone; its rows are deleted. */
void registry_delete(struct registry *registry, struct session *session);
/* All that was queued is on disk again: deletions that could not be committed are through. */
void registry_store_recovered(struct registry *registry);
/* Sets right what a daemon that died left: cuts partial replies, returns sessions to idle. */
void registry_recover(struct registry *registry);
/* session_store.c's: what lists tell of it was queued for the store. */
void registry_wrote(struct registry *registry, struct session *session);
/* Those of which lists may tell more than what the store had committed up to that ticket, deleted ones too,
 * the last written first. They must stay where they are meanwhile. */
void registry_each_since(struct registry *registry, uint64_t ticket,
                         void (*each)(struct session *session, void *arg), void *arg);
void registry_each(struct registry *registry, void (*each)(struct session *session, void *arg), void *arg);

#endif
