/* Changing requests from their arrival until their events are on disk. One that is repeated meanwhile, by the
 * same user with the same id, waits for the same answer; later it is given the one that the store remembers.
 */
#ifndef STOA_DAEMON_INFLIGHT_H
#define STOA_DAEMON_INFLIGHT_H

#include "daemon/clients.h"
#include "daemon/store/store.h"
#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>

enum { INFLIGHT_WAITERS_MAX = 256 }; /* connections that wait for one answer */

struct server;
struct inflights;
struct inflight;

struct inflights *inflights_open(struct server *server);
void inflights_close(struct inflights **all);
/* All that was queued is on disk again: what was refused meanwhile has its answer in the store. */
void inflights_store_recovered(struct inflights *all);

/* NULL if there is none. */
struct inflight *inflight_find(struct inflights *all, const char *user, const char *id);
/* A new one, for which that connection waits. */
struct inflight *inflight_new(struct inflights *all, const char *user, const char *id,
                              const struct route *route);
/* One more connection waits for it. False if too many do already. */
bool inflight_wait(struct inflight *inflight, const struct route *route);
/* Whether somebody who is connected waits for it. */
bool inflight_is_wanted(const struct inflight *inflight);

/* Both answer all who wait, and free it. It has turned out to change nothing: at once, and a repeated one may
 * run again. */
void inflight_finish_reading(struct inflight *inflight, enum err code, const char *error, json_t *detail,
                             json_t *ok);
/* It has changed something: when all that was queued is on disk, and the same to whoever repeats it. An error
 * is answered at once, and not remembered, unless it was begun once. shown_once: what is remembered is that
 * it was answered, not the answer. */
void inflight_finish_changing(struct inflight *inflight, enum err code, const char *error, json_t *detail,
                              json_t *ok, bool shown_once);

/* See call_begin_once and call_not_begun. */
void inflight_begin_once(struct inflight *inflight, const char *error, store_commit_cb *then, void *arg);
void inflight_not_begun(struct inflight *inflight);

#endif
