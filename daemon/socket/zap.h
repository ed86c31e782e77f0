/* The ZAP handler (ZeroMQ RFC 27): says who a connection belongs to, before its first message is delivered.
 */
#ifndef STOA_DAEMON_SOCKET_ZAP_H
#define STOA_DAEMON_SOCKET_ZAP_H

#include <uv.h>

struct zap;

/* Binds inproc://zeromq.zap.01 in the context. Peers of the local socket with this process's uid are called
 * GATEWAY_LOCAL; all others are refused. NULL if it can't be bound (errno says why). */
struct zap *zap_open(uv_loop_t *loop, void *context);
void zap_close(struct zap **zap);

#endif
