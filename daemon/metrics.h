/* Counters, gauges and latencies in Prometheus' text format (version 0.0.4). No name of a user, session or
 * model is in it: it may be read by whatever watches the host. */
#ifndef STOA_DAEMON_METRICS_H
#define STOA_DAEMON_METRICS_H

#include "shared/buf.h"
#include <jansson.h>
#include <stdbool.h>

struct server;

/* Appends the whole text. */
void metrics_text(struct server *server, struct buf *out);
/* {"status":"ok|failing","failing":why?,"version","uptime_ms"}: whether promises can be kept (new reference).
 */
json_t *metrics_health(struct server *server, bool *good);
/* {"loaded","in_line","agents","questions","states":{state: count}}: sessions in memory (new reference). */
json_t *metrics_sessions(struct server *server);

#endif
