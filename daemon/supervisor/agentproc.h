/* One stoa-agent process and its socketpair: started, spoken to in frames, watched, reaped. Knows nothing of
 * sessions. */
#ifndef STOA_DAEMON_SUPERVISOR_AGENTPROC_H
#define STOA_DAEMON_SUPERVISOR_AGENTPROC_H

#include "proto/link.h"
#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

enum {
    AGENTPROC_OUT_MAX = 64 << 20, /* bytes that may wait for a process that does not read */
    AGENTPROC_LEAVE_MS = 5000     /* from STOP to its end, then it is killed */
};

struct agentproc;

struct agentproc_callbacks {
    /* A frame. False: it breaks the protocol; the process is then killed (cause protocol). */
    bool (*frame)(void *arg, enum link_kind kind, const char *payload, size_t len);
    /* The process has ended and all it had sent was given to frame. how: a sentence part for people ("signal
     * 11 (Segmentation fault)", "it was out of memory"). The agentproc is freed after this call. */
    void (*end)(void *arg, enum exit_cause cause, const char *how);
};

/* Starts path. Must be called on the main thread (PDEATHSIG is tied to the thread that forks). NULL with a
 * sentence. */
struct agentproc *agentproc_start(uv_loop_t *loop, const char *path,
                                  const struct agentproc_callbacks *callbacks, void *arg, char error[256]);
pid_t agentproc_pid(const struct agentproc *proc);
/* Whether it speaks this daemon's version of the link. ready: what it said in READY. If not, the caller
 * returns false from frame, and how says both versions at its end. */
bool agentproc_fits(struct agentproc *proc, const json_t *ready);
/* Sends a frame. False if too much waits already: the process is then killed (cause protocol). */
bool agentproc_send(struct agentproc *proc, enum link_kind kind, const char *payload, size_t len);
bool agentproc_send_json(struct agentproc *proc, enum link_kind kind, json_t *json);
/* The same of what is secret: what the socket does not take at once is in memory that is wiped after. */
bool agentproc_send_secret(struct agentproc *proc, enum link_kind kind, const char *payload, size_t len);
/* Bytes that it has not read yet. */
size_t agentproc_waiting(const struct agentproc *proc);
/* Asks it to leave; its end then counts as cause (hibernated or done). It may take AGENTPROC_LEAVE_MS, after
 * which it is the caller who kills it. */
void agentproc_stop(struct agentproc *proc, enum exit_cause cause);
/* Kills it with its process group; its end then counts as cause. */
void agentproc_kill(struct agentproc *proc, enum exit_cause cause);
/* Kills and forgets at once: no callback comes any more. Sets *proc to NULL; accepts NULL. */
void agentproc_abandon(struct agentproc **proc);

#endif
