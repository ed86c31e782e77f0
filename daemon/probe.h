/* Looks once, at start, for a model server on this machine, when nothing else says which model to use. The
 * daemon itself speaks to no model server: an agent does the asking, and leaves. */
#ifndef STOA_DAEMON_PROBE_H
#define STOA_DAEMON_PROBE_H

#include <stdbool.h>

enum { PROBE_TIMEOUT_MS = 300, PROBE_DEADLINE_MS = 1500 };

struct server;
struct probe;

/* Starts looking if the configuration leaves the choice open. */
struct probe *probe_open(struct server *server);
void probe_close(struct probe **probe);
/* False while the answer is awaited (at most PROBE_DEADLINE_MS). */
bool probe_is_done(const struct probe *probe);
/* What was found, or NULL. */
const char *probe_url(const struct probe *probe);
const char *probe_model(const struct probe *probe);
/* Calls back when it is done (at once if it is). */
void probe_wait(struct probe *probe, void (*done)(void *arg), void *arg);

#endif
