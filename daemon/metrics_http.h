/* With the option metrics.listen: /metrics (Prometheus), /health (200, or 503 while promises can't be kept)
 * and /health/sessions (JSON), over libmicrohttpd on the daemon's loop. There is no authentication: listen
 * where only those reach it who may know such figures. The library is loaded when it is needed, so that it
 * costs nothing where it is not. */
#ifndef STOA_DAEMON_METRICS_HTTP_H
#define STOA_DAEMON_METRICS_HTTP_H

#include <stdbool.h>

enum {
    METRICS_CONNECTIONS_MAX = 32, /* beyond that the one ends that has waited longest for an answer */
    METRICS_IDLE_S = 10,          /* of a connection, and for a request to be whole */
    METRICS_PATH_MAX = 256
};

struct server;
struct metrics_http;

/* address: HOST:PORT, [IPv6]:PORT or :PORT (loopback). *metrics is NULL for "". False with a sentence if it
 * can't be had. */
bool metrics_http_open(struct server *server, const char *address, struct metrics_http **metrics,
                       char error[256]);
/* Ends all its connections; the loop is run once more. Accepts NULL. */
void metrics_http_close(struct metrics_http **metrics);

#endif
